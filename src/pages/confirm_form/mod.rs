//! The form of a confirmation, and what replaces it when there is nothing to confirm.

mod outcome;
mod parts;

pub use self::outcome::Refusal;

use leptos::prelude::*;

use self::parts::{Buttons, EnterButton, OtherAnswers, WhoFails};
use crate::{
    components::{
        FormAnswer, KeyField, KeyNames, KeyPicker, MistakeAt, NameField, QuotaField, ReasonField, ShownFields,
        WaitField,
    },
    model::{change::arming::OFFERED_MINUTES, forms::FormMistake, keys::KeyList},
    view::{
        forms::{self, ConfirmField},
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

/// The form: for an enable, the key and the list of keys; name, reason, Cancel, and the one button that acts. A mistake
/// is said at its field, too.
#[component]
pub fn ConfirmForm(ready: Ready) -> impl IntoView {
    let Ready { confirmation, plan, is_busy } = ready;
    let Confirmation { action, stream, quota, enable, other_form, draft, .. } = confirmation;
    let draft = draft.unwrap_or_default();
    let keys = KeyParts::new(enable, other_form, draft.mistake.is_some_and(FormMistake::warns_of_key));
    let field = forms::field_of(&draft).filter(|field| match field {
        ConfirmField::Key => keys.typed.is_some(),
        ConfirmField::Wait => is_busy,
        ConfirmField::Name | ConfirmField::Reason | ConfirmField::QuotaReason => true,
    });
    let words = draft.mistake.map(|mistake| forms::mistake(mistake, Some(&stream.name)));
    let mistake = field.zip(words).map(|(field, words)| MistakeAt { field, words, is_on_page: true });
    let needs_quota_reason = quota.count.is_used_up()
        || mistake.as_ref().is_some_and(|mistake| mistake.field == ConfirmField::QuotaReason)
        || !draft.quota_reason.is_empty();
    let (key_mistake, wait_mistake, quota_mistake) = (mistake.clone(), mistake.clone(), mistake.clone());
    let wait = if is_busy { wait_to_begin_with(&draft) } else { String::new() };
    let KeyParts { typed, warned, words, picker, names, why, is_enable } = keys;
    let (account, of_picker, has_picker) = (stream.account.to_string(), stream.clone(), picker.is_some());
    view! {
        <form
            id="confirm-form" class="confirm-form" method="post" action=format!("/api/{}", action.slug())
            data-action=action.slug() autocomplete="off"
        >
            {has_picker.then(|| view! { <EnterButton /> })}
            <ShownFields form=plan.form(&stream) />
            <FormAnswer />
            {why.map(|why| view! { <p class="warning">{why}</p> })}
            {typed.map(|typed| view! {
                <KeyField typed warned_key=warned mistake=key_mistake />
                <KeyNames names />
                {words}
            })}
            {picker.map(|Picker { keys, undo, is_open }| view! { <KeyPicker keys stream=of_picker undo is_open /> })}
            {is_enable.then(|| view! { <WhoFails account /> })}
            {is_busy.then(|| view! { <WaitField typed=wait mistake=wait_mistake /> })}
            <QuotaField is_needed=needs_quota_reason typed=draft.quota_reason mistake=quota_mistake />
            <div class="confirm-act">
                <div class="confirm-fields">
                    <NameField typed=draft.typed_name mistake=mistake.clone() />
                    <ReasonField typed=draft.reason mistake />
                </div>
                <Buttons action stream=stream.clone() is_busy />
            </div>
        </form>
        <OtherAnswers stream />
    }
}

/// Returns the wait that was chosen before a mistake, otherwise the shortest.
fn wait_to_begin_with(draft: &Draft) -> String {
    let offered = OFFERED_MINUTES.map(|minutes| minutes.to_string());
    offered.iter().find(|wait| **wait == draft.wait_minutes).unwrap_or(&offered[0]).clone()
}

/// What the form shows about keys: those to choose from for an enable, or the forms of the key in use for a disable.
#[derive(Default)]
struct KeyParts {
    /// The initial value of the field "Key"; `None` without the field.
    typed: Option<String>,
    /// The key that a page shown again warns about; empty without a warning.
    warned: String,
    /// What KMS says about the initial value.
    words: Option<AnyView>,
    picker: Option<Picker>,
    /// What the field suggests.
    names: Vec<String>,
    /// Why a disable asks for another form of the key.
    why: Option<String>,
    is_enable: bool,
}

struct Picker {
    keys: KeyList,
    /// The id of the change to undo; empty without one.
    undo: String,
    is_open: bool,
}

impl KeyParts {
    fn new(enable: Option<EnableFacts>, other_form: Option<OtherForm>, is_warned: bool) -> Self {
        let warned = |key: &str| if is_warned { key.to_owned() } else { String::new() };
        match (enable, other_form) {
            (Some(facts), _) => {
                let EnableFacts { key, key_words, is_key_bad, picker, is_choosing, undo, .. } = facts;
                let class = if is_key_bad { "warning" } else { "hint" };
                Self {
                    warned: warned(&key),
                    typed: Some(key),
                    words: (!key_words.is_empty()).then(|| view! { <p class=class>{key_words}</p> }.into_any()),
                    names: picker.names.clone(),
                    picker: Some(Picker {
                        keys: picker,
                        undo: undo.map(|undo| undo.change).unwrap_or_default(),
                        is_open: is_choosing,
                    }),
                    why: None,
                    is_enable: true,
                }
            }
            (None, Some(other)) => Self {
                warned: warned(&other.key),
                typed: Some(other.key),
                names: other.forms,
                why: Some(other.why),
                ..Self::default()
            },
            (None, None) => Self::default(),
        }
    }
}
