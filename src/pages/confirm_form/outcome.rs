//! What a confirmation shows instead of its form, or in it after the form was sent.

use leptos::prelude::*;

use crate::{
    components::{Age, TargetLine},
    error::AppError,
    model::stream::{StreamId, StreamReport},
    view::{
        forms,
        pages::{Confirmation, PlanOutcome, Requested},
    },
};

/// Returns what the dialog says about a response other than "recorded".
pub(super) fn answer_words(answer: Result<Requested, AppError>, stream: &StreamId) -> Option<AnyView> {
    let alert = match answer {
        Ok(Requested::Change { .. }) => return None,
        Ok(Requested::Rejected { id, words }) => view! {
            <p role="alert" class="alert">
                "Rejected. " {words} " " <a href=format!("/changes/{id}")>"See the rejected change"</a>
            </p>
        }
        .into_any(),
        Err(AppError::Mistake(mistake)) => {
            let words = forms::mistake(mistake, Some(&stream.name));
            view! { <p role="alert" class="alert">{words}</p> }.into_any()
        }
        Err(error) => view! { <p role="alert" class="alert">{error.to_string()}</p> }.into_any(),
    };
    Some(alert)
}

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
            {last_known.map(|report| view! { <ReportLine report=*report /> }.into_any())}
        }
        .into_any(),
        // The caller shows the form.
        PlanOutcome::Ready(_) | PlanOutcome::Busy(_) => ().into_any(),
    };
    view! {
        <TargetLine stream=stream.clone() target=confirmation.target />
        {content}
        <p><a href=stream.path()>"Back to the stream"</a></p>
    }
}

#[component]
fn ReportLine(report: StreamReport) -> impl IntoView {
    view! {
        <p>
            "AWS reported " <Age at=Some(report.read_at) of=StreamId::from(&report.arn) />
            {format!(": {}, {}.", report.status, report.encryption.type_word())}
        </p>
    }
}
