//! `/streams/{account}/{region}/{name}/disable`: the confirmation as a page of its own. Works the same without scripts.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{
    disable_form::{DisableForm, Refusal, Way},
    path_part, query_value,
};
use crate::{
    api,
    components::{ConfirmationText, Fault},
    model::pages::{Confirmation, PlanOutcome},
};

/// The confirmation.
#[component]
pub fn DisablePage() -> impl IntoView {
    let (account, region, name) = (path_part("account"), path_part("region"), path_part("name"));
    let (problem, draft) = (query_value("problem"), query_value("draft"));
    let asked = move || (account.get(), region.get(), name.get(), problem.get(), draft.get());
    let confirmation = Resource::new_blocking(asked, |(account, region, name, problem, draft)| {
        api::changes::plan_disable(account, region, name, problem, draft)
    });
    view! {
        <Title text=move || format!("Disable encryption of {}?", name.get()) />
        <Suspense>
            {move || Suspend::new(async move {
                match confirmation.await {
                    Ok(confirmation) => view! { <Confirm confirmation /> }.into_any(),
                    Err(error) => view! { <Fault error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Confirm(confirmation: Confirmation) -> impl IntoView {
    let heading = format!("Disable encryption of {}?", confirmation.stream.name);
    let is_production = confirmation.target.is_production;
    let content = match confirmation.plan.clone() {
        PlanOutcome::Ready(plan) => {
            let draft = confirmation.draft.clone().unwrap_or_default();
            let stream = confirmation.stream.clone();
            view! {
                <ConfirmationText confirmation plan=(*plan).clone() />
                <DisableForm stream plan=*plan draft way=Way::Page />
            }
            .into_any()
        }
        outcome => view! { <Refusal confirmation outcome /> }.into_any(),
    };
    view! {
        <article class="confirmation" class:is-production=is_production>
            <h1>{heading}</h1>
            {content}
        </article>
    }
}
