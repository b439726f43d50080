//! Compares what a change's page says with what AWS had reported, by the design's sections 2 and 5 and the pages'
//! texts, without the code that decides.

use std::ops::RangeInclusive;

use super::{
    log::{Act, Call, Described, Evidence},
    pages::{ChangeSaid, short},
    sent::Sent,
};

/// A statement that AWS's reports don't support, and the rule that it breaks.
#[derive(Debug, Clone)]
pub struct Finding {
    pub rule: &'static str,
    pub why: String,
}

impl Finding {
    pub fn new(rule: &'static str, why: impl Into<String>) -> Self {
        Self { rule, why: why.into() }
    }
}

/// The greatest age of a report about the present, unless the text states its age.
const PRESENT: i64 = 90_000;
/// The greatest age of the read that decides a send: 5 s, plus the possible difference between the two clocks.
const OLDEST_READ: i64 = 12_000;

/// The position of a change's call in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sending {
    NotSent,
    /// Recorded as sent, but not in the log yet.
    UnderWay,
    At(usize),
}

/// What the oracle needs to know about a change.
#[derive(Debug, Clone)]
pub struct Asked {
    pub id: String,
    pub sending: Sending,
    /// Whether a later change of the stream may have acted, or is still active.
    pub is_overtaken: bool,
}

/// Everything on a change's page that AWS's reports don't support.
pub fn check_change(said: &ChangeSaid, evidence: &Evidence, asked: &Asked) -> Vec<Finding> {
    let sent = match asked.sending {
        Sending::At(index) => Some(Sent::new(evidence, index)),
        Sending::NotSent => None,
        Sending::UnderWay => return Vec::new(),
    };
    let mut found = Vec::new();
    let mut ensure = |holds: bool, rule: &'static str, why: &str| {
        if !holds {
            found.push(Finding::new(rule, format!("{why}: \u{201c}{}\u{201d} {:?}", said.summary, said.rungs)));
        }
    };
    let lit = |name| said.is_lit(name);
    ensure(
        sent.is_some() || !["Accepted", "Updating", "Reached", "Settled"].into_iter().any(lit),
        "unsent",
        "a rung is lit, and no call was made",
    );
    if let Some(sent) = &sent {
        check_rungs(said, sent, &mut ensure);
    }
    check_end(said, sent.as_ref(), &mut ensure);
    check_refusal(said, evidence, &mut ensure);
    check_present(said, evidence, sent.as_ref(), &mut ensure);
    if let Some(sent) = &sent {
        check_undo(said, asked, sent, &mut ensure);
    }
    found
}

fn check_rungs(said: &ChangeSaid, sent: &Sent<'_>, ensure: &mut impl FnMut(bool, &'static str, &str)) {
    // CloudTrail may have shown the call whose answer was lost.
    let in_trail = || {
        sent.evidence.calls[sent.index..].iter().any(|call| call.operation == "LookupEvents" && call.outcome == "ok")
    };
    let lit = |name| said.is_lit(name);
    ensure(
        !lit("Accepted") || sent.is_accepted() || (sent.call.outcome == "ok" && in_trail()),
        "accepted",
        "AWS's acceptance did not come",
    );
    ensure(
        !lit("Updating") || sent.reads.iter().any(|read| read.said.status == "UPDATING"),
        "updating",
        "AWS did not report UPDATING",
    );
    let is_reached = sent.reads.iter().any(|read| sent.is_wanted(read));
    ensure(!lit("Reached") || is_reached, "reached", "AWS did not report the wanted state");
    ensure(
        !lit("Settled") || sent.settled().is_some(),
        "settled",
        "AWS did not report the wanted state twice, 5 s apart",
    );
    let is_answered = sent.is_accepted() && sent.call.held_ms == 0;
    ensure(
        !(said.has_ended() && is_answered) || lit("Accepted"),
        "thrown-away",
        "AWS accepted, and the page does not say so",
    );
    let still_on = said.rung("Accepted").is_some_and(|rung| rung.text.contains("still on"));
    let is_off = sent.evidence.before > 0
        && sent.reads.iter().any(|read| {
            read.said.encryption.as_deref() == Some("NONE")
                && sent.evidence.calls[read.index].at_ms < sent.evidence.asked_ms - 500
        });
    ensure(!(still_on && is_off), "present", "encryption is said to be still on");
}

fn check_end(said: &ChangeSaid, sent: Option<&Sent<'_>>, ensure: &mut impl FnMut(bool, &'static str, &str)) {
    let is_refused = |sent: &Sent<'_>| sent.call.outcome != "ok" && sent.call.is_told;
    match said.word {
        "Settled" => {
            ensure(
                sent.is_some_and(|sent| sent.settled().is_some()),
                "settled",
                "AWS did not report the wanted state twice, 5 s apart",
            );
        }
        "Reverted" => ensure(sent.is_some_and(Sent::is_reverted), "reverted", "no two reads in a row contradict it"),
        "Expired" => ensure(sent.is_none(), "expired", "a call was made"),
        "Rejected" => ensure(sent.is_none_or(is_refused), "rejected", "AWS did not refuse"),
        "Not applied" => {
            let why = sent.map_or(Some("no call was made".to_owned()), |sent| sent.against_not_applied(&said.summary));
            ensure(why.is_none(), "not-applied", &why.unwrap_or_default());
        }
        "Superseded" => {
            ensure(sent.is_some_and(Sent::is_moved_on), "superseded", "AWS reported nothing else");
            let has_another = sent.is_some_and(|sent| sent.evidence.acts_since(sent.index).next().is_some());
            ensure(has_another, "someone-else", "nobody else changed the stream");
        }
        "Replaced" => {
            let is_new = |sent: &Sent<'_>| sent.reads.iter().any(|read| !sent.is_of_the_stream(read));
            ensure(sent.is_some_and(is_new), "replaced", "the stream is the same");
        }
        "Outcome unknown" => {
            let is_known = sent.is_some_and(|sent| sent.call.is_told && sent.call.held_ms == 0);
            ensure(!is_known, "thrown-away", "AWS's answer had come");
        }
        _ => {}
    }
}

/// A refusal that cites AWS must name the key as AWS reported it.
fn check_refusal(said: &ChangeSaid, evidence: &Evidence, ensure: &mut impl FnMut(bool, &'static str, &str)) {
    let cited =
        said.summary.split_once("is encrypted with ").and_then(|(_, rest)| rest.split_once(", as AWS reported"));
    if let Some((key, _)) = cited.filter(|_| said.word == "Rejected") {
        let is_reported = evidence
            .reads()
            .any(|read| read.said.key.as_deref().is_some_and(|reported| reported == key || short(reported) == key));
        ensure(is_reported, "cited", &format!("AWS never reported {key}"));
    }
}

/// What a settled change says about the present must be what AWS reports now.
fn check_present(
    said: &ChangeSaid,
    evidence: &Evidence,
    sent: Option<&Sent<'_>>,
    ensure: &mut impl FnMut(bool, &'static str, &str),
) {
    if !matches!(said.word, "Settled" | "Reverted" | "Superseded") {
        return;
    }
    let recent = evidence.recent_reads();
    let newest = evidence.reads().next_back();
    let age = newest.map_or(i64::MAX, |read| evidence.asked_at - read.at);
    for (rule, sentence) in said.sentences().filter(|(_, sentence)| !sentence.contains(" ago")) {
        let Some(claim) = Claim::of(sentence) else { continue };
        let holds = |read: &Option<&Described>| {
            read.is_some_and(|read| {
                claim.fits(read)
                    && sent.and_then(|sent| sent.before).is_none_or(|before| before.said.is_same_stream(read))
            })
        };
        let is_stale = age > PRESENT;
        ensure(
            !is_stale,
            rule,
            &format!("\u{201c}{sentence}\u{201d} is said of now, and AWS's last report is {} s old", age / 1_000),
        );
        ensure(
            is_stale || recent.iter().any(holds),
            rule,
            &format!("\u{201c}{sentence}\u{201d} is said of now, and AWS reports {recent:?}"),
        );
    }
}

/// A statement about the present.
struct Claim {
    encryption: Option<&'static str>,
    status: Option<&'static str>,
}

impl Claim {
    const OFF: [&'static str; 3] = ["is not encrypted", "Not encrypted, ACTIVE", "AWS reports ACTIVE and NONE"];
    const ON: [&'static str; 4] =
        ["is encrypted", "Encrypted with", "AWS reports ACTIVE and KMS", "AWS reports ACTIVE, KMS"];
    const ACTIVE: [&'static str; 4] =
        ["AWS reports it ACTIVE", "AWS reports ACTIVE", "ot encrypted, ACTIVE", "AWS reports ACTIVE,"];
    const UPDATING: [&'static str; 2] = ["AWS reports UPDATING", "has reported UPDATING since"];

    fn of(sentence: &str) -> Option<Self> {
        let is_dated = sentence.contains("AWS reported") || sentence.contains("as AWS");
        let has = |words: &[&str]| words.iter().any(|words| sentence.contains(words));
        let status =
            if has(&Self::UPDATING) { Some("UPDATING") } else { (!is_dated && has(&Self::ACTIVE)).then_some("ACTIVE") };
        let encryption = if is_dated {
            None
        } else if has(&Self::OFF) {
            Some("NONE")
        } else {
            has(&Self::ON).then_some("KMS")
        };
        (encryption.is_some() || status.is_some()).then_some(Self { encryption, status })
    }

    fn fits(&self, read: &Described) -> bool {
        self.encryption.is_none_or(|wanted| read.encryption.as_deref() == Some(wanted))
            && self.status.is_none_or(|wanted| read.status == wanted)
    }
}

/// A settled disable must lead to its undo while the stream isn't encrypted and nothing later may have acted.
fn check_undo(said: &ChangeSaid, asked: &Asked, sent: &Sent<'_>, ensure: &mut impl FnMut(bool, &'static str, &str)) {
    let recent = sent.evidence.recent_reads();
    let is_off = !recent.is_empty()
        && recent
            .iter()
            .all(|read| read.is_some_and(|read| read.is_active() && read.encryption.as_deref() == Some("NONE")))
        && sent.settled().is_some_and(|settled| {
            let mut since = sent.reads.iter().filter(|read| read.index >= settled.index);
            let is_found = !sent.evidence.calls[settled.index..].iter().any(Call::is_not_found);
            is_found && since.all(|read| sent.is_of_the_stream(read) && read.said.encryption.as_deref() == Some("NONE"))
        });
    let is_offered = said.word == "Settled" && !sent.is_start() && is_off && !asked.is_overtaken;
    ensure(
        !is_offered || said.has_undo,
        "undo",
        "a settled disable leads to no undo, and nothing that may have acted came after it",
    );
}

/// Checks the word in the list of changes.
pub fn check_listed(page: &str, evidence: &Evidence, asked: &Asked) -> Vec<Finding> {
    let mut found = Vec::new();
    let link = format!("href=\"/changes/{}\"", asked.id);
    let Some(said) = page.split("<tr").find(|row| row.contains(&link)).map(ChangeSaid::of_listed) else { return found };
    let sent = match asked.sending {
        Sending::At(index) => Some(Sent::new(evidence, index)),
        Sending::NotSent => None,
        Sending::UnderWay => return found,
    };
    check_end(&said, sent.as_ref(), &mut |holds, rule, why: &str| {
        if !holds {
            found.push(Finding::new(rule, format!("{why}: listed as \u{201c}{}\u{201d}", said.word)));
        }
    });
    found
}

/// The read that decides a call must be at most 5 s old: otherwise it could undo unseen what others did in between.
pub fn check_sending(evidence: &Evidence) -> Vec<Finding> {
    let on_old_read = evidence.mutations().filter_map(|(index, call)| {
        let read = evidence.before_call(index)?;
        let age = call.at - read.at;
        let overlooked = evidence.acts.iter().find(|act| {
            act.changes_the_stream()
                && (evidence.calls[read.index].at_ms..call.at_ms).contains(&act.at_ms)
                && age > OLDEST_READ
        })?;
        Some(Finding::new(
            "old-read",
            format!("{} was sent on a read {} s old, after {:?}", call.operation, age / 1_000, overlooked.order),
        ))
    });
    on_old_read.collect()
}

/// After an enable interrupted by a sleep: what someone did before the sleep must not be overlooked after it, even if
/// the collector has read the stream since. `until_sleep` is from the form to the sleep, by the machine's clock.
pub fn check_awake(evidence: &Evidence, until_sleep: RangeInclusive<i64>) -> Vec<Finding> {
    let last = evidence.acts.iter().rfind(|act| act.changes_the_stream() && until_sleep.contains(&act.at_ms));
    let overlooked =
        last.and_then(|act| evidence.mutations().find(|(_, call)| call.at_ms > act.at_ms).map(|(_, call)| (act, call)));
    let finding = |(act, call): (&Act, &Call)| {
        Finding::new("old-read", format!("{} was sent for what was confirmed before {}", call.operation, act.order))
    };
    overlooked.map(finding).into_iter().collect()
}
