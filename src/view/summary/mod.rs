//! What a page says about a change above its ladder: its end, or the flag on one that is still active.

#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

use super::{pace, refusal, reports};
use crate::model::{
    change::{Action, Change, End, Ending, Observed, Tally, refusal::AwsWords},
    stream::encryption::EncryptionReport,
    time::{Timestamp, span},
};

/// The summary above the ladder: a word, what it means, and AWS's own words if there are any.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub word: String,
    pub text: Vec<Phrase>,
    pub aws: Option<AwsWords>,
}

/// A part of a sentence: words, or a time that keeps ticking on the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phrase {
    Words(String),
    /// `4 s ago`.
    Ago(Timestamp),
    /// `6 min`: the time since then.
    For(Timestamp),
}

impl Summary {
    /// Returns the text as it reads at `now`.
    pub fn text_at(&self, now: Timestamp) -> String {
        let words = |phrase: &Phrase| match phrase {
            Phrase::Words(words) => words.clone(),
            Phrase::Ago(at) => at.age(now),
            Phrase::For(since) => span(now.millis_since(*since)),
        };
        self.text.iter().map(words).collect()
    }
}

/// Returns the end of a change, or the flag on one that is still active; `None` while all is as expected.
pub fn summary(change: &Change) -> Option<Summary> {
    let Some(Ending { at, how }) = &change.end else { return flag(change) };
    let aws = match how {
        End::Rejected(refusal) => refusal.aws.clone(),
        _ => change.evidence.late_refusal.as_ref().and_then(|refusal| refusal.aws.clone()),
    };
    let (word, text) = match &change.evidence.reverted {
        Some(reverted) => ("Reverted", reverted_text(change, reverted.at, &reverted.observed)),
        None => (how.word(), end_text(change, *at, how)),
    };
    Some(Summary { word: word.to_owned(), text: vec![Phrase::Words(text)], aws })
}

fn reverted_text(change: &Change, at: Timestamp, observed: &Observed) -> String {
    let settled = change.evidence.settled_at.map_or_else(String::new, Timestamp::date);
    let what = match change.intent.action {
        Action::Disable => "encryption again".to_owned(),
        Action::Enable => reports::state(observed),
    };
    format!("Settled on {settled}; AWS reported {what} by {}. {NOT_KNOWN_WHO}", at.day_and_minute())
}

const NOT_KNOWN_WHO: &str = "Who did it isn't known yet. Keystream won't change it back.";

fn end_text(change: &Change, at: Timestamp, how: &End) -> String {
    const NEVER_SENT: &str = "Never sent, so it changed nothing. Start again if you still want it.";
    match how {
        End::Settled => {
            let (name, first) = (&change.intent.arn.name, change.evidence.reached_at.unwrap_or(at));
            let state = match change.intent.action {
                Action::Disable => "not encrypted".to_owned(),
                Action::Enable => format!("encrypted: {}", reports::wanted(change)),
            };
            format!(
                "AWS reported {name} ACTIVE and {state} at {} and again at {}.",
                first.date_and_clock(),
                at.clock_seconds()
            )
        }
        End::Rejected(refusal) => refusal::sentence(refusal, change),
        End::Expired => match (&change.evidence.cancelled, change.intent.armed_until.filter(|until| at >= *until)) {
            (Some(cancelled), _) => {
                format!("Cancelled by {} at {}. {NEVER_SENT}", cancelled.by, cancelled.at.clock_seconds())
            }
            (None, Some(until)) => {
                format!("Waited until {} for the stream to be ACTIVE. {NEVER_SENT}", until.day_and_minute())
            }
            (None, None) => NEVER_SENT.to_owned(),
        },
        End::NotApplied => {
            let state = reports::encryption(&change.before());
            let reads = in_reads(&change.tallies.old_state, at);
            format!(
                "{reads} AWS reported ACTIVE and {state}. The change did not take effect. To try again, start a new \
                change."
            )
        }
        End::NotEstablished { by, reason } => {
            let clock = at.clock_seconds();
            format!(
                "Closed by {by} at {clock}: AWS's reports can't show whether this change took effect. Counted as \
                unknown. Reason: {reason}"
            )
        }
        End::Superseded { observed: Observed::NotFound } => {
            let reads = in_reads(&change.tallies.missing, at);
            format!("{reads} AWS did not find this stream: someone else deleted it. {NOT_KNOWN_WHO}")
        }
        End::Superseded { observed } => {
            let before = match change.before() {
                EncryptionReport::Encrypted(Some(key)) => format!(" Before, it was encrypted with {key}."),
                EncryptionReport::NotEncrypted => " Before, it was not encrypted.".to_owned(),
                EncryptionReport::Encrypted(None) | EncryptionReport::Unstated(_) => String::new(),
            };
            let reads = in_reads(&change.tallies.contrary, at);
            format!(
                "Someone else changed this stream. {reads} AWS reported {}.{before} {NOT_KNOWN_WHO}",
                reports::state(observed)
            )
        }
        End::Replaced { created } => format!(
            "The stream was deleted and re-created at {}. The call may have reached the new one. Check it.",
            created.date_and_clock()
        ),
    }
}

/// Returns `From 14:03:10 UTC to 14:03:55 UTC, in 3 reads,`.
fn in_reads(tally: &Tally, until: Timestamp) -> String {
    match (tally.since, tally.last_counted) {
        (Some(since), Some(last)) if since != last => {
            format!("From {} to {}, in {} reads,", since.clock_seconds(), last.clock_seconds(), tally.reads)
        }
        _ => format!("At {}", until.clock_seconds()),
    }
}

fn flag(change: &Change) -> Option<Summary> {
    let sent_at = change.evidence.sent_at?;
    let words = |text: &str| Phrase::Words(text.to_owned());
    let last_read = match &change.evidence.last_read {
        None => vec![words("Keystream is about to read the stream.")],
        Some(read) => {
            vec![
                words("Keystream is reading the stream; "),
                Phrase::Ago(read.at),
                Phrase::Words(format!(": {}.", read.observed)),
            ]
        }
    };
    let summary =
        |word: &str, parts: [Vec<Phrase>; 3]| Some(Summary { word: word.to_owned(), text: parts.concat(), aws: None });
    if change.can_be_closed() {
        let is_lost = change.is_unknown() && !change.evidence.is_sent_in_doubt;
        let lost = if is_lost { "The answer was lost, and " } else { "" };
        let text = format!(
            " {lost}AWS's reports can't show whether this change took effect. Anyone permitted to change the stream \
            can close it below."
        );
        let word = if change.is_unknown() { "Outcome unknown" } else { "Slow" };
        let sent = match change.evidence.known_sent_at() {
            Some(at) => format!("Sent at {}. ", at.clock_seconds()),
            None => "It isn't known whether this change was sent. ".to_owned(),
        };
        return summary(word, [vec![Phrase::Words(sent)], last_read, vec![Phrase::Words(text)]]);
    }
    if change.evidence.reached_at.is_some() {
        return None;
    }
    if let Some(unknown) = &change.evidence.outcome_unknown {
        let sent = match change.evidence.known_sent_at() {
            Some(at) => format!("Sent at {}, but the answer was lost ({})", at.clock_seconds(), unknown.why),
            None => format!("It isn't known whether this change was sent ({})", unknown.why),
        };
        let sent = format!("{sent}. It may or may not have been applied. ");
        return summary(
            "Outcome unknown",
            [vec![Phrase::Words(sent)], last_read, vec![words(" Don't send it from elsewhere yet.")]],
        );
    }
    change.evidence.slow.as_ref().and_then(|slow| {
        let (stands, since) = match change.tallies.updating_since.filter(|_| reports::was_updating(change)) {
            Some(since) => ("UPDATING for ", since),
            None => ("Not finished after ", sent_at),
        };
        let usual = pace::usual(slow.usual.as_ref());
        let pace = format!(
            "; {usual}. AWS says it can take minutes and gives no upper bound. Reads and writes \
            continue. Still watching. "
        );
        summary("Slow", [vec![words(stands), Phrase::For(since)], vec![Phrase::Words(pace)], last_read])
    })
}
