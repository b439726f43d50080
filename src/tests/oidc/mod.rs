//! Sign-in with the company's provider, against one that does as it is told.

mod bad_answers;
mod bad_tokens;
mod checking;
mod confirming;
mod keys;
mod local;
mod logouts;
mod provider;
mod removed;
mod renewing;
mod signing_in;
mod tls;

use std::net::SocketAddr;

use axum::{
    body::Body,
    extract::ConnectInfo,
    http::{Request, StatusCode, header},
};

use self::provider::TestProvider;
use super::support::{Actor, Answer, Setup, TestApp};
use crate::model::access::audit_event::AuditRow;

/// Keystream with a provider.
struct Company {
    app: TestApp,
    provider: TestProvider,
}

async fn company() -> Company {
    company_with(Setup::default()).await
}

async fn company_with(setup: Setup) -> Company {
    let provider = TestProvider::start().await;
    let app = TestApp::with(Setup { provider: Some(provider.settings()), ..setup }).await;
    provider.script.lock().clock = app.clock.clone();
    Company { app, provider }
}

/// Opens an address as a browser does that comes from the provider.
async fn come_back(app: &TestApp, cookies: &str, path: &str) -> Answer {
    let request = Request::get(path)
        .extension(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))))
        .header(header::HOST, app.state.origin.host_header())
        .header(header::ACCEPT, "text/html")
        .header(header::COOKIE, cookies)
        .header("sec-fetch-site", "cross-site")
        .header("sec-fetch-mode", "navigate")
        .header("sec-fetch-dest", "document");
    app.send(request.body(Body::empty()).unwrap()).await
}

/// The cookies of a browser, as one header.
fn with_cookie(of: &Actor<'_>, cookie: &str) -> String {
    of.cookie.iter().map(String::as_str).chain([cookie]).collect::<Vec<_>>().join("; ")
}

impl Company {
    /// Goes to the provider from a page and comes back to the same instance.
    async fn go<'a>(&'a self, browser: &Actor<'a>, start: &str) -> Answer {
        self.go_between(browser, start, &self.app).await
    }

    /// The same, but the browser comes back to another instance.
    async fn go_between<'a>(&self, browser: &Actor<'a>, start: &str, back_at: &TestApp) -> Answer {
        let begun = browser.get(start).await;
        assert_eq!(begun.status, StatusCode::SEE_OTHER, "{}", begun.body);
        let callback = self.provider.authorize(begun.location());
        come_back(back_at, &with_cookie(browser, &begun.cookie()), &callback).await
    }

    /// Signs in as the person whom the provider names.
    async fn signed_in(&self) -> Actor<'_> {
        let answer = self.go(&self.app.anonymous(), "/auth/oidc/start?next=%2Fchanges").await;
        assert_eq!((answer.status, answer.location()), (StatusCode::SEE_OTHER, "/changes"), "{}", answer.body);
        Actor { cookie: Some(answer.cookie()), ..self.app.anonymous() }
    }

    /// Everything in the audit chain.
    async fn rows(&self) -> Vec<AuditRow> {
        self.app.store.audit_rows(0, 10_000).await.unwrap()
    }

    /// Checks that a sign-in ended at the sign-in page with this sentence, one audit event and no session.
    async fn assert_failed(&self, answer: &Answer, problem: &str, reason: &str, rows_before: usize) {
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{reason}: {}", answer.body);
        let expected = format!("/sign-in?problem={problem}&next=");
        assert!(answer.location().starts_with(&expected), "{reason}: led to {}", answer.location());
        assert!(!answer.headers.contains_key(header::SET_COOKIE), "{reason}: {:?}", answer.headers);
        let page = self.app.anonymous().get(answer.location()).await;
        let alerts = page.body.matches("role=\"alert\"").count();
        assert_eq!((page.status, alerts), (StatusCode::OK, 1), "{reason}: {}", page.body);
        let rows = self.rows().await;
        assert_eq!(rows.len(), rows_before + 1, "{reason}: {:?}", rows.last());
        let event = &rows[rows_before].event;
        assert_eq!(event.action.name(), "session.refused", "{event:?}");
        assert!(event.result.contains(reason), "{reason} isn't in {}", event.result);
        assert_eq!((event.actor.as_str(), event.target.as_str()), ("", "company sign-in"));
    }
}
