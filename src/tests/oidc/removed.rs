//! People who may do nothing here any more, and people who leave.

use axum::http::StatusCode;
use serde_json::json;

use super::{Company, company, company_with};
use crate::{
    model::{
        access::identity::Role,
        change::{End, Ending},
        time::{HOUR_MS, MINUTE_MS},
    },
    tests::{
        armed::{arm, reshard},
        database::Kind,
        support::{ACCOUNT, Actor, REGION, Setup},
    },
};

const START: &str = "/auth/oidc/start";

async fn user_page(company: &Company) -> String {
    let users = company.app.store.users().await.unwrap();
    let id = users.into_iter().find(|user| user.of_provider.is_some()).unwrap().id;
    company.app.actor(Role::Admin).await.get(&format!("/settings/users/{id}")).await.body
}

#[tokio::test]
async fn whoever_is_in_no_group_any_more_has_no_session_and_no_change_that_waits() {
    let company = company().await;
    reshard(&company.app, 60_000).await;
    let now = company.app.state.clock.now().as_millis() / 1_000;
    company.provider.claims(json!({"auth_time": now}));
    let browser = company.signed_in().await;
    let id = arm(&browser).await;
    // The next sign-in, in another browser, is the first to hear of it.
    company.provider.claims(json!({"groups": ["everyone"]}));
    let rows = company.rows().await.len();
    let answer = company.go(&company.app.anonymous(), START).await;
    assert!(answer.location().starts_with("/sign-in?problem=not-in-group&"), "led to {}", answer.location());
    assert!(!answer.headers.contains_key("set-cookie"), "{:?}", answer.headers);
    let rows = company.rows().await.split_off(rows);
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.event.action.name(), row.event.target.as_str()), ("session.ended", "mira"));
    assert_eq!(row.event.result, "rights not renewed: no rule names one of the 1 groups");
    assert_eq!(browser.get("/streams").await.location(), "/sign-in");
    assert!(user_page(&company).await.contains("In no group with access since "));
    let active = json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "status": "ACTIVE"});
    company.app.control("streams", active).await;
    let ended = company.app.change_when(&id, |change| !change.is_active()).await;
    assert!(matches!(ended.end, Some(Ending { how: End::Expired, .. })), "{ended:?}");
    assert_eq!(company.app.calls("StopStreamEncryption").await, 0);
}

#[tokio::test]
async fn whoever_is_in_a_group_again_has_the_rights_again() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let company = company_with(Setup { database, ..Setup::default() }).await;
        company.signed_in().await;
        company.provider.claims(json!({"groups": []}));
        company.go(&company.app.anonymous(), START).await;
        company.provider.script.lock().claims = json!({});
        let browser = company.signed_in().await;
        assert_eq!(browser.get("/streams").await.status, StatusCode::OK);
        assert!(!user_page(&company).await.contains("In no group"));
        let rows = company.rows().await;
        let set = rows.iter().find(|row| row.event.action.name() == "user.rights-set").unwrap();
        assert_eq!(set.event.before, "none");
    }
}

#[tokio::test]
async fn a_name_that_cannot_be_one_keeps_out_newcomers_only() {
    let company = company().await;
    company.signed_in().await;
    let odd = json!({"preferred_username": "arn:aws:kinesis:x", "email": "a/b", "sub": "subject-1"});
    company.provider.claims(odd.clone());
    company.signed_in().await;
    company.provider.claims(json!({"sub": "https://sign-in.example/7"}));
    let rows = company.rows().await.len();
    let answer = company.go(&company.app.anonymous(), START).await;
    company.assert_failed(&answer, "provider-answer-invalid", "no claim can be used as a name", rows).await;
}

#[tokio::test]
async fn a_sign_out_works_after_the_rights_have_lapsed_and_after_the_session() {
    let company = company().await;
    for (minutes, action) in [(61, Some("session.signed-out")), (9 * HOUR_MS / MINUTE_MS, None)] {
        let browser = company.signed_in().await;
        // Somebody works on, in a window that doesn't lead to the provider.
        let step = if action.is_some() { 10 } else { minutes };
        let mut passed = 0;
        while passed + step < minutes {
            company.app.clock.advance(step * MINUTE_MS);
            passed += step;
            browser.get("/streams").await;
        }
        company.app.clock.advance((minutes - passed) * MINUTE_MS);
        let rows = company.rows().await.len();
        let answer = browser.post("/api/sign-out", &[]).await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in?signed-out="));
        let recorded = company.rows().await.split_off(rows).pop();
        assert_eq!(recorded.as_ref().map(|row| row.event.action.name()), action);
        assert!(recorded.is_none_or(|row| row.event.actor == "mira"));
        assert_eq!(browser.get("/streams").await.location(), "/sign-in", "nothing is renewed any more");
    }
    let local = company.app.actor(Role::Viewer).await;
    company.app.clock.advance(HOUR_MS);
    assert_eq!(local.post("/api/sign-out", &[]).await.location(), "/sign-in");
}

#[tokio::test]
async fn the_address_after_a_sign_out_leads_on_only_without_a_session() {
    let company = company().await;
    let browser = company.signed_in().await;
    let leads_on = |page: &str| page.contains("http-equiv=\"refresh\"");
    assert!(!leads_on(&browser.get("/sign-in?signed-out=").await.body));
    let gone: Actor<'_> = company.app.anonymous();
    assert!(leads_on(&gone.get("/sign-in?signed-out=").await.body));
}
