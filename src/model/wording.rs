//! The sentences of the ladder and of a change's end, each naming its evidence (`words.md` of the design).

use serde::{Deserialize, Serialize};

use super::{
    change::{Action, Change, End, Ending, LastRead, Rung, RungState, Saw, SentAs, Usual},
    encryption::EncryptionReport,
    refusal::{AwsWords, Refusal},
    retention,
    timestamp::{MINUTE_MS, SECOND_MS, Timestamp, span},
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
        (Rung::Proven, RungState::NotYet) => format!("not yet. {}", proven(change)),
        (Rung::Proven, RungState::NotObserved) => format!("not observed. {}", proven(change)),
        (_, RungState::NotYet) => "not yet".to_owned(),
        (_, RungState::NotObserved) => "not observed".to_owned(),
        (rung, RungState::Lit(at)) => lit(change, rung, at),
    }
}

fn lit(change: &Change, rung: Rung, at: Timestamp) -> String {
    let clock = at.clock_seconds();
    let key = change.key.as_ref().map_or("the key", |key| key.as_str());
    // As AWS reports it, which may be another name of the key that was sent.
    let reported = match &change.last_read {
        Some(LastRead { saw: Saw::State { encryption: EncryptionReport::Encrypted(Some(reported)), .. }, .. }) => reported.as_str(),
        _ => key,
    };
    match rung {
        Rung::Requested => {
            let sent = if change.sent_at.is_none() { " Nothing has been sent to AWS." } else { "" };
            let waits = change.armed_until.filter(|_| change.is_waiting()).map_or_else(String::new, |until| waiting(change, until));
            format!("Recorded {clock} by {}.{sent}{waits}", change.actor)
        }
        Rung::Sent if change.was_kept_from_leaving() => format!("Marked as sent at {clock}. The request did not leave."),
        Rung::Sent => {
            let answer = match (&change.accepted, &change.outcome_unknown, &change.end) {
                (Some(_), ..) => "",
                (None, Some(_), _) => " The answer was lost. It will not be sent again.",
                (None, None, Some(Ending { how: End::Rejected(_), .. })) => " AWS answered with a refusal.",
                (None, None, _) => " No answer yet. It will not be sent again.",
            };
            let session = change.sent_as.as_ref();
            let session = session.map_or_else(String::new, |SentAs { role, session }| format!(" As {role}, session {session}."));
            format!("The request left at {clock}.{session}{answer}")
        }
        Rung::Accepted => {
            let id = change.accepted.as_ref().and_then(|acceptance| acceptance.request_id.as_deref());
            let id = id.map_or_else(String::new, |id| format!(" (id {id})"));
            let is_still_on = change.reached_at.is_none()
                && match &change.last_read {
                    Some(LastRead { saw: Saw::State { encryption, .. }, .. }) => change.is_as_before(encryption),
                    // The read before sending said so.
                    None => true,
                    Some(_) => false,
                };
            let still = match (is_still_on, change.action, &change.from) {
                (false, ..) => "",
                (true, Action::Disable, _) => " Encryption is still on as far as AWS has reported.",
                (true, Action::Enable, Some(EncryptionReport::Encrypted(_))) => {
                    " The former key is still in use as far as AWS has reported."
                }
                (true, Action::Enable, _) => " Encryption is still off as far as AWS has reported.",
            };
            format!("AWS accepted the request{id} at {clock}.{still}")
        }
        Rung::Updating => format!("AWS reports UPDATING since {clock}. Reading and writing go on."),
        Rung::Reached => match (change.action, &change.from) {
            (Action::Disable, _) => format!("AWS reports ACTIVE and NONE at {clock}. For up to 5 s new records may still be encrypted."),
            (Action::Enable, Some(EncryptionReport::Encrypted(_))) => {
                format!(
                    "AWS reports ACTIVE and KMS at {clock}, with {reported}. For up to 5 s new records may still be encrypted under the former key."
                )
            }
            (Action::Enable, _) => {
                format!(
                    "AWS reports ACTIVE and KMS at {clock}, with {reported}. For up to 5 s new records may still be stored unencrypted."
                )
            }
        },
        Rung::Proven => proven(change),
        Rung::Settled if change.action == Action::Enable => {
            let former = match &change.from {
                Some(EncryptionReport::Encrypted(former)) => {
                    let until = retention::key_needed_until(change.reached_at.unwrap_or(at), change.retention_hours);
                    let former = former.as_ref().map_or("the former key", |former| former.as_str());
                    format!(" Keep {former} until {}.", until.day_and_minute())
                }
                _ => " Records stored before stay unencrypted.".to_owned(),
            };
            format!(
                "Encrypted with {reported}, ACTIVE. AWS's 5 s have passed and a second read agrees ({clock}).{former} No record has been checked."
            )
        }
        Rung::Settled => {
            let until = retention::key_needed_until(change.reached_at.unwrap_or(at), change.retention_hours);
            format!(
                "Not encrypted, ACTIVE. AWS's 5 s have passed and a second read agrees ({clock}). Keep {key} until {}. No record has been checked.",
                until.day_and_minute()
            )
        }
    }
}

/// What records say, where somebody asked.
fn proven(change: &Change) -> String {
    let words = change.proof.as_ref().map(|proof| (proof.words(change.action), proof.contradicts(change.action)));
    match words {
        None => String::new(),
        Some((words, false)) if matches!(change.from, Some(EncryptionReport::Encrypted(_))) => {
            format!("{words} The stream was encrypted before: a type does not tell one key from another.")
        }
        Some((words, false)) => words,
        Some((words, true)) => format!("{words} That speaks against this change: look who else changes the stream."),
    }
}

/// ` The stream is UPDATING, not by Keystream. Will be sent when ACTIVE, until 14:17. Cancel is possible.`
fn waiting(change: &Change, until: Timestamp) -> String {
    let seen = match &change.last_read {
        Some(LastRead { saw: Saw::State { status, .. }, .. }) => format!("The stream is {status}, not by Keystream."),
        Some(LastRead { saw, .. }) => format!("The last read of the stream: {}.", saw.words()),
        // The read before recording said so.
        None => "The stream is UPDATING, not by Keystream.".to_owned(),
    };
    format!(" {seen} Will be sent when ACTIVE, until {}. Cancel is possible.", until.day_and_minute())
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
        End::Settled if change.reverted.is_some() => change.reverted.as_ref().map(|reverted| {
            let settled = change.settled_at.map_or_else(String::new, Timestamp::date);
            let (by, seen) = (reverted.at.day_and_minute(), reverted.saw.words());
            let what = match change.action {
                Action::Disable => "encrypted again",
                Action::Enable => "changed again",
            };
            let text =
                format!("Settled on {settled}, {what} by {by}: AWS reports {seen}. By whom is not known yet. Keystream will not fight it.");
            said("Reverted", text)
        }),
        End::Settled => {
            let (name, key) = (&change.arn.name, change.key.as_ref().map_or("a key", |key| key.as_str()));
            let text = match change.action {
                Action::Disable => format!("{name} is not encrypted, and AWS reports it ACTIVE."),
                Action::Enable => format!("{name} is encrypted with {key}, and AWS reports it ACTIVE."),
            };
            Some(Summary { is_bad: false, ..said("Settled", text) })
        }
        End::Rejected(refusal) => Some(Summary { aws: refusal.aws.clone(), ..said("Rejected", refusal.text(change)) }),
        End::Expired if change.cancelled.is_some() => change.cancelled.as_ref().map(|cancelled| {
            let by = format!("Cancelled by {} at {}.", cancelled.by, cancelled.at.clock_seconds());
            said("Expired", format!("{by} Never sent. Nothing changed. Start again if still wanted."))
        }),
        End::Expired => {
            let not_in_time = change
                .armed_until
                .filter(|until| at >= until)
                .map_or_else(String::new, |until| format!("The stream was not ACTIVE until {}. ", until.day_and_minute()));
            plain("Expired", format!("{not_in_time}Never sent. Nothing changed. Start again if still wanted."))
        }
        End::NotApplied => {
            let state = match (change.action, &change.from) {
                (Action::Disable, _) => "KMS".to_owned(),
                (Action::Enable, Some(EncryptionReport::Encrypted(Some(key)))) => format!("KMS with {key}"),
                (Action::Enable, _) => "NONE".to_owned(),
            };
            let text =
                format!("For 2 min AWS has reported ACTIVE and {state}. The change did not take effect. To try again, start a new change.");
            plain("Not applied", text)
        }
        End::Superseded { saw: Saw::NotFound } => plain(
            "Superseded",
            format!(
                "AWS no longer finds this stream since {}. Someone else deleted it. Keystream will not do anything about it.",
                at.clock_seconds()
            ),
        ),
        End::Superseded { saw } => {
            let key = match (change.action, &change.key, &change.from) {
                (Action::Disable, Some(key), _) | (Action::Enable, _, Some(EncryptionReport::Encrypted(Some(key)))) => {
                    format!(" Before, it was encrypted with {key}.")
                }
                (Action::Enable, _, Some(EncryptionReport::NotEncrypted)) => " Before, it was not encrypted.".to_owned(),
                _ => String::new(),
            };
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

/// `usual here 14 s (p95 40 s)`.
pub fn usual(usual: Option<&Usual>) -> String {
    match usual {
        Some(Usual { p50_ms, p95_ms, .. }) => format!("usual here {} (p95 {})", seconds(*p50_ms), seconds(*p95_ms)),
        None => "what is usual here is not known yet".to_owned(),
    }
}

/// A length of time in seconds up to two minutes, then in minutes: an age would round 100 s to 1 min.
fn seconds(millis: i64) -> String {
    if millis < 2 * MINUTE_MS { format!("{} s", (millis + 500) / SECOND_MS) } else { span(millis) }
}

/// What to look at when a change has been under way for five minutes.
pub const CHECK_WHEN_SLOW: [&str; 4] = [
    "Whether anything else changes this stream: resharding, a switch of its capacity mode and consumers that register hold it in UPDATING too (CloudTrail names who).",
    "The AWS Health Dashboard for Kinesis Data Streams in this Region.",
    "Whether reading and writing go on: they should. If they do not, that is the urgent part.",
    "If it stays so, open a case with AWS Support and paste the text below. Do not send the change again from elsewhere.",
];

/// Everything that a support case needs, as one text to copy.
pub fn support_text(change: &Change, now: Timestamp) -> String {
    let mut lines = vec![
        format!("{} of {}", change.action.verb(), change.arn),
        format!("Account {}, Region {}", change.arn.account, change.arn.region),
        format!("Stream created {}", change.stream_created),
        format!(
            "{}: {}",
            match change.action {
                Action::Disable => "Key as AWS reported it",
                Action::Enable => "Key that was chosen",
            },
            change.key.as_ref().map_or("none", |key| key.as_str())
        ),
        format!("Keystream change {}, asked for by {}", change.id, change.actor),
        String::new(),
    ];
    lines.extend(Rung::ALL.map(|rung| match change.rung(rung) {
        RungState::Lit(at) => format!("{}: {at}", rung.word()),
        RungState::NotYet => format!("{}: not yet", rung.word()),
        RungState::NotObserved => format!("{}: not observed", rung.word()),
    }));
    if let Some(id) = change.accepted.as_ref().and_then(|acceptance| acceptance.request_id.as_ref()) {
        lines.push(format!("AWS request id: {id}"));
    }
    if let Some(unknown) = &change.outcome_unknown {
        lines.push(format!("Answer lost at {}: {}", unknown.since, unknown.why));
    }
    if let Some(Ending { at, how }) = &change.end {
        lines.push(format!("Ended as {} at {at}", how.word()));
        if let End::Rejected(Refusal { aws: Some(aws), .. }) = how {
            let id = aws.request_id.as_deref().unwrap_or("none");
            lines.push(format!("AWS answered {} (request id {id}, {}): {}", aws.code, aws.at, aws.message));
        }
    }
    if let Some(proof) = &change.proof {
        lines.push(format!("Proof: {}", proof.words(change.action)));
    }
    if let Some(read) = &change.last_read {
        lines.push(format!("Last DescribeStreamSummary {}: {}", read.at, read.saw.words()));
    }
    lines.push(format!("Written {now}"));
    lines.join("\n")
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
    change.slow.as_ref().map(|slow| {
        let stands = if change.updating_at.is_some() { "UPDATING for " } else { "Not finished for " };
        let usual = usual(slow.usual.as_ref());
        let slow = vec![
            words(stands),
            Phrase::For(sent_at),
            Phrase::Words(format!(
                "; {usual}. AWS says it can take minutes and gives no upper bound. Reading and writing go on. Still watching. "
            )),
        ];
        Summary { word: "Slow".to_owned(), text: [slow, last_read].concat(), aws: None, is_bad: true }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        change::{
            Reverted, Slow, Step,
            tests::{report, requested_change, sent_change},
        },
        refusal::{AwsWords, Precondition, RefusalKind},
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

    #[test]
    fn a_slow_change_says_what_is_usual_here() {
        let mut change = sent_change();
        change.apply(Step::SeenUpdating { at: Timestamp::from_millis(1_001_000) });
        let usual = Usual::of(vec![9_000, 14_400, 14_000, 15_000, 40_000]);
        change.apply(Step::Slow(Slow { since: Timestamp::from_millis(1_300_000), usual }));
        let text = summary(&change).unwrap().text_at(Timestamp::from_millis(1_360_000));
        assert!(text.starts_with("UPDATING for 6 min; usual here 14 s (p95 40 s). AWS says it can take minutes"), "{text}");
        assert!(text.ends_with("Keystream is about to read the stream."), "{text}");
    }

    #[test]
    fn a_reverted_change_says_when_it_settled_and_what_came_after() {
        let mut change = sent_change();
        change.apply(Step::Reached { at: Timestamp::from_millis(1_001_000) });
        change.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_007_000), how: End::Settled }));
        let saw = Saw::State { status: "ACTIVE".to_owned().into(), encryption: report(0, "ACTIVE", Some("KMS")).encryption };
        change.apply(Step::Reverted(Reverted { at: Timestamp::from_millis(90_000_000), saw }));
        let told = summary(&change).unwrap();
        assert_eq!((told.word.as_str(), told.is_bad), ("Reverted", true));
        let text = told.text_at(Timestamp::from_millis(90_000_000));
        assert!(text.starts_with("Settled on 1 Jan 1970, encrypted again by 2 Jan 01:00 UTC: AWS reports ACTIVE, KMS."), "{text}");
    }

    #[test]
    fn the_support_text_has_every_id_and_time_and_aws_own_words() {
        let mut change = sent_change();
        change.apply(Step::Accepted { at: Timestamp::from_millis(1_000_400), request_id: Some("7f3a".to_owned()) });
        let text = support_text(&change, Timestamp::from_millis(1_002_000));
        for line in [
            "Disable encryption of arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod",
            "Account 111122223333, Region eu-west-1",
            "Keystream change c1, asked for by mira",
            "Sent: 1970-01-01T00:16:40.000Z",
            "Accepted: 1970-01-01T00:16:40.400Z",
            "Updating: not yet",
            "AWS request id: 7f3a",
            "Written 1970-01-01T00:16:42.000Z",
        ] {
            assert!(text.lines().any(|known| known == line), "{line} is missing in {text}");
        }
        let aws = AwsWords {
            code: "AccessDeniedException".to_owned(),
            message: "not authorized".to_owned(),
            request_id: Some("9b".to_owned()),
            at: Timestamp::from_millis(1_000_500),
        };
        let refusal = Refusal { kind: RefusalKind::AccessDenied, aws: Some(aws), read_after: None };
        let mut refused = sent_change();
        refused.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_000_500), how: End::Rejected(refusal) }));
        let text = support_text(&refused, Timestamp::from_millis(1_002_000));
        assert!(text.lines().any(|line| line == "Accepted: not observed"), "{text}");
        assert!(text.contains("AWS answered AccessDeniedException (request id 9b, 1970-01-01T00:16:40.500Z): not authorized"), "{text}");
    }
}
