//! Users: how failed passwords keep the next one waiting, what administrators do, and the account for emergencies.

mod administration;
mod guessing;
mod links;
mod lockout;
mod passwords;
mod special;

use crate::{
    model::access::credentials::UserName,
    server::{adapters::store::User, services::audit::AuditEvent},
    tests::support::{Actor, Answer, TestApp},
};

const WRONG: &str = "wrong wrong wrong wrong";

/// What the sign-in page was led to with; empty after a sign-in.
fn problem(answer: &Answer) -> &str {
    answer.location().split("problem=").nth(1).map_or("", |rest| rest.split('&').next().unwrap())
}

async fn fail(actor: &Actor<'_>, user: &str, times: usize) {
    for _ in 0..times {
        let answer = actor.sign_in(user, WRONG).await;
        assert_eq!(problem(&answer), "sign-in-failed", "{}", answer.location());
    }
}

/// Sets the password of the user whose one-time link an answer made.
async fn set_password(app: &TestApp, made: &Answer, password: &str) {
    let cookie = made.cookie();
    let token = cookie.strip_prefix("keystream-link=").unwrap();
    let set = app.anonymous().post("/api/set-password", &[("token", token), ("new_password", password)]).await;
    assert_eq!(set.location(), "/sign-in?done=password-set", "{}", set.body);
}

/// Every event of the chain, oldest first.
async fn events(app: &TestApp) -> Vec<AuditEvent> {
    app.store.audit_rows(i64::MIN, 10_000).await.unwrap().into_iter().map(|row| row.event).collect()
}

/// The events whose target is this user, oldest first.
async fn events_about(app: &TestApp, name: &str) -> Vec<AuditEvent> {
    events(app).await.into_iter().filter(|event| event.target == name).collect()
}

async fn user(app: &TestApp, name: &str) -> User {
    app.store.user_by_name(&UserName::parse(name).unwrap()).await.unwrap().unwrap()
}
