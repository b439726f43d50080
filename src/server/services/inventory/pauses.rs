//! The pause that a person puts on the background reads of a target: when AWS throttles somebody else because of them, or
//! while the account is being worked on.

use std::sync::Arc;

use crate::{
    error::AppError,
    model::inventory::Pause,
    server::{
        adapters::{
            aws::targets::Target,
            store::{StoreError, targets as table},
        },
        services::audit::{self, AuditEvent},
        web::context::{RequestContext, Requester},
    },
};

/// Pauses a target. One that is paused stays so.
///
/// # Errors
/// When there is no such target for this person, or the database cannot be written: then it goes on.
pub async fn pause(cx: &RequestContext, requester: &Requester, id: &str) -> Result<(), AppError> {
    let target = find(cx, requester, id)?;
    let pause = Pause { by: requester.user_name.clone(), at: cx.state.clock.now() };
    let written = async {
        requester.require_certain()?;
        let mut tx = cx.state.store.write().await?;
        if table::pause(&mut tx, &target.id, &pause).await? {
            audit::append(&mut tx, AuditEvent::by(&requester.actor(), pause.at, "target.paused", &target.label())).await?;
        }
        tx.commit().await
    };
    written.await.map_err(|error| cx.fail_store(&error))?;
    take_over(cx).await
}

/// Ends the pause of a target, if it has one.
///
/// # Errors
/// As [`pause`]; then the pause stays.
pub async fn resume(cx: &RequestContext, requester: &Requester, id: &str) -> Result<(), AppError> {
    let target = find(cx, requester, id)?;
    let written = async {
        requester.require_certain()?;
        let mut tx = cx.state.store.write().await?;
        if table::resume(&mut tx, &target.id).await? {
            audit::append(&mut tx, AuditEvent::by(&requester.actor(), cx.state.clock.now(), "target.resumed", &target.label())).await?;
        }
        tx.commit().await
    };
    written.await.map_err(|error| cx.fail_store(&error))?;
    take_over(cx).await
}

fn find(cx: &RequestContext, requester: &Requester, id: &str) -> Result<Arc<Target>, AppError> {
    let reached = |target: &&Arc<Target>| target.id == id && requester.scope.reaches(&target.account(), &target.region);
    cx.state.inventory.targets().iter().find(reached).cloned().ok_or_else(|| cx.fail(AppError::NotFound))
}

/// The database says what holds, also when two people pressed two buttons at once.
async fn take_over(cx: &RequestContext) -> Result<(), AppError> {
    let pauses: Result<_, StoreError> = cx.state.store.pauses().await;
    cx.state.inventory.take_over_pauses(&pauses.map_err(|error| cx.fail_store(&error))?);
    Ok(())
}
