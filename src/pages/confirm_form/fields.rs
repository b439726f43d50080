//! The parts of a confirmation's form: its fields, its warnings and its buttons.

use leptos::prelude::*;

use super::{typed::Typed, way::Way};
use crate::{
    model::{
        change::{Action, ChangeForm, arming::OFFERED_MINUTES},
        stream::{
            StreamId,
            encryption::{KeyId, KeyIdForm},
        },
        time::{MINUTE_MS, span},
    },
    view::{action, pages::Draft},
};

/// The warning about who starts to fail with the chosen key. Without wasm the key may be typed after this is shown, so
/// the warning about the AWS managed key is always there.
#[component]
pub(super) fn WhoFails(typed: Typed, account: String) -> impl IntoView {
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

/// Returns whether a typed key is the AWS managed key for Kinesis, in any form.
fn is_aws_own(key: &str) -> bool {
    key.parse::<KeyId>()
        .is_ok_and(|key| key.form() == Some(KeyIdForm::ServiceKey) || key.as_str().ends_with(":alias/aws/kinesis"))
}

#[component]
pub(super) fn NameAndReason(typed: Typed, draft: Draft) -> impl IntoView {
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
pub(super) fn ActButton(action: Action, is_busy: bool, is_disabled: Signal<bool>) -> impl IntoView {
    let class = match action {
        Action::Disable => "danger",
        Action::Enable => "primary",
    };
    let word = if is_busy { "Send when ACTIVE" } else { action::label(action) };
    view! { <button type="submit" class=class disabled=move || is_disabled.get()>{word}</button> }
}

#[component]
pub(super) fn Cancel(stream: StreamId, way: Way) -> impl IntoView {
    match way {
        Way::Page => view! { <a class="button quiet" href=stream.path()>"Cancel"</a> }.into_any(),
        Way::Dialog { on_cancel, .. } => {
            view! { <button type="button" class="quiet" on:click=move |_| on_cancel.run(())>"Cancel"</button> }
                .into_any()
        }
    }
}

/// The field for the reason to send a change although 25 of its kind were counted.
#[component]
pub(super) fn QuotaField(typed: Typed) -> impl IntoView {
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

/// The choice of how long a change may wait for a stream that is UPDATING for another reason.
#[component]
pub(super) fn WaitField(wait: RwSignal<String>) -> impl IntoView {
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

/// The hidden fields: the stream, the values shown, and the id that makes repeated submissions a single change.
#[component]
pub(super) fn Shown(form: ChangeForm) -> impl IntoView {
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
