//! `/events`: what moved, as Server-Sent Events. A connection first gets everything newer than the `rev` of its page,
//! then each frame as it is published, until its session ends, its reader is too slow, or the server stops.

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

/// Without news for this long, a connection says that it lives. A page that hears nothing for 40 s isn't live.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// How often an open connection asks whether its session is still good.
const SESSION_CHECK: Duration = Duration::from_secs(4);

/// `?after=REV`: the `rev` of the page.
#[derive(Debug, Deserialize)]
pub struct After {
    after: Option<String>,
    /// The rows that the page shows, as [`crate::model::stream::StreamId::digest`] names them, by comma; without it
    /// all.
    rows: Option<String>,
}

/// Opens a connection.
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
    // A reconnecting browser knows better than the address that it once opened.
    let last_id = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let after: Option<i64> = last_id.or(query.after).and_then(|rev| rev.trim().parse().ok());
    // Subscribed before the past is read: nothing falls between.
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

/// A sign of life, with the version that is being served. An event, because comments stay hidden from scripts.
fn heartbeat(state: &AppState) -> Event {
    Event::default().event("heartbeat").data(state.assets.version())
}

struct Connection {
    state: AppState,
    requester: Requester,
    /// What the page shows; `None` is everything.
    view: Option<View>,
    news: broadcast::Receiver<Arc<News>>,
    next: Option<Delivery>,
    /// Nothing was said yet.
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
                            // Numbers and JSON hold no line breaks, which an event could not carry.
                            let json = serde_json::to_string(&frame).unwrap_or_else(|_| "null".to_owned());
                            Event::default().id(frame.rev.to_string()).event("frame").data(json)
                        }
                        // The page calls itself live only once something has come through.
                        None if connection.is_new => heartbeat(&connection.state),
                        None => continue,
                    }
                }
                Delivery::Reset => {
                    connection.is_over = true;
                    // An event without data is not dispatched by browsers.
                    Event::default().event("reset").data("reset")
                }
            };
            connection.is_new = false;
            return Some((Ok(event), connection));
        }
    })
}

/// What one connection is told: of the rows within the scope those in view, and whether others have moved. `None` when
/// nothing of the news is for it. `health` says how the targets of the scope are.
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
        // How many streams there are outside of a scope is nobody's business within.
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
    /// The next delivery; `None` when the session is over or the server stops.
    async fn wait(&mut self) -> Option<Delivery> {
        loop {
            tokio::select! {
                // In this order: on a busy stream the session is still asked about.
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
