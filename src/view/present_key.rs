//! What a confirmation says about the key in use.

use super::{key_state, keys, needed_keys};
use crate::model::{
    change::{Action, plan::PresentKey},
    keys::{KeyFacts, KeyLook, KeyState},
    stream::encryption::KeyId,
    time::Timestamp,
};

/// Returns what KMS says about the key in use as a sentence, and the part that must not be overlooked. `reported` is
/// the key as AWS reports it, which the sentence follows.
pub fn sentences(key: &PresentKey, reported: Option<&KeyId>, action: Action) -> (String, Option<String>) {
    let PresentKey { look, meant, needed_until } = key;
    let (words, trouble) = match look {
        KeyLook::Unseen(why) => {
            let needs = if action == Action::Disable { " A disable doesn't need it." } else { "" };
            (format!("The key's state couldn't be read: {}.{needs}", keys::unseen(why)), None)
        }
        KeyLook::Missing => (
            "KMS doesn't find it in this account and Region.".to_owned(),
            Some(
                "KMS doesn't find this key. You can't go back to it, and stored records under it may be lost."
                    .to_owned(),
            ),
        ),
        KeyLook::Found(facts) => {
            let state = key_state::label(facts);
            let words = if reported.is_some_and(|id| names(id, facts)) {
                format!("The key is {state}.")
            } else {
                format!("It resolves to {} ({state}).", facts.arn.short())
            };
            (words, trouble(facts, *needed_until))
        }
    };
    let several = (meant.len() > 1).then(|| {
        let meant: Vec<String> = meant.iter().map(needed_keys::meant).collect();
        format!(
            "This alias was re-pointed while the stream used it: {}. Keystream can't know which key Kinesis used. Keep \
            them all.",
            meant.join(", ")
        )
    });
    let warnings: Vec<String> = trouble.into_iter().chain(several).collect();
    (words, (!warnings.is_empty()).then(|| warnings.join(" ")))
}

/// Returns whether a KeyId is the key's own ARN or id, rather than an alias.
fn names(id: &KeyId, facts: &KeyFacts) -> bool {
    id.as_str() == facts.arn.id || id.as_str() == facts.arn.to_string()
}

/// Says what endangers a return to the key, or the records stored under it.
fn trouble(facts: &KeyFacts, until: Option<Timestamp>) -> Option<String> {
    let trouble = key_state::trouble(facts, until)?;
    let next = match (&facts.state, facts.usable()) {
        (KeyState::PendingDeletion, _) => {
            "You can't go back to this key, and stored records will be lost with it. Cancel the deletion first if you \
            need them."
        }
        (KeyState::PendingReplicaDeletion, _) => {
            "You can't go back to this key, and stored records will be lost with it."
        }
        (KeyState::PendingImport, _) => {
            "You can't go back to this key, and stored records can't be read, until its material is imported again."
        }
        (_, Err(_)) => "You can't go back to this key, and stored records can't be read, while it is.",
        (KeyState::Enabled, Ok(())) => "Stored records can't be read after that until the material is imported again.",
        (_, Ok(())) => "KMS goes on using it meanwhile.",
    };
    Some(format!("This key {trouble}. {next}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::keys::{
        Meant, Unseen,
        tests::{ARN as KEY, facts},
    };

    fn said(look: KeyLook, meant: &[Meant], needed_until: Option<Timestamp>) -> (String, Option<String>) {
        sentences(&PresentKey { look, meant: meant.to_vec(), needed_until }, None, Action::Disable)
    }

    fn warning(facts: KeyFacts, until: i64) -> Option<String> {
        said(KeyLook::Found(facts), &[], Some(Timestamp::from_millis(until))).1
    }

    #[test]
    fn a_key_that_is_not_whole_is_warned_of_before_a_disable() {
        assert_eq!(warning(facts("Enabled"), 0), None);
        for state in [
            "Disabled",
            "PendingDeletion",
            "PendingImport",
            "PendingReplicaDeletion",
            "Unavailable",
            "Creating",
            "Wobbling",
        ] {
            let words = warning(facts(state), 0).unwrap();
            assert!(
                words.starts_with("This key is ")
                    && words.contains("You can't go back to this key, and stored records"),
                "{words}"
            );
        }
        assert!(warning(facts("Updating"), 0).unwrap().ends_with("KMS goes on using it meanwhile."));
        let expires = |at: i64| KeyFacts { expires_at: Some(Timestamp::from_millis(at)), ..facts("Enabled") };
        assert!(
            warning(expires(10), 10).unwrap().contains("has imported key material that expires on 1 Jan 00:00 UTC.")
        );
        assert_eq!(warning(expires(11), 10), None, "its records have left by then");
        let unseen = said(KeyLook::Unseen(Unseen::Failed { why: "denied".to_owned() }), &[], None);
        assert_eq!(unseen, ("The key's state couldn't be read: denied. A disable doesn't need it.".to_owned(), None));
        assert!(said(KeyLook::Missing, &[], None).1.is_some());
    }

    #[test]
    fn a_key_that_aws_reports_by_itself_is_not_named_twice() {
        let of = |reported: &str| {
            let key = PresentKey { look: KeyLook::Found(facts("Enabled")), meant: Vec::new(), needed_until: None };
            sentences(&key, Some(&reported.parse().unwrap()), Action::Disable).0
        };
        assert_eq!(of(KEY), "The key is enabled.");
        assert_eq!(of(KEY.rsplit_once('/').unwrap().1), "The key is enabled.");
        assert_eq!(of("alias/orders"), "It resolves to key/1234\u{2026}9012 (enabled).");
    }

    #[test]
    fn every_key_that_an_alias_meant_is_to_be_kept() {
        let meant =
            |last: char, at| Meant { arn: KEY.replace("9012", &format!("901{last}")).parse().unwrap(), seen_from: at };
        let seen = [meant('2', None), meant('3', Some(Timestamp::from_millis(0)))];
        let words = said(KeyLook::Found(facts("Enabled")), &seen, None).1.unwrap();
        assert!(words.contains("key/1234\u{2026}9012, key/1234\u{2026}9013 since 1 Jan 00:00 UTC"), "{words}");
        assert_eq!(said(KeyLook::Found(facts("Enabled")), &seen[..1], None).1, None);
    }
}
