//! What must hold for a disable: the stream ACTIVE, encrypted under a named key, and still what the form showed.

use super::{
    encryption::{EncryptionReport, KeyId},
    refusal::Precondition,
    stream::{StreamArn, StreamReport, StreamStatus},
    timestamp::Timestamp,
};

/// The values of a stream that a form showed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    pub arn: StreamArn,
    pub created: Timestamp,
    pub key: KeyId,
}

/// Whether this report allows a disable, and the KeyId to send.
///
/// # Errors
/// The first precondition that does not hold.
pub fn of_report(report: &StreamReport) -> Result<KeyId, Precondition> {
    match &report.encryption {
        EncryptionReport::NotEncrypted => Err(Precondition::AlreadyNotEncrypted),
        EncryptionReport::Unstated(_) => Err(Precondition::EncryptionUnstated),
        _ if report.status != StreamStatus::Active => Err(Precondition::NotActive { status: report.status.clone() }),
        EncryptionReport::Encrypted(None) => Err(Precondition::KeyUnstated),
        EncryptionReport::Encrypted(Some(key)) => Ok(key.clone()),
    }
}

/// Whether the stream is still what the form showed. Compared before [`of_report`]: a stream that was replaced is not
/// described by its new state.
///
/// # Errors
/// What changed, old and new.
pub fn still_as_shown(shown: &Shown, report: &StreamReport) -> Result<(), Precondition> {
    if report.created != shown.created {
        return Err(Precondition::Replaced { created: report.created });
    }
    if report.arn != shown.arn {
        return Err(Precondition::Changed { what: "The ARN".to_owned(), shown: shown.arn.to_string(), now: report.arn.to_string() });
    }
    if let EncryptionReport::Encrypted(key) = &report.encryption
        && key.as_ref() != Some(&shown.key)
    {
        let now = key.as_ref().map_or("no key", |key| key.as_str()).to_owned();
        return Err(Precondition::Changed { what: "The key".to_owned(), shown: shown.key.to_string(), now });
    }
    Ok(())
}

/// The sentence with which a confirmation refuses to offer its button.
pub fn words(precondition: &Precondition, report: &StreamReport) -> String {
    match precondition {
        Precondition::NotActive { status } => {
            format!("The stream is {status}. A disable needs it to be ACTIVE. Wait until it is, then reload this page.")
        }
        Precondition::AlreadyNotEncrypted => "The stream is not encrypted. There is nothing to disable.".to_owned(),
        Precondition::EncryptionUnstated => format!(
            "AWS did not say how the stream is encrypted (it answered {}). Reload this page; if it stays so, look at the stream in AWS.",
            report.encryption.type_word()
        ),
        Precondition::KeyUnstated => {
            "AWS reports the stream as encrypted, but names no key, and the call needs the key. Check the key in AWS.".to_owned()
        }
        Precondition::Changed { .. } | Precondition::Replaced { .. } | Precondition::Missing | Precondition::CouldNotRead { .. } => {
            "The stream is not what it was. Reload this page.".to_owned()
        }
    }
}
