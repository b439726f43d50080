//! Users with a scope: what is outside of it is not there, wherever they look, and is never acted on.

use axum::http::StatusCode;
use serde_json::json;

use super::support::{ACCOUNT, Actor, REGION, TestApp, borrowed, with};
use crate::{
    model::{identity::Role, pages::EventFrame, scope::Scope},
    server::store::users,
};

/// An operator who reaches streams that begin with `checkout-`.
async fn narrowed(app: &TestApp) -> Actor<'_> {
    let id = app.state.store.users().await.unwrap().into_iter().find(|user| user.name == "operator").unwrap().id;
    let mut tx = app.state.store.write().await.unwrap();
    users::set_rights(&mut tx, &id, Role::Operator, &Scope::parse(&format!("{ACCOUNT}/*/checkout-*")).unwrap()).await.unwrap();
    tx.commit().await.unwrap();
    app.actor(Role::Operator).await
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
    assert!(!list.contains("37 "), "counts are of the scope");
    let by_wasm = operator.json("/api/list-streams", json!({"query": {}, "is_refresh": false})).await;
    assert!(!by_wasm.body.contains("orders-prod"), "{}", by_wasm.body);
    let stream = format!("/streams/{ACCOUNT}/{REGION}/orders-prod");
    for path in [stream.clone(), format!("{stream}/disable"), format!("/changes/{foreign}")] {
        let there = operator.get(&path).await;
        let never = operator.get(&path.replace("orders-prod", "never-was").replace(&foreign, "neverwas00000000")).await;
        assert_eq!((there.status, never.status), (StatusCode::NOT_FOUND, StatusCode::NOT_FOUND), "{path}");
        assert!(!there.body.contains("alias/orders"), "{path}");
    }
    assert!(!operator.get("/changes").await.body.contains(&foreign));
    assert!(administrator.get("/changes").await.body.contains(&foreign));
    let audit = operator.get("/audit").await.body;
    assert!(!audit.contains("orders-prod"), "{audit}");

    // Neither by hand, nor by a name that is in scope with values that are not.
    let calls = app.calls("StopStreamEncryption").await;
    assert_eq!(operator.post("/api/disable", &borrowed(&fields)).await.status, StatusCode::NOT_FOUND);
    let smuggled = with(&with(&fields, "name", "checkout-events"), "typed_name", "checkout-events");
    let answer = operator.post("/api/disable", &borrowed(&smuggled)).await;
    assert!(answer.location().contains("problem=form-incomplete"), "{} {}", answer.status, answer.location());
    assert_eq!(operator.call("/api/cancel-change", &[("id", &foreign)]).await.status, StatusCode::NOT_FOUND);
    let refused = app.state.store.audit_rows(0, 1_000).await.unwrap().into_iter().find(|row| row.event.action == "change.refused").unwrap();
    assert_eq!((refused.event.actor.as_str(), refused.event.result.as_str()), ("operator", "outside the scope"));
    assert_eq!(app.calls("StopStreamEncryption").await, calls);

    // What is inside is there.
    let id = operator.disable("checkout-events").await;
    assert!(operator.get("/changes").await.body.contains(&id));
    app.change_when(&id, |change| change.accepted.is_some()).await;
}

#[tokio::test]
async fn a_change_that_waits_is_cancelled_only_by_those_who_see_it() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.control("streams", json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "reshard_ms": 30_000})).await;
    let administrator = app.actor(Role::Admin).await;
    let mut fields = administrator.confirmation("orders-prod").await;
    fields.push(("wait_minutes".to_owned(), "15".to_owned()));
    let waiting = administrator.post("/api/disable", &borrowed(&fields)).await.location().strip_prefix("/changes/").unwrap().to_owned();
    let operator = narrowed(&app).await;
    assert_eq!(operator.call("/api/cancel-change", &[("id", &waiting)]).await.status, StatusCode::NOT_FOUND);
    assert!(app.state.store.change(&waiting).await.unwrap().unwrap().is_waiting());
    assert_eq!(administrator.post("/api/cancel-change", &[("id", &waiting)]).await.location(), format!("/changes/{waiting}"));
    assert!(!app.state.store.change(&waiting).await.unwrap().unwrap().is_active());
}

#[tokio::test]
async fn events_carry_only_what_is_in_scope() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    app.known("checkout-events").await;
    let frame = app.state.inventory.frame_after(0, 0).unwrap();
    let narrow = Scope::parse("*/*/checkout-*").unwrap();
    let seen: EventFrame = frame.within(&narrow);
    assert!(seen.streams.len() < frame.streams.len() && seen.streams.iter().all(|row| row.key.name.as_str().starts_with("checkout-")));
    assert_eq!(seen.targets.len(), 1);
    let elsewhere = frame.within(&Scope::parse("999999999999/*/*").unwrap());
    assert_eq!((elsewhere.streams.len(), elsewhere.targets.len(), elsewhere.rev), (0, 0, frame.rev));
}
