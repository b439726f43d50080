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
mod doubt;
mod error;
mod fresh_reads;
mod intent_mac;
mod planning;
mod progress;
mod proof;
mod quota;
mod requesting;
mod standing;
mod trace;
mod working;

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{collaborators::Collaborators, fresh_reads::FreshReads};
pub use self::{
    collaborators::EngineParts,
    error::RequestError,
    intent_mac::IntentMacs,
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
    model::{access::scope::Scope, change::Change, day::Day, list::ChangesQuery, stream::StreamId, time::Timestamp},
    server::adapters::store::{
        Page, Store, StoreError,
        changes::{AT_A_TIME, Matching},
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
    pub fn new(parts: EngineParts) -> Arc<Self> {
        let EngineParts { store, inventory, clock, read_only, macs, traces, tasks, stop } = parts;
        let keys = Arc::new(Keys::new(store.clone(), clock.clone(), inventory.clone()));
        let quotas = Arc::new(Quotas::new(store.clone(), inventory.clone(), clock.clone()));
        let reads = Arc::new(FreshReads::new(inventory.clone(), clock.clone()));
        let with = Collaborators { store, inventory, clock, read_only, macs, traces, tasks, stop, keys, quotas, reads };
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

    /// Resumes active changes and begins to watch them, settled changes and keys.
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

    /// Returns everything of a scope newer than what a page has, or tells it to start over: then it isn't known, or too
    /// much.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn news_after(&self, rev: Option<i64>, scope: &Scope) -> Result<Delivery, StoreError> {
        let news = rev.and_then(|rev| Some((rev, self.inventory.news_after(rev, OVERLAP, scope)?)));
        let Some((rev, mut news)) = news else { return Ok(Delivery::Reset) };
        let changes = self.store.changes_after(rev.saturating_sub(OVERLAP)).await?;
        // Beyond so many, the newest are missing.
        if changes.len() >= AT_A_TIME {
            return Ok(Delivery::Reset);
        }
        news.changes = changes.into_iter().map(Arc::new).collect();
        news.seen = rev;
        Ok(Delivery::News(Arc::new(news)))
    }

    /// Returns the changes of a scope's streams that a query selects, newest first, whatever its page.
    ///
    /// # Errors
    /// If the journal can't be read.
    pub async fn select(
        &self,
        scope: &Scope,
        query: &ChangesQuery,
        skip: usize,
        take: usize,
    ) -> Result<Vec<Change>, StoreError> {
        let is_selected = |change: &Change| scope.covers_arn(&change.intent.arn) && query.admits(change);
        if query.is_of_active() {
            let mut active = self.store.active_changes().await?;
            active.retain(is_selected);
            active.sort_by(|a, b| (b.intent.requested_at, &a.id).cmp(&(a.intent.requested_at, &b.id)));
            return Ok(active.into_iter().skip(skip).take(take).collect());
        }
        let matching = matching(query);
        if scope.is_everything() && query.state.is_empty() {
            let in_rows = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
            let page = Page { skip: in_rows(skip), take: in_rows(take) };
            return Ok(self.store.matching_changes(&matching, None, page).await?.0);
        }
        // SQL can't match the patterns of a scope nor tell states, so the journal is read until enough are found.
        let (mut selected, mut left_to_skip, mut position) = (Vec::new(), skip, None);
        loop {
            let page = Page { skip: 0, take: PAGE_SIZE };
            let (stretch, next) = self.store.matching_changes(&matching, position, page).await?;
            for change in stretch.into_iter().filter(is_selected) {
                if left_to_skip > 0 {
                    left_to_skip -= 1;
                } else if selected.len() < take {
                    selected.push(change);
                }
            }
            position = next;
            if position.is_none() || selected.len() >= take {
                return Ok(selected);
            }
        }
    }
}

/// Returns what of a query SQL can match.
fn matching(query: &ChangesQuery) -> Matching {
    let mut ends = query.state.iter().map(|state| state.end());
    let first = ends.next().flatten();
    Matching {
        at_least: query.from.map_or(Timestamp::from_millis(i64::MIN), Day::begin),
        at_most: query.to.map_or(Timestamp::from_millis(i64::MAX), |day| day.end().plus_millis(-1)),
        by: query.by.clone(),
        name: query.q.clone(),
        end: first.filter(|first| ends.all(|end| end == Some(*first))),
    }
}
