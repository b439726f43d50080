//! Waiting changes: confirmed while the stream was UPDATING for another reason, and sent once AWS reports ACTIVE, until
//! a time that the operator saw.
//!
//! Decides what each read means for such a change. It never sends anything itself.

use super::{
    Change, End, Observation,
    preconditions::{self, Shown},
    refusal::{Precondition, Refusal},
};
use crate::model::{
    forms::FormMistake,
    stream::{StreamStatus, encryption::KeyId},
    time::{MINUTE_MS, Timestamp},
};

/// The waiting times that the form offers, in minutes. The first is preselected.
pub const OFFERED_MINUTES: [i64; 4] = [15, 30, 60, 240];
/// The longest waiting time, so that no forgotten change is sent much later.
const LONGEST_MINUTES: i64 = 240;
/// A stream is gone after this many reads, at least 10 s apart, that didn't find it.
const MISSING_READS: u32 = 3;

/// How long a change may wait for its stream, in minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Wait(i64);

impl Wait {
    /// The longest text of the form's value.
    pub const LONGEST: usize = 3;

    /// Parses the form's value; an empty one means to send at once.
    ///
    /// # Errors
    /// If it isn't a whole number of minutes from 1 to 240.
    pub fn parse(text: &str) -> Result<Option<Self>, FormMistake> {
        match text.trim() {
            "" => Ok(None),
            text => match text.parse() {
                Ok(minutes) if (1..=LONGEST_MINUTES).contains(&minutes) => Ok(Some(Self(minutes))),
                _ => Err(FormMistake::WaitInvalid),
            },
        }
    }

    /// Returns when a wait that begins at `now` ends.
    pub const fn over_at(self, now: Timestamp) -> Timestamp {
        now.plus_millis(self.0 * MINUTE_MS)
    }
}

/// What to do with a waiting change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Decision {
    Wait,
    /// The plan still holds and the stream is ACTIVE: send, with this key.
    Send(KeyId),
    End(End),
}

/// Decides what one read means for a waiting change.
pub fn decide(change: &Change, observed: &Observation, now: Timestamp) -> Decision {
    if change.intent.armed_until.is_none_or(|until| now > until) {
        return Decision::End(End::Expired);
    }
    let rejected = |precondition| Decision::End(End::Rejected(Refusal::precondition(precondition)));
    let report = match observed {
        Observation::Report(report) => report,
        Observation::Failed { .. } => return Decision::Wait,
        Observation::NotFound { .. } if change.tallies.missing.with(now).reads >= MISSING_READS => {
            return rejected(Precondition::Missing);
        }
        Observation::NotFound { .. } => return Decision::Wait,
    };
    if report.status == StreamStatus::Active {
        return still_to_be_sent(change, observed).map_or_else(rejected, Decision::Send);
    }
    if let Err(precondition) = preconditions::still_as_shown(change.intent.action, &shown(change), report) {
        return rejected(precondition);
    }
    match &report.status {
        StreamStatus::Deleting => rejected(Precondition::NotActive { status: StreamStatus::Deleting }),
        // The encryption is compared once the stream is ACTIVE.
        _ => Decision::Wait,
    }
}

/// Checks that this read allows sending a recorded change: the stream is ACTIVE and as confirmed. Returns the key to
/// send.
///
/// # Errors
/// Returns the first precondition that no longer holds.
pub fn still_to_be_sent(change: &Change, observed: &Observation) -> Result<KeyId, Precondition> {
    let report = match observed {
        Observation::Report(report) => report,
        Observation::NotFound { .. } => return Err(Precondition::Missing),
        Observation::Failed { why } => return Err(Precondition::CouldNotRead { why: why.clone() }),
    };
    preconditions::still_as_shown(change.intent.action, &shown(change), report)?;
    match preconditions::of_report(change.intent.action, report) {
        // AWS names no key, but the user did.
        Ok(_) | Err(Precondition::KeyUnstated) => change.intent.key.clone().ok_or(Precondition::KeyUnstated),
        Err(precondition) => Err(precondition),
    }
}

/// Returns the values that the user confirmed.
fn shown(change: &Change) -> Shown {
    Shown { arn: change.intent.arn.clone(), created: change.intent.stream_created, encryption: change.before() }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::{
        change::tests::{report, requested_change},
        stream::encryption::EncryptionReport,
    };

    const UNTIL: i64 = 2_000_000;

    fn armed() -> Change {
        let mut change = requested_change();
        change.intent.armed_until = Some(Timestamp::from_millis(UNTIL));
        change
    }

    fn at(now: i64, status: &str, encryption: Option<&str>) -> Decision {
        decide(&armed(), &Observation::Report(report(now, status, encryption)), Timestamp::from_millis(now))
    }

    #[test]
    fn a_wait_is_a_whole_number_of_minutes_up_to_four_hours() {
        assert_eq!(Wait::parse(" "), Ok(None));
        assert_eq!(Wait::parse("240"), Ok(Some(Wait(240))));
        for text in ["0", "-1", "241", "1.5", "x", "99999999999999999999"] {
            assert_eq!(Wait::parse(text), Err(FormMistake::WaitInvalid), "{text}");
        }
        assert!(
            OFFERED_MINUTES.iter().all(|minutes| Wait::parse(&minutes.to_string()).is_ok_and(|wait| wait.is_some()))
        );
    }

    #[test]
    fn it_is_sent_when_active_and_as_it_was_shown() {
        assert_eq!(at(1_500_000, "UPDATING", Some("KMS")), Decision::Wait);
        assert_eq!(at(1_500_000, "ACTIVE", Some("KMS")), Decision::Send("alias/orders".parse().unwrap()));
        assert_eq!(at(UNTIL + 1, "ACTIVE", Some("KMS")), Decision::End(End::Expired), "nobody expects it any more");
    }

    #[test]
    fn what_no_longer_holds_ends_it_unsent() {
        let rejected = |precondition| Decision::End(End::Rejected(Refusal::precondition(precondition)));
        assert_eq!(at(1_500_000, "ACTIVE", Some("NONE")), rejected(Precondition::AlreadyNotEncrypted));
        assert_eq!(at(1_500_000, "ACTIVE", None), rejected(Precondition::EncryptionUnstated));
        assert_eq!(at(1_500_000, "UPDATING", Some("NONE")), Decision::Wait, "the type may flip before ACTIVE");
        assert!(matches!(at(1_500_000, "DELETING", Some("KMS")), Decision::End(End::Rejected(_))));
        let mut other = report(1_500_000, "ACTIVE", Some("KMS"));
        other.encryption = EncryptionReport::from_aws(Some("KMS"), Some("alias/other"));
        let now = Timestamp::from_millis(1_500_000);
        assert!(matches!(
            decide(&armed(), &Observation::Report(other.clone()), now),
            Decision::End(End::Rejected(Refusal {
                kind: crate::model::change::refusal::RefusalKind::Precondition(Precondition::Changed { .. }),
                ..
            }))
        ));
        other.created = Timestamp::from_millis(1);
        assert_eq!(
            decide(&armed(), &Observation::Report(other), now),
            rejected(Precondition::Replaced { created: Timestamp::from_millis(1) })
        );
    }

    #[test]
    fn a_change_with_another_form_of_its_key_is_sent_with_that_form() {
        let mut change = requested_change();
        change.intent.key = Some("alias/other-form".parse().unwrap());
        let active = |encryption| Observation::Report(report(1_500_000, "ACTIVE", encryption));
        assert_eq!(still_to_be_sent(&change, &active(Some("KMS"))), Ok("alias/other-form".parse().unwrap()));
        assert_eq!(still_to_be_sent(&change, &active(Some("NONE"))), Err(Precondition::AlreadyNotEncrypted));
        let why = "no answer".to_owned();
        let failed = Observation::Failed { why: why.clone() };
        assert_eq!(still_to_be_sent(&change, &failed), Err(Precondition::CouldNotRead { why }));
        let updating = Observation::Report(report(1_500_000, "UPDATING", Some("KMS")));
        assert_eq!(
            still_to_be_sent(&change, &updating),
            Err(Precondition::NotActive { status: StreamStatus::Updating })
        );
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1_000))]

        /// Whatever the reads: sent only on ACTIVE, with the same stream and key, in time; always expired after that.
        #[test]
        fn nothing_is_sent_but_what_was_confirmed(
            now in 1_000_000i64..3_000_000,
            status in prop_oneof![Just("ACTIVE"), Just("UPDATING"), Just("CREATING"), Just("DELETING"), Just("NEW")],
            encryption in prop_oneof![Just(Some("KMS")), Just(Some("NONE")), Just(None), Just(Some("NEW"))],
            key in prop_oneof![Just("alias/orders"), Just("alias/other")],
            created in prop_oneof![Just(5_000i64), Just(6_000)],
        ) {
            let mut seen = report(now, status, encryption);
            seen.encryption = EncryptionReport::from_aws(encryption, Some(key));
            seen.created = Timestamp::from_millis(created);
            let decision = decide(&armed(), &Observation::Report(seen), Timestamp::from_millis(now));
            let may_be_sent = status == "ACTIVE"
                && encryption == Some("KMS")
                && key == "alias/orders"
                && created == 5_000
                && now <= UNTIL;
            prop_assert_eq!(matches!(decision, Decision::Send(_)), may_be_sent);
            prop_assert!(now <= UNTIL || decision == Decision::End(End::Expired));
        }
    }
}
