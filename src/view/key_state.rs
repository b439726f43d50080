//! What KMS says about a key, and why Kinesis can't encrypt with it.

use crate::model::{
    keys::{KeyFacts, KeyState, Unusable},
    time::Timestamp,
};

/// Returns `enabled`, `disabled`, `pending deletion on 1 Dec 2026`, ...: a key's state, with the date if it ends on
/// one.
pub fn label(facts: &KeyFacts) -> String {
    match (&facts.state, facts.expires_at, facts.deleted_at) {
        (KeyState::Enabled, Some(at), _) => format!("enabled; its imported key material expires on {}", at.date()),
        (KeyState::PendingDeletion, _, Some(at)) => format!("pending deletion on {}", at.date()),
        (state, ..) => state_label(state),
    }
}

fn state_label(state: &KeyState) -> String {
    match state {
        KeyState::Creating => "being created".to_owned(),
        KeyState::Enabled => "enabled".to_owned(),
        KeyState::Disabled => "disabled".to_owned(),
        KeyState::PendingDeletion => "pending deletion".to_owned(),
        KeyState::PendingImport => "waiting for key material (PendingImport)".to_owned(),
        KeyState::PendingReplicaDeletion => "pending deletion, once its replicas are deleted".to_owned(),
        KeyState::Unavailable => "unavailable: its key store is disconnected".to_owned(),
        KeyState::Updating => "being updated (its primary Region is changing)".to_owned(),
        KeyState::Unstated => "in a state that KMS didn't report".to_owned(),
        // Journals of earlier versions store these words instead of AWS's word, which has no spaces.
        KeyState::Other(words) if words.contains(' ') => words.clone(),
        KeyState::Other(word) => format!("in the state {word}"),
    }
}

/// Says what endangers records that need the key until `free`, or, without a date, for as long as a stream uses it: `is
/// disabled`. Returns `None` if nothing does.
pub fn trouble(facts: &KeyFacts, free: Option<Timestamp>) -> Option<String> {
    facts.endangers_records(free).then(|| match (&facts.state, facts.expires_at) {
        (KeyState::Enabled, Some(expires)) => {
            format!("has imported key material that expires on {}", expires.day_and_minute())
        }
        _ => format!("is {}", label(facts)),
    })
}

/// Says why Kinesis can't encrypt a stream with a key.
pub fn unusable(why: &Unusable) -> String {
    match why {
        Unusable::Disabled { key } => format!("{key} is disabled"),
        Unusable::PendingDeletion { key, at } => {
            let on = at.map_or_else(String::new, |at| format!(" on {}", at.date()));
            format!("{key} is pending deletion{on}")
        }
        Unusable::NotEnabled { key, state } => format!("{key} is {}", state_label(state)),
        Unusable::NotSymmetric { key, spec, usage } => {
            format!("{key} is {spec} for {usage}; Kinesis needs a symmetric key for ENCRYPT_DECRYPT")
        }
        Unusable::OtherRegion { region } => {
            format!("it's in {region}, and a stream needs a key in its own Region")
        }
        Unusable::OtherPartition => "it's in another AWS partition".to_owned(),
        Unusable::OfOtherService => "AWS manages it for another service".to_owned(),
        Unusable::Missing => "KMS doesn't find it in this account and Region".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::keys::tests::facts;

    #[test]
    fn a_state_of_a_newer_kms_is_named() {
        assert_eq!(trouble(&facts("Wobbling"), None).as_deref(), Some("is in the state Wobbling"));
        assert_eq!(trouble(&facts("Enabled"), None), None);
    }

    #[test]
    fn a_key_that_is_to_be_deleted_says_when() {
        let (key, at) = ("key/1234".to_owned(), Some(Timestamp::from_millis(0)));
        let why = Unusable::PendingDeletion { key, at };
        assert_eq!(unusable(&why), "key/1234 is pending deletion on 1 Jan 1970");
    }

    #[test]
    fn the_words_that_earlier_versions_kept_are_shown_as_they_are() {
        let stored = r#"{"NotEnabled": {"key": "key/1234", "state": "being created"}}"#;
        assert_eq!(unusable(&serde_json::from_str(stored).unwrap()), "key/1234 is being created");
        let now = Unusable::NotEnabled { key: "key/1234".to_owned(), state: KeyState::Creating };
        assert_eq!(unusable(&now), "key/1234 is being created");
    }
}
