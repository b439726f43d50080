//! The confirmation as a dialog: one `<dialog>` per page, its content made when it opens. The address does not change.

use leptos::{html, prelude::*, task::spawn_local};

use super::disable_form::{DisableForm, Filled, Refusal, Way};
use crate::{
    api,
    client::{
        go_to,
        live::{Announcement, Live},
    },
    components::ConfirmationText,
    error::AppError,
    model::{
        pages::{Confirmation, PlanOutcome, Requested},
        stream::StreamKey,
    },
};

/// Opens for the stream that is being confirmed; closes when there is none.
#[component]
pub fn DisableDialog(confirming: RwSignal<Option<StreamKey>>) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        match (confirming.with(Option::is_some), dialog.open()) {
            // Refused only for a dialog that is open already or not in the page.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let content = move || confirming.get().map(|stream| view! { <Content stream confirming /> }.into_any());
    view! {
        <dialog node_ref=dialog class="dialog" aria-labelledby="dialog-title" on:close=move |_| confirming.set(None)>
            {move || content()}
        </dialog>
    }
}

#[component]
fn Content(stream: StreamKey, confirming: RwSignal<Option<StreamKey>>) -> impl IntoView {
    let heading = format!("Disable encryption of {}?", stream.name);
    let confirmation = RwSignal::new(None::<Result<Confirmation, AppError>>);
    spawn_local(async move {
        let asking = api::changes::plan_disable(stream.account.into(), stream.region.into(), stream.name.into(), None, None);
        // A dialog that was closed meanwhile has no signal any more.
        confirmation.try_set(Some(asking.await));
    });
    let content = move || match confirmation.get() {
        None => view! { <p class="reading" aria-busy="true">"Reading the stream from AWS\u{2026}"</p> }.into_any(),
        Some(Ok(confirmation)) => view! { <Confirm confirmation confirming /> }.into_any(),
        Some(Err(AppError::SignedOut)) => {
            go_to("/sign-in");
            ().into_any()
        }
        Some(Err(error)) => view! { <p role="alert" class="alert">{error.to_string()}</p> }.into_any(),
    };
    view! {
        <h2 id="dialog-title">{heading}</h2>
        {move || content()}
    }
}

#[component]
fn Confirm(confirmation: Confirmation, confirming: RwSignal<Option<StreamKey>>) -> impl IntoView {
    let live = expect_context::<Live>();
    let answer = RwSignal::new(None::<Result<Requested, AppError>>);
    let is_pending = RwSignal::new(false);
    let name = confirmation.stream.name.to_string();
    let send = move |filled: Filled| {
        let name = name.clone();
        is_pending.set(true);
        spawn_local(async move {
            let came = send(filled).await;
            is_pending.try_set(false);
            if let Ok(Requested::Change { id }) = &came {
                let text = format!("{name}: recorded. Keystream watches it until AWS has finished.");
                live.announcement.set(Some(Announcement { text, href: format!("/changes/{id}") }));
                confirming.set(None);
            }
            if let Err(AppError::ConfirmIdentity { address }) = &came {
                go_to(address);
            }
            answer.try_set(Some(came));
        });
    };
    let on_cancel = Callback::new(move |()| confirming.set(None));
    let (plan, is_busy) = match confirmation.plan.clone() {
        PlanOutcome::Ready(plan) => (plan, false),
        PlanOutcome::Busy(plan) => (plan, true),
        outcome => {
            return view! {
                <Refusal confirmation outcome />
                <div class="buttons"><button type="button" class="quiet" on:click=move |_| on_cancel.run(())>"Cancel"</button></div>
            }
            .into_any();
        }
    };
    let way = Way::Dialog { on_submit: Callback::new(send), on_cancel, answer: answer.into(), is_pending: is_pending.into() };
    let stream = confirmation.stream.clone();
    view! {
        <ConfirmationText confirmation plan=(*plan).clone() is_busy />
        <DisableForm stream plan=*plan draft=Default::default() is_busy way />
    }
    .into_any()
}

/// Sends what was filled in, with the values that the form showed.
async fn send(filled: Filled) -> Result<Requested, AppError> {
    let Filled { stream, plan, typed_name, reason, wait_minutes } = filled;
    let created = plan.report.created.as_millis().to_string();
    let (arn, key) = (plan.report.arn.to_string(), plan.key.to_string());
    let (account, region, name) = (stream.account.into(), stream.region.into(), stream.name.into());
    api::changes::disable(account, region, name, plan.request_id, arn, created, key, typed_name, reason, wait_minutes).await
}
