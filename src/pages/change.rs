//! `/changes/{id}`: one change with its ladder.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Follows, loaded, shown};
use crate::{
    api,
    client::{copy, live::Live},
    components::{Ladder, Mistake, NeededKeys, SelfRefresh, TargetLine, UndoLink, When},
    model::{
        change::Action,
        change_card::ChangeCard,
        pages::{ChangePage as Page, Pace, PageContent},
        timestamp::span,
        validation::FormMistake,
        wording::Summary,
    },
};

/// One change.
#[component]
pub fn ChangePage() -> impl IntoView {
    let page = loaded(Follows::News, |asked| {
        let asking = api::changes::load_change(asked.part("id"), asked.value("problem"), asked.is_refresh);
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
    let Page { change, mistake, row, target, pace, checks, support } = page;
    let heading = format!("Change of {}", change.arn.name);
    let stream = change.stream();
    let (stream_path, disable) = (stream.path(), stream.confirm_path(Action::Disable));
    let address = change.path();
    let is_moving = change.is_active();
    let facts = change.clone();
    let row = row.map(|row| live.row(row));
    let undo = row.map(|row| (change.clone(), row));
    let change = live.change(change);
    let is_waiting = move || live.may_change() && change.with(|change| change.is_waiting);
    let asks_for_other_form = Memo::new(move |_| live.may_change() && change.with(|change| change.asks_for_other_form));
    let is_provable = Memo::new(move |_| live.may_change() && change.with(|change| change.can_be_proven));
    let id = facts.id.clone();
    let is_slow = move || change.with(|change| change.summary.as_ref().is_some_and(|summary| summary.word == "Slow"));
    let summary = move || change.with(|change| change.summary.clone()).map(|summary| view! { <SummaryLine summary /> }.into_any());
    view! {
        <SelfRefresh address is_wanted=is_moving />
        <h1>{heading}</h1>
        <TargetLine stream target />
        {move || summary()}
        {undo.map(|(change, row)| view! { <p><UndoLink change row is_in_list=false /></p> <NeededKeys row /> }.into_any())}
        {move || asks_for_other_form.get().then(|| view! {
            <p><a href=disable.clone()>"Disable encryption with another form of the key"</a></p>
        }.into_any())}
        <Ladder change=Signal::from(change) row />
        {move || is_waiting().then(|| view! { <CancelForm id=change.with(|change| change.id.clone()) /> }.into_any())}
        {move || is_slow().then(|| view! { <WhatToCheck checks=checks.clone() /> }.into_any())}
        {move || is_provable.get().then(|| view! { <ProofForms id=id.clone() mistake /> }.into_any())}
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

/// Asks for what records say of a change that has settled.
#[component]
fn ProofForms(id: String, mistake: Option<FormMistake>) -> impl IntoView {
    let (by_write, by_read, reported) = (id.clone(), id.clone(), id);
    view! {
        // Always open: news draws the page anew, and must not shut what somebody is filling in.
        <section class="proof" aria-labelledby="proof">
            <h2 id="proof">"Proof by records"</h2>
            <Mistake mistake />
            <form method="post" action="/api/prove-by-read">
                <input r#type="hidden" name="id" value=by_read />
                <p>"Seen on read: Keystream looks at the records that arrive at the tip of each open shard for some seconds, and counts their types. It keeps no payload. Needs kinesis:ListShards, GetShardIterator and GetRecords, and kms:Decrypt for encrypted records."</p>
                <button type="submit">"Look at records"</button>
            </form>
            <form method="post" action="/api/prove-by-write">
                <input r#type="hidden" name="id" value=by_write />
                <p><strong>"Verified by write: a marked record goes to each open shard and reaches every consumer."</strong>" It is billed and cannot be taken back; AWS's answer says how it was stored. Needs kinesis:PutRecords."</p>
                <div class="check">
                    <input id="agreed" r#type="checkbox" name="agreed" value="yes" />
                    <label for="agreed">"A marked record may reach every consumer of this stream"</label>
                </div>
                <button type="submit">"Write marked records"</button>
            </form>
            <form method="post" action="/api/report-proof">
                <input r#type="hidden" name="id" value=reported />
                <div class="field">
                    <label for="answer">"Answer of a producer to PutRecord or PutRecords"</label>
                    <textarea id="answer" name="answer" rows="3" spellcheck="false" class="mono"></textarea>
                </div>
                <button type="submit">"Report this answer"</button>
            </form>
        </section>
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
