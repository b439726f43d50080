//! The fields of a confirmation. Each is one block with an id: the answer to a form with a mistake is its blocks.

use leptos::prelude::*;

use crate::{
    model::{
        change::{ChangeForm, arming::OFFERED_MINUTES},
        time::{MINUTE_MS, span},
    },
    view::forms::ConfirmField,
};

/// A mistake, to be shown at its field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MistakeAt {
    pub field: ConfirmField,
    pub words: String,
    /// Whether a page is shown again, which focuses the field and has the alert under its heading. In an answer, the
    /// island focuses it: it knows whether the user is elsewhere.
    pub is_on_page: bool,
}

impl MistakeAt {
    /// Returns the marks of a field: those of this mistake, if it is the field's.
    fn marks(mistake: Option<Self>, field: ConfirmField, hint: &'static str) -> Marks {
        let mistake = mistake.filter(|mistake| mistake.field == field);
        let id = format!("{}-mistake", name_of(field));
        let described_by = if mistake.is_some() { format!("{id} {hint}") } else { hint.to_owned() };
        Marks {
            is_invalid: mistake.is_some().then_some("true"),
            described_by: described_by.trim().to_owned(),
            has_focus: mistake.as_ref().is_some_and(|mistake| mistake.is_on_page),
            message: mistake.map(|MistakeAt { words, is_on_page, .. }| {
                view! { <p id=id class="mistake" role=(!is_on_page).then_some("alert")>{words}</p> }.into_any()
            }),
        }
    }
}

/// What marks an input as mistaken.
struct Marks {
    is_invalid: Option<&'static str>,
    described_by: String,
    has_focus: bool,
    message: Option<AnyView>,
}

const fn name_of(field: ConfirmField) -> &'static str {
    match field {
        ConfirmField::Name => "typed_name",
        ConfirmField::Reason => "reason",
        ConfirmField::Key => "key",
        ConfirmField::QuotaReason => "quota_reason",
        ConfirmField::Wait => "wait_minutes",
    }
}

/// The stream's name, typed to confirm the change. As with all fields, the server checks it, so that browsers send it
/// even if it is empty.
#[component]
pub fn NameField(typed: String, mistake: Option<MistakeAt>) -> impl IntoView {
    let marks = MistakeAt::marks(mistake, ConfirmField::Name, "typed-name-hint");
    view! {
        <div class="field" id="field-typed_name">
            <label for="typed_name">"Type the stream name to confirm"</label>
            <input
                id="typed_name" r#type="text" name="typed_name" value=typed
                aria-required="true" autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-describedby=marks.described_by aria-invalid=marks.is_invalid autofocus=marks.has_focus
            />
            {marks.message}
            <p id="typed-name-hint" class="hint">"Required."</p>
        </div>
    }
}

/// The reason for the change.
#[component]
pub fn ReasonField(typed: String, mistake: Option<MistakeAt>) -> impl IntoView {
    let marks = MistakeAt::marks(mistake, ConfirmField::Reason, "reason-hint");
    view! {
        <div class="field" id="field-reason">
            <label for="reason">"Reason"</label>
            <input
                id="reason" r#type="text" name="reason" value=typed aria-required="true" autocomplete="off"
                aria-describedby=marks.described_by aria-invalid=marks.is_invalid autofocus=marks.has_focus
            />
            {marks.message}
            <p id="reason-hint" class="hint">"Required. The ticket and why, at most 500 characters. Kept in the audit \
                chain."</p>
        </div>
    }
}

/// The key. `warned_key` is the key that the form has warned about, which is sent if the form is submitted again.
#[component]
pub fn KeyField(typed: String, warned_key: String, mistake: Option<MistakeAt>) -> impl IntoView {
    let marks = MistakeAt::marks(mistake, ConfirmField::Key, "key-hint");
    view! {
        <div class="field" id="field-key">
            <input r#type="hidden" name="warned_key" value=warned_key />
            <label for="key">"Key"</label>
            <input
                id="key" r#type="text" name="key" list="key-names" class="mono" value=typed
                aria-required="true" autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-describedby=marks.described_by aria-invalid=marks.is_invalid autofocus=marks.has_focus
            />
            {marks.message}
            <p id="key-hint" class="hint">
                "Required: alias/NAME, a key id, the ARN of a key or an alias, or alias/aws/kinesis. For a key in \
                another account, enter its ARN."
            </p>
        </div>
    }
}

/// The reason to send a change although 25 of its kind were counted. While it isn't needed, its place is empty.
#[component]
pub fn QuotaField(is_needed: bool, typed: String, mistake: Option<MistakeAt>) -> impl IntoView {
    if !is_needed {
        return view! { <div id="field-quota_reason" hidden></div> }.into_any();
    }
    let marks = MistakeAt::marks(mistake, ConfirmField::QuotaReason, "quota-reason-hint");
    view! {
        <div class="field" id="field-quota_reason">
            <label for="quota_reason">"Why send it with 25 used"</label>
            <input
                id="quota_reason" r#type="text" name="quota_reason" value=typed autocomplete="off"
                aria-describedby=marks.described_by aria-invalid=marks.is_invalid autofocus=marks.has_focus
            />
            {marks.message}
            <p id="quota-reason-hint" class="hint">"AWS documents that it refuses the 26th. This too is kept in the \
                audit chain."</p>
        </div>
    }
    .into_any()
}

/// How long a change may wait for a stream that is UPDATING for another reason: at first, the shortest time offered.
#[component]
pub fn WaitField(typed: String, mistake: Option<MistakeAt>) -> impl IntoView {
    let marks = MistakeAt::marks(mistake, ConfirmField::Wait, "");
    let described_by = Some(marks.described_by).filter(|ids| !ids.is_empty());
    let options = OFFERED_MINUTES.map(|minutes| {
        let value = minutes.to_string();
        view! { <option selected=value == typed value=value>{span(minutes * MINUTE_MS)}</option> }
    });
    view! {
        <div class="field" id="field-wait_minutes">
            <label for="wait_minutes">"Wait at most"</label>
            <select
                id="wait_minutes" name="wait_minutes"
                aria-describedby=described_by aria-invalid=marks.is_invalid autofocus=marks.has_focus
            >
                {options.into_iter().collect::<Vec<_>>()}
            </select>
            {marks.message}
        </div>
    }
}

/// The place in the form for answers that are about no field.
#[component]
pub fn FormAnswer(#[prop(optional)] children: Option<Children>) -> impl IntoView {
    view! { <div id="form-answer">{children.map(|children| children())}</div> }
}

/// The hidden fields: the stream, the values shown, and the id that makes repeated submissions a single change.
#[component]
pub fn ShownFields(form: ChangeForm) -> impl IntoView {
    view! {
        <input r#type="hidden" name="account" value=form.account />
        <input r#type="hidden" name="region" value=form.region />
        <input r#type="hidden" name="name" value=form.name />
        <input r#type="hidden" name="request_id" value=form.request_id />
        <input r#type="hidden" name="shown_arn" value=form.shown_arn />
        <input r#type="hidden" name="shown_created" value=form.shown_created />
        <input r#type="hidden" name="shown_type" value=form.shown_type />
        <input r#type="hidden" name="shown_key" value=form.shown_key />
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reason(mistake: Option<MistakeAt>) -> String {
        view! { <ReasonField typed="OPS \"9\"".to_owned() mistake /> }.to_html()
    }

    #[test]
    fn a_mistake_is_shown_at_its_field_and_no_other() {
        let at = |field, is_on_page| Some(MistakeAt { field, words: "Enter a reason.".to_owned(), is_on_page });
        let plain = reason(None);
        assert!(
            plain.contains("aria-describedby=\"reason-hint\"") && plain.contains("aria-required=\"true\""),
            "{plain}"
        );
        assert!(!plain.contains("aria-invalid") && !plain.contains("autofocus"), "{plain}");
        assert!(plain.contains("value=\"OPS &quot;9&quot;\""), "{plain}");
        assert_eq!(reason(at(ConfirmField::Name, false)), plain);
        let answered = reason(at(ConfirmField::Reason, false));
        assert!(
            answered.contains("aria-invalid=\"true\"") && answered.contains("reason-mistake reason-hint"),
            "{answered}"
        );
        assert!(answered.contains("role=\"alert\"") && !answered.contains("autofocus"), "{answered}");
        let again = reason(at(ConfirmField::Reason, true));
        assert!(again.contains("id=\"reason-mistake\"") && again.contains("autofocus"), "{again}");
        assert!(!again.contains("role=\"alert\""), "the page has it under its heading: {again}");
    }
}
