//! `/events`: updates as Server-Sent Events, for the windows of one browser. A connection first gets everything newer
//! than the `rev` of its pages, then what moves as it is published, until its session ends, its reader is too slow, or
//! the server stops. docs/architecture.md describes the address and the events.

use std::{collections::VecDeque, convert::Infallible, sync::Arc, time::Duration};

use axum::{
    Extension,
    extract::{Query, State},
    http::{HeaderMap, StatusCode, header},
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::{Stream, stream};
use tokio::sync::broadcast;

use super::error_page::{self, Asker};
use crate::{
    error::AppError,
    model::access::identity::Permission,
    server::{
        services::{
            accounts::session_watch::SessionWatch,
            inventory::{Delivery, Events, News, View},
        },
        web::{
            context::Requester,
            event_connections::{EventConnection, MOST_OF_A_SESSION, MOST_OF_A_USER, NoPlace},
            events_tag,
            fragments::{self, Audience, EventsQuery, Parts, Subscription},
            state::AppState,
        },
    },
};

/// The interval of heartbeats on an idle connection. A page that receives nothing for 40 s is not live.
const HEARTBEAT: Duration = Duration::from_secs(15);
/// Tells nginx, and what does as it does, to pass events on at once; by default it collects answers.
const UNBUFFERED: [(&str, &str); 1] = [("x-accel-buffering", "no")];

/// Opens an event connection.
pub async fn open(
    State(state): State<AppState>,
    Extension(requester): Extension<Requester>,
    Query(query): Query<EventsQuery>,
    headers: HeaderMap,
    asker: Asker,
) -> Response {
    if state.draining.is_cancelled() {
        return StatusCode::NO_CONTENT.into_response();
    }
    if let Err(seconds) = state.limits.take_event_opening(&requester.session_hash) {
        return error_page::refuse(&state, &asker, AppError::TooOften { seconds });
    }
    let place = match state.limits.event_connections().take(&requester.session_hash, &requester.user_id) {
        Ok(place) => place,
        Err(no_place) => return refuse(no_place),
    };
    // Listening before the session is looked up again, so that its end isn't lost in between.
    let session = state.sign_ins.sessions.watch(&requester, state.session_check);
    // A reconnecting browser's last event id is newer than the `after` in the address.
    let last_id = headers.get("last-event-id").and_then(|id| id.to_str().ok()).map(str::to_owned);
    let after: Option<i64> = last_id.or(query.after.clone()).and_then(|rev| rev.trim().parse().ok());
    // A page of another session or of other rights starts over.
    let tag = events_tag::of(&requester, state.read_only.is_on());
    let after = after.filter(|_| query.r#as.as_ref().is_none_or(|of_page| *of_page == tag));
    // So does one that shows more than a connection brings.
    let subscription = Subscription::of(&query);
    let after = after.filter(|_| subscription.is_some());
    // Subscribed before the past is read, so that no event is lost in between.
    let news = state.inventory.events().subscribe();
    let first = match state.changes.news_after(after, &requester.scope).await {
        Ok(first) => first,
        Err(error) => {
            tracing::error!(%error, "the journal could not be read for an event connection: {error}");
            return StatusCode::SERVICE_UNAVAILABLE.into_response();
        }
    };
    let subscription = subscription.unwrap_or_default();
    let view = state.inventory.mark_viewed_ids(subscription.digests(), &requester.scope);
    let keep_alive = KeepAlive::new().interval(HEARTBEAT).event(heartbeat(&state));
    let connection = Connection {
        state,
        requester,
        subscription,
        news,
        next: Some(first),
        waiting: VecDeque::new(),
        is_new: true,
        is_over: false,
        session,
        _view: view,
        _place: place,
    };
    (UNBUFFERED, Sse::new(follow(connection)).keep_alive(keep_alive)).into_response()
}

/// Answers a browser that has too many connections.
fn refuse(no_place: NoPlace) -> Response {
    let words = match no_place {
        NoPlace::OfSession => format!("{MOST_OF_A_SESSION} event connections of this session are open. Close a tab.\n"),
        NoPlace::OfUser => format!("{MOST_OF_A_USER} event connections of this user are open. Close a browser.\n"),
    };
    (StatusCode::TOO_MANY_REQUESTS, [(header::RETRY_AFTER, "30")], words).into_response()
}

/// Returns a heartbeat with the version being served. It is an event because scripts cannot see comments.
fn heartbeat(state: &AppState) -> Event {
    Event::default().event("heartbeat").data(state.assets.version())
}

struct Connection {
    state: AppState,
    requester: Requester,
    subscription: Subscription,
    news: broadcast::Receiver<Arc<News>>,
    next: Option<Delivery>,
    /// Events of the last delivery that are still to be sent.
    waiting: VecDeque<Event>,
    /// Nothing has been sent yet.
    is_new: bool,
    is_over: bool,
    session: SessionWatch,
    /// The rows that the windows show are read first for as long as the connection is open.
    _view: View,
    _place: EventConnection,
}

fn follow(connection: Connection) -> impl Stream<Item = Result<Event, Infallible>> {
    stream::unfold(connection, |mut connection| async move {
        loop {
            if let Some(event) = connection.waiting.pop_front() {
                connection.is_new = false;
                return Some((Ok(event), connection));
            }
            if connection.is_over {
                return None;
            }
            let delivery = match connection.next.take() {
                Some(delivery) => delivery,
                None => connection.wait().await?,
            };
            connection.take(&delivery);
        }
    })
}

impl Connection {
    /// Queues the events for a delivery.
    fn take(&mut self, delivery: &Delivery) {
        match delivery {
            Delivery::News(news) => {
                let parts = self.render(news);
                let Parts { fragments, moved, announcements } = parts;
                let events = [("fragments", fragments), ("announce", announcements), ("moved", moved)];
                for (name, data) in events.into_iter().filter(|(_, data)| !data.is_empty()) {
                    // A carriage return would end the event.
                    let data = data.replace('\r', "&#13;");
                    self.waiting.push_back(Event::default().id(news.rev.to_string()).event(name).data(data));
                }
                // The page shows itself as live only after it has received something.
                if self.is_new && self.waiting.is_empty() {
                    self.waiting.push_back(heartbeat(&self.state));
                }
            }
            Delivery::Reset => {
                self.is_over = true;
                // Browsers do not dispatch an event without data.
                self.waiting.push_back(Event::default().event("reset").data("reset"));
            }
        }
    }

    fn render(&self, news: &News) -> Parts {
        let requester = &self.requester;
        let audience = Audience {
            user_name: &requester.user_name,
            scope: &requester.scope,
            may_change: requester.role.may(Permission::Change) && !self.state.read_only.is_on(),
            subscription: &self.subscription,
        };
        let (inventory, cache) = (&self.state.inventory, &self.state.fragments);
        fragments::of_news(news, &audience, inventory, cache, self.state.clock.now())
    }

    /// Returns the next delivery, or `None` if the session is over or the server stops.
    async fn wait(&mut self) -> Option<Delivery> {
        loop {
            tokio::select! {
                // Biased, so that the session is still checked on a busy connection.
                biased;
                () = self.state.draining.cancelled() => return None,
                () = self.session.due() => {
                    // Boxed, so that a connection that waits has no room for the question.
                    if !Box::pin(self.state.sign_ins.sessions.is_live(&self.requester)).await {
                        return None;
                    }
                }
                delivery = Events::next(&mut self.news) => return Some(delivery),
            }
        }
    }
}
