//! `/changes/{id}`: one change with its ladder.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Follows, loaded, shown};
use crate::{
    api,
    client::{copy, live::Live},
    components::{Ladder, SelfRefresh, TargetLine, When},
    model::{
        change_card::ChangeCard,
        pages::{ChangePage as Page, Pace, PageContent},
        timestamp::span,
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
    let Page { change, target, pace, checks, support } = page;
    let heading = format!("Change of {}", change.arn.name);
    let stream = change.stream();
    let stream_path = stream.path();
    let address = change.path();
    let is_moving = change.is_active();
    let facts = change.clone();
    let change = live.change(change);
    let is_waiting = move || live.may_change() && change.with(|change| change.is_waiting);
    let is_slow = move || change.with(|change| change.summary.as_ref().is_some_and(|summary| summary.word == "Slow"));
    let summary = move || change.with(|change| change.summary.clone()).map(|summary| view! { <SummaryLine summary /> }.into_any());
    view! {
        <SelfRefresh address is_wanted=is_moving />
        <h1>{heading}</h1>
        <TargetLine stream target />
        {move || summary()}
        <Ladder change=Signal::from(change) />
        {move || is_waiting().then(|| view! { <CancelForm id=change.with(|change| change.id.clone()) /> }.into_any())}
        {move || is_slow().then(|| view! { <WhatToCheck checks=checks.clone() /> }.into_any())}
        <Facts change=facts pace />
        <Support text=support />
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

/// Ends a change that waits, before anything is sent.
#[component]
fn CancelForm(id: String) -> impl IntoView {
    view! {
        <form method="post" action="/api/cancel-change" class="cancel-change">
            <input r#type="hidden" name="id" value=id />
            <button type="submit">"Cancel"</button>
        </form>
    }
}

/// How long it has taken, ticking while it is under way, beside what is usual here.
#[component]
fn Duration(pace: Pace) -> impl IntoView {
    let live = expect_context::<Live>();
    let Pace { sent_at, reached_at, ended_at, usual } = pace;
    let words = move || match (reached_at, ended_at) {
        (Some(reached), _) => format!("{} from sent to reached; {usual}", span(reached.millis_since(sent_at))),
        (None, Some(ended)) => format!("ended {} after it was sent; {usual}", span(ended.millis_since(sent_at))),
        (None, None) => format!("{} since it was sent; {usual}", span(live.now.get().millis_since(sent_at))),
    };
    view! { {move || words()} }
}

/// After five minutes: where to look, while Keystream goes on watching.
#[component]
fn WhatToCheck(checks: Vec<String>) -> impl IntoView {
    let checks = checks.into_iter().map(|check| view! { <li>{check}</li> }.into_any());
    view! {
        <section class="what-to-check" aria-labelledby="what-to-check">
            <h2 id="what-to-check">"What to check"</h2>
            <ul>{checks.collect_view()}</ul>
        </section>
    }
}

/// Everything that a support case needs, as one text; the button that copies it is there only once it works.
#[component]
fn Support(text: String) -> impl IntoView {
    let live = expect_context::<Live>();
    let copied = text.clone();
    view! {
        <details class="support">
            <summary>"For a support case"</summary>
            <pre tabindex="0">{text}</pre>
            <button type="button" class="quiet" hidden=move || !live.is_hydrated.get() on:click=move |_| copy(&copied)>"Copy the text"</button>
        </details>
    }
}

/// Who asked for the change, why, and what it names.
#[component]
fn Facts(change: ChangeCard, pace: Option<Pace>) -> impl IntoView {
    view! {
        <dl class="facts">
            <div><dt>"What"</dt><dd>{change.what}</dd></div>
            <div><dt>"By"</dt><dd>{change.actor}</dd></div>
            <div><dt>"Reason"</dt><dd class="reason">{change.reason}</dd></div>
            <div><dt>"Requested"</dt><dd><When at=change.requested_at /></dd></div>
            {pace.map(|pace| view! { <div><dt>"Duration"</dt><dd><Duration pace /></dd></div> }.into_any())}
            <div><dt>"Key"</dt><dd><code>{change.key.unwrap_or_else(|| "none".to_owned())}</code></dd></div>
            <div><dt>"Stream"</dt><dd class="mono arn">{change.arn.to_string()}</dd></div>
            <div><dt>"Change"</dt><dd class="mono">{change.id}</dd></div>
        </dl>
    }
}
