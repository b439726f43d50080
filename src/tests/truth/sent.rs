//! A mutating call, and what AWS's later reports say about it by the design's rules: the wanted state, settled, not
//! applied, or someone else's change.

use super::log::{Call, Evidence, Read};

/// AWS's 5 s and the two minutes of *not applied*, minus the possible difference between the two clocks at their pace.
const SETTLING: i64 = 4_000;
const TWO_MINUTES: i64 = 110_000;
const APART: i64 = 8_000;

/// A call, and AWS's reports before and after it.
pub struct Sent<'a> {
    pub evidence: &'a Evidence,
    /// Its position in the log.
    pub index: usize,
    pub call: &'a Call,
    /// The last read before it, which decided.
    pub before: Option<Read<'a>>,
    pub reads: Vec<Read<'a>>,
}

impl<'a> Sent<'a> {
    pub fn new(evidence: &'a Evidence, index: usize) -> Self {
        let reads = evidence.reads().filter(|read| read.index > index).collect();
        Self { evidence, index, call: &evidence.calls[index], before: evidence.before_call(index), reads }
    }

    pub fn is_start(&self) -> bool {
        self.call.operation == "StartStreamEncryption"
    }

    pub fn is_accepted(&self) -> bool {
        self.call.outcome == "ok" && self.call.is_told
    }

    pub fn is_of_the_stream(&self, read: &Read<'_>) -> bool {
        self.before.is_none_or(|before| before.said.is_same_stream(read.said))
    }

    /// Whether the read reports the same as before the call.
    pub fn is_as_before(&self, read: &Read<'_>) -> bool {
        self.before.is_some_and(|before| match (before.said.state(), read.said.state()) {
            ((Some("KMS"), Some(former)), (Some("KMS"), Some(key))) => {
                self.evidence.is_same_key(former, key, self.index) == Some(true)
            }
            (former, state) => former == state,
        })
    }

    /// Whether the read shows what the call requested: never a report identical to the one before and, if keys can't be
    /// compared, only after an accepted call.
    pub fn is_wanted(&self, read: &Read<'_>) -> bool {
        if !read.said.is_active()
            || !self.is_of_the_stream(read)
            || self.before.is_some_and(|before| before.said.state() == read.said.state())
        {
            return false;
        }
        match (self.is_start(), read.said.state()) {
            (false, (Some("NONE"), _)) => true,
            (true, (Some("KMS"), key)) => match key.zip(self.call.key.as_deref()) {
                Some((key, sent)) => {
                    self.evidence.is_same_key(key, sent, self.index).unwrap_or_else(|| self.is_accepted())
                }
                None => self.is_accepted(),
            },
            _ => false,
        }
    }

    /// The second of two reads of the wanted state, AWS's 5 s apart.
    pub fn settled(&self) -> Option<Read<'a>> {
        let wanted: Vec<&Read<'a>> = self.reads.iter().filter(|read| self.is_wanted(read)).collect();
        let first = wanted.first()?.at;
        wanted.into_iter().find(|read| read.at - first >= SETTLING).copied()
    }

    /// Whether two reads after *settled* contradict it, with none of the wanted state between them.
    pub fn is_reverted(&self) -> bool {
        let Some(settled) = self.settled() else { return false };
        let mut against = 0;
        for read in self.reads.iter().filter(|read| read.index >= settled.index && self.is_of_the_stream(read)) {
            let is_same = (read.said.state().0 == settled.said.state().0)
                && (!self.is_start() || read.said.key == settled.said.key);
            against = if is_same { 0 } else { against + 1 };
            if against == 2 {
                return true;
            }
        }
        false
    }

    /// Why AWS's reports don't support *not applied*.
    pub fn against_not_applied(&self, summary: &str) -> Option<String> {
        let Some(before) = self.before else { return Some("nothing is known from before the call".to_owned()) };
        if self.is_start() && before.said.key.is_some() && before.said.key == self.call.key {
            return Some("the key has the same name before and after, so no report can tell".to_owned());
        }
        let is_old = |read: &&Read<'_>| read.said.is_active() && self.is_of_the_stream(read) && self.is_as_before(read);
        let mut best = "there were no three reads of the old state".to_owned();
        for (nth, end) in self.reads.iter().enumerate().filter(|(_, read)| is_old(read)) {
            let run: Vec<&Read<'_>> = self.reads[..=nth].iter().rev().take_while(is_old).collect();
            let mut apart = 0;
            let mut last = i64::MAX;
            for read in &run {
                if last.saturating_sub(read.at) >= APART {
                    (apart, last) = (apart + 1, read.at);
                }
            }
            let since = run.last().map_or(end.at, |read| read.at);
            let is_late = end.at - self.call.at >= TWO_MINUTES;
            let is_whole = !summary.contains("For 2 min") || run.len() == nth + 1 || end.at - since >= TWO_MINUTES;
            match (is_late && apart >= 3, is_whole) {
                (true, true) => return None,
                (true, false) => "AWS reported something else within the two minutes".clone_into(&mut best),
                (false, _) => {}
            }
        }
        Some(best)
    }

    /// Whether AWS reported a state that is neither the old nor the wanted one, or both one after the other.
    pub fn is_moved_on(&self) -> bool {
        let is_else =
            |read: &Read<'_>| !self.is_of_the_stream(read) || !(self.is_as_before(read) || self.is_wanted(read));
        let first_wanted = self.reads.iter().position(|read| self.is_wanted(read));
        let is_gone = self.evidence.calls[self.index..].iter().any(|call| call.outcome == "ResourceNotFoundException");
        is_gone
            || self.reads.iter().any(|read| read.said.is_active() && is_else(read))
            || first_wanted.is_some_and(|first| self.reads[first..].iter().any(|read| !self.is_wanted(read)))
    }
}
