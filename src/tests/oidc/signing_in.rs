//! A sign-in that works, and who it makes a person here.

use axum::http::StatusCode;
use serde_json::json;

use super::{company, company_with, keys::Key, with_cookie};
use crate::{
    model::access::{identity::Role, scope::Scope},
    tests::{
        database::Kind,
        support::{Actor, Setup},
    },
};

#[tokio::test]
async fn a_person_of_the_company_signs_in_and_gets_what_the_first_rule_gives() {
    for database in [Kind::Sqlite, Kind::Postgres] {
        let company = company_with(Setup { database, ..Setup::default() }).await;
        let page = company.app.anonymous().get("/sign-in?next=%2Fchanges").await.body;
        let link = "<a href=\"/auth/oidc/start?next=%2Fchanges\" class=\"button primary\">Sign in with Example ID</a>";
        assert!(page.contains(link), "{page}");
        let before = company.rows().await.len();
        company.provider.claims(json!({"groups": ["stream-viewers", "stream-operators"]}));
        let browser = company.signed_in().await;
        let settings = browser.get("/settings").await.body;
        assert!(settings.contains("<dd>mira</dd>") && settings.contains("<dd>operator</dd>"), "{settings}");
        assert!(!settings.contains("Change your password"), "{settings}");
        let rows = company.rows().await;
        let events: Vec<_> =
            rows[before..].iter().map(|row| (row.event.action.name(), row.event.result.as_str())).collect();
        let added = ("user.added", "by group stream-operators of the provider");
        assert_eq!(events, [added, ("session.signed-in", "by company sign-in")]);
        assert!(rows[before..].iter().all(|row| row.event.actor == "mira" && row.event.target == "mira"));

        // The person is known by the subject: another name, another address, other groups.
        company.provider.claims(json!({"preferred_username": "mira.h", "groups": "stream-viewers"}));
        company.signed_in().await;
        let users = company.app.store.users().await.unwrap();
        let people: Vec<_> = users.iter().filter(|user| user.of_provider.is_some()).collect();
        assert_eq!(people.len(), 1);
        assert_eq!((people[0].name.as_str(), people[0].role), ("mira", Role::Viewer));
        assert_eq!(people[0].scope, Scope::parse("111122223333/eu-west-1/orders-*").unwrap());
        assert_eq!(browser.get("/settings/users").await.status, StatusCode::FORBIDDEN);
        let rows = company.rows().await;
        let set = rows.iter().find(|row| row.event.action.name() == "user.rights-set").unwrap();
        assert_eq!(set.event.after, "viewer, scope 111122223333/eu-west-1/orders-*");
    }
}

#[tokio::test]
async fn the_way_back_may_lead_to_another_instance() {
    let setup = Setup { database: Kind::Postgres, is_mortal: true, ..Setup::default() };
    let company = company_with(setup).await;
    let second = company.app.another().await;
    let answer = company.go_between(&company.app.anonymous(), "/auth/oidc/start?next=%2Fkeys", &second).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/keys"));
    let there = Actor { cookie: Some(answer.cookie()), ..second.anonymous() };
    assert_eq!(there.get("/keys").await.status, StatusCode::OK);
}

#[tokio::test]
async fn names_of_others_and_names_of_any_characters() {
    let company = company().await;
    company.provider.claims(json!({"preferred_username": "Operator", "sub": "7"}));
    let browser = company.signed_in().await;
    assert!(browser.get("/settings").await.body.contains("<dd>Operator (7)</dd>"));
    company.provider.claims(json!({"preferred_username": null, "email": "\u{e4}nne@example.org", "sub": "8"}));
    let browser = company.signed_in().await;
    assert!(browser.get("/settings").await.body.contains("<dd>\u{e4}nne@example.org</dd>"));
    company.provider.claims(json!({"email": null, "sub": "9"}));
    let browser = company.signed_in().await;
    assert!(browser.get("/settings").await.body.contains("<dd>9</dd>"));
    // SQLite folds ASCII letters only.
    company.provider.claims(json!({"preferred_username": "\u{c4}gnes", "sub": "10"}));
    let browser = company.signed_in().await;
    let audit = browser.get("/audit").await.body;
    assert!(audit.contains("\u{c4}gnes") && audit.contains(">Signed in<"), "the own events: {audit}");
}

#[tokio::test]
async fn the_way_back_leads_to_the_page_of_what_other_sites_may_not_open() {
    let company = company().await;
    for (next, page) in [
        ("%2Faudit%2Fexport%3Fformat%3Djsonl", "/audit?format=jsonl"),
        ("%2Faudit%2Fexport", "/audit"),
        ("%2Fstreams.csv%3Fq%3Da", "/streams.csv?q=a"),
    ] {
        let answer = company.go(&company.app.anonymous(), &format!("/auth/oidc/start?next={next}")).await;
        assert_eq!(answer.location(), page);
        let browser = Actor { cookie: Some(answer.cookie()), ..company.app.anonymous() };
        assert_eq!(browser.get(page).await.status, StatusCode::OK);
    }
}

#[tokio::test]
async fn groups_may_be_nested_named_by_a_uri_and_many() {
    let many: Vec<String> = (1..500).map(|n| n.to_string()).chain(["stream-operators".to_owned()]).collect();
    for (claim, claims) in [
        ("/realm_access/roles", json!({"groups": null, "realm_access": {"roles": ["x", "stream-operators"]}})),
        ("http://schemas.example/groups", json!({"groups": null, "http://schemas.example/groups": "stream-operators"})),
        ("groups", json!({"groups": many})),
    ] {
        let provider = super::TestProvider::start().await;
        let mut settings = provider.settings();
        settings.groups_claim = claim.to_owned();
        let app = super::TestApp::with(Setup { provider: Some(settings), ..Setup::default() }).await;
        provider.claims(claims);
        super::Company { app, provider }.signed_in().await;
    }
}

#[tokio::test]
async fn keys_of_other_kinds_sign_too() {
    let company = company().await;
    for (key, alg) in [(Key::ec(), "ES256"), (Key::ed(), "EdDSA"), (Key::rsa(), "PS256")] {
        let key = std::sync::Arc::new(key);
        // One fetch of unknown keys a minute.
        company.app.clock.advance(61_000);
        {
            let mut script = company.provider.script.lock();
            script.keys = vec![("two", key)];
            script.header = json!({"kid": "two", "alg": alg});
        }
        company.signed_in().await;
    }
}

#[tokio::test]
async fn cookies_are_of_the_origin_and_next_is_of_this_site() {
    let company = company().await;
    let begun = company.app.anonymous().get("/auth/oidc/start?next=https%3A%2F%2Fevil.example").await;
    let cookie = begun.header("set-cookie");
    for part in ["keystream-3000-sign-in=", "HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=600"] {
        assert!(cookie.contains(part), "{part}: {cookie}");
    }
    assert!(!cookie.contains("Secure"), "{cookie}");
    let callback = company.provider.authorize(begun.location());
    let cookies = with_cookie(&company.app.anonymous(), &begun.cookie());
    let answer = super::come_back(&company.app, &cookies, &callback).await;
    assert_eq!(answer.location(), "/streams");

    let public_url = Some("https://keystream.example");
    let secure = company_with(Setup { public_url, ..Setup::default() }).await;
    let begun = secure.app.anonymous().get("/auth/oidc/start").await;
    let cookie = begun.header("set-cookie");
    assert!(cookie.starts_with("__Host-keystream-sign-in=") && cookie.contains("Secure"), "{cookie}");
}

#[tokio::test]
async fn without_a_provider_there_is_no_way_to_one() {
    let app = super::TestApp::start().await;
    for path in ["/auth/oidc/start", "/auth/oidc/callback?state=x&code=y"] {
        assert_eq!(app.anonymous().get(path).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let answer = app.anonymous().post("/auth/oidc/backchannel-logout", &[("logout_token", "x")]).await;
    assert_eq!(answer.status, StatusCode::NOT_FOUND);
    assert!(!app.anonymous().get("/sign-in").await.body.contains("/auth/oidc/start"));
}

#[tokio::test]
async fn a_sign_out_leads_on_to_the_provider_from_a_page_of_ours() {
    let company = company().await;
    let browser = company.signed_in().await;
    let answer = browser.post("/api/sign-out", &[]).await;
    assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/sign-in?signed-out="));
    assert_eq!(browser.get("/streams").await.location(), "/sign-in");
    let page = browser.get(answer.location()).await.body;
    let address = format!("{}/end?client_id=keystream-client&amp;post_logout_redirect_uri=", company.provider.issuer);
    assert!(page.contains(&format!("content=\"0; url={address}")), "{page}");
    assert!(page.contains(&format!("href=\"{address}")), "{page}");
    company.provider.fault("/.well-known/openid-configuration", super::provider::Fault::Status(500));
    company.app.clock.advance(2 * 3_600_000);
    let page = company.app.anonymous().get("/sign-in?signed-out=").await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.body.contains("http-equiv=\"refresh\""), "{}", page.body);
}
