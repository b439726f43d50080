//! The audit chain holds every step, and shows what was done to it.

mod acknowledging;
mod acts;
mod alarms;
mod chain;
mod checkpoints;
mod files;
mod page;
mod searching;

use crate::{
    model::access::identity::Role,
    server::services::audit::{AuditAction, AuditEvent},
    tests::{
        database::TestDatabase,
        support::{Setup, TestApp},
    },
};

/// An event of a version that knows more than this one.
fn event_of(app: &TestApp, action: &str, target: &str) -> AuditEvent {
    let known = AuditEvent::by_server(app.state.clock.now(), AuditAction::ServerStarted, target);
    AuditEvent { action: action.into(), ..known }
}

/// Signs somebody in so many times, each of which is a row.
async fn add_rows(app: &TestApp, rows: usize) {
    for _ in 0..rows {
        app.actor(Role::Viewer).await;
    }
}

/// What was found with the audit chain, if anything was.
fn finding(app: &TestApp) -> Option<String> {
    app.state.read_only.alarm().map(|alarm| alarm.finding)
}

/// An application on which the alarm is raised: its checkpoint file was emptied while it was stopped.
async fn alarmed() -> TestApp {
    let app = TestApp::with(Setup { is_mortal: true, ..Setup::default() }).await;
    add_rows(&app, 2).await;
    let file = app.checkpoints.clone();
    let app = app.killed_and_started_after(async move |_: &TestDatabase| std::fs::write(file, "").unwrap()).await;
    assert_eq!(finding(&app).as_deref(), Some("The checkpoint file has 0 checkpoints, and the database knows of 1."));
    app
}
