//! Re-authentication at the provider, which returns to the draft.

use axum::http::StatusCode;
use serde_json::json;

use super::{Company, come_back, company, with_cookie};
use crate::{
    model::time::MINUTE_MS,
    tests::support::{Actor, Answer, borrowed},
};

/// Goes to confirm, and comes back from the provider. `auth_time` is this long before now.
async fn confirm(company: &Company, browser: &Actor<'_>, start: &str, auth_time_ago: i64) -> Answer {
    let begun = browser.get(start).await;
    assert!(begun.location().contains("&max_age=0&prompt=login"), "led to {}", begun.location());
    let callback = company.provider.authorize(begun.location());
    let now = company.app.state.clock.now().as_millis() / 1_000;
    company.provider.claims(json!({"auth_time": now - auth_time_ago}));
    come_back(&company.app, &with_cookie(browser, &begun.cookie()), &callback).await
}

#[tokio::test]
async fn a_disable_asks_the_provider_and_comes_back_to_the_draft() {
    let company = company().await;
    company.app.known("orders-prod").await;
    // The session at the provider is old: nobody has proved anything recently.
    let now = company.app.state.clock.now().as_millis() / 1_000;
    company.provider.claims(json!({"auth_time": now - 3_600}));
    let browser = company.signed_in().await;
    let fields = browser.confirmation("orders-prod").await;
    let asked = browser.post("/api/disable", &borrowed(&fields)).await;
    assert!(asked.location().starts_with("/confirm-identity?next="), "led to {}", asked.location());
    let page = browser.get(asked.location()).await.body;
    assert!(page.contains(">Confirm with Example ID</a>") && !page.contains("type=\"password\""), "{page}");
    let start = page.split("href=\"/auth/oidc/start").nth(1).unwrap().split('"').next().unwrap();
    let start = format!("/auth/oidc/start{}", start.replace("&amp;", "&"));
    assert!(start.contains("?for=confirmation&next="), "{start}");

    // The provider didn't ask anyone.
    let rows = company.rows().await.len();
    let answer = confirm(&company, &browser, &start, 120).await;
    let expected = "/confirm-identity?problem=provider-answer-invalid&next=";
    assert!(answer.location().starts_with(expected), "led to {}", answer.location());
    let row = company.rows().await.split_off(rows).pop().unwrap();
    assert_eq!(row.event.action.name(), "session.confirmation-refused");
    assert!(row.event.result.contains("auth_time is before"), "{}", row.event.result);
    assert_eq!(browser.get("/streams").await.status, StatusCode::OK, "the session goes on");

    let answer = confirm(&company, &browser, &start, 0).await;
    assert!(answer.location().contains("/orders-prod/disable?draft="), "led to {}", answer.location());
    let again = Actor { cookie: Some(answer.cookie()), ..company.app.anonymous() };
    assert_ne!(again.cookie, browser.cookie);
    assert_eq!(browser.get("/streams").await.location(), "/sign-in", "the former id is dead");
    assert!(again.get(answer.location()).await.body.contains("value=\"orders-prod\""));
    let id = again.disable("orders-prod").await;
    company.app.change_when(&id, |change| change.evidence.accepted.is_some()).await;
    let confirmed = company.rows().await.into_iter().find(|row| row.event.action.name() == "session.confirmed");
    assert_eq!(confirmed.unwrap().event.result, "by company sign-in");
}

#[tokio::test]
async fn only_the_same_person_with_a_proof_confirms() {
    let start = "/auth/oidc/start?for=confirmation&next=%2Fkeys";
    for (claims, problem) in [
        (
            json!({"sub": "subject-2", "preferred_username": "jon"}),
            "/confirm-identity?problem=other-person&next=%2Fkeys",
        ),
        (json!({"auth_time": null}), "/confirm-identity?problem=provider-answer-invalid&next=%2Fkeys"),
        (json!({"groups": []}), "/sign-in?problem=not-in-group&next=%2Fkeys"),
    ] {
        let company = company().await;
        let browser = company.signed_in().await;
        let begun = browser.get(start).await;
        let callback = company.provider.authorize(begun.location());
        company.provider.script.lock().claims = claims;
        let answer = come_back(&company.app, &with_cookie(&browser, &begun.cookie()), &callback).await;
        assert_eq!(answer.location(), problem);
        let is_live = browser.get("/streams").await.status == StatusCode::OK;
        assert_eq!(is_live, !problem.contains("not-in-group"));
    }
}

#[tokio::test]
async fn a_session_that_ended_meanwhile_leads_to_a_new_sign_in() {
    let company = company().await;
    let browser = company.signed_in().await;
    let begun = browser.get("/auth/oidc/start?for=confirmation&next=%2Fkeys").await;
    let callback = company.provider.authorize(begun.location());
    browser.post("/api/sign-out", &[]).await;
    assert_eq!(browser.get("/streams").await.location(), "/sign-in");
    let answer = come_back(&company.app, &with_cookie(&browser, &begun.cookie()), &callback).await;
    assert_eq!(answer.location(), "/sign-in?problem=sign-in-again&next=%2Fkeys");
}

#[tokio::test]
async fn a_recent_proof_at_the_provider_counts_for_ten_minutes() {
    let company = company().await;
    company.app.known("orders-prod").await;
    let now = company.app.state.clock.now().as_millis() / 1_000;
    company.provider.claims(json!({"auth_time": now - 5 * 60}));
    let browser = company.signed_in().await;
    let fields = browser.confirmation("orders-prod").await;
    company.app.clock.advance(6 * MINUTE_MS);
    let asked = browser.post("/api/disable", &borrowed(&fields)).await;
    assert!(asked.location().starts_with("/confirm-identity"), "led to {}", asked.location());
    company.provider.claims(json!({"auth_time": null}));
    let silent = company.signed_in().await;
    let fields = silent.confirmation("orders-prod").await;
    let asked = silent.post("/api/disable", &borrowed(&fields)).await;
    assert!(asked.location().starts_with("/confirm-identity"), "led to {}", asked.location());
}
