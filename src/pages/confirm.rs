//! `/streams/{account}/{region}/{name}/disable` and `/enable`: the confirmation as a page. It works without scripts.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    Follows,
    confirm_form::{Asked, ConfirmForm, Refusal, Way},
    loaded, shown, titled,
};
use crate::{
    api,
    components::ConfirmationText,
    view::{
        action,
        pages::{Confirmation, PageContent},
    },
};

/// The confirmation of a disable.
#[component]
pub fn DisablePage() -> impl IntoView {
    let title = titled("name", |name| format!("Disable encryption of {name}?"));
    let confirmation = loaded(Follows::Address, |asked| {
        let (account, region, name) = (asked.part("account"), asked.part("region"), asked.part("name"));
        let asking = api::changes::plan_disable(account, region, name, asked.value("problem"), asked.value("draft"));
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
    let confirmation = loaded(Follows::Address, |asked| {
        let (account, region, name) = (asked.part("account"), asked.part("region"), asked.part("name"));
        let value = |name| asked.value(name);
        let (problem, draft, undo, key) = (value("problem"), value("draft"), value("undo"), value("key"));
        let asking = api::changes::plan_enable(
            account,
            region,
            name,
            problem,
            draft,
            undo,
            key,
            value("keys"),
            value("key-page"),
        );
        async { asking.await.map(PageContent::Confirmation) }
    });
    view! {
        <Title text=move || title() />
        {shown(confirmation, confirm)}
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
    let content = match Asked::of(&confirmation) {
        Some(asked) => view! {
            <ConfirmationText confirmation plan=asked.plan.clone() is_busy=asked.is_busy />
            <ConfirmForm asked way=Way::Page />
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
