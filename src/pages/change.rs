//! `/changes/{id}`: one change with its ladder.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Follows, loaded, shown};
use crate::{
    api,
    client::live::Live,
    components::{Ladder, SelfRefresh, TargetLine, When},
    model::{
        change_card::ChangeCard,
        pages::{ChangePage as Page, PageContent},
        wording::Summary,
    },
};

/// One change.
#[component]
pub fn ChangePage() -> impl IntoView {
    let page = loaded(Follows::News, |asked| {
        let asking = api::changes::load_change(asked.part("id"), asked.is_refresh);
        async { asking.await.map(PageContent::Change) }
    });
    view! {
        <Title text="Change" />
        {shown(page, |content| match content {
            PageContent::Change(page) => Some(view! { <Details page /> }.into_any()),
            _ => None,
        })}
    }
}

#[component]
fn Details(page: Page) -> impl IntoView {
    let live = expect_context::<Live>();
    let Page { change, target } = page;
    let heading = format!("Change of {}", change.arn.name);
    let stream = change.stream();
    let stream_path = stream.path();
    let address = change.path();
    let is_moving = change.is_active();
    let facts = change.clone();
    let change = live.change(change);
    let summary = move || change.with(|change| change.summary.clone()).map(|summary| view! { <SummaryLine summary /> }.into_any());
    view! {
        <SelfRefresh address is_wanted=is_moving />
        <h1>{heading}</h1>
        <TargetLine stream target />
        {move || summary()}
        <Ladder change=Signal::from(change) />
        <Facts change=facts />
        <p><a href=stream_path>"Go to the stream"</a></p>
    }
}

#[component]
fn SummaryLine(summary: Summary) -> impl IntoView {
    let live = expect_context::<Live>();
    let (word, aws, ticking) = (summary.word.clone(), summary.aws.clone(), summary.clone());
    let class = if summary.is_bad { "summary bad" } else { "summary good" };
    view! {
        <p class=class><strong>{word}"."</strong>" "{move || ticking.text_at(live.now.get())}</p>
        {aws.map(|aws| {
            let id = aws.request_id.map_or_else(String::new, |id| format!(", request id {id}"));
            view! {
                <figure class="aws-words">
                    <figcaption>{format!("AWS said ({}{id}, {}):", aws.code, aws.at.clock_seconds())}</figcaption>
                    <blockquote>{if aws.message.is_empty() { "(no message)".to_owned() } else { aws.message }}</blockquote>
                </figure>
            }.into_any()
        })}
    }
}

/// What a support case needs to know of the change.
#[component]
fn Facts(change: ChangeCard) -> impl IntoView {
    view! {
        <dl class="facts">
            <div><dt>"What"</dt><dd>{change.what}</dd></div>
            <div><dt>"By"</dt><dd>{change.actor}</dd></div>
            <div><dt>"Reason"</dt><dd class="reason">{change.reason}</dd></div>
            <div><dt>"Requested"</dt><dd><When at=change.requested_at /></dd></div>
            <div><dt>"Key"</dt><dd><code>{change.key.unwrap_or_else(|| "none".to_owned())}</code></dd></div>
            <div><dt>"Stream"</dt><dd class="mono arn">{change.arn.to_string()}</dd></div>
            <div><dt>"Change"</dt><dd class="mono">{change.id}</dd></div>
        </dl>
    }
}
