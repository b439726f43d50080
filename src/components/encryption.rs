//! The encryption state and the key of a stream. The state is shown by a lock's shape and a word, never by color alone;
//! "not encrypted" is a fact, not an error.

use leptos::{either::Either, prelude::*};

use super::{CLOSED_LOCK, OPEN_LOCK, drawing};
use crate::{
    model::stream::encryption::{EncryptionState, KeyId},
    view::list,
};

/// The encryption state: a lock and a word.
#[component]
pub fn EncryptionLabel(state: EncryptionState) -> impl IntoView {
    // The shackle is closed, open or dashed; the paths differ, the size of the drawing doesn't.
    let (class, lock) = match state {
        EncryptionState::Encrypted => ("label encrypted", CLOSED_LOCK),
        EncryptionState::NotEncrypted => ("label not-encrypted", OPEN_LOCK),
        EncryptionState::Unknown => ("label unknown", CLOSED_LOCK),
    };
    view! { <span class=class translate="no">{drawing(lock)} {list::encryption(state)}</span> }
}

/// A key id as AWS reports it, shortened, with the full id on hover.
#[component]
pub fn KeyLabel(key: Option<KeyId>) -> impl IntoView {
    let shown = key.as_ref().map_or_else(|| "\u{2013}".to_owned(), |key| shortened(key.as_str()));
    view! { <code class="key" translate="no" title=key.map(|key| key.to_string())>{shown}</code> }
}

/// A key id in full, or the words for why there is none.
#[component]
pub fn KeyName(key: Option<String>, without: &'static str) -> impl IntoView {
    match key {
        Some(key) => Either::Left(view! { <code translate="no">{key}</code> }),
        None => Either::Right(without),
    }
}

/// Shortens key ARNs and GUIDs to `key/6f1d…d5e6`; aliases stay as they are.
pub fn shortened(key: &str) -> String {
    let tail = key.rsplit(':').next().unwrap_or(key);
    let id = tail.strip_prefix("key/").unwrap_or(tail);
    let is_long_id = id.len() >= 32 && id.is_ascii() && !tail.starts_with("alias/");
    if is_long_id { format!("key/{}\u{2026}{}", &id[..4], &id[id.len() - 4..]) } else { tail.to_owned() }
}

#[cfg(test)]
mod tests {
    use leptos::prelude::*;

    use super::{KeyName, shortened};

    #[test]
    fn only_the_name_of_a_key_is_set_as_code() {
        let html = |key: Option<&str>| view! { <KeyName key=key.map(str::to_owned) without="None" /> }.to_html();
        assert!(html(Some("alias/orders")).starts_with("<code"), "{}", html(Some("alias/orders")));
        assert!(html(None).starts_with("None"), "{}", html(None));
    }

    #[test]
    fn long_ids_are_cut_in_the_middle() {
        let id = "6f1d2c3b-4a59-4e68-9d70-81c2b3a4d5e6";
        assert_eq!(shortened(id), "key/6f1d\u{2026}d5e6");
        assert_eq!(shortened(&format!("arn:aws:kms:eu-west-1:111122223333:key/{id}")), "key/6f1d\u{2026}d5e6");
        assert_eq!(shortened("arn:aws:kms:eu-west-1:111122223333:alias/orders"), "alias/orders");
        assert_eq!(shortened("alias/orders"), "alias/orders");
    }
}
