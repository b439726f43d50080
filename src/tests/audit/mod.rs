//! The audit chain holds every step, and shows what was done to it.

mod acts;
mod chain;
mod checkpoints;
mod page;
mod searching;

use crate::{
    server::services::audit::{AuditAction, AuditEvent},
    tests::support::TestApp,
};

/// An event of a version that knows more than this one.
fn event_of(app: &TestApp, action: &str, target: &str) -> AuditEvent {
    let known = AuditEvent::by_server(app.state.clock.now(), AuditAction::ServerStarted, target);
    AuditEvent { action: action.into(), ..known }
}
