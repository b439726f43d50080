//! `/events`: updates as Server-Sent Events. A connection first gets everything newer than the `rev` of its page, then
//! each frame as it is published, until its session ends, its reader is too slow, or the server stops.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderMap, StatusCode},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use serde::Deserialize;
use tokio::sync::broadcast;

use crate::{
    model::{access::scope::Scope, inventory::TargetHealth},
    server::{
        adapters::clock::ticks,
        services::inventory::{Delivery, Events, News, View},
        web::{context::Requester, request_limits::EventConnection, state::AppState},
    },
    view::{change_card::ChangeCard, pages::EventFrame},
};

/// The interval of heartbeats on an idle connection. A page that receives nothing for 40 s is not live.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// The interval at which an open connection checks that its session is still valid.
const SESSION_CHECK: Duration = Duration::from_secs(4);

/// The query of `/events`. `?after=REV` is the `rev` of the page.
#[derive(Debug, Deserialize)]
pub struct After {
    after: Option<String>,
    /// The rows that the page shows, as a comma-separated list of [`crate::model::stream::StreamId::digest`] values.
    /// Without it, all rows.
    rows: Option<String>,
}

/// Opens an event connection.
pub async fn open(
    State(state): State<AppState>,
    Extension(requester): Extension<Requester>,
    Query(query): Query<After>,
    headers: HeaderMap,
) -> Response {
    if state.draining.is_cancelled() {
        return StatusCode::NO_CONTENT.into_response();
    }
    let Some(place) = state.limits.take_event_connection(&requester.session_hash) else {
        return (StatusCode::TOO_MANY_REQUESTS, "Six event connections of this session are open. Close a tab.\n")
            .into_response();
    };
    // A reconnecting browser's last event id is newer than the `after` in the address.
    let last_id = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let after: Option<i64> = last_id.or(query.after).and_then(|rev| rev.trim().parse().ok());
    // Subscribed before the past is read, so that no event is lost in between.
    let news = state.inventory.events().subscribe();
    let first = match state.changes.news_after(after).await {
        Ok(first) => first,
        Err(error) => {
            tracing::error!(%error, "the journal could not be read for an event connection: {error}");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let view = query.rows.map(|rows| state.inventory.mark_viewed_ids(&rows, &requester.scope));
    let session_check = ticks(SESSION_CHECK);
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).event(heartbeat(&state));
    let connection = Connection {
        state,
        requester,
        view,
        news,
        next: Some(first),
        is_new: true,
        is_over: false,
        session_check,
        _place: place,
    };
    Sse::new(follow(connection)).keep_alive(keep_alive).into_response()
}

/// Returns a heartbeat with the version being served. It is an event because scripts cannot see comments.
fn heartbeat(state: &AppState) -> Event {
    Event::default().event("heartbeat").data(state.assets.version())
}

struct Connection {
    state: AppState,
    requester: Requester,
    /// The rows that the page shows; `None` means all.
    view: Option<View>,
    news: broadcast::Receiver<Arc<News>>,
    next: Option<Delivery>,
    /// Nothing has been sent yet.
    is_new: bool,
    is_over: bool,
    session_check: tokio::time::Interval,
    _place: EventConnection,
}

fn follow(connection: Connection) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(connection, |mut connection| async move {
        loop {
            if connection.is_over {
                return None;
            }
            let delivery = match connection.next.take() {
                Some(delivery) => delivery,
                None => connection.wait().await?,
            };
            let event = match delivery {
                Delivery::News(news) => {
                    let scope = &connection.requester.scope;
                    let health = || connection.state.inventory.health(scope);
                    match frame(&news, scope, connection.view.as_ref(), health) {
                        Some(frame) => {
                            // Serialized JSON contains no line breaks, which would split the event.
                            let json = serde_json::to_string(&frame).unwrap_or_else(|_| "null".to_owned());
                            Event::default().id(frame.rev.to_string()).event("frame").data(json)
                        }
                        // The page shows itself as live only after it has received something.
                        None if connection.is_new => heartbeat(&connection.state),
                        None => continue,
                    }
                }
                Delivery::Reset => {
                    connection.is_over = true;
                    // Browsers do not dispatch an event without data.
                    Event::default().event("reset").data("reset")
                }
            };
            connection.is_new = false;
            return Some((Ok(event), connection));
        }
    })
}

/// Builds the frame for one connection: the rows in scope that are in view, and whether others in scope have moved.
/// Returns `None` if the connection needs nothing of the news. `health` returns the health of the targets in scope.
pub fn frame(
    news: &News,
    scope: &Scope,
    view: Option<&View>,
    health: impl FnOnce() -> Vec<TargetHealth>,
) -> Option<EventFrame> {
    let within = || news.rows.values().filter(|(row, _)| scope.covers(&row.id));
    let frame = EventFrame {
        rev: news.rev,
        streams: within()
            .filter(|(row, _)| view.is_none_or(|view| view.has(&row.id)))
            .map(|(row, _)| row.as_ref().clone())
            .collect(),
        is_list_moved: within().any(|(_, is_news)| *is_news),
        changes: news
            .changes
            .iter()
            .filter(|change| scope.covers_arn(&change.intent.arn))
            .map(|change| ChangeCard::from(change.as_ref()))
            .collect(),
        // A user with a limited scope must not learn how many streams there are outside it.
        targets: match news.targets.is_empty() {
            true => Vec::new(),
            false if scope.is_everything() => news.targets.clone(),
            false => health(),
        },
    };
    let is_empty =
        frame.streams.is_empty() && !frame.is_list_moved && frame.changes.is_empty() && frame.targets.is_empty();
    (!is_empty).then_some(frame)
}

impl Connection {
    /// Returns the next delivery, or `None` if the session is over or the server stops.
    async fn wait(&mut self) -> Option<Delivery> {
        loop {
            tokio::select! {
                // Biased, so that the session is still checked on a busy connection.
                biased;
                () = self.state.draining.cancelled() => return None,
                _ = self.session_check.tick() => {
                    if !self.state.sign_ins.sessions.is_live(&self.requester).await {
                        return None;
                    }
                }
                delivery = Events::next(&mut self.news) => return Some(delivery),
            }
        }
    }
}
