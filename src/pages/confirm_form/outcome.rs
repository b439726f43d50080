//! What a confirmation shows instead of its form.

use leptos::prelude::*;

use crate::{
    components::{Age, TargetLine, Viewer},
    model::stream::{StreamId, StreamReport},
    view::pages::{Confirmation, PlanOutcome},
};

/// What replaces the form: a change is under way, there is nothing to change, or the fresh read failed.
#[component]
pub fn Refusal(confirmation: Confirmation) -> impl IntoView {
    let stream = confirmation.stream.clone();
    let content = match confirmation.plan {
        PlanOutcome::UnderWay { change } => view! {
            <p role="alert" class="alert">
                "A change of this stream is already under way. Nothing was sent. "
                <a href=format!("/changes/{change}")>"Follow it"</a>
            </p>
        }
        .into_any(),
        PlanOutcome::Refused { why, report } => view! {
            <p role="alert" class="alert">{why} " Nothing was sent."</p>
            <ReportLine report=*report />
        }
        .into_any(),
        PlanOutcome::Unread { why, last_known } => view! {
            <p role="alert" class="alert">
                {format!("The stream couldn't be read just now: {why}. Disabling or enabling needs a fresh read. \
                    Nothing was sent. Reload this page to read it again.")}
            </p>
            {last_known.map(|report| view! { <ReportLine report=*report /> })}
        }
        .into_any(),
        // The caller shows the form.
        PlanOutcome::Ready(_) | PlanOutcome::Busy(_) => ().into_any(),
    };
    view! {
        <TargetLine stream=stream.clone() target=confirmation.target />
        {content}
        <p class="on-page"><a href=stream.path()>"Back to the stream"</a></p>
        <p class="buttons in-dialog"><button r#type="button" class="quiet" data-close="">"Cancel"</button></p>
    }
}

#[component]
fn ReportLine(report: StreamReport) -> impl IntoView {
    let viewer = Viewer::current();
    let stale_after = viewer.stale_after(&StreamId::from(&report.arn));
    view! {
        <p>
            "AWS reported " <Age at=Some(report.read_at) now=viewer.now stale_after />
            {format!(": {}, {}.", report.status, report.encryption.type_word())}
        </p>
    }
}
