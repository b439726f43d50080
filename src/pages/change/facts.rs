//! What the change is about, and what AWS last reported of its stream.

use leptos::{either::Either, prelude::*};

use crate::{
    components::{Ago, Elapsed, KeyName, StreamState, Viewer, When},
    model::{
        change::{ChangeState, EndKind},
        inventory::StreamRow,
        stream::StreamId,
        time::{Timestamp, span},
    },
    view::{change_card::ChangeCard, pages::Pace, stream_row, target_health},
};

/// What AWS last reported of the stream. Everything else on the page is about the past.
#[component]
pub(super) fn StreamNow(
    stream: StreamId,
    row: Option<StreamRow>,
    stream_created: Timestamp,
    viewer: Viewer,
) -> impl IntoView {
    let Some(row) = row else {
        return Either::Left(view! { <p>"Keystream no longer reads this stream."</p> });
    };
    let of_target = viewer.target(&stream).map(|target| (target.name.clone(), target_health::sentence(target)));
    let of_target = of_target.filter(|(_, words)| !words.is_empty());
    let caveats = stream_row::caveats(&row, stream_created);
    Either::Right(view! {
        <StreamState row viewer />
        {caveats.into_iter().map(|words| view! { <p class="caveat">{words}</p> }).collect::<Vec<_>>()}
        {of_target.map(|(name, words)| view! { <p class="caveat"><strong>{name}</strong>" "{words}</p> })}
        <p><a href=stream.path()>"Go to the stream"</a></p>
    })
}

/// Who requested the change, why, and what it is about.
#[component]
pub(super) fn Facts(change: ChangeCard, pace: Option<Pace>, now: Timestamp) -> impl IntoView {
    // A refusal says nothing about how long a change takes.
    let pace = pace.filter(|_| change.state != ChangeState::Ended(EndKind::Rejected));
    view! {
        <dl class="facts">
            <div><dt>"By"</dt><dd>{change.actor}</dd></div>
            <div><dt>"Reason"</dt><dd class="reason">{change.reason}</dd></div>
            <div>
                <dt>"Requested"</dt>
                <dd><When at=change.requested_at /> " (" <Ago at=change.requested_at now /> ")"</dd>
            </div>
            {pace.map(|pace| view! { <div><dt>"Duration"</dt><dd><Duration pace now /></dd></div> })}
            <div><dt>"Key"</dt><dd><KeyName key=change.key without="None" /></dd></div>
            <div><dt>"Stream"</dt><dd class="mono arn">{change.arn.to_string()}</dd></div>
            <div><dt>"Change"</dt><dd class="mono">{change.id}</dd></div>
        </dl>
    }
}

/// How long the change took or has taken so far, beside what is typical here.
#[component]
fn Duration(pace: Pace, now: Timestamp) -> impl IntoView {
    let Pace { sent_at, reached_at, ended_at, usual } = pace;
    match (reached_at, ended_at) {
        (Some(reached), _) => {
            Either::Left(format!("{} from sent to reached; {usual}", span(reached.millis_since(sent_at))))
        }
        (None, Some(ended)) => {
            Either::Left(format!("ended {} after it was sent; {usual}", span(ended.millis_since(sent_at))))
        }
        (None, None) => Either::Right(view! { <Elapsed since=sent_at now /> {format!(" since sent; {usual}")} }),
    }
}
