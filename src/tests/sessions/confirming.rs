//! The password that a disable asks for again.

use axum::http::StatusCode;

use crate::{
    model::{
        access::{identity::Role, scope::Scope},
        time::{MINUTE_MS, SECOND_MS},
    },
    server::adapters::store::users,
    tests::support::{ACCOUNT, Actor, PASSWORD, REGION, Setup, TestApp, borrowed, with},
};

#[tokio::test]
async fn a_disable_asks_for_the_password_after_ten_minutes_and_loses_nothing() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = with(&operator.confirmation("orders-prod").await, "reason", "OPS-9 & <more>");
    // Acting does not extend it: it is the password that counts.
    for _ in 0..9 {
        app.clock.advance(MINUTE_MS);
        operator.get("/streams").await;
    }
    app.clock.advance(45 * SECOND_MS);
    let in_time = with(&fields, "typed_name", "orders");
    assert!(
        operator.post("/api/disable", &borrowed(&in_time)).await.location().contains("problem=name-mismatch"),
        "nobody is asked yet"
    );
    app.clock.advance(15 * SECOND_MS);
    let asked = operator.post("/api/disable", &borrowed(&fields)).await;
    assert_eq!(asked.status, StatusCode::SEE_OTHER);
    let path = format!("/streams/{ACCOUNT}/{REGION}/orders-prod/disable");
    assert!(asked.location().starts_with("/confirm-identity?next="), "{}", asked.location());
    assert_eq!(app.calls("StopStreamEncryption").await, 0);
    assert!(app.store.changes(crate::server::adapters::store::Page { skip: 0, take: 9 }).await.unwrap().is_empty());
    let by_wasm = operator.call("/api/disable", &borrowed(&fields)).await;
    assert_eq!(by_wasm.status, StatusCode::FORBIDDEN);
    assert!(
        by_wasm.body.starts_with("{\"ConfirmIdentity\":{\"address\":\"/confirm-identity?next="),
        "{}",
        by_wasm.body
    );

    let page = operator.get(asked.location()).await;
    assert!(page.body.contains("<h1>Confirm it's you</h1>"), "{}", page.body);
    let next =
        page.body.split("name=\"next\" value=\"").nth(1).unwrap().split('"').next().unwrap().replace("&amp;", "&");
    assert!(next.starts_with(&format!("{path}?draft=")), "{next}");
    let wrong =
        operator.post("/api/confirm-identity", &[("password", "wrong wrong wrong wrong"), ("next", &next)]).await;
    assert!(wrong.location().starts_with("/confirm-identity?problem=password-wrong&draft="), "{}", wrong.location());
    let page = operator.get(wrong.location()).await.body;
    assert!(page.contains("That password is wrong.") && page.contains(&next), "the way back is kept: {page}");
    let right = operator.post("/api/confirm-identity", &[("password", PASSWORD), ("next", &next)]).await;
    assert_eq!((right.status, right.location()), (StatusCode::SEE_OTHER, next.as_str()));
    let again = Actor { cookie: Some(right.cookie()), ..operator };
    assert_ne!(again.cookie, operator.cookie, "the id is another one");
    assert_eq!(operator.get("/streams").await.status, StatusCode::SEE_OTHER, "and the former one dead");
    let confirmation = again.get(&next).await.body;
    assert!(
        confirmation.contains("value=\"orders-prod\"") && confirmation.contains("value=\"OPS-9 &amp; &lt;more&gt;"),
        "{confirmation}"
    );
    let id = again.disable("orders-prod").await;
    app.change_when(&id, |change| change.evidence.accepted.is_some()).await;

    // The day's work ends when it would have ended.
    for _ in 0..46 {
        app.clock.advance(10 * MINUTE_MS);
        again.get("/streams").await;
    }
    assert_eq!(again.get("/streams").await.status, StatusCode::OK);
    app.clock.advance(10 * MINUTE_MS);
    assert_eq!(again.get("/streams").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn a_confirmed_identity_does_not_outlive_a_change_of_role_and_the_demo_never_asks() {
    let app = TestApp::start().await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let fields = operator.confirmation("orders-prod").await;
    let id = app.store.users().await.unwrap().into_iter().find(|user| user.name == "operator").unwrap().id;
    let mut tx = app.store.write().await.unwrap();
    users::set_rights(&mut tx, &id, Role::Admin, &Scope::everything()).await.unwrap();
    tx.commit().await.unwrap();
    assert!(operator.post("/api/disable", &borrowed(&fields)).await.location().starts_with("/confirm-identity"));
    assert!(
        operator
            .post("/api/disable-user", &[("id", &id)])
            .await
            .location()
            .starts_with("/confirm-identity?next=%2Fsettings%2Fusers%2F")
    );

    let demo = TestApp::with(Setup { is_demo: true, ..Setup::default() }).await;
    demo.known("orders-prod").await;
    let cookie = demo.anonymous().post("/api/sign-in-demo", &[("user_name", "operator")]).await.cookie();
    let operator = Actor { cookie: Some(cookie), ..demo.anonymous() };
    demo.clock.advance(14 * MINUTE_MS);
    let id = operator.disable("orders-prod").await;
    demo.change_when(&id, |change| change.evidence.accepted.is_some()).await;
    assert!(!operator.get("/settings").await.body.contains("Change your password"));
    let none = operator
        .post("/api/change-password", &[("present_password", ""), ("new_password", "a new password of mine")])
        .await;
    assert_eq!(none.status, StatusCode::NOT_FOUND);
}
