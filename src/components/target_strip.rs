//! The targets that the list covers, how each is doing, and which are behind and why.

use leptos::prelude::*;

use crate::{
    client::live::Live,
    model::{
        inventory::{Condition, TargetHealth},
        list::ListQuery,
    },
    view::target_health,
};

/// The number of targets above which those without problems are only counted.
const NAMED: usize = 8;

/// The strip of targets above the list. Each links to its own streams.
#[component]
pub fn TargetStrip() -> impl IntoView {
    let live = expect_context::<Live>();
    let words = move || live.targets.with(|targets| coverage(targets));
    let chips = move || live.targets.with(|targets| chips(targets));
    let sentences = move || live.targets.with(|targets| sentences(targets));
    view! {
        <div class="coverage">
            <span>{move || words()}</span>
            <ul class="targets-strip" aria-label="Targets">{move || chips()}</ul>
        </div>
        {move || sentences()}
    }
}

fn coverage(targets: &[TargetHealth]) -> String {
    let listed = targets.iter().filter(|target| target.last_success().is_some()).count();
    let unread: u32 = targets.iter().map(|target| target.unread).sum();
    let reading = if unread > 0 { format!(". {unread} not read yet.") } else { String::new() };
    format!("Watching {listed} of {} targets{reading}", targets.len())
}

fn chips(targets: &[TargetHealth]) -> AnyView {
    let is_named = |target: &&TargetHealth| targets.len() <= NAMED || target.condition() != Condition::Well;
    let others = targets.len() - targets.iter().filter(is_named).count();
    let named = targets.iter().filter(is_named).map(|target| {
        let (class, word) = match target.condition() {
            Condition::Behind if target.pause.is_some() => ("chip behind", "behind, paused"),
            Condition::Behind => ("chip behind", "behind"),
            Condition::Paused => ("chip paused", "paused"),
            Condition::Slowed => ("chip slowed", "slowed"),
            Condition::Waiting => ("chip", "not listed yet"),
            Condition::Well => ("chip well", ""),
        };
        let href = ListQuery {
            account: vec![target.account.clone()],
            region: vec![target.region.clone()],
            ..ListQuery::default()
        }
        .href();
        let last = target.last_success().map(|at| format!("AWS last answered {}", at.date_and_clock()));
        view! { <li><a class=class href=href title=last>{target.name.clone()} <span>{word}</span></a></li> }.into_any()
    });
    let named = named.collect_view();
    view! {
        {named}
        {(others > 0).then(|| view! { <li>{format!("{others} others without problems")}</li> }.into_any())}
    }
    .into_any()
}

fn sentences(targets: &[TargetHealth]) -> AnyView {
    let spoken = targets
        .iter()
        .map(|target| (&target.name, target_health::sentence(target)))
        .filter(|(_, words)| !words.is_empty());
    let items = spoken
        .map(|(name, words)| view! { <li><strong>{name.clone()}</strong> " " {words}</li> }.into_any())
        .collect::<Vec<_>>();
    let is_empty = items.is_empty();
    let class = if targets.iter().any(|target| target.condition() == Condition::Behind) {
        "target-problems"
    } else {
        "target-problems calm"
    };
    view! { <ul class=class hidden=is_empty>{items}</ul> }.into_any()
}
