//! The sentences of the ladder and of a change's end, each naming its evidence (`words.md` of the design).

use serde::{Deserialize, Serialize};

use super::{
    change::{Change, End, Ending, LastRead, Rung, RungState, Saw},
    refusal::AwsWords,
    retention,
    timestamp::{Timestamp, span},
};

/// What stands beneath a rung. A rung without evidence says "not yet" while it can still come, else "not observed".
pub fn rung(change: &Change, rung: Rung) -> String {
    match (rung, change.rung(rung)) {
        (Rung::Updating, RungState::NotObserved) if change.reached_at.is_some() => {
            "UPDATING was not observed between two reads.".to_owned()
        }
        (Rung::Accepted, RungState::NotObserved) if change.outcome_unknown.is_some() => {
            "AWS's answer was not observed. What caused a later state is not established.".to_owned()
        }
        (_, RungState::NotYet) => "not yet".to_owned(),
        (_, RungState::NotObserved) => "not observed".to_owned(),
        (rung, RungState::Lit(at)) => lit(change, rung, at),
    }
}

fn lit(change: &Change, rung: Rung, at: Timestamp) -> String {
    let clock = at.clock_seconds();
    match rung {
        Rung::Requested => {
            let sent = if change.sent_at.is_none() { " Nothing has been sent to AWS." } else { "" };
            format!("Recorded {clock} by {}.{sent}", change.actor)
        }
        Rung::Sent if change.was_kept_from_leaving() => format!("Marked as sent at {clock}. The request did not leave."),
        Rung::Sent => {
            let answer = match (&change.accepted, &change.outcome_unknown, &change.end) {
                (Some(_), ..) => "",
                (None, Some(_), _) => " The answer was lost. It will not be sent again.",
                (None, None, Some(Ending { how: End::Rejected(_), .. })) => " AWS answered with a refusal.",
                (None, None, _) => " No answer yet. It will not be sent again.",
            };
            format!("The request left at {clock}.{answer}")
        }
        Rung::Accepted => {
            let id = change.accepted.as_ref().and_then(|acceptance| acceptance.request_id.as_deref());
            let id = id.map_or_else(String::new, |id| format!(" (id {id})"));
            let is_still_on = change.reached_at.is_none()
                && match &change.last_read {
                    Some(LastRead { saw: Saw::State { encryption, .. }, .. }) => change.is_old_state(encryption),
                    // The read before sending said so.
                    None => true,
                    Some(_) => false,
                };
            let still = if is_still_on { " Encryption is still on as far as AWS has reported." } else { "" };
            format!("AWS accepted the request{id} at {clock}.{still}")
        }
        Rung::Updating => format!("AWS reports UPDATING since {clock}. Reading and writing go on."),
        Rung::Reached => format!("AWS reports ACTIVE and NONE at {clock}. For up to 5 s new records may still be encrypted."),
        Rung::Settled => {
            let until = retention::key_needed_until(change.reached_at.unwrap_or(at), change.retention_hours);
            let key = change.key.as_ref().map_or("the key", |key| key.as_str());
            format!(
                "Not encrypted, ACTIVE. AWS's 5 s have passed and a second read agrees ({clock}). Keep {key} until {}. No record has been checked.",
                until.day_and_minute()
            )
        }
    }
}

/// What the page says of a change before its ladder: a word, what it means, and AWS's own words where there are some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub word: String,
    pub text: Vec<Phrase>,
    pub aws: Option<AwsWords>,
    pub is_bad: bool,
}

/// A part of a sentence: words, or a time that ticks on while the page stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Phrase {
    Words(String),
    /// `4 s ago`.
    Ago(Timestamp),
    /// `6 min`: how long it has been since then.
    For(Timestamp),
}

impl Summary {
    /// The text as it reads at `now`.
    pub fn text_at(&self, now: Timestamp) -> String {
        let words = |phrase: &Phrase| match phrase {
            Phrase::Words(words) => words.clone(),
            Phrase::Ago(at) => at.age(now),
            Phrase::For(since) => span(now.millis_since(*since)),
        };
        self.text.iter().map(words).collect()
    }
}

/// The end of a change, or the flag on one that is still active; `None` while all is as usual.
pub fn summary(change: &Change) -> Option<Summary> {
    let said = |word: &str, text: String| Summary { word: word.to_owned(), text: vec![Phrase::Words(text)], aws: None, is_bad: true };
    let plain = |word, text| Some(said(word, text));
    let Some(Ending { at, how }) = &change.end else { return flag(change) };
    match how {
        End::Settled => {
            Some(Summary { is_bad: false, ..said("Settled", format!("{} is not encrypted, and AWS reports it ACTIVE.", change.arn.name)) })
        }
        End::Rejected(refusal) => Some(Summary { aws: refusal.aws.clone(), ..said("Rejected", refusal.text(change)) }),
        End::Expired => plain("Expired", "Never sent. Nothing changed. Start again if still wanted.".to_owned()),
        End::NotApplied => plain(
            "Not applied",
            "For 2 min AWS has reported ACTIVE and KMS. The change did not take effect. To try again, start a new change.".to_owned(),
        ),
        End::Superseded { saw: Saw::NotFound } => plain(
            "Superseded",
            format!(
                "AWS no longer finds this stream since {}. Someone else deleted it. Keystream will not do anything about it.",
                at.clock_seconds()
            ),
        ),
        End::Superseded { saw } => {
            let key = change.key.as_ref().map_or_else(String::new, |key| format!(" Before, it was encrypted with {key}."));
            plain(
                "Superseded",
                format!(
                    "Someone else changed this stream: AWS reports {} since {}.{key} By whom is not known yet. Keystream will not fight it.",
                    saw.words(),
                    at.clock_seconds()
                ),
            )
        }
        End::Replaced { created } => plain(
            "Replaced",
            format!(
                "The stream was deleted and created again at {}. The call may have reached the new one. Check it.",
                created.date_and_clock()
            ),
        ),
    }
}

fn flag(change: &Change) -> Option<Summary> {
    if change.reached_at.is_some() {
        return None;
    }
    let sent_at = change.sent_at?;
    let words = |text: &str| Phrase::Words(text.to_owned());
    let last_read = match &change.last_read {
        None => vec![words("Keystream is about to read the stream.")],
        Some(read) => {
            vec![words("Keystream is reading the stream, last "), Phrase::Ago(read.at), Phrase::Words(format!(": {}.", read.saw.words()))]
        }
    };
    if let Some(unknown) = &change.outcome_unknown {
        let sent = format!("Sent at {}, answer lost ({}). It may or may not have been applied. ", sent_at.clock_seconds(), unknown.why);
        let text = [vec![Phrase::Words(sent)], last_read, vec![words(" Do not send it from elsewhere yet.")]].concat();
        return Some(Summary { word: "Outcome unknown".to_owned(), text, aws: None, is_bad: true });
    }
    change.slow_since.map(|_| {
        let slow = vec![
            words("Not finished for "),
            Phrase::For(sent_at),
            words(". AWS says it can take minutes and gives no upper bound. Reading and writing go on. Still watching. "),
        ];
        Summary { word: "Slow".to_owned(), text: [slow, last_read].concat(), aws: None, is_bad: true }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        change::{
            Step,
            tests::{requested_change, sent_change},
        },
        refusal::{Precondition, Refusal},
    };

    #[test]
    fn unlit_rungs_say_not_yet_or_not_observed() {
        let mut change = sent_change();
        assert_eq!(rung(&change, Rung::Updating), "not yet");
        change.apply(Step::Reached { at: Timestamp::from_millis(1_005_000) });
        assert_eq!(rung(&change, Rung::Updating), "UPDATING was not observed between two reads.");
        assert_eq!(rung(&change, Rung::Settled), "not yet");
        let mut expired = requested_change();
        expired.apply(Step::Ended(Ending { at: Timestamp::from_millis(1), how: End::Expired }));
        assert!(Rung::ALL.iter().skip(1).all(|unlit| rung(&expired, *unlit).contains("not observed")));
    }

    #[test]
    fn a_lost_answer_is_never_told_as_accepted() {
        let mut change = sent_change();
        change.apply(Step::LostTrack { at: Timestamp::from_millis(1_010_000), why: "no answer within 10 s".to_owned() });
        let told = summary(&change).unwrap();
        assert_eq!(told.word, "Outcome unknown");
        let text = told.text_at(Timestamp::from_millis(1_012_000));
        assert!(text.starts_with("Sent at 00:16:40 UTC, answer lost (no answer within 10 s)."), "{text}");
        change.apply(Step::Reached { at: Timestamp::from_millis(1_020_000) });
        assert_eq!(summary(&change), None);
        assert!(rung(&change, Rung::Accepted).contains("not observed"));
    }

    #[test]
    fn a_refusal_says_what_did_not_happen() {
        let mut change = requested_change();
        let how = End::Rejected(Refusal::precondition(Precondition::AlreadyNotEncrypted));
        change.apply(Step::Ended(Ending { at: Timestamp::from_millis(1), how }));
        let told = summary(&change).unwrap();
        assert_eq!(told.word, "Rejected");
        let text = told.text_at(Timestamp::from_millis(2));
        assert!(text.contains("Nothing was sent. Nothing changed."), "{text}");
    }
}
