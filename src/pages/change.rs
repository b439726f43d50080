//! `/changes/{id}`: one change with its ladder.

use leptos::prelude::*;
use leptos_meta::Title;

use super::path_part;
use crate::{
    api,
    client::live::Live,
    components::{Fault, Ladder, SelfRefresh, TargetLine, When},
    model::{
        change::Change,
        pages::ChangePage as Page,
        wording::{self, Summary},
    },
};

/// One change.
#[component]
pub fn ChangePage() -> impl IntoView {
    let live = expect_context::<Live>();
    let id = path_part("id");
    let asked = move || (id.get(), live.refresh.get());
    let page = Resource::new_blocking(asked, move |(id, refresh)| api::changes::load_change(id, live.is_own_refresh(refresh)));
    view! {
        <Title text="Change" />
        <Transition>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) => view! { <Details page /> }.into_any(),
                    Err(error) => view! { <Fault error /> }.into_any(),
                }
            })}
        </Transition>
    }
}

#[component]
fn Details(page: Page) -> impl IntoView {
    let live = expect_context::<Live>();
    let Page { change, target } = page;
    let heading = format!("Change of {}", change.arn.name);
    let stream = change.key_of_stream();
    let stream_path = stream.path();
    let address = change.path();
    let is_moving = change.is_active();
    let facts = change.clone();
    let change = live.change(change);
    let summary = move || change.with(|change| wording::summary(change, live.now.get())).map(|summary| view! { <SummaryLine summary /> });
    view! {
        <SelfRefresh address is_wanted=is_moving />
        <h1>{heading}</h1>
        <TargetLine stream target />
        {summary}
        <Ladder change=Signal::from(change) />
        <Facts change=facts />
        <p><a href=stream_path>"Go to the stream"</a></p>
    }
}

#[component]
fn SummaryLine(summary: Summary) -> impl IntoView {
    let class = if summary.is_bad { "summary bad" } else { "summary good" };
    view! {
        <p class=class><strong>{summary.word}"."</strong>" "{summary.text}</p>
        {summary.aws.map(|aws| {
            let id = aws.request_id.map_or_else(String::new, |id| format!(", request id {id}"));
            view! {
                <figure class="aws-words">
                    <figcaption>{format!("AWS said ({}{id}, {}):", aws.code, aws.at.clock_seconds())}</figcaption>
                    <blockquote>{if aws.message.is_empty() { "(no message)".to_owned() } else { aws.message }}</blockquote>
                </figure>
            }
        })}
    }
}

/// What a support case needs to know of the change.
#[component]
fn Facts(change: Change) -> impl IntoView {
    view! {
        <dl class="facts">
            <div><dt>"What"</dt><dd>{change.action.verb()}</dd></div>
            <div><dt>"By"</dt><dd>{change.actor}</dd></div>
            <div><dt>"Reason"</dt><dd class="reason">{change.reason}</dd></div>
            <div><dt>"Requested"</dt><dd><When at=change.requested_at /></dd></div>
            <div><dt>"Key"</dt><dd><code>{change.key.map_or_else(|| "none".to_owned(), |key| key.to_string())}</code></dd></div>
            <div><dt>"Stream"</dt><dd class="mono arn">{change.arn.to_string()}</dd></div>
            <div><dt>"Change"</dt><dd class="mono">{change.id}</dd></div>
        </dl>
    }
}
