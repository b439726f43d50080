//! Preconditions that did not hold, in a rejected change and in the place of a confirmation's form.

use super::key_state;
use crate::model::{
    change::{Action, Change, refusal::Precondition},
    keys::Meant,
    stream::{StreamReport, StreamStatus, encryption::KeyId},
};

/// The words for a precondition of `change` that did not hold.
pub fn sentence(precondition: &Precondition, change: &Change) -> String {
    let name = &change.intent.arn.name;
    let (happened, next) = match precondition {
        Precondition::NotActive { status: StreamStatus::Updating } => (
            format!("{name} is UPDATING, not ACTIVE, as AWS reported just now."),
            "open the confirmation again, where \u{201c}Send when ACTIVE\u{201d} is offered, or wait.".to_owned(),
        ),
        Precondition::NotActive { status } => (
            format!("{name} is {status}, not ACTIVE, as AWS reported just now."),
            "wait until it is ACTIVE and start again.".to_owned(),
        ),
        Precondition::AlreadyNotEncrypted => (
            format!("{name} is not encrypted, as AWS reported just now. There is nothing to disable."),
            "open the stream to see who changed it.".to_owned(),
        ),
        Precondition::EncryptionUnstated => (
            format!("AWS did not say just now how {name} is encrypted."),
            "open the confirmation again; if it stays so, look at the stream in AWS.".to_owned(),
        ),
        Precondition::KeyUnstated => (
            format!("AWS reports {name} as encrypted, but names no key, and the call needs the key."),
            "open the confirmation again, which asks for the key then.".to_owned(),
        ),
        Precondition::KeyUnusable { key, why } => (
            format!("{name} cannot be encrypted with {key}: {}.", key_state::unusable(why)),
            match change.intent.action {
                Action::Enable => "choose another key, or mend this one in KMS, and start again.".to_owned(),
                Action::Disable => "look at the key in KMS.".to_owned(),
            },
        ),
        Precondition::AlreadyEncrypted { key, reported, meant } => (
            format!(
                "AWS reported {name} as encrypted with {} just now{}. Sending {key} again would only use up one of \
                the 25 enables a day.",
                reported.as_ref().unwrap_or(key),
                same_key(reported.as_ref(), meant.as_deref()),
            ),
            "choose another key, or leave it as it is.".to_owned(),
        ),
        Precondition::Changed { what, shown, now } => (
            format!("{what} of {name} changed since the form was shown. It showed {shown}; AWS reports {now} now."),
            "open the confirmation again and read it afresh.".to_owned(),
        ),
        Precondition::Replaced { created } => (
            format!(
                "{name} was deleted and created again at {}. This is not the stream that the form showed.",
                created.date_and_clock()
            ),
            "open the confirmation again and read it afresh.".to_owned(),
        ),
        Precondition::Missing => {
            (format!("AWS does not find {name}."), "check that the stream still exists.".to_owned())
        }
        Precondition::CouldNotRead { why } => (
            format!("{name} could not be read just before sending: {why}."),
            "start again when the list shows that this target is read.".to_owned(),
        ),
    };
    format!("{happened} Nothing was sent. Nothing changed. Next: {next}")
}

/// How it is known that the reported key is the one that was chosen.
fn same_key(reported: Option<&KeyId>, meant: Option<&Meant>) -> String {
    match (reported, meant) {
        (Some(reported), Some(Meant { arn, seen_from })) => {
            let since = seen_from.map_or_else(String::new, |at| format!(" since {}", at.day_and_minute()));
            format!(", and KMS has said{since} that {reported} means {}: the key you chose", arn.short())
        }
        (Some(_), None) => ": the key you chose".to_owned(),
        // A refusal of before both were kept.
        (None, _) => String::new(),
    }
}

/// The sentence with which a confirmation refuses to offer its button.
pub fn of_confirmation(action: Action, precondition: &Precondition, report: &StreamReport) -> String {
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
            "AWS did not say how the stream is encrypted (it answered {}). Reload this page; if it stays so, look at \
            the stream in AWS.",
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
