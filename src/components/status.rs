//! A stream's status: AWS's word with a mark.

use leptos::prelude::*;

use super::{Age, DOT, drawing};
use crate::model::{inventory::Reported, stream::StreamStatus, time::Timestamp};

/// AWS's word for the status with a mark; "Not read yet" until AWS has reported one. The encryption beside it carries
/// the age of the read, at `read_at`; only an old status from an earlier report shows its own age.
#[component]
pub fn StatusLabel(
    status: Option<Reported<StreamStatus>>,
    read_at: Option<Timestamp>,
    now: Timestamp,
    stale_after: i64,
) -> impl IntoView {
    let class = match status.as_ref().map(|status| &status.value) {
        Some(StreamStatus::Active) => "label active",
        Some(StreamStatus::Updating | StreamStatus::Creating) => "label moving",
        Some(StreamStatus::Deleting) => "label deleting",
        Some(StreamStatus::Other(_)) | None => "label unknown",
    };
    let at = status.as_ref().map(|status| status.at).filter(|at| read_at.is_none_or(|read_at| *at < read_at));
    let word = status.map_or_else(|| "Not read yet".to_owned(), |status| status.value.as_str().to_owned());
    view! {
        <span class=class translate="no">{drawing(DOT)} {word}</span>
        {at.map(|_| view! { " " <Age at now stale_after when_stale=true /> })}
    }
}
