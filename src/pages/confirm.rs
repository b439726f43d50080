//! `/streams/{account}/{region}/{name}/disable` and `/enable`: the confirmation. It works without scripts; where its
//! island runs, links to it open its article in a dialog.

use leptos::{either::Either, prelude::*};
use leptos_meta::Title;

use super::{
    PageRequest,
    confirm_form::{ConfirmForm, Ready, Refusal},
    page,
};
use crate::{
    components::{ConfirmationDetails, ConfirmationText, Mistake},
    error::AppError,
    model::{
        access::{identity::Permission, requester::Requester},
        change::Action,
        forms::FormMistake,
        stream::StreamId,
    },
    server::{
        services::changes::KeyChoice,
        web::{
            context::{self, RequestContext},
            forms,
        },
    },
    view::{action, confirmation, ownership, pages::Confirmation},
};

/// The confirmation of a disable.
#[component]
pub fn DisablePage() -> impl IntoView {
    view! { <ConfirmPage action=Action::Disable /> }
}

/// The confirmation of an enable.
#[component]
pub fn EnablePage() -> impl IntoView {
    view! { <ConfirmPage action=Action::Enable /> }
}

#[component]
fn ConfirmPage(action: Action) -> impl IntoView {
    let request = PageRequest::current();
    let title = format!("{} of {}?", action::label(action), request.part("name"));
    let mistake = request.value("problem").as_deref().and_then(FormMistake::from_code);
    let title = if mistake.is_some() { format!("Error: {title}") } else { title };
    // The page's own refresh takes the bar alone. It is nobody's act, so it reads nothing from AWS.
    let content = if context::current().is_ok_and(|cx| cx.is_own_refresh()) {
        Either::Left(view! { <p class="nothing">"Open the confirmation again to read the stream."</p> })
    } else {
        Either::Right(page(move |request| load(action, request), |confirmation| view! { <Confirm confirmation /> }))
    };
    view! { <Title text=title /> {content} }
}

/// Loads what a confirmation shows, from a fresh read of at most 3 s.
async fn load(action: Action, request: PageRequest) -> Result<Confirmation, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let (account, region, name) = (request.part("account"), request.part("region"), request.part("name"));
    let stream = cx.stream_in_scope(&requester, &account, &region, &name)?;
    let draft = forms::draft_of_change(&cx, &requester, request.value("problem"), request.value("draft")).await;
    let choice = match action {
        Action::Disable => KeyChoice::default(),
        Action::Enable => KeyChoice {
            typed: request.value("key").unwrap_or_default(),
            undo: request.value("undo"),
            // No real search is longer than the longest alias.
            search: request.value("keys").unwrap_or_default().chars().take(300).collect(),
            page: request.value("key-page").and_then(|page| page.parse().ok()).unwrap_or(1),
        },
    };
    let typed = draft.as_ref().map_or_else(|| choice.typed.clone(), |draft| draft.key.clone());
    let planned =
        cx.state.changes.planner.plan(action, &stream, &requester.user_name, KeyChoice { typed, ..choice }).await;
    let planned = planned.map_err(|error| forms::refused(&cx, error))?;
    let mut confirmation = Confirmation { draft, ..Confirmation::from(planned) };
    if let Some(enable) = &mut confirmation.enable {
        enable.is_choosing = request.value("keys").is_some();
    }
    Ok(with_neighbors(&cx, &requester, &stream, confirmation))
}

/// Adds what the inventory knows of streams with the same name, and of who owns and manages the stream.
fn with_neighbors(
    cx: &RequestContext,
    requester: &Requester,
    stream: &StreamId,
    confirmation: Confirmation,
) -> Confirmation {
    let inventory = &cx.state.inventory;
    let namesakes = inventory.namesakes(stream, &requester.scope);
    let tags = inventory.stream(stream).and_then(|(row, _)| row.tags).unwrap_or_default();
    let ownership = cx.state.tag_meanings.ownership(&tags);
    Confirmation {
        namesakes: confirmation::namesakes(stream, &namesakes),
        owner: ownership.owner.as_ref().map(ownership::owner),
        manager: ownership.manager.as_ref().map(|manager| ownership::manager(manager, confirmation.action)),
        ..confirmation
    }
}

#[component]
fn Confirm(confirmation: Confirmation) -> impl IntoView {
    let Confirmation { action, quota, owner, .. } = confirmation.clone();
    let mistake = confirmation.draft.as_ref().and_then(|draft| draft.mistake);
    let of = confirmation.stream.name.clone();
    let name = of.to_string();
    let heading = format!("{} of {name}?", action::label(action));
    let class = format!(
        "confirmation {}{}",
        action.slug(),
        if confirmation.target.is_production { " is-production" } else { "" }
    );
    let content = match Ready::of(&confirmation) {
        Some(ready) => Either::Left(view! {
            <Mistake mistake of />
            <ConfirmationText confirmation plan=ready.plan.clone() is_busy=ready.is_busy />
            <ConfirmForm ready=ready.clone() />
            <ConfirmationDetails action plan=ready.plan quota owner />
        }),
        None => Either::Right(view! { <Refusal confirmation /> }),
    };
    view! {
        <article id="confirmation" class=class data-name=name>
            <h1 id="confirmation-title">{heading}</h1>
            {content}
        </article>
    }
}
