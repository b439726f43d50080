//! The event connection over a socket: where it begins, when it must start over, what it brings, and how many there may
//! be.

use std::{net::SocketAddr, time::Duration};

use axum::http::StatusCode;
use serde_json::json;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::support::{ACCOUNT, REGION, Setup, TestApp, until};
use crate::{
    model::access::{identity::Role, scope::Scope},
    server::{
        services::inventory::Delivery,
        web::{
            fragments::{self, Audience, EventsQuery, FragmentCache, Subscription},
            listen::Bounds,
        },
    },
};

/// Opens a connection. Returns what it received until a condition held.
pub async fn heard(
    address: SocketAddr,
    cookie: &str,
    path: &str,
    last_id: Option<&str>,
    is_enough: fn(&str) -> bool,
) -> (TcpStream, String) {
    let last_id = last_id.map_or_else(String::new, |id| format!("last-event-id: {id}\r\n"));
    let host = "host: 127.0.0.1:3000\r\naccept-encoding: gzip, br";
    let head = format!("GET {path} HTTP/1.1\r\n{host}\r\ncookie: {cookie}\r\n{last_id}\r\n");
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut text = String::new();
    while !is_enough(&text) {
        let mut some = vec![0; 64 * 1024];
        let read =
            tokio::time::timeout(Duration::from_secs(20), stream.read(&mut some)).await.expect("it goes on").unwrap();
        assert!(read > 0, "it ended: {text}");
        text.push_str(&String::from_utf8_lossy(&some[..read]));
        assert!(text.matches("event: heartbeat").count() < 5, "it goes on without what is expected: {text}");
    }
    (stream, text)
}

fn head_is_there(text: &str) -> bool {
    text.contains("\r\n\r\n")
}

pub fn event_is_there(text: &str) -> bool {
    text.contains("event: ")
}

#[tokio::test]
async fn a_connection_begins_where_its_browser_is_and_starts_over_from_where_nobody_was() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let viewer = app.actor(Role::Viewer).await;
    let cookie = viewer.cookie.clone().unwrap();
    let (address, _) = app.listen(Bounds::default()).await;
    let rev = until(|| async { Some(app.state.inventory.events().rev()).filter(|rev| *rev > 0) }).await;
    let far = rev + 1_000_000;
    for (after, last_id, expected) in [
        (rev.to_string(), None, "event: fragments"),
        // A browser's `Last-Event-ID` is newer than the address that it opened.
        (far.to_string(), Some(rev.to_string()), "event: fragments"),
        (far.to_string(), None, "event: reset"),
        (rev.to_string(), Some(far.to_string()), "event: reset"),
        ("-1".to_owned(), None, "event: reset"),
        ("9223372036854775808".to_owned(), None, "event: reset"),
        ("%3Cscript%3E".to_owned(), None, "event: reset"),
    ] {
        let path = format!("/events?after={after}");
        let (_, text) = heard(address, &cookie, &path, last_id.as_deref(), event_is_there).await;
        assert!(text.starts_with("HTTP/1.1 200") && text.contains(expected), "{after} {last_id:?}: {text}");
        assert!(text.contains("\r\nx-accel-buffering: no\r\n"), "no proxy may collect events: {text}");
        assert!(!text.contains("content-encoding"), "nor a compressor: {text}");
        assert!(!text.contains("<script>"), "{text}");
    }
}

#[tokio::test]
async fn windows_get_their_rows_and_only_with_the_tag_of_their_session() {
    let app = TestApp::start().await;
    let digest = app.known("orders-prod").await.digest();
    let viewer = app.actor(Role::Viewer).await;
    let cookie = viewer.cookie.clone().unwrap();
    let (address, _) = app.listen(Bounds::default()).await;
    let page = viewer.get("/streams").await.body;
    let tag = page.split("data-as=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap().to_owned();
    let other = app.actor(Role::Viewer).await.get("/streams").await.body;
    assert!(tag.len() == 16 && !other.contains(&tag), "each session has its own");
    let row = format!("<tr id=\"row-{digest}\"");
    let with_rows = format!("/events?after=0&as={tag}&rows={digest},beef;mode:{digest}");
    let (_, text) = heard(address, &cookie, &with_rows, None, |text| text.contains("</tr>")).await;
    assert!(text.contains("event: fragments") && text.matches(&row).count() == 2, "{text}");
    assert!(text.contains("data-cols=\"mode\""), "{text}");
    let without = format!("/events?after=0&as={tag}");
    let (_, text) = heard(address, &cookie, &without, None, event_is_there).await;
    assert!(text.contains("event: fragments") && !text.contains("<tr"), "{text}");
    let stale = "/events?after=0&as=0123456789abcdef";
    let (_, text) = heard(address, &cookie, stale, None, event_is_there).await;
    assert!(text.contains("event: reset"), "a page of another session or of other rights: {text}");
}

#[tokio::test]
async fn a_session_has_six_places_and_gets_them_back() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let cookie = viewer.cookie.clone().unwrap();
    let (address, _) = app.listen(Bounds::default()).await;
    let mut open = Vec::new();
    for _ in 0..6 {
        let (stream, text) = heard(address, &cookie, "/events?after=0", None, head_is_there).await;
        assert!(text.starts_with("HTTP/1.1 200"), "{text}");
        open.push(stream);
    }
    let (_, refused) = heard(address, &cookie, "/events?after=0", None, |text| text.contains("Close a tab.")).await;
    assert!(refused.starts_with("HTTP/1.1 429"), "{refused}");
    let other = app.actor(Role::Operator).await;
    let (_, text) = heard(address, other.cookie.as_deref().unwrap(), "/events?after=0", None, head_is_there).await;
    assert!(text.starts_with("HTTP/1.1 200"), "another session has its own: {text}");
    open.pop();
    until(|| async {
        let (stream, text) = heard(address, &cookie, "/events?after=0", None, head_is_there).await;
        drop(stream);
        text.starts_with("HTTP/1.1 200").then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_user_has_24_places_whatever_the_sessions() {
    let app = TestApp::start().await;
    let (address, _) = app.listen(Bounds::default()).await;
    let mut open = Vec::new();
    for _ in 0..4 {
        let viewer = app.actor(Role::Viewer).await;
        for _ in 0..6 {
            let cookie = viewer.cookie.as_deref().unwrap();
            let (stream, text) = heard(address, cookie, "/events?after=0", None, head_is_there).await;
            assert!(text.starts_with("HTTP/1.1 200"), "{text}");
            open.push(stream);
        }
    }
    let fifth = app.actor(Role::Viewer).await;
    let cookie = fifth.cookie.as_deref().unwrap();
    let (_, refused) = heard(address, cookie, "/events?after=0", None, |text| text.contains("Close a browser.")).await;
    assert!(refused.starts_with("HTTP/1.1 429") && refused.contains("\r\nretry-after: "), "{refused}");
    let other = app.actor(Role::Operator).await;
    let (_, text) = heard(address, other.cookie.as_deref().unwrap(), "/events?after=0", None, head_is_there).await;
    assert!(text.starts_with("HTTP/1.1 200"), "another user has their own: {text}");
    drop(open);
}

#[tokio::test]
async fn a_session_cannot_open_connections_again_and_again() {
    let app = TestApp::start().await;
    let (viewer, operator) = (app.actor(Role::Viewer).await, app.actor(Role::Operator).await);
    let mut opened = 0;
    // Each ends before the next begins.
    let refused = loop {
        let answer = viewer.get("/events?after=0").await;
        if answer.status != StatusCode::OK {
            break answer;
        }
        opened += 1;
        // The limit of requests of any kind would stop it at a thousand.
        assert!(opened < 500, "nothing stops it");
    };
    assert!(opened >= 60, "a person opens many pages: {opened}");
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(
        refused.body.contains("Too many requests from you") && !refused.header("retry-after").is_empty(),
        "{}",
        refused.body
    );
    assert_eq!(operator.get("/events?after=0").await.status, StatusCode::OK, "others may");
    assert_eq!(viewer.get("/streams").await.status, StatusCode::OK, "pages are no connections");
}

#[tokio::test]
async fn more_than_500_rows_are_a_reset_and_never_sent() {
    let fleet = vec![("fleet", json!({"account": ACCOUNT, "region": REGION, "count": 600}))];
    let app = TestApp::with(Setup { before: fleet, ..Setup::default() }).await;
    let (inventory, everything) = (&app.state.inventory, Scope::everything());
    until(|| async { inventory.news_after(0, 0, &everything).is_none().then_some(()) }).await;
    let rows = inventory.rows(&everything);
    let digests =
        |count: usize| rows[..count].iter().map(|row| row.id.digest().to_string()).collect::<Vec<_>>().join(",");
    let viewer = app.actor(Role::Viewer).await;
    let cookie = viewer.cookie.clone().unwrap();
    let (address, _) = app.listen(Bounds::default()).await;
    let now = inventory.events().rev();
    for (what, path, expected) in [
        ("has missed them", "/events?after=0".to_owned(), "event: reset"),
        ("has missed them and shows one", format!("/events?after=0&rows={}", digests(1)), "event: reset"),
        ("asks for them", format!("/events?after={now}&rows={}", digests(501)), "event: reset"),
        ("asks for them twice", format!("/events?after={now}&rows={0};mode:{0}", digests(251)), "event: reset"),
        ("asks for as many as may be", format!("/events?after={now}&rows={}", digests(500)), "event: fragments"),
    ] {
        let (_, text) = heard(address, &cookie, &path, None, event_is_there).await;
        assert!(text.starts_with("HTTP/1.1 200") && text.contains(expected), "{what}: {text}");
        assert!(expected != "event: reset" || (text.len() < 4_096 && !text.contains("<tr")), "{what}: {text}");
    }
    // What is outside of a scope doesn't count.
    let narrow = Scope::parse("*/*/stream-0001*").unwrap();
    let missed = inventory.news_after(0, 0, &narrow).expect("ten streams are not too many");
    assert_eq!(missed.rows.len(), 10, "nor are they told");
}

#[tokio::test]
async fn a_quiet_connection_says_that_it_lives_and_what_is_served() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let (address, _) = app.listen(Bounds::default()).await;
    let rev = app.state.inventory.events().rev();
    let path = format!("/events?after={rev}&rows=");
    let said = |text: &str| text.contains("event: heartbeat\n") || text.contains("\n:");
    let (_, text) = heard(address, viewer.cookie.as_deref().unwrap(), &path, None, said).await;
    assert!(
        text.contains("event: heartbeat\ndata: /pkg/boot.js /pkg/keystream.js /pkg/keystream.wasm\n\n"),
        "an event that scripts see: {text}"
    );
}

#[tokio::test]
async fn what_a_page_has_already_is_not_announced_to_it() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let id = operator.disable("orders-prod").await;
    let change = app.change_when(&id, |change| !change.is_active()).await;
    let ladder = format!("ladder-{id}");
    let query: EventsQuery = serde_json::from_value(json!({"parts": ladder, "moves": "changes"})).unwrap();
    let subscription = Subscription::of(&query).unwrap();
    let everything = Scope::everything();
    let audience =
        Audience { user_name: &change.intent.actor, scope: &everything, may_change: true, subscription: &subscription };
    let told_after = async |rev: i64| {
        until(|| async { Some(()).filter(|()| app.state.inventory.events().rev() >= rev) }).await;
        let Delivery::News(news) = app.state.changes.news_after(Some(rev), &everything).await.unwrap() else {
            panic!("it starts over")
        };
        let (inventory, cache) = (&app.state.inventory, FragmentCache::default());
        fragments::of_news(&news, &audience, inventory, &cache, app.state.clock.now())
    };
    let told = told_after(change.rev - 1).await;
    assert!(told.announcements.contains("orders-prod: Settled"), "{told:?}");
    assert_eq!(told.moved, "changes");
    let told = told_after(change.rev).await;
    assert_eq!((told.announcements.as_str(), told.moved.as_str()), ("", ""));
    assert!(told.fragments.contains(&ladder), "an earlier one may have been committed late: {told:?}");
}
