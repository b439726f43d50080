//! The rungs of the ladder, each with its evidence. Statements about the past are dated; only the current rung of an
//! active change speaks of the present, as far as AWS has reported.

use super::{proof, reports};
use crate::model::{
    change::{Action, Change, End, Ending, LastRead, Observed, Rung, RungState, SentAs, judgement::Verdict},
    stream::{StreamStatus, encryption::EncryptionReport},
    time::Timestamp,
};

/// Returns the text beneath a rung. Without evidence it is "not yet" while the rung can still be reached, otherwise
/// "not observed".
pub fn rung(change: &Change, rung: Rung) -> String {
    let evidence = &change.evidence;
    match (rung, change.rung(rung)) {
        (Rung::Updating, RungState::NotObserved) => match (evidence.known_sent_at(), evidence.reached_at) {
            (Some(sent), Some(reached)) => {
                format!(
                    "not observed: AWS may have finished between {} and the read at {}.",
                    sent.clock_seconds(),
                    reached.clock_seconds()
                )
            }
            _ => "not observed".to_owned(),
        },
        (Rung::Sent, RungState::NotObserved) if evidence.is_sent_in_doubt => {
            let why = evidence.outcome_unknown.as_ref().map_or("", |unknown| unknown.why.as_str());
            format!("not observed: {why}. It won't be sent.")
        }
        (Rung::Accepted, RungState::NotObserved) if evidence.is_sent_in_doubt => {
            "not observed. What caused a later state isn't established.".to_owned()
        }
        (Rung::Accepted, RungState::NotObserved) if evidence.outcome_unknown.is_some() => {
            "not observed: AWS's answer was lost. What caused a later state isn't established.".to_owned()
        }
        (Rung::Proven, RungState::NotYet) => format!("not yet. {}", proven(change)),
        (Rung::Proven, RungState::NotObserved) => format!("not observed. {}", proven(change)),
        (_, RungState::NotYet) => "not yet".to_owned(),
        (_, RungState::NotObserved) => "not observed".to_owned(),
        (rung, RungState::Lit(at)) => lit(change, rung, at, change.is_active() && change.last_lit() == rung),
    }
}

/// Returns the text beneath a rung with evidence. Only the current rung speaks of the present.
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
        Rung::Updating => match change.tallies.updating_since.filter(|_| is_current && reports::was_updating(change)) {
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
            format!("AWS reported ACTIVE and {} at {clock}.{may_still}", reports::wanted(change))
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

/// Says what AWS still reports after it accepted the call; empty if that can't be told.
fn still(change: &Change) -> &'static str {
    let is_as_before = match &change.evidence.last_read {
        Some(LastRead { observed: Observed::State { encryption, .. }, .. }) => {
            change.verdict(encryption, None) == Verdict::Old
        }
        // Without a later read, the read before sending counts: it reported the old state.
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

fn settled(change: &Change, clock: &str) -> String {
    let state = match change.intent.action {
        Action::Disable => "not encrypted".to_owned(),
        Action::Enable => {
            let key = change.evidence.reached_key.as_ref().or(change.intent.key.as_ref());
            key.map_or_else(|| "encrypted".to_owned(), |key| format!("encrypted with {key}"))
        }
    };
    // The stream's row says until when a key that was left behind is needed, because that moves with the retention.
    let before =
        if change.before() == EncryptionReport::NotEncrypted { " Records stored before stay unencrypted." } else { "" };
    let checked = if change.evidence.proof.is_some() { "" } else { " No records have been checked." };
    format!("At {clock} AWS reported ACTIVE and {state} again, more than 5 s after the first report.{before}{checked}")
}

/// Says what records show, if proof was requested.
fn proven(change: &Change) -> String {
    let words = change
        .evidence
        .proof
        .as_ref()
        .map(|proof| (proof::sentences(proof, change.intent.action), proof.contradicts(change.intent.action)));
    match words {
        None => String::new(),
        Some((words, false)) if change.is_key_change() => {
            format!("{words} The stream was encrypted before too, and a record's type doesn't name its key.")
        }
        Some((words, false)) => words,
        Some((words, true)) => format!("{words} This contradicts the change: check who else changes the stream."),
    }
}

/// Returns ` The stream is UPDATING (not started by Keystream). This change will be sent once it's ACTIVE, until
/// 14:17.`
fn waiting(change: &Change, until: Timestamp) -> String {
    let seen = match &change.evidence.last_read {
        // `None`: the read before recording reported UPDATING.
        None | Some(LastRead { observed: Observed::State { status: StreamStatus::Updating, .. }, .. }) => {
            "The stream is UPDATING (not started by Keystream).".to_owned()
        }
        Some(LastRead { observed: Observed::State { status, .. }, .. }) => format!("The stream is {status}."),
        Some(LastRead { observed, .. }) => format!("The last read of the stream: {observed}."),
    };
    format!(" {seen} This change will be sent once it's ACTIVE, until {}.", until.day_and_minute())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        model::change::{
            Step,
            tests::{report, requested_change, sent_change},
        },
        view::summary::summary,
    };

    fn observed(status: &str, encryption: Option<&str>) -> Observed {
        let read = report(0, status, encryption);
        Observed::State { status: read.status, encryption: read.encryption }
    }

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
}
