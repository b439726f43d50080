//! The answers to a submitted confirmation, as parts of its form: an island puts each in the place of the element with
//! the same id.

use leptos::prelude::*;

use crate::{
    components::{FormAnswer, KeyField, MistakeAt, NameField, QuotaField, ReasonField, WaitField},
    model::{change::ChangeForm, forms::FormMistake, stream::StreamName},
    view::{
        change_state::Tone,
        forms::{self, ConfirmField},
        pages::Draft,
    },
};

/// Returns the fields of a form with a mistake: its message at its field, and none at the others.
pub fn mistake(form: &ChangeForm, name: &StreamName, mistake: FormMistake) -> String {
    let draft = Draft { mistake: Some(mistake), ..Draft::from(form) };
    let words = forms::mistake(mistake, Some(name));
    let at = forms::field_of(&draft).map(|field| MistakeAt { field, words: words.clone(), is_on_page: false });
    let elsewhere = at.is_none().then(|| view! { <p role="alert" class="alert">{words}</p> });
    let is_at = |field| at.as_ref().is_some_and(|at| at.field == field);
    let has_key = is_at(ConfirmField::Key) || !form.key.is_empty();
    let has_wait = is_at(ConfirmField::Wait) || !form.wait_minutes.is_empty();
    let needs_quota_reason = is_at(ConfirmField::QuotaReason) || !form.quota_reason.is_empty();
    // Only the key that is warned of is sent when the same form is submitted again.
    let warned_key = if mistake.warns_of_key() { form.key.clone() } else { String::new() };
    let Draft { typed_name, reason, key, wait_minutes, quota_reason, .. } = draft;
    view! {
        <FormAnswer>{elsewhere}</FormAnswer>
        {has_key.then(|| view! { <KeyField typed=key warned_key mistake=at.clone() /> })}
        {has_wait.then(|| view! { <WaitField typed=wait_minutes mistake=at.clone() /> })}
        {needs_quota_reason.then(|| view! { <QuotaField is_needed=true typed=quota_reason mistake=at.clone() /> })}
        <NameField typed=typed_name mistake=at.clone() />
        <ReasonField typed=reason mistake=at />
    }
    .to_html()
}

/// Returns the answer for a change that was rejected before it was sent.
pub fn rejected(id: &str, words: String) -> String {
    let href = format!("/changes/{id}");
    view! {
        <FormAnswer>
            <p role="alert" class="alert">"Rejected. " {words} " " <a href=href>"See the rejected change"</a></p>
        </FormAnswer>
    }
    .to_html()
}

/// Returns what the status region announces once a change is recorded.
pub fn recorded(id: &str, name: &StreamName, tone: Tone, words: &str) -> String {
    let href = format!("/changes/{id}");
    view! {
        <p class=tone.class() data-change=id.to_owned()>
            {format!("{name}: {words} ")} <a href=href>"See the change"</a>
        </p>
    }
    .to_html()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_comes_back_at_its_field_with_what_was_typed() {
        let name: StreamName = "orders-prod".parse().unwrap();
        let form = ChangeForm { typed_name: "orders-prod".to_owned(), ..ChangeForm::default() };
        let parts = mistake(&form, &name, FormMistake::ReasonMissing);
        let (field, rest) = parts.split_once("id=\"field-reason\"").unwrap();
        assert!(field.contains("value=\"orders-prod\"") && !field.contains("role=\"alert\""), "{parts}");
        assert!(rest.contains("role=\"alert\"") && rest.contains("Enter a reason"), "{parts}");
        assert!(!parts.contains("field-key"), "{parts}");
    }

    #[test]
    fn a_warning_of_a_key_takes_a_second_press() {
        let name: StreamName = "orders-prod".parse().unwrap();
        let form = ChangeForm { key: "alias/theirs".to_owned(), ..ChangeForm::default() };
        let warned = mistake(&form, &name, FormMistake::KeyUnseen);
        assert!(warned.contains("name=\"warned_key\" value=\"alias/theirs\""), "{warned}");
        let other = mistake(&form, &name, FormMistake::NameMismatch);
        assert!(other.contains("name=\"warned_key\" value=\"\""), "{other}");
    }

    #[test]
    fn a_mistake_about_no_field_is_said_above_the_form() {
        let name: StreamName = "orders-prod".parse().unwrap();
        let parts = mistake(&ChangeForm::default(), &name, FormMistake::FormIncomplete);
        assert!(parts.starts_with("<div id=\"form-answer\"><p role=\"alert\""), "{parts}");
    }
}
