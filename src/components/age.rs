//! Times: ages that tick, with the full time on hover, and absolute times.

use leptos::prelude::*;

use super::drawn;
use crate::{
    client::live::Live,
    model::{stream::StreamId, time::Timestamp},
};

/// The age of what AWS reported about a stream; "last known" once it is older than two rounds of the collector, or if a
/// later read failed. With `is_followed` it is the age of AWS's latest report, not of the one at `at`.
#[component]
pub fn Age(
    at: Option<Timestamp>,
    of: StreamId,
    #[prop(optional)] has_failed: bool,
    #[prop(optional)] is_followed: bool,
) -> impl IntoView {
    let live = expect_context::<Live>();
    let words = move || {
        let newest = if is_followed { live.read_at(&of).max(at) } else { at };
        let (at, now) = (newest?, live.now.get());
        let is_stale = has_failed || now.millis_since(at) > live.stale_after(&of);
        Some((is_stale, at.age(now), at))
    };
    drawn(words, move |words| {
        let at = words.as_ref().map(|(_, _, at)| *at);
        let (class, words) = match words {
            None => ("age", String::new()),
            Some((false, age, _)) => ("age", age),
            Some((true, age, _)) => ("age stale", format!("last known {age}")),
        };
        view! {
            <time
                class=class translate="no" datetime=at.map(Timestamp::rfc3339) title=at.map(Timestamp::date_and_clock)
            >
                {words}
            </time>
        }
        .into_any()
    })
}

/// An absolute time.
#[component]
pub fn When(at: Timestamp) -> impl IntoView {
    view! { <time datetime=at.rfc3339()>{at.date_and_clock()}</time> }
}
