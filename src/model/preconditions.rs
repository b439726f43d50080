//! What must hold for a change: the stream ACTIVE, in a state that the change can leave, and still what the form showed.

use super::{
    change::Action,
    encryption::{EncryptionReport, KeyId},
    keys::{self, Comparison, KeyLook, Named},
    refusal::Precondition,
    stream::{StreamArn, StreamReport, StreamStatus, is_same_creation},
    timestamp::Timestamp,
};

/// The values of a stream that a form showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub arn: StreamArn,
    pub created: Timestamp,
    pub encryption: EncryptionReport,
}

/// Whether this report allows a change; for a disable, the KeyId to send.
///
/// # Errors
/// The first precondition that does not hold.
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

/// Whether the key that was chosen for an enable can be used, and is another one than the stream has.
///
/// # Errors
/// Why it is refused.
pub fn of_key(key: &KeyId, look: &KeyLook, report: &StreamReport) -> Result<(), Precondition> {
    look.usable(key, &report.arn).map_err(|why| Precondition::KeyUnusable { key: key.clone(), why: Box::new(why) })?;
    let present = report.key().map(|id| Named { id, arn: report.key_arn.as_deref() });
    let chosen = Named { id: key, arn: look.arn() };
    if let (Some(present), Some(chosen)) = (report.key_arn.as_deref(), look.arn())
        && present != chosen
    {
        // Also where the names are the same: an alias that was pointed elsewhere since.
        return Ok(());
    }
    match present.map(|present| keys::compare(&report.arn, present, chosen)) {
        Some(Comparison::Same) => Err(Precondition::AlreadyEncrypted { key: key.clone() }),
        Some(Comparison::Other | Comparison::CannotTell) | None => Ok(()),
    }
}

/// Whether the stream is still what the form showed. Compared before [`of_report`]: a stream that was replaced is not
/// described by its new state.
///
/// # Errors
/// What changed, old and new.
pub fn still_as_shown(action: Action, shown: &Shown, report: &StreamReport) -> Result<(), Precondition> {
    if !is_same_creation(report.created, shown.created) {
        return Err(Precondition::Replaced { created: report.created });
    }
    if report.arn != shown.arn {
        return Err(Precondition::Changed { what: "The ARN".to_owned(), shown: shown.arn.to_string(), now: report.arn.to_string() });
    }
    match (action, &shown.encryption, &report.encryption) {
        // What AWS does not say, and that there is nothing to disable, is told as that.
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

/// The sentence with which a confirmation refuses to offer its button.
pub fn words(action: Action, precondition: &Precondition, report: &StreamReport) -> String {
    match precondition {
        Precondition::NotActive { status } => {
            let what = match action {
                Action::Disable => "A disable",
                Action::Enable => "An enable",
            };
            format!("The stream is {status}. {what} needs it to be ACTIVE. Wait until it is, then reload this page.")
        }
        Precondition::AlreadyNotEncrypted => "The stream is not encrypted. There is nothing to disable.".to_owned(),
        Precondition::EncryptionUnstated => format!(
            "AWS did not say how the stream is encrypted (it answered {}). Reload this page; if it stays so, look at the stream in AWS.",
            report.encryption.type_word()
        ),
        // With no key named the form asks for it.
        Precondition::KeyUnstated
        | Precondition::AlreadyEncrypted { .. }
        | Precondition::KeyUnusable { .. }
        | Precondition::Changed { .. }
        | Precondition::Replaced { .. }
        | Precondition::Missing
        | Precondition::CouldNotRead { .. } => "The stream is not what it was. Reload this page.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::change::tests::report;

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
        assert_eq!(of_report(Action::Enable, &report(0, "ACTIVE", Some("KMS"))), Ok(None), "over the top: the key changes");
        assert!(matches!(of_report(Action::Enable, &report(0, "UPDATING", Some("KMS"))), Err(Precondition::NotActive { .. })));
        assert_eq!(of_report(Action::Enable, &report(0, "ACTIVE", None)), Err(Precondition::EncryptionUnstated));
        assert_eq!(of_report(Action::Disable, &not_encrypted()), Err(Precondition::AlreadyNotEncrypted));
    }

    #[test]
    fn an_enable_with_the_key_that_the_stream_has_is_refused() {
        let unseen = KeyLook::Unseen { why: "denied".to_owned() };
        let encrypted = report(0, "ACTIVE", Some("KMS"));
        let of = |key: &str, report: &StreamReport| of_key(&key.parse().unwrap(), &unseen, report);
        assert!(matches!(of("alias/orders", &encrypted), Err(Precondition::AlreadyEncrypted { .. })));
        assert_eq!(of("alias/other", &encrypted), Ok(()));
        assert_eq!(of("alias/orders", &not_encrypted()), Ok(()));
        assert!(matches!(of("alias/aws/s3", &not_encrypted()), Err(Precondition::KeyUnusable { .. })));
    }

    #[test]
    fn a_state_that_moved_since_the_form_was_shown_is_told() {
        let encrypted = report(0, "ACTIVE", Some("KMS"));
        let was_not = shown(EncryptionReport::NotEncrypted);
        let changed = still_as_shown(Action::Enable, &was_not, &encrypted).unwrap_err();
        assert!(
            matches!(&changed, Precondition::Changed { what, shown, now } if (what.as_str(), shown.as_str(), now.as_str()) == ("The encryption", "NONE", "KMS"))
        );
        assert_eq!(still_as_shown(Action::Enable, &was_not, &not_encrypted()), Ok(()));
        let was = shown(encrypted.encryption);
        assert_eq!(still_as_shown(Action::Disable, &was, &not_encrypted()), Ok(()), "told as nothing to disable");
        assert!(still_as_shown(Action::Enable, &was, &not_encrypted()).is_err());
    }
}
