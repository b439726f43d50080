//! The sentences of the ladder and of a change's end, each naming its evidence (`words.md` of the design). What a page
//! says about the past is dated; only the current rung of an active change speaks of the present, as far as AWS has
//! reported.

use serde::{Deserialize, Serialize};

use crate::model::{
    change::{
        Action, Change, End, Ending, LastRead, Observed, Rung, RungState, SentAs, Tally, TypicalDuration,
        judgement::Verdict,
        refusal::{AwsWords, Refusal},
    },
    stream::{StreamStatus, encryption::EncryptionReport},
    time::{MINUTE_MS, SECOND_MS, Timestamp, span},
};

/// What stands beneath a rung. A rung without evidence says "not yet" while it can still come, else "not observed".
pub fn rung(change: &Change, rung: Rung) -> String {
    match (rung, change.rung(rung)) {
        (Rung::Updating, RungState::NotObserved) => match (change.evidence.sent_at, change.evidence.reached_at) {
            (Some(sent), Some(reached)) => {
                format!(
                    "not observed: AWS may have finished between {} and the read at {}.",
                    sent.clock_seconds(),
                    reached.clock_seconds()
                )
            }
            _ => "not observed".to_owned(),
        },
        (Rung::Accepted, RungState::NotObserved) if change.evidence.outcome_unknown.is_some() => {
            "not observed: AWS's answer was lost. What caused a later state isn't established.".to_owned()
        }
        (Rung::Proven, RungState::NotYet) => format!("not yet. {}", proven(change)),
        (Rung::Proven, RungState::NotObserved) => format!("not observed. {}", proven(change)),
        (_, RungState::NotYet) => "not yet".to_owned(),
        (_, RungState::NotObserved) => "not observed".to_owned(),
        (rung, RungState::Lit(at)) => lit(change, rung, at, change.is_active() && change.last_lit() == rung),
    }
}

/// What stands beneath a rung with evidence. Only the current one says how things are.
fn lit(change: &Change, rung: Rung, at: Timestamp, is_current: bool) -> String {
    let clock = at.clock_seconds();
    match rung {
        Rung::Requested => {
            let sent = match (change.evidence.sent_at, is_current) {
                (Some(_), _) => "",
                (None, true) => " Nothing has been sent to AWS.",
                (None, false) => " Nothing was sent to AWS.",
            };
            let waits = change
                .intent
                .armed_until
                .filter(|_| change.is_waiting())
                .map_or_else(String::new, |until| waiting(change, until));
            format!("Recorded at {clock} by {}.{sent}{waits}", change.intent.actor)
        }
        Rung::Sent => sent(change, &clock, is_current),
        Rung::Accepted => {
            let id = change.evidence.accepted.as_ref().and_then(|acceptance| acceptance.request_id.as_deref());
            let id = id.map_or_else(String::new, |id| format!(" (id {id})"));
            let still = if is_current { still(change) } else { "" };
            format!("AWS accepted the request{id} at {clock}.{still}")
        }
        Rung::Updating => match change.tallies.updating_since.filter(|_| is_current && was_updating(change)) {
            Some(since) => {
                format!("AWS has reported UPDATING since {}. Reads and writes continue.", since.clock_seconds())
            }
            None => format!("AWS reported UPDATING at {clock}."),
        },
        Rung::Reached => {
            let may_still = match (is_current, change.intent.action, change.is_key_change()) {
                (false, ..) => "",
                (true, Action::Disable, _) => " For up to 5 s new records may still be encrypted.",
                (true, Action::Enable, true) => {
                    " For up to 5 s new records may still be encrypted under the previous key."
                }
                (true, Action::Enable, false) => " For up to 5 s new records may still be stored unencrypted.",
            };
            format!("AWS reported ACTIVE and {} at {clock}.{may_still}", wanted_type(change))
        }
        Rung::Proven => proven(change),
        Rung::Settled => settled(change, &clock),
    }
}

fn sent(change: &Change, clock: &str, is_current: bool) -> String {
    if change.was_kept_from_leaving() {
        return format!("Recorded as sent at {clock}, but the request never left.");
    }
    let is_refused =
        change.evidence.late_refusal.is_some() || matches!(change.end, Some(Ending { how: End::Rejected(_), .. }));
    let answer = match (&change.evidence.accepted, is_refused, &change.evidence.outcome_unknown) {
        (Some(_), ..) => "",
        (None, true, _) => " AWS refused the request.",
        (None, false, Some(_)) => " The answer was lost. It won't be sent again.",
        (None, false, None) if is_current => " No answer yet. It won't be sent again.",
        (None, false, None) => " No answer was recorded.",
    };
    let session = change.evidence.sent_as.as_ref();
    let session =
        session.map_or_else(String::new, |SentAs { role, session }| format!(" As {role}, session {session}."));
    format!("Recorded as sent at {clock}.{session}{answer}")
}

/// What AWS still reports after it accepted the call; empty where it can't be told.
fn still(change: &Change) -> &'static str {
    let is_as_before = match &change.evidence.last_read {
        Some(LastRead { observed: Observed::State { encryption, .. }, .. }) => {
            change.verdict(encryption, None) == Verdict::Old
        }
        // The read before sending said so.
        None => true,
        Some(_) => false,
    };
    match (is_as_before, change.intent.action, change.is_key_change()) {
        (false, ..) => "",
        (true, Action::Disable, _) => " Encryption is still on, as far as AWS has reported.",
        (true, Action::Enable, true) => " The previous key is still in use, as far as AWS has reported.",
        (true, Action::Enable, false) => " Encryption is still off, as far as AWS has reported.",
    }
}

fn was_updating(change: &Change) -> bool {
    matches!(
        &change.evidence.last_read,
        Some(LastRead { observed: Observed::State { status: StreamStatus::Updating, .. }, .. })
    )
}

/// `NONE`, or `KMS with alias/orders`: the wanted state as AWS reported it.
fn wanted_type(change: &Change) -> String {
    match change.intent.action {
        Action::Disable => "NONE".to_owned(),
        Action::Enable => {
            let key = change.evidence.reached_key.as_ref().or(change.intent.key.as_ref());
            key.map_or_else(|| "KMS".to_owned(), |key| format!("KMS with {key}"))
        }
    }
}

fn settled(change: &Change, clock: &str) -> String {
    let state = match change.intent.action {
        Action::Disable => "not encrypted".to_owned(),
        Action::Enable => {
            let key = change.evidence.reached_key.as_ref().or(change.intent.key.as_ref());
            key.map_or_else(|| "encrypted".to_owned(), |key| format!("encrypted with {key}"))
        }
    };
    // Until when a key that was left behind is needed stands in the stream's row, which moves with its retention.
    let before =
        if change.before() == EncryptionReport::NotEncrypted { " Records stored before stay unencrypted." } else { "" };
    let checked = if change.evidence.proof.is_some() { "" } else { " No records have been checked." };
    format!("At {clock} AWS reported ACTIVE and {state} again, more than 5 s after the first report.{before}{checked}")
}

/// What records say, where somebody asked.
fn proven(change: &Change) -> String {
    let words = change
        .evidence
        .proof
        .as_ref()
        .map(|proof| (proof.words(change.intent.action), proof.contradicts(change.intent.action)));
    match words {
        None => String::new(),
        Some((words, false)) if change.is_key_change() => {
            format!("{words} The stream was encrypted before: a type does not tell one key from another.")
        }
        Some((words, false)) => words,
        Some((words, true)) => format!("{words} This contradicts the change: check who else changes the stream."),
    }
}

/// ` The stream is UPDATING (not started by Keystream). This change will be sent once it's ACTIVE, until 14:17.`
fn waiting(change: &Change, until: Timestamp) -> String {
    let seen = match &change.evidence.last_read {
        // The read before recording said so.
        None | Some(LastRead { observed: Observed::State { status: StreamStatus::Updating, .. }, .. }) => {
            "The stream is UPDATING (not started by Keystream).".to_owned()
        }
        Some(LastRead { observed: Observed::State { status, .. }, .. }) => format!("The stream is {status}."),
        Some(LastRead { observed, .. }) => format!("The last read of the stream: {}.", observed.words()),
    };
    format!(" {seen} This change will be sent once it's ACTIVE, until {}.", until.day_and_minute())
}

/// What the page says of a change before its ladder: a word, what it means, and AWS's own words where there are some.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    pub word: String,
    pub text: Vec<Phrase>,
    pub aws: Option<AwsWords>,
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
        Action::Enable => state_in_words(observed),
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
                Action::Enable => format!("encrypted: {}", wanted_type(change)),
            };
            format!(
                "AWS reported {name} ACTIVE and {state} at {} and again at {}.",
                first.date_and_clock(),
                at.clock_seconds()
            )
        }
        End::Rejected(refusal) => refusal.text(change),
        End::Expired => match (&change.evidence.cancelled, change.intent.armed_until.filter(|until| at >= *until)) {
            (Some(cancelled), _) => {
                format!("Cancelled by {} at {}. {NEVER_SENT}", cancelled.by, cancelled.at.clock_seconds())
            }
            (None, Some(until)) => {
                format!("It waited for the stream to be ACTIVE until {}. {NEVER_SENT}", until.day_and_minute())
            }
            (None, None) => NEVER_SENT.to_owned(),
        },
        End::NotApplied => {
            let state = encryption_in_words(&change.before());
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
                state_in_words(observed)
            )
        }
        End::Replaced { created } => format!(
            "The stream was deleted and re-created at {}. The call may have reached the new one. Check it.",
            created.date_and_clock()
        ),
    }
}

/// `From 14:03:10 UTC to 14:03:55 UTC, in 3 reads,`
fn in_reads(tally: &Tally, until: Timestamp) -> String {
    match (tally.since, tally.last_counted) {
        (Some(since), Some(last)) if since != last => {
            format!("From {} to {}, in {} reads,", since.clock_seconds(), last.clock_seconds(), tally.reads)
        }
        _ => format!("At {}", until.clock_seconds()),
    }
}

/// `ACTIVE and KMS with alias/other`, or what stood in the way.
fn state_in_words(observed: &Observed) -> String {
    match observed {
        Observed::State { status, encryption } => format!("{status} and {}", encryption_in_words(encryption)),
        Observed::NotFound | Observed::Failed { .. } => observed.words(),
    }
}

fn encryption_in_words(encryption: &EncryptionReport) -> String {
    match encryption {
        EncryptionReport::Encrypted(Some(key)) => format!("KMS with {key}"),
        other => other.type_word().to_owned(),
    }
}

/// `typical here is 14 s (95 % within 40 s)`.
pub fn usual(usual: Option<&TypicalDuration>) -> String {
    match usual {
        Some(TypicalDuration { p50_ms, p95_ms, .. }) => {
            format!("typical here is {} (95 % within {})", seconds(*p50_ms), seconds(*p95_ms))
        }
        None => "no baseline yet".to_owned(),
    }
}

/// A length of time in seconds up to two minutes, then in minutes: an age would round 100 s to 1 min.
fn seconds(millis: i64) -> String {
    if millis < 2 * MINUTE_MS { format!("{} s", (millis + 500) / SECOND_MS) } else { span(millis) }
}

/// What to look at when a change has been under way for five minutes.
pub const CHECK_WHEN_SLOW: [&str; 4] = [
    "Whether anything else is changing this stream. Resharding, mode switches and consumer registration also cause \
    UPDATING. CloudTrail names who.",
    "The AWS Health Dashboard for Kinesis Data Streams in this Region.",
    "Whether reads and writes continue. They should; if they don't, deal with that first.",
    "If nothing explains it, open a case with AWS Support and paste the text below. Don't send the change again from \
    elsewhere.",
];

/// Everything that a support case needs, as one text to copy.
pub fn support_text(change: &Change, now: Timestamp) -> String {
    let mut lines = vec![
        format!("{} of {}", change.intent.action.verb(), change.intent.arn),
        format!("Account {}, Region {}", change.intent.arn.account, change.intent.arn.region),
        format!("Stream created {}", change.intent.stream_created),
        format!(
            "{}: {}",
            match change.intent.action {
                Action::Disable => "Key as AWS reported it",
                Action::Enable => "Key that was chosen",
            },
            change.intent.key.as_ref().map_or("none", |key| key.as_str())
        ),
        format!("Keystream change {}, requested by {}", change.id, change.intent.actor),
        String::new(),
    ];
    lines.extend(Rung::ALL.map(|rung| match change.rung(rung) {
        RungState::Lit(at) => format!("{}: {at}", rung.word()),
        RungState::NotYet => format!("{}: not yet", rung.word()),
        RungState::NotObserved => format!("{}: not observed", rung.word()),
    }));
    if let Some(id) = change.evidence.accepted.as_ref().and_then(|acceptance| acceptance.request_id.as_ref()) {
        lines.push(format!("AWS request id: {id}"));
    }
    if let Some(unknown) = &change.evidence.outcome_unknown {
        lines.push(format!("Answer lost at {}: {}", unknown.since, unknown.why));
    }
    if let Some(since) = change.tallies.unjudged_since.filter(|_| change.is_active()) {
        lines.push(format!("No report to judge it by since {since}"));
    }
    if let Some(Ending { at, how }) = &change.end {
        lines.push(format!("Ended as {} at {at}", how.word()));
        if let End::Rejected(Refusal { aws: Some(aws), .. }) = how {
            let id = aws.request_id.as_deref().unwrap_or("none");
            lines.push(format!("AWS answered {} (request id {id}, {}): {}", aws.code, aws.at, aws.message));
        }
    }
    if let Some(proof) = &change.evidence.proof {
        lines.push(format!("Proof: {}", proof.words(change.intent.action)));
    }
    if let Some(read) = &change.evidence.last_read {
        lines.push(format!("Last DescribeStreamSummary {}: {}", read.at, read.observed.words()));
    }
    lines.push(format!("Written {now}"));
    lines.join("\n")
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
                Phrase::Words(format!(": {}.", read.observed.words())),
            ]
        }
    };
    let summary =
        |word: &str, parts: [Vec<Phrase>; 3]| Some(Summary { word: word.to_owned(), text: parts.concat(), aws: None });
    if change.can_be_closed() {
        let lost = if change.is_unknown() { "The answer was lost, and n" } else { "N" };
        let text = format!(
            " {lost}othing that AWS reports can show whether this change took effect. Someone permitted to change the \
            stream can close it below."
        );
        let word = if change.is_unknown() { "Outcome unknown" } else { "Slow" };
        let sent = format!("Sent at {}. ", sent_at.clock_seconds());
        return summary(word, [vec![Phrase::Words(sent)], last_read, vec![Phrase::Words(text)]]);
    }
    if change.evidence.reached_at.is_some() {
        return None;
    }
    if let Some(unknown) = &change.evidence.outcome_unknown {
        let clock = sent_at.clock_seconds();
        let sent = format!(
            "Sent at {clock}, but the answer was lost ({}). It may or may not have been applied. ",
            unknown.why
        );
        return summary(
            "Outcome unknown",
            [vec![Phrase::Words(sent)], last_read, vec![words(" Don't send it from elsewhere yet.")]],
        );
    }
    change.evidence.slow.as_ref().and_then(|slow| {
        let (stands, since) = match change.tallies.updating_since.filter(|_| was_updating(change)) {
            Some(since) => ("UPDATING for ", since),
            None => ("Not finished after ", sent_at),
        };
        let usual = usual(slow.usual.as_ref());
        let pace = format!(
            "; {usual}. AWS says it can take minutes and gives no upper bound. Reads and writes \
            continue. Still watching. "
        );
        summary("Slow", [vec![words(stands), Phrase::For(since)], vec![Phrase::Words(pace)], last_read])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::{
        Reverted, Slow, Step,
        refusal::{AwsWords, Precondition, RefusalKind},
        tests::{report, requested_change, sent_change},
    };

    #[test]
    fn unlit_rungs_say_not_yet_or_not_observed() {
        let mut change = sent_change();
        assert_eq!(rung(&change, Rung::Updating), "not yet");
        change.apply(Step::Reached { at: Timestamp::from_millis(1_005_000), key: None });
        assert_eq!(
            rung(&change, Rung::Updating),
            "not observed: AWS may have finished between 00:16:40 UTC and the read at 00:16:45 UTC."
        );
        assert_eq!(rung(&change, Rung::Settled), "not yet");
        let mut expired = requested_change();
        expired.apply(Step::Ended(Ending { at: Timestamp::from_millis(1), how: End::Expired }));
        assert!(Rung::ALL.iter().skip(1).all(|unlit| rung(&expired, *unlit).contains("not observed")));
    }

    #[test]
    fn a_lost_answer_is_never_told_as_accepted() {
        let mut change = sent_change();
        change
            .apply(Step::LostTrack { at: Timestamp::from_millis(1_010_000), why: "no answer within 10 s".to_owned() });
        let told = summary(&change).unwrap();
        assert_eq!(told.word, "Outcome unknown");
        let text = told.text_at(Timestamp::from_millis(1_012_000));
        assert!(text.starts_with("Sent at 00:16:40 UTC, but the answer was lost (no answer within 10 s)."), "{text}");
        change.apply(Step::Reached { at: Timestamp::from_millis(1_020_000), key: None });
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
        let usual = TypicalDuration::of(vec![9_000, 14_400, 14_000, 15_000, 40_000]);
        change.apply(Step::Slow(Slow { since: Timestamp::from_millis(1_300_000), usual }));
        let text = summary(&change).unwrap().text_at(Timestamp::from_millis(1_360_000));
        assert!(
            text.starts_with("Not finished after 6 min; typical here is 14 s (95 % within 40 s). AWS says"),
            "{text}"
        );
        assert!(text.ends_with("Keystream is about to read the stream."), "{text}");
        let at = Timestamp::from_millis(1_301_000);
        let updating = Observed::State { status: StreamStatus::Updating, encryption: EncryptionReport::Unstated(None) };
        change.apply(Step::Read(LastRead { at, observed: updating }));
        let text = summary(&change).unwrap().text_at(Timestamp::from_millis(1_361_000));
        assert!(text.starts_with("UPDATING for 6 min; typical"), "{text}");
    }

    #[test]
    fn a_reverted_change_says_when_it_settled_and_what_came_after() {
        let mut change = sent_change();
        change.apply(Step::Reached { at: Timestamp::from_millis(1_001_000), key: None });
        change.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_007_000), how: End::Settled }));
        let observed = Observed::State {
            status: "ACTIVE".to_owned().into(),
            encryption: report(0, "ACTIVE", Some("KMS")).encryption,
        };
        change.apply(Step::Reverted(Reverted { at: Timestamp::from_millis(90_000_000), observed }));
        let told = summary(&change).unwrap();
        assert_eq!(told.word, "Reverted");
        let text = told.text_at(Timestamp::from_millis(90_000_000));
        assert!(
            text.starts_with(
                "Settled on 1 Jan 1970; AWS reported encryption again by 2 Jan 01:00 UTC. Who did it isn't known yet."
            ),
            "{text}"
        );
    }

    #[test]
    fn the_support_text_has_every_id_and_time_and_aws_own_words() {
        let mut change = sent_change();
        change.apply(Step::Accepted { at: Timestamp::from_millis(1_000_400), request_id: Some("7f3a".to_owned()) });
        let text = support_text(&change, Timestamp::from_millis(1_002_000));
        for line in [
            "Disable encryption of arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod",
            "Account 111122223333, Region eu-west-1",
            "Keystream change c1, requested by mira",
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
        assert!(
            text.contains(
                "AWS answered AccessDeniedException (request id 9b, 1970-01-01T00:16:40.500Z): not authorized"
            ),
            "{text}"
        );
    }

    fn observed(status: &str, encryption: Option<&str>) -> Observed {
        let read = report(0, status, encryption);
        Observed::State { status: read.status, encryption: read.encryption }
    }

    #[test]
    fn only_the_current_rung_of_an_active_change_speaks_of_the_present() {
        let at = Timestamp::from_millis;
        let mut change = sent_change();
        assert!(rung(&change, Rung::Sent).ends_with("No answer yet. It won't be sent again."));
        change.apply(Step::Accepted { at: at(1_000_400), request_id: Some("7f3".to_owned()) });
        assert_eq!(
            rung(&change, Rung::Accepted),
            "AWS accepted the request (id 7f3) at 00:16:40 UTC. Encryption is still on, as far as AWS has reported."
        );
        assert_eq!(rung(&change, Rung::Sent), "Recorded as sent at 00:16:40 UTC.");
        change.apply(Step::Read(LastRead { at: at(1_001_000), observed: observed("UPDATING", Some("KMS")) }));
        change.apply(Step::SeenUpdating { at: at(1_001_000) });
        assert_eq!(rung(&change, Rung::Accepted), "AWS accepted the request (id 7f3) at 00:16:40 UTC.");
        assert_eq!(
            rung(&change, Rung::Updating),
            "AWS has reported UPDATING since 00:16:41 UTC. Reads and writes continue."
        );
        change.apply(Step::Read(LastRead { at: at(1_002_000), observed: observed("ACTIVE", Some("KMS")) }));
        change.apply(Step::SeenOldState { at: at(1_002_000) });
        assert_eq!(rung(&change, Rung::Updating), "AWS reported UPDATING at 00:16:41 UTC.", "it does not any more");
        change.apply(Step::Reached { at: at(1_003_000), key: None });
        assert!(rung(&change, Rung::Reached).ends_with("For up to 5 s new records may still be encrypted."));
        change.apply(Step::Ended(Ending { at: at(1_009_000), how: End::Settled }));
        assert_eq!(rung(&change, Rung::Reached), "AWS reported ACTIVE and NONE at 00:16:43 UTC.");
        let text = summary(&change).unwrap().text_at(at(0));
        assert_eq!(
            text,
            "AWS reported orders-prod ACTIVE and not encrypted at 1 Jan 1970 00:16:43 UTC and again at 00:16:49 UTC."
        );
    }

    #[test]
    fn not_applied_names_the_reads_that_it_stands_on() {
        let at = Timestamp::from_millis;
        let mut change = sent_change();
        change.apply(Step::SeenOldState { at: at(1_001_000) });
        change.apply(Step::SeenUpdating { at: at(1_060_000) });
        for millis in [1_130_000, 1_140_000, 1_150_000] {
            change.apply(Step::SeenOldState { at: at(millis) });
        }
        change.apply(Step::Ended(Ending { at: at(1_150_000), how: End::NotApplied }));
        let text = summary(&change).unwrap().text_at(at(0));
        assert!(
            text.starts_with(
                "From 00:18:50 UTC to 00:19:10 UTC, in 3 reads, AWS reported ACTIVE and KMS with alias/orders."
            ),
            "{text}"
        );
    }

    #[test]
    fn what_somebody_else_did_later_does_not_stand_on_earlier_rungs() {
        let at = Timestamp::from_millis;
        let mut change = sent_change();
        change.intent.action = Action::Enable;
        change.intent.from = Some(EncryptionReport::NotEncrypted);
        change.apply(Step::Reached { at: at(1_003_000), key: Some("alias/orders".parse().unwrap()) });
        let theirs = Observed::State {
            status: StreamStatus::Active,
            encryption: EncryptionReport::from_aws(Some("KMS"), Some("alias/theirs")),
        };
        change.apply(Step::Read(LastRead { at: at(1_020_000), observed: theirs.clone() }));
        change.apply(Step::SeenContrary { at: at(1_010_000) });
        change.apply(Step::SeenContrary { at: at(1_020_000) });
        change.apply(Step::Ended(Ending { at: at(1_020_000), how: End::Superseded { observed: theirs } }));
        assert_eq!(rung(&change, Rung::Reached), "AWS reported ACTIVE and KMS with alias/orders at 00:16:43 UTC.");
        let text = summary(&change).unwrap().text_at(at(0));
        assert!(
            text.contains("AWS reported ACTIVE and KMS with alias/theirs. Before, it was not encrypted."),
            "{text}"
        );
    }

    #[test]
    fn a_refusal_that_came_late_is_told_with_the_end_that_was_there() {
        let aws = AwsWords {
            code: "LimitExceededException".to_owned(),
            message: String::new(),
            request_id: None,
            at: Timestamp::from_millis(1),
        };
        let refusal = Refusal { kind: RefusalKind::TooFast, aws: Some(aws), read_after: None };
        let mut change = sent_change();
        change.apply(Step::LostTrack { at: Timestamp::from_millis(1_010_000), why: "cut off".to_owned() });
        change.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_150_000), how: End::NotApplied }));
        change.apply(Step::Ended(Ending { at: Timestamp::from_millis(1_150_500), how: End::Rejected(refusal) }));
        let told = summary(&change).unwrap();
        assert_eq!(
            (told.word.as_str(), told.aws.map(|aws| aws.code)),
            ("Not applied", Some("LimitExceededException".to_owned()))
        );
        assert!(rung(&change, Rung::Sent).ends_with("AWS refused the request."));
        assert!(!change.may_have_acted());
    }
}
