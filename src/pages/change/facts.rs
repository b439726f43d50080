//! What the change is about, and what AWS last reported of its stream.

use leptos::prelude::*;

use crate::{
    client::live::Live,
    components::{Age, EncryptionLabel, KeyLabel, StatusLabel, When, drawn},
    model::{
        inventory::StreamRow,
        stream::StreamId,
        time::{Timestamp, span},
    },
    view::{change_card::ChangeCard, pages::Pace, stream_row, target_health},
};

/// What AWS last reported of the stream. Everything else on the page is about the past.
#[component]
pub(super) fn StreamNow(stream: StreamId, row: Option<Memo<StreamRow>>, stream_created: Timestamp) -> impl IntoView {
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

/// Who requested the change, why, and what it is about.
#[component]
pub(super) fn Facts(change: ChangeCard, pace: Option<Pace>) -> impl IntoView {
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
