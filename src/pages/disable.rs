//! `/streams/{account}/{region}/{name}/disable`: the confirmation as a page of its own. Works the same without scripts.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    Follows,
    disable_form::{DisableForm, Refusal, Way},
    loaded, shown, titled,
};
use crate::{
    api,
    components::ConfirmationText,
    model::pages::{Confirmation, PageContent, Plan, PlanOutcome},
};

/// The confirmation.
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
        {shown(confirmation, |content| match content {
            PageContent::Confirmation(confirmation) => Some(view! { <Confirm confirmation /> }.into_any()),
            _ => None,
        })}
    }
}

#[component]
fn Confirm(confirmation: Confirmation) -> impl IntoView {
    let heading = format!("Disable encryption of {}?", confirmation.stream.name);
    let is_production = confirmation.target.is_production;
    let content = match confirmation.plan.clone() {
        PlanOutcome::Ready(plan) => view! { <Form confirmation plan=*plan is_busy=false /> }.into_any(),
        PlanOutcome::Busy(plan) => view! { <Form confirmation plan=*plan is_busy=true /> }.into_any(),
        outcome => view! { <Refusal confirmation outcome /> }.into_any(),
    };
    view! {
        <article class="confirmation" class:is-production=is_production>
            <h1>{heading}</h1>
            {content}
        </article>
    }
}

#[component]
fn Form(confirmation: Confirmation, plan: Plan, is_busy: bool) -> impl IntoView {
    let draft = confirmation.draft.clone().unwrap_or_default();
    let stream = confirmation.stream.clone();
    view! {
        <ConfirmationText confirmation plan=plan.clone() is_busy />
        <DisableForm stream plan draft is_busy way=Way::Page />
    }
}
