//! The preconditions of a change: the stream is ACTIVE, in a state that the change applies to, and still as the form
//! showed it.

use super::{Action, refusal::Precondition};
use crate::model::{
    keys::{self, Comparison, KeyLook, Meant, Named},
    stream::{
        StreamArn, StreamReport, StreamStatus,
        encryption::{EncryptionReport, KeyId, KeyIdForm},
        is_same_creation,
    },
    time::Timestamp,
};

/// The values of a stream that a form showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub arn: StreamArn,
    pub created: Timestamp,
    pub encryption: EncryptionReport,
}

/// Checks that this report allows a change. Returns the KeyId to send for a disable.
///
/// # Errors
/// Returns the first precondition that doesn't hold.
pub fn of_report(action: Action, report: &StreamReport) -> Result<Option<KeyId>, Precondition> {
    let is_active = report.status == StreamStatus::Active;
    match (action, &report.encryption) {
        (_, EncryptionReport::Unstated(_)) => Err(Precondition::EncryptionUnstated),
        (Action::Disable, EncryptionReport::NotEncrypted) => Err(Precondition::AlreadyNotEncrypted),
        _ if !is_active => Err(Precondition::NotActive { status: report.status.clone() }),
        (Action::Disable, EncryptionReport::Encrypted(None)) => Err(Precondition::KeyUnstated),
        (Action::Disable, EncryptionReport::Encrypted(Some(key))) => Ok(Some(key.clone())),
        (Action::Enable, EncryptionReport::NotEncrypted | EncryptionReport::Encrypted(_)) => Ok(None),
    }
}

/// Checks that the key chosen for an enable is usable, and isn't the stream's current one.
///
/// `meant` are the keys that the reported KeyId has resolved to while in use. If there are several, nobody can know
/// which one Kinesis uses, so none is refused.
///
/// # Errors
/// Returns why it is refused.
pub fn of_key(key: &KeyId, look: &KeyLook, report: &StreamReport, meant: &[Meant]) -> Result<(), Precondition> {
    look.usable(key, &report.arn).map_err(|why| Precondition::KeyUnusable { key: key.clone(), why: Box::new(why) })?;
    let Some(reported) = report.key() else { return Ok(()) };
    let seen = match meant {
        [] => None,
        [only] => Some(only),
        [_, _, ..] => return Ok(()),
    };
    let seen_arn = seen.map(|seen| &seen.arn).or(report.key_arn.as_deref());
    if let (Some(present), Some(chosen)) = (seen_arn, look.arn())
        && present != chosen
    {
        // Even if the names are the same: the alias may have been re-pointed since.
        return Ok(());
    }
    let (present, chosen) = (Named { id: reported, arn: seen_arn }, Named { id: key, arn: look.arn() });
    match keys::compare(&report.arn, present, chosen) {
        Comparison::Same => Err(Precondition::AlreadyEncrypted {
            key: key.clone(),
            reported: Some(reported.clone()),
            // A key's ARN or id is unambiguous.
            meant: seen
                .filter(|_| !matches!(reported.form(), Some(KeyIdForm::KeyArn | KeyIdForm::Guid)))
                .cloned()
                .map(Box::new),
        }),
        Comparison::Other | Comparison::CannotTell => Ok(()),
    }
}

/// Checks that the stream is still as the form showed it. Do this before [`of_report`]: the state of a replaced stream
/// says nothing about the confirmed one.
///
/// # Errors
/// Returns what changed, old and new.
pub fn still_as_shown(action: Action, shown: &Shown, report: &StreamReport) -> Result<(), Precondition> {
    if !is_same_creation(report.created, shown.created) {
        return Err(Precondition::Replaced { created: report.created });
    }
    if report.arn != shown.arn {
        return Err(Precondition::Changed {
            what: "The ARN".to_owned(),
            shown: shown.arn.to_string(),
            now: report.arn.to_string(),
        });
    }
    match (action, &shown.encryption, &report.encryption) {
        // Not a difference to report: [`of_report`] says that AWS states nothing, or that there is nothing to disable.
        (_, _, EncryptionReport::Unstated(_)) | (Action::Disable, _, EncryptionReport::NotEncrypted) => Ok(()),
        (_, shown, now) if shown == now => Ok(()),
        (_, EncryptionReport::Encrypted(shown), EncryptionReport::Encrypted(now)) => {
            let word = |key: &Option<KeyId>| key.as_ref().map_or("no key", |key| key.as_str()).to_owned();
            Err(Precondition::Changed { what: "The key".to_owned(), shown: word(shown), now: word(now) })
        }
        (_, shown, now) => Err(Precondition::Changed {
            what: "The encryption".to_owned(),
            shown: shown.type_word().to_owned(),
            now: now.type_word().to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        change::tests::report,
        keys::{KeyFacts, KeyState, Unseen},
    };

    fn shown(encryption: EncryptionReport) -> Shown {
        let report = report(0, "ACTIVE", Some("KMS"));
        Shown { arn: report.arn, created: report.created, encryption }
    }

    fn not_encrypted() -> StreamReport {
        StreamReport { encryption: EncryptionReport::NotEncrypted, ..report(0, "ACTIVE", None) }
    }

    #[test]
    fn an_enable_takes_an_active_stream_in_either_state() {
        assert_eq!(of_report(Action::Enable, &not_encrypted()), Ok(None));
        assert_eq!(
            of_report(Action::Enable, &report(0, "ACTIVE", Some("KMS"))),
            Ok(None),
            "over the top: the key changes"
        );
        assert!(matches!(
            of_report(Action::Enable, &report(0, "UPDATING", Some("KMS"))),
            Err(Precondition::NotActive { .. })
        ));
        assert_eq!(of_report(Action::Enable, &report(0, "ACTIVE", None)), Err(Precondition::EncryptionUnstated));
        assert_eq!(of_report(Action::Disable, &not_encrypted()), Err(Precondition::AlreadyNotEncrypted));
    }

    #[test]
    fn an_enable_with_the_key_that_the_stream_has_is_refused() {
        let unseen = KeyLook::Unseen(Unseen::NoKms);
        let encrypted = report(0, "ACTIVE", Some("KMS"));
        let of = |key: &str, report: &StreamReport| of_key(&key.parse().unwrap(), &unseen, report, &[]);
        assert!(matches!(of("alias/orders", &encrypted), Err(Precondition::AlreadyEncrypted { .. })));
        assert_eq!(of("alias/other", &encrypted), Ok(()));
        assert_eq!(of("alias/orders", &not_encrypted()), Ok(()));
        assert!(matches!(of("alias/aws/s3", &not_encrypted()), Err(Precondition::KeyUnusable { .. })));
    }

    #[test]
    fn a_key_is_the_present_one_only_where_that_can_be_known() {
        let (arn_a, arn_b) = (
            "arn:aws:kms:eu-west-1:111122223333:key/aaaaaaaa-1234-1234-1234-123456789012",
            "arn:aws:kms:eu-west-1:111122223333:key/bbbbbbbb-1234-1234-1234-123456789012",
        );
        let report = report(0, "ACTIVE", Some("KMS"));
        let meant = |arn: &str| Meant { arn: arn.parse().unwrap(), seen_from: Some(Timestamp::from_millis(0)) };
        let look = |arn: &str| {
            KeyLook::Found(KeyFacts {
                arn: arn.parse().unwrap(),
                state: KeyState::Enabled,
                is_aws_managed: false,
                spec: String::new(),
                usage: String::new(),
                deleted_at: None,
                expires_at: None,
                read_at: Timestamp::from_millis(0),
            })
        };
        let of = |key: &str, arn: &str, seen: &[Meant]| of_key(&key.parse().unwrap(), &look(arn), &report, seen);
        let refused = of(arn_a, arn_a, &[meant(arn_a)]).unwrap_err();
        let Precondition::AlreadyEncrypted { reported, meant: said, .. } = refused else { panic!("{refused:?}") };
        assert_eq!((reported.unwrap().as_str(), said.map(|said| *said)), ("alias/orders", Some(meant(arn_a))));
        assert_eq!(of(arn_b, arn_b, &[meant(arn_a)]), Ok(()));
        assert_eq!(
            of("alias/orders", arn_b, &[meant(arn_a)]),
            Ok(()),
            "re-pointed, and KMS says so for the first time"
        );
        for (key, arn) in [(arn_a, arn_a), (arn_b, arn_b), ("alias/orders", arn_b)] {
            assert_eq!(
                of(key, arn, &[meant(arn_a), meant(arn_b)]),
                Ok(()),
                "{key}: either may be the one that Kinesis uses"
            );
        }
        assert!(of("alias/orders", arn_a, &[]).is_err(), "the name that AWS reports, and nothing known against it");
        assert_eq!(of(arn_a, arn_a, &[]), Ok(()), "what the reported name means isn't known");
    }

    #[test]
    fn a_state_that_moved_since_the_form_was_shown_is_told() {
        let encrypted = report(0, "ACTIVE", Some("KMS"));
        let was_not = shown(EncryptionReport::NotEncrypted);
        let changed = still_as_shown(Action::Enable, &was_not, &encrypted).unwrap_err();
        assert!(matches!(
            &changed,
            Precondition::Changed { what, shown, now }
                if (what.as_str(), shown.as_str(), now.as_str()) == ("The encryption", "NONE", "KMS")
        ));
        assert_eq!(still_as_shown(Action::Enable, &was_not, &not_encrypted()), Ok(()));
        let was = shown(encrypted.encryption);
        assert_eq!(still_as_shown(Action::Disable, &was, &not_encrypted()), Ok(()), "told as nothing to disable");
        assert!(still_as_shown(Action::Enable, &was, &not_encrypted()).is_err());
    }
}
