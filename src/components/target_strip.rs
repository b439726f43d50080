//! The targets that the list covers, how each is doing, and which are behind and why.

use leptos::prelude::*;

use super::Viewer;
use crate::{
    model::{
        inventory::{Condition, TargetHealth},
        list::ListQuery,
    },
    view::target_health,
};

/// The number of targets above which those without problems are only counted.
const NAMED: usize = 8;

/// The strip of targets above the list: a live part. Each target links to its own streams.
#[component]
pub fn TargetStrip(viewer: Viewer) -> impl IntoView {
    let targets = viewer.health.as_slice();
    view! {
        <div id="target-strip" data-live="" data-rev=viewer.rev>
            <div class="coverage">
                <span>{coverage(targets)}</span>
                <ul class="targets-strip" aria-label="Targets">{chips(targets)}</ul>
            </div>
            {sentences(targets)}
        </div>
    }
}

fn coverage(targets: &[TargetHealth]) -> String {
    let listed = targets.iter().filter(|target| target.last_success().is_some()).count();
    let unread: u32 = targets.iter().map(|target| target.unread).sum();
    let reading = if unread > 0 { format!(". {unread} not read yet.") } else { String::new() };
    format!("Watching {listed} of {} {}{reading}", targets.len(), TargetHealth::noun(targets.len()))
}

fn chips(targets: &[TargetHealth]) -> impl IntoView + use<> {
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
        view! {
            <li id=format!("target-{}", target.id)>
                <a class=class href=href title=last data-nav="">
                    {target.name.clone()} {(!word.is_empty()).then(|| view! { " " <span>{word}</span> })}
                </a>
            </li>
        }
    });
    let noun = if others == 1 { "other" } else { "others" };
    let others =
        (others > 0).then(|| view! { <li id="target-others">{format!("{others} {noun} without problems")}</li> });
    view! { {named.collect_view()} {others} }
}

fn sentences(targets: &[TargetHealth]) -> impl IntoView + use<> {
    let spoken = targets.iter().map(|target| (&target.name, target_health::sentence(target)));
    let items = spoken
        .filter(|(_, words)| !words.is_empty())
        .map(|(name, words)| view! { <li><strong>{name.clone()}</strong> " " {words}</li> })
        .collect::<Vec<_>>();
    let is_behind = targets.iter().any(|target| target.condition() == Condition::Behind);
    let class = if is_behind { "target-problems" } else { "target-problems calm" };
    (!items.is_empty()).then(|| view! { <ul class=class>{items}</ul> })
}
