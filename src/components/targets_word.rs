//! The health of all targets in a few words, in the bar.

use leptos::prelude::*;

use crate::model::inventory::TargetHealth;

/// `14 targets, 1 behind`: a live part.
#[component]
pub fn TargetsWord(health: Vec<TargetHealth>, rev: i64) -> impl IntoView {
    let all = health.len();
    let behind = health.iter().filter(|target| target.problem.is_some()).count();
    let noun = TargetHealth::noun(all);
    let word = if behind == 0 { format!("{all} {noun}") } else { format!("{all} {noun}, {behind} behind") };
    view! { <span id="targets" class="targets" translate="no" data-live="" data-rev=rev>{word}</span> }
}
