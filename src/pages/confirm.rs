//! `/streams/{account}/{region}/{name}/disable` and `/enable`: the confirmation as a page. It works without scripts.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    Follows,
    confirm_form::{ConfirmForm, Ready, Refusal, Way},
    loaded, shown, titled,
};
use crate::{
    api,
    components::ConfirmationText,
    model::forms::ConfirmationRequest,
    view::{
        action,
        pages::{Confirmation, PageContent},
    },
};

/// The confirmation of a disable.
#[component]
pub fn DisablePage() -> impl IntoView {
    let title = titled("name", |name| format!("Disable encryption of {name}?"));
    let confirmation = loaded(Follows::Address, |request| {
        let asking = api::changes::plan_disable(confirmation_of(&request));
        async { asking.await.map(PageContent::Confirmation) }
    });
    view! {
        <Title text=move || title() />
        {shown(confirmation, confirm)}
    }
}

/// The confirmation of an enable.
#[component]
pub fn EnablePage() -> impl IntoView {
    let title = titled("name", |name| format!("Enable encryption of {name}?"));
    let confirmation = loaded(Follows::Address, |request| {
        let asking = api::changes::plan_enable(confirmation_of(&request));
        async { asking.await.map(PageContent::Confirmation) }
    });
    view! {
        <Title text=move || title() />
        {shown(confirmation, confirm)}
    }
}

fn confirmation_of(request: &super::PageRequest) -> ConfirmationRequest {
    ConfirmationRequest {
        account: request.part("account"),
        region: request.part("region"),
        name: request.part("name"),
        problem: request.value("problem"),
        draft: request.value("draft"),
        undo: request.value("undo"),
        key: request.value("key"),
        keys: request.value("keys"),
        key_page: request.value("key-page"),
    }
}

fn confirm(content: PageContent) -> Option<AnyView> {
    match content {
        PageContent::Confirmation(confirmation) => Some(view! { <Confirm confirmation /> }.into_any()),
        _ => None,
    }
}

#[component]
fn Confirm(confirmation: Confirmation) -> impl IntoView {
    let heading = format!("{} of {}?", action::label(confirmation.action), confirmation.stream.name);
    let class = format!(
        "confirmation {}{}",
        confirmation.action.slug(),
        if confirmation.target.is_production { " is-production" } else { "" }
    );
    let content = match Ready::of(&confirmation) {
        Some(ready) => view! {
            <ConfirmationText confirmation plan=ready.plan.clone() is_busy=ready.is_busy />
            <ConfirmForm ready way=Way::Page />
        }
        .into_any(),
        None => view! { <Refusal confirmation /> }.into_any(),
    };
    view! {
        <article class=class>
            <h1>{heading}</h1>
            {content}
        </article>
    }
}
