//! The confirmation as a dialog: one `<dialog>` per page, its content made when it opens. The address does not change.

use leptos::{html, prelude::*};

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
    let content = move || confirming.get().map(|stream| view! { <Content stream confirming /> });
    view! {
        <dialog node_ref=dialog class="dialog" aria-labelledby="dialog-title" on:close=move |_| confirming.set(None)>
            {content}
        </dialog>
    }
}

#[component]
fn Content(stream: StreamKey, confirming: RwSignal<Option<StreamKey>>) -> impl IntoView {
    let heading = format!("Disable encryption of {}?", stream.name);
    let asked = stream.clone();
    let confirmation = LocalResource::new(move || {
        let key = asked.clone();
        api::changes::plan_disable(key.account.into(), key.region.into(), key.name.into(), None, None)
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
        {content}
    }
}

#[component]
fn Confirm(confirmation: Confirmation, confirming: RwSignal<Option<StreamKey>>) -> impl IntoView {
    let live = expect_context::<Live>();
    let send = Action::new_local(|filled: &Filled| {
        let Filled { stream, plan, typed_name, reason } = filled.clone();
        let created = plan.report.created.as_millis().to_string();
        api::changes::disable(
            stream.account.into(),
            stream.region.into(),
            stream.name.into(),
            plan.request_id,
            plan.report.arn.to_string(),
            created,
            plan.key.to_string(),
            typed_name,
            reason,
        )
    });
    let name = confirmation.stream.name.to_string();
    Effect::new(move |_| {
        if let Some(Ok(Requested::Change { id })) = send.value().get() {
            let text = format!("{name}: recorded. Keystream watches it until AWS has finished.");
            live.announcement.set(Some(Announcement { text, href: format!("/changes/{id}") }));
            confirming.set(None);
        }
    });
    let on_cancel = Callback::new(move |()| confirming.set(None));
    match confirmation.plan.clone() {
        PlanOutcome::Ready(plan) => {
            let on_submit = Callback::new(move |filled: Filled| {
                send.dispatch_local(filled);
            });
            let way = Way::Dialog { on_submit, on_cancel, answer: send.value().into(), is_pending: send.pending().into() };
            let stream = confirmation.stream.clone();
            view! {
                <ConfirmationText confirmation plan=(*plan).clone() />
                <DisableForm stream plan=*plan draft=Default::default() way />
            }
            .into_any()
        }
        outcome => view! {
            <Refusal confirmation outcome />
            <div class="buttons"><button type="button" class="quiet" on:click=move |_| on_cancel.run(())>"Cancel"</button></div>
        }
        .into_any(),
    }
}
