//! Rights that are renewed within the hour, that lapse, that end, and that go on while the provider is down.

use axum::{
    body::Body,
    http::{Method, StatusCode},
};
use serde_json::json;

use super::{
    Company, come_back, company, company_with,
    provider::{DISCOVERY, Fault},
    with_cookie,
};
use crate::{
    model::{
        access::identity::Role,
        time::{MINUTE_MS, SECOND_MS},
    },
    tests::{
        database::Kind,
        support::{Actor, Answer, Setup, borrowed},
    },
};

const RENEWAL: &str = "/auth/oidc/start?for=renewal&next=";

/// Lets time pass while somebody works, until the rights are due or have lapsed.
async fn work_until_due(company: &Company, browser: &Actor<'_>) {
    for _ in 0..5 {
        assert_eq!(browser.get("/streams").await.status, StatusCode::OK);
        company.app.clock.advance(10 * MINUTE_MS);
    }
}

/// Opens a page, goes where it leads, and comes back from the provider.
async fn renew(company: &Company, browser: &Actor<'_>, page: &str) -> Answer {
    let led = browser.get(page).await;
    assert_eq!(led.status, StatusCode::SEE_OTHER, "{}", led.body);
    assert!(led.location().starts_with(RENEWAL), "led to {}", led.location());
    let begun = browser.get(led.location()).await;
    assert!(begun.location().contains("&prompt=none"), "led to {}", begun.location());
    let callback = company.provider.authorize(begun.location());
    come_back(&company.app, &with_cookie(browser, &begun.cookie()), &callback).await
}

#[tokio::test]
async fn rights_are_renewed_by_the_next_page_and_the_session_goes_on() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let company = company_with(Setup { database, ..Setup::default() }).await;
        let browser = company.signed_in().await;
        work_until_due(&company, &browser).await;
        // What can't be led there goes on meanwhile.
        let fetched = browser.request(Method::GET, "/streams", "text/html").header("sec-fetch-mode", "cors");
        assert_eq!(company.app.send(fetched.body(Body::empty()).unwrap()).await.status, StatusCode::OK);
        assert_eq!(browser.get("/streams?live=1").await.status, StatusCode::OK);
        let rows = company.rows().await.len();
        let answer = renew(&company, &browser, "/keys?q=a%26b").await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/keys?q=a%26b"));
        assert!(!answer.headers.contains_key("set-cookie"), "the same session");
        assert_eq!(company.rows().await.len(), rows);
        work_until_due(&company, &browser).await;
        assert_eq!(renew(&company, &browser, "/streams").await.location(), "/streams");
    }
}

#[tokio::test]
async fn someone_out_of_the_group_loses_every_session_and_someone_in_another_gets_other_rights() {
    let company = company().await;
    let browser = company.signed_in().await;
    work_until_due(&company, &browser).await;
    company.provider.claims(json!({"groups": ["stream-viewers"]}));
    assert_eq!(renew(&company, &browser, "/streams").await.location(), "/streams");
    assert!(browser.get("/settings").await.body.contains("<dd>viewer</dd>"));
    work_until_due(&company, &browser).await;
    let other = company.signed_in().await;
    company.provider.claims(json!({"groups": ["everyone"]}));
    let rows = company.rows().await.len();
    let answer = renew(&company, &browser, "/streams").await;
    assert!(answer.location().starts_with("/sign-in?problem=not-in-group&next="), "led to {}", answer.location());
    let rows = company.rows().await.split_off(rows);
    let [row] = rows.as_slice() else { panic!("{rows:?}") };
    assert_eq!((row.event.action.name(), row.event.actor.as_str()), ("session.ended", "mira"));
    assert_eq!(row.event.result, "rights not renewed: no rule names one of the 1 groups");
    for browser in [browser, other] {
        assert_eq!(browser.get("/streams").await.location(), "/sign-in");
    }
}

#[tokio::test]
async fn a_refusal_ends_the_session_and_somebody_else_is_refused() {
    for (error, claims, problem) in [
        (Some("login_required"), json!({}), "sign-in-again"),
        (Some("access_denied"), json!({}), "provider-refused"),
        (None, json!({"sub": "subject-2"}), "other-person"),
    ] {
        let company = company().await;
        let browser = company.signed_in().await;
        work_until_due(&company, &browser).await;
        company.provider.claims(claims);
        let begun = browser.get(&format!("{RENEWAL}%2Fkeys")).await;
        let mut callback = company.provider.authorize(begun.location());
        if let Some(error) = error {
            callback = callback.replacen("code=", &format!("error={error}&x="), 1);
        }
        let answer = come_back(&company.app, &with_cookie(&browser, &begun.cookie()), &callback).await;
        assert_eq!(answer.location(), format!("/sign-in?problem={problem}&next=%2Fkeys"));
        assert_eq!(browser.get("/streams").await.location(), "/sign-in");
        let last = company.rows().await.pop().unwrap();
        assert_eq!(last.event.action.name(), "session.ended", "{last:?}");
    }
}

#[tokio::test]
async fn lapsed_rights_allow_nothing_and_a_form_keeps_what_was_typed() {
    let company = company().await;
    company.app.known("orders-prod").await;
    let browser = company.signed_in().await;
    work_until_due(&company, &browser).await;
    let fields = {
        let page = "/streams/111122223333/eu-west-1/orders-prod/disable";
        let fetched = browser.request(Method::GET, page, "text/html").header("sec-fetch-mode", "cors");
        let page = company.app.send(fetched.body(Body::empty()).unwrap()).await;
        let mut fields = crate::tests::support::hidden_fields(&page.body);
        fields.push(("typed_name".to_owned(), "orders-prod".to_owned()));
        fields.push(("reason".to_owned(), "OPS-7 of mira".to_owned()));
        fields
    };
    company.app.clock.advance(10 * MINUTE_MS);
    let json = browser.call("/api/disable", &borrowed(&fields)).await;
    assert_eq!(json.status, StatusCode::UNAUTHORIZED, "{}", json.body);
    assert_eq!(
        company
            .app
            .send(browser.request(Method::GET, "/streams.json", "*/*").body(Body::empty()).unwrap())
            .await
            .status,
        StatusCode::UNAUTHORIZED
    );
    let posted = browser.post("/api/disable", &borrowed(&fields)).await;
    assert!(posted.location().starts_with("/sign-in?next="), "led to {}", posted.location());
    assert_eq!(company.app.calls("StopStreamEncryption").await, 0);
    // The link of the sign-in page, and back with the draft.
    let next = posted.location().split_once("next=").unwrap().1;
    let answer = company.go(&browser, &format!("/auth/oidc/start?next={next}")).await;
    let again = Actor { cookie: Some(answer.cookie()), ..company.app.anonymous() };
    let page = again.get(answer.location()).await;
    assert!(page.body.contains("OPS-7 of mira"), "{}: {}", answer.location(), page.body);
}

#[tokio::test]
async fn with_the_provider_down_a_session_lasts_to_its_own_limits() {
    let company = company().await;
    let browser = company.signed_in().await;
    work_until_due(&company, &browser).await;
    company.provider.fault(DISCOVERY, Fault::Status(503));
    let led = browser.get("/keys").await;
    let answer = browser.get(led.location()).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/keys"), "not to a dead provider");
    let asked = company.provider.calls(DISCOVERY);
    for _ in 0..3 {
        assert_eq!(browser.get("/keys").await.status, StatusCode::OK, "asked again in a minute");
    }
    assert_eq!(company.provider.calls(DISCOVERY), asked);
    let mut pages = 0;
    for _ in 0..100 {
        company.app.clock.advance(10 * MINUTE_MS);
        let mut answer = browser.get("/keys").await;
        if answer.location().starts_with(RENEWAL) {
            assert_eq!(browser.get(answer.location()).await.location(), "/keys");
            answer = browser.get("/keys").await;
        }
        if answer.status != StatusCode::OK {
            assert!(answer.location().starts_with("/sign-in"), "led to {}", answer.location());
            break;
        }
        pages += 1;
    }
    assert_eq!(pages, 42, "8 hours from the sign-in, of which 50 minutes had passed");
    assert!(company.rows().await.iter().all(|row| row.event.action.name() != "session.ended"));
}

#[tokio::test]
async fn what_a_browser_says_about_the_provider_extends_no_rights() {
    for (brought, problem, is_over) in [
        ("error=temporarily_unavailable", "provider-down", false),
        ("error=server_error", "provider-down", false),
        ("code=%00", "provider-answer-invalid", true),
        ("code=refused", "provider-refused", true),
    ] {
        let company = company().await;
        let browser = company.signed_in().await;
        work_until_due(&company, &browser).await;
        if brought == "code=refused" {
            company.provider.fault("/token", Fault::Html(400));
        }
        let begun = browser.get(&format!("{RENEWAL}%2Fkeys")).await;
        let callback = company.provider.authorize(begun.location());
        let (_, state) = callback.split_once("&state=").unwrap();
        let callback = format!("/auth/oidc/callback?{brought}&state={state}");
        let rows = company.rows().await.len();
        let answer = come_back(&company.app, &with_cookie(&browser, &begun.cookie()), &callback).await;
        assert_eq!(answer.location(), format!("/sign-in?problem={problem}&next=%2Fkeys"), "{brought}");
        assert_eq!(company.rows().await.len(), rows + 1, "{brought}");
        let read = || browser.request(Method::GET, "/streams.json", "*/*").body(Body::empty()).unwrap();
        let status = company.app.send(read()).await.status;
        assert_eq!(status == StatusCode::UNAUTHORIZED, is_over, "{brought}");
        company.app.clock.advance(10 * MINUTE_MS);
        assert_eq!(company.app.send(read()).await.status, StatusCode::UNAUTHORIZED, "{brought}");
    }
}

#[tokio::test]
async fn nobody_is_led_to_a_provider_that_has_just_gone() {
    let company = company().await;
    let browser = company.signed_in().await;
    work_until_due(&company, &browser).await;
    // Somebody signs in, so the provider is known to have answered a moment ago.
    company.signed_in().await;
    company.app.clock.advance(SECOND_MS);
    company.provider.fault(DISCOVERY, Fault::Status(503));
    let led = browser.get("/keys").await;
    assert_eq!(browser.get(led.location()).await.location(), "/keys");
}

#[tokio::test]
async fn a_provider_that_fails_on_the_way_back_is_asked_again_later() {
    let company = company().await;
    let browser = company.signed_in().await;
    work_until_due(&company, &browser).await;
    company.provider.fault("/token", Fault::Status(502));
    assert_eq!(renew(&company, &browser, "/keys").await.location(), "/keys");
    assert_eq!(browser.get("/keys").await.status, StatusCode::OK);
    company.provider.script.lock().faults.clear();
    company.app.clock.advance(MINUTE_MS);
    assert_eq!(renew(&company, &browser, "/keys").await.location(), "/keys");
    company.app.clock.advance(2 * MINUTE_MS);
    assert_eq!(browser.get("/keys").await.status, StatusCode::OK);
}

#[tokio::test]
async fn where_nothing_is_due_nobody_is_led_to_the_provider() {
    let company = company().await;
    let browser = company.signed_in().await;
    let address = format!("{RENEWAL}%2Fkeys");
    let answer = come_back(&company.app, browser.cookie.as_deref().unwrap(), &address).await;
    assert_eq!(answer.location(), "/keys", "a link on another site ends no session");
    let viewer = company.app.actor(Role::Viewer).await;
    for _ in 0..12 {
        company.app.clock.advance(10 * MINUTE_MS);
        assert_eq!(viewer.get("/streams").await.status, StatusCode::OK);
    }
    assert_eq!(viewer.get(&address).await.location(), "/keys");
}
