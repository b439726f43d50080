//! Restores what a failover of the database may have lost, if this process still knows it; otherwise the change is in
//! doubt.

use super::{FIRST_PAUSE, Journal, Written};
use crate::{
    model::change::Change,
    server::{
        adapters::store::{Leased, StoreError, Tx, raise_rev},
        services::{
            audit,
            changes::{
                audit_events,
                doubt::{self, Finder},
                standing::Standing,
                working::job::Job,
            },
        },
    },
};

impl Journal {
    /// Returns the change of a job as the database has it, with what a failover of the database lost of it.
    pub(super) async fn held(&self, tx: &mut Tx, job: &Job) -> Result<Leased, StoreError> {
        let mut leased = self.store.held(tx, &job.change.id, job.fence).await?;
        // It is in doubt, and the next to take it over watches it.
        if job.change.evidence.sent_at.is_none() && leased.change.evidence.is_sent_in_doubt {
            return Err(StoreError::NotHeld);
        }
        self.put_back(tx, &mut leased.change, &job.change, true).await?;
        Ok(leased)
    }

    /// Writes down again what a failover of the database lost: whoever works on the change knows it for sure.
    pub(super) async fn put_back(
        &self,
        tx: &mut Tx,
        moved: &mut Change,
        known: &Change,
        is_held: bool,
    ) -> Result<(), StoreError> {
        if moved.rev < known.rev {
            // What is written now is newer than what browsers have seen.
            raise_rev(tx, known.rev).await?;
        }
        let lost = moved.put_back(known, is_held);
        if !lost.is_empty() {
            tracing::warn!(change_id = moved.id, ?lost, "the database had lost what became of change {}", moved.id);
        }
        for action in lost {
            audit::append(tx, audit_events::moved(moved, action, self.clock.now())).await?;
        }
        Ok(())
    }

    /// Returns the transaction, unless the change looks unsent and may have been sent. Then that is recorded, and the
    /// next to take the change over watches it.
    pub(super) async fn unless_in_doubt(
        &self,
        mut tx: Tx,
        moved: &mut Change,
        finder: Finder,
    ) -> Result<Option<Tx>, StoreError> {
        let before = Standing::of(moved);
        if !doubt::record(&mut tx, moved, finder, self.clock.now()).await? {
            return Ok(Some(tx));
        }
        self.finish(tx, before, moved).await?;
        Ok(None)
    }

    /// Looks whether a change that was taken over, and looks unsent, may have been sent. Waits until the database
    /// answers. Returns whether this task is still to work on the change, which then says what was found.
    pub async fn doubt(&self, job: &mut Job) -> Written {
        let mut pause = FIRST_PAUSE;
        loop {
            match self.try_doubt(job).await {
                Ok(()) => return Written::Yes,
                Err(StoreError::NotHeld) => {
                    self.show_latest(&job.change.id).await;
                    return Written::NotHeld;
                }
                Err(error) => {
                    let id = &job.change.id;
                    tracing::error!(%error, change_id = id, "whether change {id} was sent isn't known yet: {error}");
                }
            }
            self.wait(&mut pause).await;
        }
    }

    async fn try_doubt(&self, job: &mut Job) -> Result<(), StoreError> {
        let mut tx = self.store.write().await?;
        let mut moved = self.held(&mut tx, job).await?.change;
        if let Some(tx) = self.unless_in_doubt(tx, &mut moved, Finder::Successor).await? {
            tx.rollback().await?;
        }
        job.change = moved;
        Ok(())
    }
}
