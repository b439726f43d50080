//! Targets that are paused.

use std::time::Duration;

use axum::http::StatusCode;
use tokio::time::sleep;

use super::{OTHER_ACCOUNT, health_of, health_when, three};
use crate::{
    model::access::{identity::Role, scope::Scope},
    server::adapters::store::users,
    tests::{
        database::Kind,
        support::{ACCOUNT, Actor, Answer, REGION, Setup, TestApp, until},
    },
};

/// What the audit chain has of pauses.
pub(super) async fn audited(app: &TestApp) -> Vec<(String, String, String)> {
    let rows = app.store.audit_rows(0, 1_000).await.unwrap();
    let of_targets = rows.into_iter().filter(|row| row.event.action.name().starts_with("target."));
    of_targets.map(|row| (row.event.actor, row.event.action.name().to_owned(), row.event.target)).collect()
}

async fn pause(operator: &Actor<'_>, id: &str) -> Answer {
    operator.post("/api/pause-target", &[("id", id), ("minutes", "60")]).await
}

#[tokio::test]
async fn an_operator_pauses_a_target_and_a_change_is_watched_all_the_same() {
    let app = TestApp::with(Setup { is_mortal: true, targets: Some(three), ..Setup::default() }).await;
    app.known("orders-prod").await;
    let operator = app.actor(Role::Operator).await;
    let id = format!("{ACCOUNT}/{REGION}");
    assert_eq!(
        app.actor(Role::Viewer).await.post("/api/pause-target", &[("id", &id)]).await.status,
        StatusCode::FORBIDDEN
    );
    assert_eq!(pause(&operator, "999999999999/eu-west-1").await.status, StatusCode::NOT_FOUND);
    for _ in 0..2 {
        let paused = pause(&operator, &id).await;
        assert_eq!(paused.location(), "/settings?done=target-paused");
    }
    let page = operator.get("/settings").await.body;
    assert!(
        page.contains("by operator") && page.contains("Resume") && page.contains("reading of 111122223333 eu-west-1"),
        "{page}"
    );
    // What was under way comes in.
    sleep(Duration::from_millis(1_500)).await;
    let of_target = |log: &[serde_json::Value]| {
        log.iter().filter(|call| call["account"] == ACCOUNT && call["region"] == REGION).count()
    };
    let before = of_target(&app.call_log().await);
    sleep(Duration::from_secs(3)).await;
    assert_eq!(of_target(&app.call_log().await), before, "nothing is read in the background");
    let change = operator.disable("orders-prod").await;
    app.change_when(&change, |change| change.evidence.settled_at.is_some()).await;
    let app = app.killed_and_started_again().await;
    assert_eq!(health_of(&app, 0).pause.map(|pause| pause.by).as_deref(), Some("operator"), "a restart keeps it");
    let operator = app.actor(Role::Operator).await;
    let calls = of_target(&app.call_log().await);
    assert_eq!(operator.post("/api/resume-target", &[("id", &id)]).await.location(), "/settings?done=target-resumed");
    until(|| async { (of_target(&app.call_log().await) > calls).then_some(()) }).await;
    assert_eq!(
        audited(&app).await,
        [("target.paused", ()), ("target.resumed", ())].map(|(action, ())| (
            "operator".to_owned(),
            action.to_owned(),
            format!("{ACCOUNT} {REGION}")
        )),
        "each once, though the first button was pressed twice"
    );
}

#[tokio::test]
async fn a_pause_is_not_for_targets_outside_of_the_scope_and_counts_at_every_instance() {
    let app =
        TestApp::with(Setup { database: Kind::Postgres, is_mortal: true, targets: Some(three), ..Setup::default() })
            .await;
    let second = app.another().await;
    let operator = app.store.users().await.unwrap().into_iter().find(|user| user.name == "operator").unwrap().id;
    let mut tx = app.store.write().await.unwrap();
    users::set_rights(&mut tx, &operator, Role::Operator, &Scope::parse(&format!("{OTHER_ACCOUNT}/*/*")).unwrap())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    let operator = app.actor(Role::Operator).await;
    assert_eq!(pause(&operator, &format!("{ACCOUNT}/{REGION}")).await.status, StatusCode::NOT_FOUND);
    let own = format!("{OTHER_ACCOUNT}/{REGION}");
    assert_eq!(pause(&operator, &own).await.location(), "/settings?done=target-paused");
    health_when(&second, 1, |health| health.pause.is_some()).await;
    assert_eq!(health_of(&second, 0).pause, None);
}
