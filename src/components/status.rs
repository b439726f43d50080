//! A stream's status: AWS's word with a mark.

use leptos::prelude::*;

use super::{Age, DOT, drawing, drawn};
use crate::{
    client::live::Live,
    model::{
        inventory::Reported,
        stream::{StreamId, StreamStatus},
    },
};

/// AWS's word for the status with a mark; "Not read yet" until AWS has reported one. The encryption beside it carries
/// the age of the read; only an older status shows its own age.
#[component]
pub fn StatusLabel(status: Option<Reported<StreamStatus>>, of: StreamId) -> impl IntoView {
    let class = match status.as_ref().map(|status| &status.value) {
        Some(StreamStatus::Active) => "label active",
        Some(StreamStatus::Updating | StreamStatus::Creating) => "label moving",
        Some(StreamStatus::Deleting) => "label deleting",
        Some(StreamStatus::Other(_)) | None => "label unknown",
    };
    let word = status.as_ref().map_or_else(|| "Not read yet".to_owned(), |status| status.value.as_str().to_owned());
    let age = status.map(|Reported { at, .. }| {
        let live = expect_context::<Live>();
        let stream = of.clone();
        let stale_at = move || {
            let newest = live.status_at(&stream).map_or(at, |newest| newest.max(at));
            (live.now.get().millis_since(newest) > live.stale_after(&stream)).then_some(newest)
        };
        drawn(stale_at, move |stale_at| {
            stale_at.map(|_| view! { " " <Age at=stale_at of=of.clone() /> }.into_any()).into_any()
        })
    });
    view! {
        <span class=class translate="no">
            {drawing(DOT)}
            {word}
        </span>
        {age}
    }
}
