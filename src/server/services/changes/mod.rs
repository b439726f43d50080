//! The change engine: from the plan behind a confirmation to the end that AWS reports.
//!
//! Each of its five parts has fields that no other part sees:
//!
//! - [`Planner`]: what a confirmation shows, from one fresh read.
//! - [`Requests`]: user requests. A confirmed form becomes a recorded change that the worker takes over; a waiting
//!   change is cancelled; one that can't be judged is closed.
//! - [`Worker`]: active changes. It makes the one call of each, watches until AWS has finished, and after a start
//!   resumes changes that nobody works on.
//! - [`Proofs`]: checks of records after a change has settled, on request.
//! - [`Quotas`]: how many of AWS's 25 in 24 h are used.

mod audit_events;
mod collaborators;
mod error;
mod fresh_reads;
mod planning;
mod proof;
mod quota;
mod requesting;
mod working;

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{collaborators::Collaborators, fresh_reads::FreshReads};
pub use self::{
    error::RequestError,
    planning::{KeyChoice, Planner},
    proof::{Kind as ProofKind, Proofs},
    quota::{Asking, Quotas},
    requesting::Requests,
    working::Worker,
};
use super::{
    inventory::{Delivery, Inventory},
    keys::Keys,
    supervisor::{Part, Supervisor},
};
use crate::{
    model::{access::scope::Scope, change::Change, stream::StreamId},
    server::adapters::{
        clock::Clock,
        store::{Page, Store, StoreError},
    },
};

/// How many commits before a page's `rev` its news begins. Commits are numbered in order but published a moment later,
/// not always in order. What arrives twice replaces itself.
const OVERLAP: i64 = 64;
/// The number of changes read at a time when the journal is walked.
const PAGE_SIZE: i64 = 500;

/// The engine: its parts, and the list of all changes.
#[derive(Debug)]
pub struct Changes {
    pub planner: Planner,
    pub requests: Arc<Requests>,
    pub worker: Arc<Worker>,
    pub proofs: Arc<Proofs>,
    pub quotas: Arc<Quotas>,
    /// KMS's answers about keys.
    pub keys: Arc<Keys>,
    store: Store,
    inventory: Arc<Inventory>,
    tasks: TaskTracker,
    stop: CancellationToken,
}

impl Changes {
    /// Creates an engine that doesn't watch anything yet; see [`Changes::resume`].
    pub fn new(
        store: Store,
        inventory: Arc<Inventory>,
        clock: Arc<dyn Clock>,
        is_read_only: bool,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let keys = Arc::new(Keys::new(clock.clone(), inventory.clone()));
        let quotas = Arc::new(Quotas::new(store.clone(), inventory.clone(), clock.clone()));
        let reads = Arc::new(FreshReads::new(inventory.clone(), clock.clone()));
        let with = Collaborators { store, inventory, clock, is_read_only, tasks, stop, keys, quotas, reads };
        let worker = Arc::new(Worker::new(&with));
        Arc::new(Self {
            planner: Planner::new(&with),
            requests: Arc::new(Requests::new(&with, worker.clone())),
            worker,
            proofs: Arc::new(Proofs::new(&with)),
            quotas: with.quotas,
            keys: with.keys,
            store: with.store,
            inventory: with.inventory,
            tasks: with.tasks,
            stop: with.stop,
        })
    }

    /// Resumes active changes and begins to watch them, settled changes, keys, and what other instances do.
    ///
    /// # Errors
    /// If the journal can't be read or written.
    pub async fn resume(&self, supervisor: &Arc<Supervisor>) -> Result<(), StoreError> {
        self.worker.take_up_at_start().await?;
        self.proofs.begin(supervisor);
        let (keys, inventory, stop) = (self.keys.clone(), self.inventory.clone(), self.stop.clone());
        let watch_keys = move || keys.clone().watch(inventory.clone(), stop.clone());
        supervisor.spawn(&self.tasks, &self.stop, Part::new("watching keys"), watch_keys);
        self.worker.begin(supervisor);
        Ok(())
    }

    /// Returns one change, if there is one with this id.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn find(&self, id: &str) -> Result<Option<Change>, StoreError> {
        self.store.change(id).await
    }

    /// Returns the changes of one stream, newest first.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn of_stream(&self, stream: &StreamId) -> Result<Vec<Change>, StoreError> {
        self.store.changes_of_stream(stream).await
    }

    /// Returns everything newer than what a page has, or tells it to start over.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn news_after(&self, rev: Option<i64>) -> Result<Delivery, StoreError> {
        let Some((rev, mut news)) = rev.and_then(|rev| Some((rev, self.inventory.news_after(rev, OVERLAP)?))) else {
            return Ok(Delivery::Reset);
        };
        let changes = self.store.changes_after(rev.saturating_sub(OVERLAP)).await?;
        news.changes = changes.into_iter().map(Arc::new).collect();
        Ok(Delivery::News(Arc::new(news)))
    }

    /// Returns the changes of a scope's streams, newest first.
    ///
    /// # Errors
    /// If the journal can't be read.
    pub async fn list(&self, scope: &Scope, skip: usize, take: usize) -> Result<Vec<Change>, StoreError> {
        if scope.is_everything() {
            let in_rows = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
            return self.store.changes(Page { skip: in_rows(skip), take: in_rows(take) }).await;
        }
        // SQL can't match the patterns, so the journal is read until enough changes are found.
        let (mut listed, mut passed, mut walked) = (Vec::new(), 0, 0);
        loop {
            let stretch = self.store.changes(Page { skip: walked, take: PAGE_SIZE }).await?;
            let is_last = stretch.len() < usize::try_from(PAGE_SIZE).unwrap_or(usize::MAX);
            walked += PAGE_SIZE;
            for change in stretch.into_iter().filter(|change| scope.covers_arn(&change.intent.arn)) {
                if passed < skip {
                    passed += 1;
                } else if listed.len() < take {
                    listed.push(change);
                }
            }
            if is_last || listed.len() == take {
                return Ok(listed);
            }
        }
    }
}
