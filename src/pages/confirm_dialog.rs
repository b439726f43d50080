//! The confirmation as a dialog: one `<dialog>` per page, filled when it opens. The address doesn't change.

use leptos::{html, prelude::*, task::spawn_local};

use super::confirm_form::{ConfirmForm, Ready, Refusal, Way};
use crate::{
    api,
    client::{go_to, live::Live},
    components::ConfirmationText,
    error::AppError,
    model::{
        change::{Action, ChangeForm},
        stream::StreamId,
    },
    view::{
        action,
        pages::{Confirmation, Requested},
    },
};

/// What is being confirmed.
pub type Confirming = RwSignal<Option<(Action, StreamId)>>;

/// The dialog, open while a change is being confirmed.
#[component]
pub fn ConfirmDialog(confirming: Confirming) -> impl IntoView {
    let dialog = NodeRef::<html::Dialog>::new();
    Effect::new(move |_| {
        let Some(dialog) = dialog.get() else { return };
        match (confirming.with(Option::is_some), dialog.open()) {
            // Fails only for a dialog that is already open or isn't in the page.
            (true, false) => drop(dialog.show_modal()),
            (false, true) => dialog.close(),
            _ => {}
        }
    });
    let content =
        move || confirming.get().map(|(action, stream)| view! { <Content action stream confirming /> }.into_any());
    let class = move || match confirming.with(|confirming| confirming.as_ref().map(|(action, _)| *action)) {
        Some(Action::Enable) => "dialog enable",
        _ => "dialog disable",
    };
    view! {
        <dialog
            node_ref=dialog class=move || class() aria-labelledby="dialog-title"
            on:close=move |_| confirming.set(None)
        >
            {move || content()}
        </dialog>
    }
}

#[component]
fn Content(action: Action, stream: StreamId, confirming: Confirming) -> impl IntoView {
    let heading = format!("{} of {}?", action::label(action), stream.name);
    let confirmation = RwSignal::new(None::<Result<Confirmation, AppError>>);
    spawn_local(async move {
        let planned = match action {
            Action::Disable => api::changes::plan_disable(stream.into()).await,
            Action::Enable => api::changes::plan_enable(stream.into()).await,
        };
        // The signal of a dialog that was closed in the meantime is gone.
        confirmation.try_set(Some(planned));
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
fn Confirm(confirmation: Confirmation, confirming: Confirming) -> impl IntoView {
    let live = expect_context::<Live>();
    let answer = RwSignal::new(None::<Result<Requested, AppError>>);
    let is_pending = RwSignal::new(false);
    let (action, name) = (confirmation.action, confirmation.stream.name.to_string());
    let send = move |form: ChangeForm| {
        let name = name.clone();
        is_pending.set(true);
        spawn_local(async move {
            let came = send(action, form).await;
            is_pending.try_set(false);
            if let Ok(Requested::Change { id }) = &came {
                live.announce_recorded(&name, id);
                confirming.set(None);
            }
            if let Err(AppError::ConfirmIdentity { address }) = &came {
                go_to(address);
            }
            answer.try_set(Some(came));
        });
    };
    let on_cancel = Callback::new(move |()| confirming.set(None));
    let Some(ready) = Ready::of(&confirmation) else {
        return view! {
            <Refusal confirmation />
            <div class="buttons">
                <button type="button" class="quiet" on:click=move |_| on_cancel.run(())>"Cancel"</button>
            </div>
        }
        .into_any();
    };
    let way =
        Way::Dialog { on_submit: Callback::new(send), on_cancel, answer: answer.into(), is_pending: is_pending.into() };
    view! {
        <ConfirmationText confirmation plan=ready.plan.clone() is_busy=ready.is_busy />
        <ConfirmForm ready way />
    }
    .into_any()
}

/// Sends a form through the server function of its action.
async fn send(action: Action, form: ChangeForm) -> Result<Requested, AppError> {
    match action {
        Action::Disable => api::changes::disable(form).await,
        Action::Enable => api::changes::enable(form).await,
    }
}
