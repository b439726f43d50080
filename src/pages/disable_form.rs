//! The form of a confirmation, the same on the page and in the dialog, and what stands in its place when AWS's fresh
//! report leaves nothing to confirm.

use leptos::{ev::SubmitEvent, html, prelude::*};

use crate::{
    components::{Age, TargetLine},
    error::AppError,
    model::{
        arming::OFFERED_MINUTES,
        pages::{Confirmation, Draft, Plan, PlanOutcome, Requested},
        stream::{StreamKey, StreamReport},
        timestamp::{MINUTE_MS, span},
    },
};

/// What the dialog sends: the fields of the form as they were typed.
#[derive(Debug, Clone)]
pub struct Filled {
    pub stream: StreamKey,
    pub plan: Plan,
    pub typed_name: String,
    pub reason: String,
    /// Empty when it is to be sent at once.
    pub wait_minutes: String,
}

/// How the form is sent.
#[derive(Clone, Copy)]
pub enum Way {
    /// As a plain form; the server leads on.
    Page,
    /// By wasm: the form calls back, and shows what came of it.
    Dialog {
        on_submit: Callback<Filled>,
        on_cancel: Callback<()>,
        answer: Signal<Option<Result<Requested, AppError>>>,
        is_pending: Signal<bool>,
    },
}

/// Name, reason, Cancel, and the one button that acts.
#[component]
pub fn DisableForm(stream: StreamKey, plan: Plan, draft: Draft, is_busy: bool, way: Way) -> impl IntoView {
    let name = stream.name.to_string();
    let typed_name = RwSignal::new(draft.typed_name.clone());
    let reason = RwSignal::new(draft.reason.clone());
    let wait = RwSignal::new(if is_busy { wait_to_begin_with(&draft) } else { String::new() });
    let is_hydrated = RwSignal::new(false);
    let field = NodeRef::<html::Input>::new();
    let reason_field = NodeRef::<html::Input>::new();
    Effect::new(move |_| {
        let (Some(name), Some(reason_input)) = (field.get(), reason_field.get()) else { return };
        // What was typed while the wasm was loading counts.
        typed_name.set(name.value());
        reason.set(reason_input.value());
        is_hydrated.set(true);
        // In the dialog the field takes the focus: typing into it can do no harm.
        if matches!(way, Way::Dialog { .. }) {
            // A browser refuses only for elements that are not there.
            let _ = name.focus();
        }
    });
    let is_pending = match way {
        Way::Page => Signal::stored(false),
        Way::Dialog { is_pending, .. } => is_pending,
    };
    let expected = name.clone();
    // The server renders the button enabled and always checks; a hydrated page saves the round trip.
    let is_disabled = move || is_hydrated.get() && (typed_name.with(|typed| typed.trim() != expected) || is_pending.get());
    let filled_stream = stream.clone();
    let filled_plan = plan.clone();
    let on_submit = move |event: SubmitEvent| {
        if let Way::Dialog { on_submit, .. } = way {
            event.prevent_default();
            on_submit.run(Filled {
                stream: filled_stream.clone(),
                plan: filled_plan.clone(),
                typed_name: typed_name.get(),
                reason: reason.get(),
                wait_minutes: wait.get(),
            });
        }
    };
    let mistake = draft.mistake.map(|mistake| mistake.text(Some(&stream.name)));
    let cancel = match way {
        Way::Page => view! { <a class="button quiet" href=stream.path()>"Cancel"</a> }.into_any(),
        Way::Dialog { on_cancel, .. } => {
            view! { <button type="button" class="quiet" on:click=move |_| on_cancel.run(())>"Cancel"</button> }.into_any()
        }
    };
    let for_answer = stream.clone();
    let answer = move || match way {
        Way::Page => None,
        Way::Dialog { answer, .. } => answer.get().and_then(|answer| answer_words(answer, &for_answer)),
    };
    view! {
        <form class="confirm-form" method="post" action="/api/disable" autocomplete="off" on:submit=on_submit>
            <Shown stream=stream.clone() plan />
            {mistake.map(|mistake| view! { <p role="alert" class="alert">{mistake}</p> }.into_any())}
            {move || answer()}
            {is_busy.then(|| view! { <WaitField wait /> }.into_any())}
            <div class="field">
                <label for="typed_name">"Type the stream name to confirm"</label>
                <input
                    id="typed_name" node_ref=field r#type="text" name="typed_name" required autocomplete="off" autocapitalize="off" spellcheck="false"
                    value=draft.typed_name
                    on:input:target=move |event| typed_name.set(event.target().value())
                />
            </div>
            <div class="field">
                <label for="reason">"Reason"</label>
                <input
                    id="reason" node_ref=reason_field r#type="text" name="reason" autocomplete="off" aria-describedby="reason-hint"
                    value=draft.reason
                    on:input:target=move |event| reason.set(event.target().value())
                />
                <p id="reason-hint" class="hint">"Ticket and why; at most 500 characters. It is kept in the audit chain."</p>
            </div>
            <div class="buttons">
                {cancel}
                <button type="submit" class="danger" disabled=move || is_disabled()>{if is_busy { "Send when ACTIVE" } else { "Disable encryption" }}</button>
            </div>
        </form>
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
            <select id="wait_minutes" name="wait_minutes" on:change:target=move |event| wait.set(event.target().value())>
                {options.into_iter().collect::<Vec<_>>()}
            </select>
        </div>
    }
}

/// What the form carries: the stream, the values that it showed, and what makes repeats of it one change.
#[component]
fn Shown(stream: StreamKey, plan: Plan) -> impl IntoView {
    let report = plan.report;
    view! {
        <input r#type="hidden" name="account" value=stream.account.to_string() />
        <input r#type="hidden" name="region" value=stream.region.to_string() />
        <input r#type="hidden" name="name" value=stream.name.to_string() />
        <input r#type="hidden" name="request_id" value=plan.request_id />
        <input r#type="hidden" name="shown_arn" value=report.arn.to_string() />
        <input r#type="hidden" name="shown_created" value=report.created.as_millis().to_string() />
        <input r#type="hidden" name="shown_key" value=plan.key.to_string() />
    }
}

/// What the dialog says when the answer is not simply "recorded".
fn answer_words(answer: Result<Requested, AppError>, stream: &StreamKey) -> Option<AnyView> {
    let alert = match answer {
        Ok(Requested::Change { .. }) => return None,
        Ok(Requested::Rejected { id, words }) => {
            view! { <p role="alert" class="alert">"Rejected. " {words} " " <a href=format!("/changes/{id}")>"See the rejected change"</a></p> }.into_any()
        }
        Err(AppError::Mistake(mistake)) => view! { <p role="alert" class="alert">{mistake.text(Some(&stream.name))}</p> }.into_any(),
        Err(error) => view! { <p role="alert" class="alert">{error.to_string()}</p> }.into_any(),
    };
    Some(alert)
}

/// What stands in the form's place: a change is under way, there is nothing to disable, or the fresh read failed.
#[component]
pub fn Refusal(confirmation: Confirmation, outcome: PlanOutcome) -> impl IntoView {
    let stream = confirmation.stream.clone();
    let content = match outcome {
        PlanOutcome::UnderWay { change } => view! {
            <p role="alert" class="alert">"A change of this stream is under way. Nothing was sent now. "<a href=format!("/changes/{change}")>"Follow it"</a></p>
        }
        .into_any(),
        PlanOutcome::Refused { why, report } => view! {
            <p role="alert" class="alert">{why} " Nothing was sent."</p>
            <ReportLine report=*report />
        }
        .into_any(),
        PlanOutcome::Unread { why, last_known } => view! {
            <p role="alert" class="alert">
                {format!("The stream could not be read just now: {why}. Without a fresh read there is no button. Nothing was sent. Reload this page to read it again.")}
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
    view! { <p>"AWS reported " <Age at=Some(report.read_at) of=StreamKey::from(&report.arn) /> {format!(": {}, {}.", report.status, report.encryption.type_word())}</p> }
}
