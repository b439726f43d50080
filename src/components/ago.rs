//! How long ago something was, beside its time.

use leptos::prelude::*;

use super::When;
use crate::model::time::Timestamp;

/// The age of something that doesn't go stale, such as a past event; the full time is its title.
#[component]
pub fn Ago(at: Timestamp, now: Timestamp) -> impl IntoView {
    view! {
        <time class="age" translate="no" datetime=at.rfc3339() title=at.date_and_clock()>{at.age(now)}</time>
    }
}

/// A time in a table, with its age on the next line.
#[component]
pub fn WhenAgo(at: Timestamp, now: Timestamp) -> impl IntoView {
    view! { <When at /> " " <span class="small"><Ago at now /></span> }
}
