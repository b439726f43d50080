//! Users with a scope: nothing outside of it exists for them, and they can't act on it.

use std::time::Duration;

use axum::http::StatusCode;
use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::support::{ACCOUNT, Actor, Answer, REGION, TestApp, borrowed, with};
use crate::{
    model::access::{identity::Role, scope::Scope},
    server::{
        adapters::store::users,
        web::{
            fragments::{self, Audience, FragmentCache, Subscription},
            listen::Bounds,
        },
    },
};

/// An operator with a scope of streams that begin with `checkout-`.
async fn narrowed(app: &TestApp) -> Actor<'_> {
    let id = app.store.users().await.unwrap().into_iter().find(|user| user.name == "operator").unwrap().id;
    let mut tx = app.store.write().await.unwrap();
    users::set_rights(&mut tx, &id, Role::Operator, &Scope::parse(&format!("{ACCOUNT}/*/checkout-*")).unwrap())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    app.actor(Role::Operator).await
}

/// The page without its frame, which shows the time.
fn main_of(page: &str) -> &str {
    page.split("<main").nth(1).unwrap().split("</main>").next().unwrap()
}

#[tokio::test]
async fn what_is_outside_the_scope_is_not_there() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.known("checkout-events").await;
    let administrator = app.actor(Role::Admin).await;
    let fields = administrator.confirmation("orders-prod").await;
    let foreign = administrator.disable("orders-prod").await;
    let operator = narrowed(&app).await;

    let list = operator.get("/streams").await.body;
    assert!(list.contains("checkout-events") && !list.contains("orders-prod"), "{list}");
    let count = list.split("id=\"count-all\"").nth(1).and_then(|rest| rest.split('>').nth(1)).unwrap();
    assert!(count.starts_with("1<"), "counts are of the scope: {list}");
    for path in ["/streams?live=1", "/streams?q=orders", "/streams.csv", "/streams.json"] {
        let found = operator.get(path).await;
        assert_eq!(found.status, StatusCode::OK, "{path}: {}", found.body);
        assert!(!found.body.contains("orders-prod"), "{path}: {}", found.body);
    }
    let stream = format!("/streams/{ACCOUNT}/{REGION}/orders-prod");
    for path in [stream.clone(), format!("{stream}/disable"), format!("/changes/{foreign}")] {
        let there = operator.get(&path).await;
        let never = operator.get(&path.replace("orders-prod", "never-was").replace(&foreign, "neverwas00000000")).await;
        assert_eq!((there.status, never.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{path}");
        // Each answer has a nonce and an id of its own.
        let without_its_own = |answer: &Answer| {
            let body = answer.body.replace(answer.header("x-request-id"), "ID");
            body.split("nonce=\"").map(|part| part.split_once('"').map_or(part, |(_, rest)| rest)).collect::<String>()
        };
        let (told, untold) = (without_its_own(&there), without_its_own(&never));
        let untold = untold.replace("never-was", "orders-prod").replace("neverwas00000000", &foreign);
        assert_eq!(main_of(&told), main_of(&untold), "{path}: not a word more than of a stream that never was");
    }
    assert!(!operator.get("/changes").await.body.contains(&foreign));
    assert!(administrator.get("/changes").await.body.contains(&foreign));
    let audit = operator.get("/audit").await.body;
    assert!(!audit.contains("orders-prod"), "{audit}");
    for format in ["csv", "jsonl"] {
        assert!(
            !operator.get(&format!("/audit/export?format={format}")).await.body.contains("orders-prod"),
            "{format}"
        );
    }
    let settings = operator.get("/settings").await.body;
    assert!(settings.contains(ACCOUNT) && !settings.contains("orders-prod"), "{settings}");

    // Neither directly, nor with a name in scope and values outside it.
    let calls = app.calls("StopStreamEncryption").await;
    assert_eq!(operator.post("/api/disable", &borrowed(&fields)).await.status, StatusCode::NOT_FOUND);
    let smuggled = with(&with(&fields, "name", "checkout-events"), "typed_name", "checkout-events");
    let answer = operator.post("/api/disable", &borrowed(&smuggled)).await;
    assert!(answer.location().contains("problem=form-incomplete"), "{} {}", answer.status, answer.location());
    assert_eq!(operator.call("/api/cancel-change", &[("id", &foreign)]).await.status, StatusCode::NOT_FOUND);
    let refused = app
        .store
        .audit_rows(0, 1_000)
        .await
        .unwrap()
        .into_iter()
        .find(|row| row.event.action.name() == "change.refused")
        .unwrap();
    assert_eq!((refused.event.actor.as_str(), refused.event.result.as_str()), ("operator", "outside the scope"));
    assert_eq!(app.calls("StopStreamEncryption").await, calls);

    // Streams in scope exist.
    let id = operator.disable("checkout-events").await;
    assert!(operator.get("/changes").await.body.contains(&id));
    app.change_when(&id, |change| change.evidence.accepted.is_some()).await;
}

#[tokio::test]
async fn an_auditor_with_a_scope_sees_its_part_of_the_chain() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.known("checkout-events").await;
    let administrator = app.actor(Role::Admin).await;
    for stream in ["orders-prod", "checkout-events"] {
        administrator.disable(stream).await;
    }
    let id = app.store.users().await.unwrap().into_iter().find(|user| user.name == "auditor").unwrap().id;
    let mut tx = app.store.write().await.unwrap();
    users::set_rights(&mut tx, &id, Role::Auditor, &Scope::parse("*/*/checkout-*").unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    let auditor = app.actor_at(Role::Auditor, [203, 0, 113, 9]).await;
    let page = auditor.get("/audit").await.body;
    assert!(page.contains("checkout-events") && page.contains("203.0.113.9"), "{page}");
    assert!(!page.contains("orders-prod") && !page.contains("127.0.0.1"), "{page}");
}

#[tokio::test]
async fn a_change_that_waits_is_cancelled_only_by_those_who_see_it() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "reshard_ms": 30_000}))
        .await;
    let administrator = app.actor(Role::Admin).await;
    let mut fields = administrator.confirmation("orders-prod").await;
    fields.push(("wait_minutes".to_owned(), "15".to_owned()));
    let waiting = administrator
        .post("/api/disable", &borrowed(&fields))
        .await
        .location()
        .strip_prefix("/changes/")
        .unwrap()
        .to_owned();
    let operator = narrowed(&app).await;
    assert_eq!(operator.call("/api/cancel-change", &[("id", &waiting)]).await.status, StatusCode::NOT_FOUND);
    assert!(app.store.change(&waiting).await.unwrap().unwrap().is_waiting());
    assert_eq!(
        administrator.post("/api/cancel-change", &[("id", &waiting)]).await.location(),
        format!("/changes/{waiting}")
    );
    assert!(!app.store.change(&waiting).await.unwrap().unwrap().is_active());
}

#[tokio::test]
async fn an_open_event_stream_carries_only_what_is_in_scope() {
    let app = TestApp::start().await;
    let outside = app.known("orders-prod").await.digest().to_string();
    let inside = app.known("checkout-events").await.digest();
    let administrator = app.actor(Role::Admin).await;
    let operator = narrowed(&app).await;
    let (address, _) = app.listen(Bounds::default()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let cookie = operator.cookie.as_deref().unwrap();
    let path = format!(
        "/events?after=0&rows={outside},{inside}&parts=state-{outside},state-{inside},count-all,targets&moves=list,\
        changes,stream-{outside},stream-{inside}"
    );
    let head = format!("GET {path} HTTP/1.1\r\nhost: 127.0.0.1:3000\r\ncookie: {cookie}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    // What existed before, and what happens while the page is open: first outside the scope, then inside.
    let foreign = administrator.disable("orders-prod").await;
    app.change_when(&foreign, |change| change.evidence.accepted.is_some()).await;
    let own = operator.disable("checkout-events").await;
    let mut heard = String::new();
    while !heard.contains(&format!("data-change=\"{own}\"")) {
        let mut some = vec![0; 64 * 1024];
        let read =
            tokio::time::timeout(Duration::from_secs(20), stream.read(&mut some)).await.expect("it goes on").unwrap();
        assert!(read > 0, "it ended: {heard}");
        heard.push_str(&String::from_utf8_lossy(&some[..read]));
    }
    for part in ["event: fragments", "event: announce", "checkout-events", &format!("id=\"row-{inside}\"")] {
        assert!(heard.contains(part), "{part}: {heard}");
    }
    for part in ["orders-prod", foreign.as_str(), outside.as_str()] {
        assert!(!heard.contains(part), "{part}: {heard}");
    }
}

#[tokio::test]
async fn fragments_are_cut_to_a_scope() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.known("checkout-events").await;
    let news = app.state.inventory.news_after(0, 0, &Scope::everything()).unwrap();
    let digests = || news.rows.values().map(|(row, _)| row.id.digest());
    let parts = ["count-all", "targets", "target-strip"].map(str::to_owned);
    let subscription = Subscription {
        rows: vec![(Vec::new(), digests().collect())],
        parts: parts.into_iter().chain(digests().map(|digest| format!("state-{digest}"))).collect(),
        moves: ["list".to_owned()].into_iter().chain(digests().map(|digest| format!("stream-{digest}"))).collect(),
    };
    let seen_in = |scope: &Scope| {
        let audience = Audience { user_name: "operator", scope, may_change: true, subscription: &subscription };
        let (inventory, now) = (&app.state.inventory, app.state.clock.now());
        fragments::of_news(&news, &audience, inventory, &FragmentCache::default(), now)
    };
    let narrow = Scope::parse("*/*/checkout-*").unwrap();
    let seen = seen_in(&narrow);
    for (row, _) in news.rows.values() {
        let (digest, is_inside) = (row.id.digest(), narrow.covers(&row.id));
        for part in [format!("id=\"row-{digest}\""), format!("id=\"state-{digest}\"")] {
            assert_eq!(seen.fragments.contains(&part), is_inside, "{}: {part}", row.id.name);
        }
        assert_eq!(seen.moved.contains(&format!("stream-{digest}")), is_inside, "{}", row.id.name);
    }
    let health = app.state.inventory.health(&narrow);
    assert_eq!(health.len(), 1, "the targets of the scope, with its numbers");
    let inside = news.rows.values().filter(|(row, _)| narrow.covers(&row.id)).count();
    assert_eq!(health[0].streams as usize, inside);
    assert!(seen.fragments.contains(">1 target<"), "{}", seen.fragments);
    // Somebody elsewhere gets nothing of it.
    let seen = seen_in(&Scope::parse("999999999999/*/*").unwrap());
    assert_eq!((seen.moved.as_str(), seen.announcements.as_str()), ("", ""));
    for part in ["row-", "state-", "count-", "checkout", "orders", ACCOUNT] {
        assert!(!seen.fragments.contains(part), "{part}: {}", seen.fragments);
    }
}

#[tokio::test]
async fn a_journal_that_is_down_tells_nothing_of_streams_outside_the_scope() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.known("checkout-events").await;
    let administrator = app.actor(Role::Admin).await;
    let foreign = administrator.confirmation("orders-prod").await;
    let operator = narrowed(&app).await;
    let own = operator.confirmation("checkout-events").await;
    app.database().run("CREATE TRIGGER full BEFORE INSERT ON audit BEGIN SELECT RAISE(FAIL, 'no room'); END").await;
    let told = operator.post("/api/disable", &borrowed(&own)).await;
    assert!(
        told.status == StatusCode::SERVICE_UNAVAILABLE && told.body.contains("stop-stream-encryption"),
        "{}",
        told.body
    );
    let untold = operator.post("/api/disable", &borrowed(&foreign)).await;
    assert_eq!(untold.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(
        !untold.body.contains("stop-stream-encryption") && !untold.body.contains("alias/orders"),
        "{}",
        untold.body
    );
}

#[tokio::test]
async fn a_change_that_waits_is_not_sent_for_somebody_who_may_not_any_more() {
    for (number, damage) in ["disabled_at = 1", "role = 'viewer'", "scope = '*/*/checkout-*'"].into_iter().enumerate() {
        let app = TestApp::start().await;
        app.known("orders-prod").await;
        app.control(
            "streams",
            json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "reshard_ms": 1_500}),
        )
        .await;
        let operator = app.actor(Role::Operator).await;
        let mut fields = operator.confirmation("orders-prod").await;
        fields.push(("wait_minutes".to_owned(), "15".to_owned()));
        let waiting = operator
            .post("/api/disable", &borrowed(&fields))
            .await
            .location()
            .strip_prefix("/changes/")
            .unwrap()
            .to_owned();
        app.database().run(&format!("UPDATE users SET {damage} WHERE name = 'operator'")).await;
        let change = app.change_when(&waiting, |change| !change.is_active()).await;
        assert_eq!(change.evidence.sent_at, None, "{damage}");
        let administrator = app.actor(Role::Admin).await;
        let page = administrator.get(&format!("/changes/{waiting}")).await.body;
        assert!(
            page.contains("because operator is no longer permitted to change this stream"),
            "{number} {damage}: {page}"
        );
        assert_eq!(app.calls("StopStreamEncryption").await, 0, "{damage}");
    }
}
