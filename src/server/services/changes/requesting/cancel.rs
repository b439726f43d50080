//! Cancelling a waiting change.

use std::sync::Arc;

use super::Requests;
use crate::{
    model::{
        access::{audit_action::AuditAction, requester::Requester},
        change::Step,
    },
    server::{
        adapters::{store::changes as table, tasks::spawn_on},
        services::{
            audit,
            changes::{
                RequestError, audit_events,
                doubt::{self, Finder},
            },
        },
    },
};

impl Requests {
    /// Cancels a waiting change. One that was sent, or has ended, stays as it is; its page shows its state. If the
    /// database failed over, it may have been sent: its outcome is unknown then, and it isn't sent any more.
    ///
    /// # Errors
    /// If there is no such change, or the journal can't be read or written.
    pub async fn cancel(self: &Arc<Self>, requester: Requester, id: String) -> Result<(), RequestError> {
        let requests = self.clone();
        spawn_on(&self.tasks, async move { requests.cancel_here(&requester, &id).await }).await?
    }

    async fn cancel_here(&self, requester: &Requester, id: &str) -> Result<(), RequestError> {
        requester.require_certain()?;
        let mut tx = self.store.write().await?;
        let mut change = self.of_requester(&mut tx, requester, id).await?;
        if !change.is_waiting() {
            return Ok(());
        }
        if !doubt::record(&mut tx, &mut change, Finder::Present, self.clock.now()).await? {
            let at = self.clock.now().max(change.latest_evidence());
            change.apply(Step::Cancelled { at, by: requester.user_name.clone() });
            table::write(&mut tx, &mut change).await?;
            audit::append(&mut tx, audit_events::intent(&change, requester, AuditAction::ChangeCancelled)).await?;
        }
        tx.commit().await?;
        self.inventory.record_change(&change);
        Ok(())
    }
}
