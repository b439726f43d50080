//! The form of a confirmation, for page and dialog, and what replaces it when there is nothing to confirm.

mod fields;
mod outcome;
mod typed;
mod way;

pub use self::{outcome::Refusal, way::Way};

use leptos::{ev::SubmitEvent, prelude::*};

use self::{
    fields::{ActButton, Cancel, NameAndReason, QuotaField, Shown, WaitField, WhoFails},
    outcome::answer_words,
    typed::Typed,
};
use crate::{
    components::{KeyField, KeyPicker},
    error::AppError,
    model::{
        change::{Action, ChangeForm},
        forms::FormMistake,
        keys::KeyList,
    },
    view::{
        forms,
        pages::{Confirmation, Draft, EnableFacts, OtherForm, Plan, PlanOutcome},
    },
};

/// The subject of the form: a confirmation that can be submitted.
#[derive(Debug, Clone)]
pub struct Ready {
    pub confirmation: Confirmation,
    pub plan: Plan,
    /// Whether the stream is UPDATING, so that the change would wait.
    pub is_busy: bool,
}

impl Ready {
    /// Returns the plan of a confirmation, if there is something to confirm.
    pub fn of(confirmation: &Confirmation) -> Option<Self> {
        let (plan, is_busy) = match &confirmation.plan {
            PlanOutcome::Ready(plan) => (plan, false),
            PlanOutcome::Busy(plan) => (plan, true),
            _ => return None,
        };
        Some(Self { confirmation: confirmation.clone(), plan: (**plan).clone(), is_busy })
    }
}

/// The form: key, name, reason, Cancel, and the one button that acts. Above it, on the page of an enable, the key
/// picker.
#[component]
pub fn ConfirmForm(ready: Ready, way: Way) -> impl IntoView {
    let Ready { confirmation, plan, is_busy } = ready;
    let first_key = first_key(&confirmation);
    let Confirmation { action, stream, quota, enable, other_form, draft, .. } = confirmation;
    let draft = draft.unwrap_or_default();
    let typed = Typed::new(&draft, &first_key, is_busy);
    let is_page = matches!(way, Way::Page);
    typed.take_over(!is_page);
    let (is_pending, answer) = way.state();
    let has_mistake = move |is: fn(FormMistake) -> bool| {
        answer.with(|answer| matches!(answer, Some(Err(AppError::Mistake(mistake))) if is(*mistake)))
    };
    let expected = stream.name.to_string();
    // The server renders the button enabled and always checks the name; a hydrated page saves the round trip.
    let is_disabled = move || typed.is_hydrated.get() && (!typed.has_name(&expected) || is_pending.get());
    let warned_key = warned_key(&draft, &first_key);
    let form = plan.form(&stream);
    let on_submit = submitter(way, typed, form.clone(), move || has_mistake(FormMistake::warns_of_key));
    let mistake = draft.mistake.map(|mistake| forms::mistake(mistake, Some(&stream.name)));
    let needs_quota_reason = quota.count.is_used_up() || draft.mistake == Some(FormMistake::QuotaUsed);
    let quota_field = move || {
        (needs_quota_reason || has_mistake(|mistake| mistake == FormMistake::QuotaUsed))
            .then(|| view! { <QuotaField typed /> }.into_any())
    };
    let for_answer = stream.clone();
    let answer_words = move || answer.get().and_then(|answer| answer_words(answer, &for_answer));
    let KeyParts { is_enable, has_key, picker, undo, names, why } = KeyParts::new(enable, other_form);
    let keys = (is_enable && is_page).then(|| {
        let on_use = Callback::new(move |name| typed.use_key(name));
        view! { <KeyPicker keys=picker stream=stream.clone() undo on_use /> }.into_any()
    });
    let (all_keys, account) = (stream.confirm_path(Action::Enable), stream.account.to_string());
    view! {
        {keys}
        <form
            class="confirm-form" method="post" action=format!("/api/{}", action.slug()) autocomplete="off"
            on:submit=on_submit
        >
            <Shown form />
            {mistake.map(|mistake| view! { <p role="alert" class="alert">{mistake}</p> }.into_any())}
            {move || answer_words()}
            {why.map(|why| view! { <p class="alert">{why}</p> }.into_any())}
            {has_key.then(|| view! {
                <input r#type="hidden" name="warned_key" value=warned_key />
                <KeyField key=typed.key first=first_key node=typed.key_input names />
            }.into_any())}
            {is_enable.then(|| view! { <WhoFails typed account /> }.into_any())}
            {(is_enable && !is_page).then(|| view! {
                <p class="hint"><a href=all_keys>"Choose from all keys, with their states"</a></p>
            }.into_any())}
            {is_busy.then(|| view! { <WaitField wait=typed.wait /> }.into_any())}
            {move || quota_field()}
            <NameAndReason typed draft />
            <div class="buttons">
                <Cancel stream way />
                <ActButton action is_busy is_disabled=Signal::derive(is_disabled) />
            </div>
        </form>
    }
}

/// What the form shows about keys: those to choose from for an enable, or the forms of the key in use for a disable.
struct KeyParts {
    is_enable: bool,
    /// Whether there is a key field.
    has_key: bool,
    picker: KeyList,
    /// The id of the change to undo; empty without one.
    undo: String,
    /// What the field suggests.
    names: Vec<String>,
    /// Why a disable asks for another form of the key.
    why: Option<String>,
}

impl KeyParts {
    fn new(enable: Option<EnableFacts>, other_form: Option<OtherForm>) -> Self {
        let is_enable = enable.is_some();
        let (picker, undo) = enable.map(|enable| (enable.picker, enable.undo)).unwrap_or_default();
        let (names, why) = match other_form {
            Some(other) => (other.forms, Some(other.why)),
            None => (picker.names.clone(), None),
        };
        let has_key = is_enable || why.is_some();
        Self { is_enable, has_key, picker, undo: undo.map(|undo| undo.change).unwrap_or_default(), names, why }
    }
}

/// Returns the initial value of the field "Key".
fn first_key(confirmation: &Confirmation) -> String {
    match (&confirmation.enable, &confirmation.other_form) {
        (Some(EnableFacts { key, .. }), _) | (None, Some(OtherForm { key, .. })) => key.clone(),
        (None, None) => String::new(),
    }
}

/// Returns the key that a page shown again warns about; empty without a warning.
fn warned_key(draft: &Draft, first_key: &str) -> String {
    if draft.mistake.is_some_and(FormMistake::warns_of_key) { first_key.to_owned() } else { String::new() }
}

/// Returns the submit handler: a dialog hands the form to its caller; on a page the browser submits it.
fn submitter(
    way: Way,
    typed: Typed,
    form: ChangeForm,
    warns_of_key: impl Fn() -> bool + Copy + 'static,
) -> impl Fn(SubmitEvent) {
    let sent_key = StoredValue::new(String::new());
    move |event: SubmitEvent| {
        if let Way::Dialog { on_submit, .. } = way {
            event.prevent_default();
            // Set only if the last response warned about the key.
            let warned_key = if warns_of_key() { sent_key.get_value() } else { String::new() };
            sent_key.set_value(typed.key.get_untracked());
            on_submit.run(ChangeForm { warned_key, ..typed.fill_in(form.clone()) });
        }
    }
}
