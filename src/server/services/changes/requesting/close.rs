//! Closing a change that can't be judged: its key can't be seen, AWS states nothing, or reads are refused for good.
//!
//! It ends as *not established* and no longer blocks its stream.

use std::sync::Arc;

use super::Requests;
use crate::{
    model::{
        access::{audit_action::AuditAction, requester::Requester},
        change::{End, Ending, Step, confirmation::Reason},
        forms::{FormMistake, Outcome},
    },
    server::{
        adapters::{store::changes as table, tasks::spawn_on},
        services::{
            audit::{self, AuditEvent},
            changes::{RequestError, progress, standing::Standing},
        },
    },
};

impl Requests {
    /// Closes a change as not established, with a user's reason. One that has ended meanwhile stays as it is.
    ///
    /// # Errors
    /// If there is no such change, or the journal cannot be read or written.
    pub async fn close(
        self: &Arc<Self>,
        requester: Requester,
        id: String,
        reason: String,
    ) -> Result<Outcome, RequestError> {
        let requests = self.clone();
        spawn_on(&self.tasks, async move { requests.close_here(&requester, &id, &reason).await }).await?
    }

    async fn close_here(&self, requester: &Requester, id: &str, reason: &str) -> Result<Outcome, RequestError> {
        requester.require_certain()?;
        let mut tx = self.store.write().await?;
        let mut change = self.of_requester(&mut tx, requester, id).await?;
        if !change.is_active() {
            return Ok(Outcome::Done(()));
        }
        let reason = match Reason::parse(reason) {
            Ok(reason) => reason,
            Err(mistake) => return Ok(mistake.into()),
        };
        // Reads can still judge it.
        if !change.can_be_closed() {
            return Ok(FormMistake::ChangeStillJudged.into());
        }
        let before = Standing::of(&change);
        let at = self.clock.now().max(change.latest_evidence());
        let how = End::NotEstablished { by: requester.user_name.clone(), reason: reason.as_str().to_owned() };
        change.apply(Step::Ended(Ending { at, how }));
        table::write(&mut tx, &mut change).await?;
        let event = AuditEvent::by(&requester.actor(), at, AuditAction::ChangeClosed, &change.intent.arn.to_string());
        let after = change.evidence.last_read.as_ref().map_or_else(String::new, |read| read.observed.to_string());
        let result = format!("Not established; change {}", change.id);
        audit::append(&mut tx, AuditEvent { reason: reason.as_str().to_owned(), after, result, ..event }).await?;
        tx.commit().await?;
        progress::record(before, &change, &self.traces);
        self.inventory.record_change(&change);
        Ok(Outcome::Done(()))
    }
}
