//! What AWS reported, in its own words.

use crate::model::{
    change::{Action, Change, LastRead, Observed},
    stream::{StreamStatus, encryption::EncryptionReport},
};

/// Returns `ACTIVE and KMS with alias/other`, or what prevented the read.
pub fn state(observed: &Observed) -> String {
    match observed {
        Observed::State { status, encryption } => format!("{status} and {}", self::encryption(encryption)),
        Observed::NotFound | Observed::Failed { .. } => observed.to_string(),
    }
}

/// Returns `KMS with alias/orders`, or AWS's word.
pub fn encryption(encryption: &EncryptionReport) -> String {
    match encryption {
        EncryptionReport::Encrypted(Some(key)) => format!("KMS with {key}"),
        other => other.type_word().to_owned(),
    }
}

/// Returns `NONE` or `KMS with alias/orders`: the wanted state as AWS reports it.
pub fn wanted(change: &Change) -> String {
    match change.intent.action {
        Action::Disable => "NONE".to_owned(),
        Action::Enable => {
            let key = change.evidence.reached_key.as_ref().or(change.intent.key.as_ref());
            key.map_or_else(|| "KMS".to_owned(), |key| format!("KMS with {key}"))
        }
    }
}

/// Returns whether the last read of the stream reported UPDATING.
pub const fn was_updating(change: &Change) -> bool {
    matches!(
        &change.evidence.last_read,
        Some(LastRead { observed: Observed::State { status: StreamStatus::Updating, .. }, .. })
    )
}
