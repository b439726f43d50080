//! The form of a confirmation, for page and dialog, and what replaces it when there is nothing to confirm.

use leptos::{ev::SubmitEvent, html, prelude::*};

use crate::{
    components::{Age, KeyField, KeyPicker, TargetLine},
    error::AppError,
    model::{
        change::{Action, ChangeForm, arming::OFFERED_MINUTES},
        forms::FormMistake,
        stream::{
            StreamId, StreamReport,
            encryption::{KeyId, KeyIdForm},
        },
        time::{MINUTE_MS, span},
    },
    view::{
        action, forms,
        pages::{Confirmation, Draft, EnableFacts, OtherForm, Plan, PlanOutcome, Requested},
    },
};

/// How the form is sent.
#[derive(Clone, Copy)]
pub enum Way {
    /// As a plain form; the server redirects.
    Page,
    /// By wasm: the form calls back and shows the answer.
    Dialog {
        on_submit: Callback<ChangeForm>,
        on_cancel: Callback<()>,
        answer: Signal<Option<Result<Requested, AppError>>>,
        is_pending: Signal<bool>,
    },
}

/// What the form is about: a confirmation that can be given.
#[derive(Debug, Clone)]
pub struct Asked {
    pub confirmation: Confirmation,
    pub plan: Plan,
    /// The stream is UPDATING: the change would wait.
    pub is_busy: bool,
}

impl Asked {
    /// The plan of a confirmation, if there is something to confirm.
    pub fn of(confirmation: &Confirmation) -> Option<Self> {
        let (plan, is_busy) = match &confirmation.plan {
            PlanOutcome::Ready(plan) => (plan, false),
            PlanOutcome::Busy(plan) => (plan, true),
            _ => return None,
        };
        Some(Self { confirmation: confirmation.clone(), plan: (**plan).clone(), is_busy })
    }
}

/// The form's fields, as wasm follows them.
#[derive(Clone, Copy)]
struct Typed {
    key: RwSignal<String>,
    name: RwSignal<String>,
    reason: RwSignal<String>,
    quota_reason: RwSignal<String>,
    wait: RwSignal<String>,
    key_input: NodeRef<html::Input>,
    name_input: NodeRef<html::Input>,
    reason_input: NodeRef<html::Input>,
    is_hydrated: RwSignal<bool>,
}

impl Typed {
    fn new(draft: &Draft, key: &str, is_busy: bool) -> Self {
        Self {
            key: RwSignal::new(key.to_owned()),
            name: RwSignal::new(draft.typed_name.clone()),
            reason: RwSignal::new(draft.reason.clone()),
            quota_reason: RwSignal::new(draft.quota_reason.clone()),
            wait: RwSignal::new(if is_busy { wait_to_begin_with(draft) } else { String::new() }),
            key_input: NodeRef::new(),
            name_input: NodeRef::new(),
            reason_input: NodeRef::new(),
            is_hydrated: RwSignal::new(false),
        }
    }

    /// Takes over what was typed while the wasm was loading. In the dialog the first empty field takes the focus:
    /// typing into it can do no harm.
    fn take_over(self, is_dialog: bool) {
        Effect::new(move |_| {
            let (Some(name), Some(reason)) = (self.name_input.get(), self.reason_input.get()) else { return };
            self.name.set(name.value());
            self.reason.set(reason.value());
            let key = self.key_input.get();
            if let Some(input) = &key {
                self.key.set(input.value());
            }
            self.is_hydrated.set(true);
            if is_dialog {
                // A browser refuses only for elements that are not there.
                let _ = key.filter(|input| input.value().is_empty()).unwrap_or(name).focus();
            }
        });
    }

    /// A form with what is typed.
    fn fill_in(self, form: ChangeForm) -> ChangeForm {
        ChangeForm {
            key: self.key.get_untracked(),
            typed_name: self.name.get_untracked(),
            reason: self.reason.get_untracked(),
            wait_minutes: self.wait.get_untracked(),
            quota_reason: self.quota_reason.get_untracked(),
            ..form
        }
    }

    /// Fills a key in that was chosen from the list.
    fn use_key(self, name: String) {
        if let Some(input) = self.key_input.get_untracked() {
            input.set_value(&name);
            let _ = input.focus();
        }
        self.key.set(name);
    }
}

/// Key, name, reason, Cancel, and the one button that acts; over it, on the page of an enable, the keys to choose from.
#[component]
pub fn ConfirmForm(asked: Asked, way: Way) -> impl IntoView {
    let Asked { confirmation, plan, is_busy } = asked;
    let Confirmation { action, stream, quota, enable, other_form, draft, .. } = confirmation;
    let draft = draft.unwrap_or_default();
    let first_key = match (&enable, &other_form) {
        (Some(EnableFacts { key, .. }), _) | (None, Some(OtherForm { key, .. })) => key.clone(),
        (None, None) => String::new(),
    };
    let typed = Typed::new(&draft, &first_key, is_busy);
    let is_page = matches!(way, Way::Page);
    typed.take_over(!is_page);
    let (is_pending, answer) = match way {
        Way::Page => (Signal::stored(false), Signal::stored(None)),
        Way::Dialog { is_pending, answer, .. } => (is_pending, answer),
    };
    let has_mistake = move |is: fn(FormMistake) -> bool| {
        answer.with(|answer| matches!(answer, Some(Err(AppError::Mistake(mistake))) if is(*mistake)))
    };
    let expected = stream.name.to_string();
    // The server renders the button enabled and always checks; a hydrated page saves the round trip.
    let is_disabled =
        move || typed.is_hydrated.get() && (typed.name.with(|typed| typed.trim() != expected) || is_pending.get());
    let warned_key =
        if draft.mistake.is_some_and(FormMistake::warns_of_key) { first_key.clone() } else { String::new() };
    let sent_key = StoredValue::new(String::new());
    let form = plan.form(&stream);
    let shown = form.clone();
    let on_submit = move |event: SubmitEvent| {
        if let Way::Dialog { on_submit, .. } = way {
            event.prevent_default();
            // Only a key of which the last answer has warned.
            let warned_key = if has_mistake(FormMistake::warns_of_key) { sent_key.get_value() } else { String::new() };
            sent_key.set_value(typed.key.get_untracked());
            on_submit.run(ChangeForm { warned_key, ..typed.fill_in(form.clone()) });
        }
    };
    let mistake = draft.mistake.map(|mistake| forms::mistake(mistake, Some(&stream.name)));
    let needs_quota_reason = quota.count.is_used_up() || draft.mistake == Some(FormMistake::QuotaUsed);
    let quota_field = move || {
        (needs_quota_reason || has_mistake(|mistake| mistake == FormMistake::QuotaUsed))
            .then(|| view! { <QuotaField typed /> }.into_any())
    };
    let for_answer = stream.clone();
    let answer_words = move || answer.get().and_then(|answer| answer_words(answer, &for_answer));
    let is_enable = enable.is_some();
    let (picker, undo) = enable.map(|enable| (enable.picker, enable.undo)).unwrap_or_default();
    let (names, why) = match other_form {
        Some(other) => (other.forms, Some(other.why)),
        None => (picker.names.clone(), None),
    };
    let has_key = is_enable || why.is_some();
    let undo = undo.map(|undo| undo.change).unwrap_or_default();
    let keys = (is_enable && is_page).then(|| {
        let on_use = Callback::new(move |name| typed.use_key(name));
        view! { <KeyPicker keys=picker stream=stream.clone() undo on_use /> }.into_any()
    });
    let (all_keys, account) = (stream.confirm_path(Action::Enable), stream.account.to_string());
    view! {
        {keys}
        <form class="confirm-form" method="post" action=format!("/api/{}", action.slug()) autocomplete="off" on:submit=on_submit>
            <Shown form=shown />
            {mistake.map(|mistake| view! { <p role="alert" class="alert">{mistake}</p> }.into_any())}
            {move || answer_words()}
            {why.map(|why| view! { <p class="alert">{why}</p> }.into_any())}
            {has_key.then(|| view! {
                <input r#type="hidden" name="warned_key" value=warned_key />
                <KeyField key=typed.key first=first_key node=typed.key_input names />
            }.into_any())}
            {is_enable.then(|| view! { <WhoFails typed account /> }.into_any())}
            {(is_enable && !is_page).then(|| view! { <p class="hint"><a href=all_keys>"Choose from all keys, with their states"</a></p> }.into_any())}
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

/// Who starts to fail with the chosen key. Without wasm the key may be typed after this is shown, so the warning about
/// AWS's own key is always there.
#[component]
fn WhoFails(typed: Typed, account: String) -> impl IntoView {
    let of_aws = format!(
        "Only principals of account {account} can use alias/aws/kinesis. Writers and readers in other accounts will \
        fail, and its key policy can't be changed."
    );
    let is_of_aws = move || !typed.is_hydrated.get() || typed.key.with(|key| is_aws_own(key));
    view! {
        <p class="alert who-fails">"Writers without kms:GenerateDataKey and readers without kms:Decrypt on this key \
            will start failing."</p>
        {move || is_of_aws().then(|| view! { <p class="alert who-fails">{of_aws.clone()}</p> }.into_any())}
    }
}

/// Whether a typed key is AWS's own for Kinesis, in whichever form.
fn is_aws_own(key: &str) -> bool {
    key.parse::<KeyId>()
        .is_ok_and(|key| key.form() == Some(KeyIdForm::ServiceKey) || key.as_str().ends_with(":alias/aws/kinesis"))
}

#[component]
fn NameAndReason(typed: Typed, draft: Draft) -> impl IntoView {
    view! {
        <div class="field">
            <label for="typed_name">"Type the stream name to confirm"</label>
            <input
                id="typed_name" node_ref=typed.name_input r#type="text" name="typed_name"
                required autocomplete="off" autocapitalize="off" spellcheck="false"
                aria-describedby="typed-name-hint"
                value=draft.typed_name
                on:input:target=move |event| typed.name.set(event.target().value())
            />
            <p id="typed-name-hint" class="hint">"Required, exactly as shown."</p>
        </div>
        <div class="field">
            <label for="reason">"Reason"</label>
            <input
                id="reason" node_ref=typed.reason_input r#type="text" name="reason" autocomplete="off"
                aria-describedby="reason-hint"
                value=draft.reason
                on:input:target=move |event| typed.reason.set(event.target().value())
            />
            <p id="reason-hint" class="hint">"Required. The ticket and why, at most 500 characters. Kept in the audit \
                chain."</p>
        </div>
    }
}

#[component]
fn ActButton(action: Action, is_busy: bool, is_disabled: Signal<bool>) -> impl IntoView {
    let class = match action {
        Action::Disable => "danger",
        Action::Enable => "primary",
    };
    let word = if is_busy { "Send when ACTIVE" } else { action::label(action) };
    view! { <button type="submit" class=class disabled=move || is_disabled.get()>{word}</button> }
}

#[component]
fn Cancel(stream: StreamId, way: Way) -> impl IntoView {
    match way {
        Way::Page => view! { <a class="button quiet" href=stream.path()>"Cancel"</a> }.into_any(),
        Way::Dialog { on_cancel, .. } => {
            view! { <button type="button" class="quiet" on:click=move |_| on_cancel.run(())>"Cancel"</button> }
                .into_any()
        }
    }
}

/// The field for why to send a change although 25 of its kind were counted.
#[component]
fn QuotaField(typed: Typed) -> impl IntoView {
    let first = typed.quota_reason.get_untracked();
    view! {
        <div class="field">
            <label for="quota_reason">"Why send it with 25 used"</label>
            <input
                id="quota_reason" r#type="text" name="quota_reason" autocomplete="off" value=first
                on:input:target=move |event| typed.quota_reason.set(event.target().value())
            />
            <p class="hint">"AWS documents that it refuses the 26th. This too is kept in the audit chain."</p>
        </div>
    }
}

/// The wait that was chosen before a mistake, else the shortest.
fn wait_to_begin_with(draft: &Draft) -> String {
    let offered = OFFERED_MINUTES.map(|minutes| minutes.to_string());
    offered.iter().find(|wait| **wait == draft.wait_minutes).unwrap_or(&offered[0]).clone()
}

/// How long a change may wait for a stream that is UPDATING for another reason.
#[component]
fn WaitField(wait: RwSignal<String>) -> impl IntoView {
    let chosen = wait.get_untracked();
    let options = OFFERED_MINUTES.map(|minutes| {
        let value = minutes.to_string();
        view! { <option selected=value == chosen value=value>{span(minutes * MINUTE_MS)}</option> }.into_any()
    });
    view! {
        <div class="field">
            <label for="wait_minutes">"Wait at most"</label>
            <select
                id="wait_minutes" name="wait_minutes"
                on:change:target=move |event| wait.set(event.target().value())
            >
                {options.into_iter().collect::<Vec<_>>()}
            </select>
        </div>
    }
}

/// The hidden fields: the stream, the values that were shown, and the id that makes repeats one change.
#[component]
fn Shown(form: ChangeForm) -> impl IntoView {
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

/// What the dialog says when the answer is not simply "recorded".
fn answer_words(answer: Result<Requested, AppError>, stream: &StreamId) -> Option<AnyView> {
    let alert = match answer {
        Ok(Requested::Change { .. }) => return None,
        Ok(Requested::Rejected { id, words }) => view! {
            <p role="alert" class="alert">
                "Rejected. " {words} " " <a href=format!("/changes/{id}")>"See the rejected change"</a>
            </p>
        }
        .into_any(),
        Err(AppError::Mistake(mistake)) => {
            let words = forms::mistake(mistake, Some(&stream.name));
            view! { <p role="alert" class="alert">{words}</p> }.into_any()
        }
        Err(error) => view! { <p role="alert" class="alert">{error.to_string()}</p> }.into_any(),
    };
    Some(alert)
}

/// What replaces the form: a change is under way, there is nothing to change, or the fresh read failed.
#[component]
pub fn Refusal(confirmation: Confirmation) -> impl IntoView {
    let stream = confirmation.stream.clone();
    let content = match confirmation.plan {
        PlanOutcome::UnderWay { change } => view! {
            <p role="alert" class="alert">
                "A change of this stream is already under way. Nothing was sent. "
                <a href=format!("/changes/{change}")>"Follow it"</a>
            </p>
        }
        .into_any(),
        PlanOutcome::Refused { why, report } => view! {
            <p role="alert" class="alert">{why} " Nothing was sent."</p>
            <ReportLine report=*report />
        }
        .into_any(),
        PlanOutcome::Unread { why, last_known } => view! {
            <p role="alert" class="alert">
                {format!("The stream couldn't be read just now: {why}. Disabling or enabling needs a fresh read. \
                    Nothing was sent. Reload this page to read it again.")}
            </p>
            {last_known.map(|report| view! { <ReportLine report=*report /> }.into_any())}
        }
        .into_any(),
        // Shown by the caller.
        PlanOutcome::Ready(_) | PlanOutcome::Busy(_) => ().into_any(),
    };
    view! {
        <TargetLine stream=stream.clone() target=confirmation.target />
        {content}
        <p><a href=stream.path()>"Back to the stream"</a></p>
    }
}

#[component]
fn ReportLine(report: StreamReport) -> impl IntoView {
    view! {
        <p>
            "AWS reported " <Age at=Some(report.read_at) of=StreamId::from(&report.arn) />
            {format!(": {}, {}.", report.status, report.encryption.type_word())}
        </p>
    }
}
