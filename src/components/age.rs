//! Times: how long ago, ticking, with the whole of it on hover.

use leptos::prelude::*;

use crate::{
    client::live::Live,
    model::{stream::StreamKey, timestamp::Timestamp},
};

/// How long ago AWS said something of a stream, muted; "last known" once it is older than two rounds of the collector.
#[component]
pub fn Age(#[prop(into)] at: Signal<Option<Timestamp>>, of: StreamKey) -> impl IntoView {
    let live = expect_context::<Live>();
    let words = Memo::new(move |_| {
        let at = at.get()?;
        let now = live.now.get();
        let is_stale = now.millis_since(at) > live.stale_after(&of);
        Some(if is_stale { format!("last known {}", at.age(now)) } else { at.age(now) })
    });
    let class = move || if words.with(|words| words.as_ref().is_some_and(|words| words.starts_with("last"))) { "age stale" } else { "age" };
    view! {
        <time class=move || class() datetime=move || at.get().map(Timestamp::rfc3339) title=move || at.get().map(Timestamp::date_and_clock)>
            {move || words.get().unwrap_or_default()}
        </time>
    }
}

/// A point in time, absolute.
#[component]
pub fn When(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.rfc3339()>{at.date_and_clock()}</time> }
}
