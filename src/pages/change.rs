//! `/changes/{id}`: one change with its ladder.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Follows, loaded, shown};
use crate::{
    api,
    client::{copy, live::Live},
    components::{
        Age, EncryptionLabel, KeyLabel, Ladder, Mistake, NeededKeys, SelfRefresh, StatusLabel, TargetLine, UndoLink,
        When, drawn,
    },
    model::{
        change::Action,
        forms::FormMistake,
        inventory::StreamRow,
        stream::StreamId,
        time::{Timestamp, span},
    },
    view::{
        change_card::ChangeCard,
        change_state::{self, Tone},
        forms,
        pages::{ChangePage as Page, Pace, PageContent},
        stream_row,
        summary::{Phrase, Summary},
        target_health,
    },
};

/// One change.
#[component]
pub fn ChangePage() -> impl IntoView {
    let page = loaded(Follows::News, |asked| {
        let asking =
            api::changes::load_change(asked.part("id"), asked.value("problem"), asked.value("draft"), asked.is_refresh);
        async { asking.await.map(|page| PageContent::Change(Box::new(page))) }
    });
    view! {
        <Title text="Change" />
        {shown(page, |content| match content {
            PageContent::Change(page) => Some(view! { <Details page=*page /> }.into_any()),
            _ => None,
        })}
    }
}

#[component]
fn Details(page: Page) -> impl IntoView {
    let live = expect_context::<Live>();
    let Page { change, mistake, typed_reason, row, stream_created, target, pace, checks, support } = page;
    let heading = format!("Change of {}", change.arn.name);
    let stream = change.stream();
    let disable = stream.confirm_path(Action::Disable);
    let address = change.path();
    let is_moving = change.is_active();
    let facts = change.clone();
    let card = change.clone();
    let row = row.map(|row| live.row(row));
    let change = live.change(change);
    let is_waiting = move || live.may_change() && change.with(|change| change.is_waiting);
    let asks_for_other_form = Memo::new(move |_| live.may_change() && change.with(|change| change.asks_for_other_form));
    let is_provable = Memo::new(move |_| live.may_change() && change.with(|change| change.can_be_proven));
    let is_closable = Memo::new(move |_| live.may_change() && change.with(|change| change.can_be_closed));
    let (id, closed) = (facts.id.clone(), facts.id.clone());
    let is_slow = move || change.with(|change| change.summary.as_ref().is_some_and(|summary| summary.word == "Slow"));
    let summary = Memo::new(move |_| {
        change.with(|change| change.summary.clone().map(|summary| (summary, change_state::tone(change.state))))
    });
    view! {
        <SelfRefresh address is_wanted=is_moving />
        <h1>{heading}</h1>
        <TargetLine stream=stream.clone() target />
        {move || summary.get().map(|(summary, tone)| view! { <SummaryLine summary tone /> }.into_any())}
        {(mistake == Some(FormMistake::ChangeStillJudged)).then(|| view! { <Mistake mistake /> }.into_any())}
        {row.map(|row| view! { <p><UndoLink change=card row is_in_list=false /></p> <NeededKeys row /> }.into_any())}
        {move || asks_for_other_form.get().then(|| view! {
            <p><a href=disable.clone()>"Disable encryption with another form of the key"</a></p>
        }.into_any())}
        <Ladder change=Signal::from(change) row />
        {move || is_waiting().then(|| view! { <CancelForm id=change.with(|change| change.id.clone()) /> }.into_any())}
        {move || is_closable.get().then(|| view! {
            <CloseForm id=closed.clone() mistake typed=typed_reason.clone() />
        }.into_any())}
        {move || is_slow().then(|| view! { <WhatToCheck checks=checks.clone() /> }.into_any())}
        {move || is_provable.get().then(|| view! { <ProofForms id=id.clone() mistake /> }.into_any())}
        <div class="columns">
            <section aria-labelledby="this-change">
                <h2 id="this-change">"This change"</h2>
                <Facts change=facts pace />
            </section>
            <section aria-labelledby="stream-now">
                <h2 id="stream-now">"Stream now"</h2>
                <StreamNow stream row stream_created />
            </section>
        </div>
        <Support text=support />
    }
}

#[component]
fn SummaryLine(summary: Summary, tone: Tone) -> impl IntoView {
    let Summary { word, text, aws, .. } = summary;
    let phrases = text.into_iter().map(|phrase| view! { <PhraseText phrase /> }.into_any()).collect_view();
    view! {
        <p class=format!("summary {}", tone.class()) translate="no"><strong>{word}"."</strong>" "{phrases}</p>
        {aws.map(|aws| {
            let id = aws.request_id.map_or_else(String::new, |id| format!(", request id {id}"));
            view! {
                <figure class="aws-words">
                    <figcaption>{format!("AWS said ({}{id}, {}):", aws.code, aws.at.clock_seconds())}</figcaption>
                    <blockquote>
                        {if aws.message.is_empty() { "(no message)".to_owned() } else { aws.message }}
                    </blockquote>
                </figure>
            }.into_any()
        })}
    }
}

/// A part of the summary. An age is an element of its own, so that a page that has stopped updating can show the time
/// instead.
#[component]
fn PhraseText(phrase: Phrase) -> impl IntoView {
    let live = expect_context::<Live>();
    match phrase {
        Phrase::Words(words) => words.into_any(),
        Phrase::Ago(at) => drawn(
            move || at.age(live.now.get()),
            move |age| {
                view! { <time class="age" datetime=at.rfc3339() title=at.date_and_clock()>{age}</time> }.into_any()
            },
        ),
        Phrase::For(since) => drawn(move || span(live.now.get().millis_since(since)), IntoAny::into_any),
    }
}

/// What AWS last reported of the stream. Everything else on the page is about the past.
#[component]
fn StreamNow(stream: StreamId, row: Option<Memo<StreamRow>>, stream_created: Timestamp) -> impl IntoView {
    let live = expect_context::<Live>();
    let Some(row) = row else { return view! { <p>"Keystream no longer reads this stream."</p> }.into_any() };
    let path = stream.path();
    let of_target = drawn(
        move || {
            live.targets.with(|targets| {
                let target =
                    targets.iter().find(|target| target.account == stream.account && target.region == stream.region);
                target
                    .map(|target| (target.name.clone(), target_health::sentence(target)))
                    .filter(|(_, words)| !words.is_empty())
            })
        },
        |words| {
            words
                .map(|(name, words)| view! { <p class="caveat"><strong>{name}</strong>" "{words}</p> }.into_any())
                .into_any()
        },
    );
    view! {
        <dl class="facts">
            <div>
                <dt>"Encryption"</dt>
                <dd>{drawn(move || row.get(), |row| view! {
                    <EncryptionLabel state=row.encryption /> " "
                    <Age at=row.read_at of=row.id has_failed=row.problem.is_some() is_followed=true />
                }.into_any())}</dd>
            </div>
            <div>
                <dt>"Status"</dt>
                <dd>{drawn(move || row.get(), |row| view! {
                    <StatusLabel status=row.status of=row.id />
                }.into_any())}</dd>
            </div>
            <div>
                <dt>"Key"</dt>
                <dd>{drawn(move || row.with(|row| row.key_id.clone()), |key| view! {
                    <KeyLabel key />
                }.into_any())}</dd>
            </div>
        </dl>
        {drawn(move || row.with(|row| stream_row::caveats(row, stream_created)), |caveats| {
            caveats
                .into_iter()
                .map(|words| view! { <p class="caveat">{words}</p> }.into_any())
                .collect_view()
                .into_any()
        })}
        {of_target}
        <p><a href=path>"Go to the stream"</a></p>
    }
    .into_any()
}

/// The form that cancels a waiting change.
#[component]
fn CancelForm(id: String) -> impl IntoView {
    view! {
        <form method="post" action="/api/cancel-change" class="cancel-change">
            <input r#type="hidden" name="id" value=id />
            <button type="submit">"Cancel this change"</button>
        </form>
    }
}

/// The form that closes a change that AWS's reports can't judge, with a reason.
#[component]
fn CloseForm(id: String, mistake: Option<FormMistake>, typed: String) -> impl IntoView {
    let mistake = mistake.filter(|mistake| matches!(mistake, FormMistake::ReasonMissing | FormMistake::ReasonTooLong));
    let (is_invalid, described_by) = match mistake {
        Some(_) => (Some("true"), "close-reason-mistake close-reason-hint"),
        None => (None, "close-reason-hint"),
    };
    view! {
        <section class="close-change" aria-labelledby="close-change">
            <h2 id="close-change">"Close this change"</h2>
            <p>"AWS's reports can't show whether this change took effect. Closing it counts it as unknown and lets the \
                stream be changed again. Nothing is sent to AWS."</p>
            <form method="post" action="/api/close-change" autocomplete="off">
                <input r#type="hidden" name="id" value=id />
                <div class="field">
                    <label for="close-reason">"Reason"</label>
                    <input
                        id="close-reason" r#type="text" name="reason" value=typed autocomplete="off"
                        aria-describedby=described_by aria-invalid=is_invalid
                    />
                    {mistake.map(|mistake| view! {
                        <p id="close-reason-mistake" role="alert" class="alert">{forms::mistake(mistake, None)}</p>
                    }.into_any())}
                    <p id="close-reason-hint" class="hint">"Why it can be closed, with the ticket; at most 500 \
                        characters. Kept in the audit chain."</p>
                </div>
                <button type="submit">"Close as not established"</button>
            </form>
        </section>
    }
}

/// The forms that ask for proof of a settled change.
#[component]
fn ProofForms(id: String, mistake: Option<FormMistake>) -> impl IntoView {
    // That of the form above stands at its field.
    let mistake = mistake.filter(|mistake| !matches!(mistake, FormMistake::ReasonMissing | FormMistake::ReasonTooLong));
    let (by_write, by_read, reported) = (id.clone(), id.clone(), id);
    view! {
        // Always open: news draws the page anew, and must not shut what somebody is filling in.
        <section class="proof" aria-labelledby="proof">
            <h2 id="proof">"Proof by records"</h2>
            <Mistake mistake />
            <form method="post" action="/api/prove-by-read">
                <input r#type="hidden" name="id" value=by_read />
                <p>"Keystream reads the records that arrive at the tip of each open shard for a few seconds and counts \
                    their types. It keeps no payload. Needs kinesis:ListShards, GetShardIterator and GetRecords, and \
                    kms:Decrypt for encrypted records."</p>
                <button type="submit">"Check by reading"</button>
            </form>
            <form method="post" action="/api/prove-by-write">
                <input r#type="hidden" name="id" value=by_write />
                <p><strong>"Keystream writes a marked test record to each open shard. It reaches every \
                    consumer."</strong>" It is billed and can't be removed; AWS's answer says how it was stored. Needs \
                    kinesis:PutRecords."</p>
                <div class="check">
                    <input id="agreed" r#type="checkbox" name="agreed" value="yes" />
                    <label for="agreed">"A test record may reach every consumer of this stream"</label>
                </div>
                <button type="submit">"Check by writing test records"</button>
            </form>
            <form method="post" action="/api/report-proof">
                <input r#type="hidden" name="id" value=reported />
                <div class="field">
                    <label for="answer">"A producer's answer from PutRecord or PutRecords"</label>
                    <textarea id="answer" name="answer" rows="3" spellcheck="false" class="mono"></textarea>
                </div>
                <button type="submit">"Report this answer"</button>
            </form>
        </section>
    }
}

/// How long the change took or has taken so far, beside what is typical here.
#[component]
fn Duration(pace: Pace) -> impl IntoView {
    let live = expect_context::<Live>();
    let Pace { sent_at, reached_at, ended_at, usual } = pace;
    let words = move || match (reached_at, ended_at) {
        (Some(reached), _) => format!("{} from sent to reached; {usual}", span(reached.millis_since(sent_at))),
        (None, Some(ended)) => format!("ended {} after it was sent; {usual}", span(ended.millis_since(sent_at))),
        (None, None) => format!("{} since sent; {usual}", span(live.now.get().millis_since(sent_at))),
    };
    view! { {move || words()} }
}

/// What to check when a change has been under way for five minutes.
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

/// The text for a support case, with a button that copies it, shown once it works.
#[component]
fn Support(text: String) -> impl IntoView {
    let live = expect_context::<Live>();
    let copied = text.clone();
    view! {
        <details class="support">
            <summary>"For a support case"</summary>
            <pre tabindex="0">{text}</pre>
            <button
                type="button" class="quiet"
                hidden=move || !live.is_hydrated.get()
                on:click=move |_| copy(&copied)
            >
                "Copy the text"
            </button>
        </details>
    }
}

/// Who requested the change, why, and what it is about.
#[component]
fn Facts(change: ChangeCard, pace: Option<Pace>) -> impl IntoView {
    view! {
        <dl class="facts">
            <div><dt>"Action"</dt><dd>{change.what}</dd></div>
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mistake_in_the_closing_form_stands_at_its_field() {
        let form = |mistake| view! { <CloseForm id="c1".to_owned() mistake typed="OPS \"9\"".to_owned() /> }.to_html();
        let plain = form(None);
        assert!(
            plain.contains("action=\"/api/close-change\"") && plain.contains("name=\"id\" value=\"c1\""),
            "{plain}"
        );
        assert!(plain.contains(">Reason</label>") && plain.contains(">Close as not established</button>"), "{plain}");
        assert!(!plain.contains("role=\"alert\"") && !plain.contains("aria-invalid"), "{plain}");
        let missing = form(Some(FormMistake::ReasonMissing));
        assert!(missing.contains("value=\"OPS &quot;9&quot;\""), "{missing}");
        assert!(
            missing.contains("aria-invalid=\"true\"") && missing.contains("id=\"close-reason-mistake\" role=\"alert\""),
            "{missing}"
        );
        let other = form(Some(FormMistake::RecordNotAgreed));
        assert!(!other.contains("role=\"alert\""), "{other}");
    }
}
