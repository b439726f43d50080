//! The lifecycle axis: AWS's word with a mark of its own shape.

use leptos::prelude::*;

use super::Age;
use crate::client::live::Live;
use crate::model::{inventory::StreamRow, stream::StreamStatus};

/// A mark and AWS's word; "Not read yet" until AWS has reported one.
#[component]
pub fn StatusLabel(row: Memo<StreamRow>) -> impl IntoView {
    let reported_at = move || row.with(|row| row.status.as_ref().map(|status| status.at));
    let live = expect_context::<Live>();
    // The encryption beside it carries the age of the read; a status that is older than that says so itself.
    let key = row.with_untracked(|row| row.key.clone());
    let of = key.clone();
    let is_stale = Memo::new(move |_| reported_at().is_some_and(|at| live.now.get().millis_since(at) > live.stale_after(&key)));
    let class = move || match row.with(|row| row.status.as_ref().map(|status| status.value.clone())) {
        Some(StreamStatus::Active) => "label active",
        Some(StreamStatus::Updating | StreamStatus::Creating) => "label moving",
        Some(StreamStatus::Deleting) => "label deleting",
        Some(StreamStatus::Other(_)) | None => "label unknown",
    };
    let word =
        move || row.with(|row| row.status.as_ref().map_or_else(|| "Not read yet".to_owned(), |status| status.value.as_str().to_owned()));
    view! {
        <span class=move || class()>
            <svg class="dot" viewBox="0 0 16 16" width="10" height="10" aria-hidden="true">
                <circle cx="8" cy="8" r="5.5"></circle>
            </svg>
            {move || word()}
        </span>
        {move || is_stale.get().then(|| view! { " " <Age at=Signal::derive(reported_at) of=of.clone() /> }.into_any())}
    }
}
