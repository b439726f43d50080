//! The quota of a stream, the keys it still needs, and the links that undo a disable.

use leptos::prelude::*;

use super::Viewer;
use crate::{
    model::{inventory::StreamRow, time::Timestamp},
    view::{change_card::ChangeCard, needed_keys, pages::Quota, quota},
};

/// `7 of 25 used (CloudTrail read at 13:55:02 UTC; it lags by minutes)`.
#[component]
pub fn QuotaWords(quota: Quota) -> impl IntoView {
    let class = if quota.count.is_warning() { "quota warning" } else { "quota" };
    let trail = if quota.trail.is_empty() { String::new() } else { format!(" ({})", quota.trail) };
    view! { <span class=class>{format!("{}{trail}", quota::sentence(&quota.count))}</span> }
}

/// The keys that a stream's stored records may still need, the keys that its aliases resolved to, and since when its
/// keys are known if that doesn't cover the retention.
#[component]
pub fn NeededKeys(row: StreamRow) -> impl IntoView {
    let now = Viewer::current().now;
    let words = needed_keys::list(&row, now);
    let needed = (!words.is_empty()).then(|| {
        view! {
            <p class="needed-keys">
                {format!("Keys still needed: {words}. Don't disable or delete these keys before then. ")}
                <a href="/keys">"All keys"</a>
            </p>
        }
    });
    let names = names(&row, now).into_iter().map(|(name, arn, since)| {
        let since = since.map_or_else(String::new, |at| format!(" (first seen {})", at.date_and_clock()));
        view! { <li>{name} " \u{2192} " <span class="mono arn">{arn}</span> {since}</li> }
    });
    let names = names.collect::<Vec<_>>();
    let is_in_use = words.is_empty();
    let names = (!names.is_empty()).then(|| {
        let lead = is_in_use.then(|| view! { <p class="needed-keys">"Key in use:"</p> });
        view! { {lead} <ul class="key-names" aria-label="Keys that these names have pointed to">{names}</ul> }
    });
    let gap = row.keys_gap(now).map(|since| view! { <p class="hint">{needed_keys::gap(since)}</p> });
    view! { {needed} {names} {gap} }
}

/// Returns every alias that a stream uses or still needs, with each key that it was seen to resolve to and when that
/// was first seen.
fn names(row: &StreamRow, now: Timestamp) -> Vec<(String, String, Option<Timestamp>)> {
    let needed_keys = row.needed_at(now);
    let needed = needed_keys.iter().map(|needed| (&needed.key, &needed.meant));
    let in_use = row.key_id.as_ref().map(|key| (key, &row.meant));
    let all = needed.chain(in_use).flat_map(|(name, meant)| meant.iter().map(move |meant| (name, meant)));
    let mut names: Vec<(String, String, Option<Timestamp>)> = Vec::new();
    for (name, meant) in all {
        let (name, arn) = (name.to_string(), meant.arn.to_string());
        if name != arn && !names.iter().any(|known| (&known.0, &known.1) == (&name, &arn)) {
            names.push((name, arn, meant.seen_from));
        }
    }
    names
}

/// The link to the enable that undoes a disable. In lists its name includes the stream; `place` are the ids of what
/// tells streams of one name apart.
#[component]
pub fn Undo(href: String, of: Option<String>, #[prop(default = None)] place: Option<String>) -> impl IntoView {
    let of = of.map(|name| view! { <span class="visually-hidden">{format!(" change of {name}")}</span> });
    view! { " " <a class="action undo" href=href aria-describedby=place>"Undo"{of}</a> }
}

/// [`Undo`] for a settled disable, for users who may change streams, while the stream is still not encrypted.
#[component]
pub fn UndoLink(change: ChangeCard, row: StreamRow, is_in_list: bool) -> impl IntoView {
    let is_offered = Viewer::current().may_change && change.can_be_undone && row.undoes(&change.id);
    is_offered.then(|| {
        let of = is_in_list.then(|| change.arn.name.to_string());
        view! { <Undo href=change.undo_path() of /> }
    })
}
