//! Preconditions that didn't hold, for rejected changes and for confirmations that show no form.

use super::key_state;
use crate::model::{
    change::{
        Action, Change,
        refusal::{Flaw, Precondition},
    },
    keys::Meant,
    stream::{StreamReport, StreamStatus, encryption::KeyId},
};

/// Says why a change wasn't sent, and what to do next.
pub fn sentence(precondition: &Precondition, change: &Change) -> String {
    let (happened, next) = (happened(precondition, change), next(precondition, change.intent.action));
    format!("Not sent: {happened} This request changed nothing. Next: {next}")
}

fn happened(precondition: &Precondition, change: &Change) -> String {
    let name = &change.intent.arn.name;
    match precondition {
        Precondition::NotActive { status } => format!("{name} is {status}, not ACTIVE, as AWS reported just now."),
        Precondition::AlreadyNotEncrypted => {
            format!("{name} is not encrypted, as AWS reported just now. There is nothing to disable.")
        }
        Precondition::EncryptionUnstated => format!("AWS didn't say how {name} is encrypted."),
        Precondition::KeyUnstated => {
            format!("AWS reports {name} as encrypted but names no key, and the call needs one.")
        }
        Precondition::KeyUnusable { key, why } => {
            format!("{name} can't be encrypted with {key}: {}.", key_state::unusable(why))
        }
        Precondition::AlreadyEncrypted { key, reported, meant } => format!(
            "AWS reported {name} as encrypted with {} just now{}. Sending {key} again would only use up one of the 25 \
            enables a day.",
            reported.as_ref().unwrap_or(key),
            same_key(reported.as_ref(), meant.as_deref()),
        ),
        Precondition::Changed { what, shown, now } => {
            format!("{what} of {name} has changed: the form showed {shown}, and AWS now reports {now}.")
        }
        Precondition::Replaced { created } => format!(
            "{name} was deleted and re-created at {}. This isn't the stream that the form showed.",
            created.date_and_clock()
        ),
        Precondition::Missing => format!("AWS doesn't find {name}."),
        Precondition::CouldNotRead { why } => format!("{name} couldn't be read just before sending: {why}."),
        Precondition::NotAuthentic { flaw: Flaw::NoMac } => {
            "this change has no message authentication code. An earlier version of Keystream recorded it, or something \
            else wrote it to the database."
                .to_owned()
        }
        Precondition::NotAuthentic { flaw: Flaw::WrongMac } => {
            "the message authentication code of this change is wrong. Something else altered it in the database, or \
            the checkpoint key was replaced."
                .to_owned()
        }
        Precondition::NotAuthentic { flaw: Flaw::PutBack } => {
            "according to the audit chain, this change has been sent or has ended already. Something else put it back \
            in the database."
                .to_owned()
        }
    }
}

/// Says how the reported key is known to be the chosen one.
fn same_key(reported: Option<&KeyId>, meant: Option<&Meant>) -> String {
    match (reported, meant) {
        (Some(_), Some(Meant { arn, seen_from })) => {
            let since = seen_from.map_or_else(String::new, |at| format!(" since {}", at.day_and_minute()));
            format!(", which KMS has resolved to {}{since}: the key you chose", arn.short())
        }
        (Some(_), None) => ": the key you chose".to_owned(),
        // A refusal recorded before both values were stored.
        (None, _) => String::new(),
    }
}

const fn next(precondition: &Precondition, action: Action) -> &'static str {
    match precondition {
        Precondition::NotActive { status: StreamStatus::Updating } => {
            "open the confirmation again and choose \u{201c}Send when ACTIVE\u{201d}, or wait."
        }
        Precondition::NotActive { .. } => "wait until it is ACTIVE, then start again.",
        Precondition::AlreadyNotEncrypted => "open the stream to see who changed it.",
        Precondition::EncryptionUnstated => {
            "open the confirmation again; if AWS still doesn't say, check the stream in AWS."
        }
        Precondition::KeyUnstated => "open the confirmation again; it will ask for the key.",
        Precondition::KeyUnusable { .. } => match action {
            Action::Enable => "choose another key or fix this key in KMS, then start again.",
            Action::Disable => "check the key in KMS.",
        },
        Precondition::AlreadyEncrypted { .. } => "choose another key, or leave the stream as it is.",
        Precondition::Changed { .. } | Precondition::Replaced { .. } => "open the confirmation again and check it.",
        Precondition::Missing => "check that the stream still exists.",
        Precondition::CouldNotRead { .. } => "start again once Keystream can read this target.",
        Precondition::NotAuthentic { .. } => {
            "if Keystream hasn't been upgraded or given a new checkpoint key since, tell whoever runs it. Start again \
            if you still want this change."
        }
    }
}

/// Says why a confirmation doesn't offer its button.
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
            "AWS didn't say how the stream is encrypted (its answer: {}). Reload this page; if AWS still doesn't say, \
            check the stream in AWS.",
            report.encryption.type_word()
        ),
        // With `KeyUnstated` the form asks for the key.
        Precondition::KeyUnstated
        | Precondition::AlreadyEncrypted { .. }
        | Precondition::KeyUnusable { .. }
        | Precondition::Changed { .. }
        | Precondition::Replaced { .. }
        | Precondition::Missing
        | Precondition::CouldNotRead { .. }
        | Precondition::NotAuthentic { .. } => "The stream has changed. Reload this page.".to_owned(),
    }
}
