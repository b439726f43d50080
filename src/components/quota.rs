//! How many of AWS's 25 a day are used, in words; and the links that take a disable back.

use leptos::prelude::*;

use crate::{
    client::live::Live,
    model::{change_card::ChangeCard, inventory::StreamRow, pages::Quota},
};

/// `7 of 25 used, the next frees at 23 Nov 14:02 UTC (CloudTrail read at 13:55:02 UTC; it lags by minutes)`.
#[component]
pub fn QuotaWords(quota: Quota) -> impl IntoView {
    let class = if quota.count.is_warning() { "quota warning" } else { "quota" };
    let trail = if quota.trail.is_empty() { String::new() } else { format!(" ({})", quota.trail) };
    view! { <span class=class>{quota.count.words()}{trail}</span> }
}

/// The keys that stored records of a stream may need, while there are some.
#[component]
pub fn NeededKeys(row: Memo<StreamRow>) -> impl IntoView {
    let live = expect_context::<Live>();
    let words = Memo::new(move |_| row.with(|row| row.needed_words(live.now.get())));
    move || {
        let words = words.get();
        (!words.is_empty()).then(|| {
            view! {
                <p class="needed-keys">
                    {format!("Keys still needed: {words}. Plan for stored records to stay encrypted as they were stored; do not disable or delete these keys earlier. ")}
                    <a href="/keys" rel="external">"All keys"</a>
                </p>
            }
            .into_any()
        })
    }
}

/// The link to the enable with the key that a disable left. Beside other streams its name says of which one.
#[component]
pub fn Undo(href: String, of: Option<String>) -> impl IntoView {
    let of = of.map(|name| view! { <span class="visually-hidden">{format!(" change of {name}")}</span> }.into_any());
    view! { " " <a class="action undo" href=href>"Undo"{of}</a> }
}

/// [`Undo`] of a settled change, while its stream is still not encrypted and for those who may change.
#[component]
pub fn UndoLink(change: ChangeCard, row: Memo<StreamRow>, is_in_list: bool) -> impl IntoView {
    let live = expect_context::<Live>();
    let name = change.arn.name.to_string();
    let first = change.clone();
    let change = live.change(change);
    let is_offered =
        Memo::new(move |_| live.may_change() && change.with(|change| change.can_be_undone && row.with(|row| row.undoes(&change.id))));
    move || {
        let of = is_in_list.then(|| name.clone());
        is_offered.get().then(|| view! { <Undo href=first.undo_path() of /> }.into_any())
    }
}
