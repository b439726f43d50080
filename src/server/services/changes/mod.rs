//! The change engine: the plan behind a confirmation, the request that records a change, the one call that is sent,
//! and the watch that ends only when AWS has finished.

mod arm;
mod close;
mod journal;
mod other_form;
mod plan;
mod proof;
mod quota;
mod request;
mod resume;
mod revert;
mod send;
mod timeline;
mod usual;
mod watch;

use std::{
    collections::HashMap,
    sync::{Arc, atomic::AtomicI64},
    time::Duration,
};

use parking_lot::Mutex;
use thiserror::Error;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

pub use self::{plan::KeyChoice, proof::Kind as ProofKind, quota::Asking};
use super::{inventory::Inventory, keys::Keys};
use crate::{
    model::{
        access::scope::Scope,
        change::{Action, Change, TypicalDuration},
        forms::FormMistake,
        stream::{StreamId, StreamReport},
    },
    server::adapters::{
        aws::ReadFailure,
        clock::{self, Clock, Freshness},
        store::{Page, Store, StoreError},
    },
};

/// A confirmation waits at most this long for its fresh read.
const FRESH_READ_TIMEOUT: Duration = Duration::from_secs(3);

/// Changes read at a time when the journal is walked.
const PAGE_SIZE: i64 = 500;

/// A turn to read for a person is waited for at most this long.
const RESERVE_TIMEOUT: Duration = Duration::from_secs(5);

/// The engine.
#[derive(Debug)]
pub struct Changes {
    store: Store,
    inventory: Arc<Inventory>,
    clock: Arc<dyn Clock>,
    is_read_only: bool,
    /// Sends and watches: nothing that a browser does ends them.
    tasks: TaskTracker,
    stop: CancellationToken,
    /// How long changes take here.
    usual: usual::Durations,
    /// Everything that other instances committed up to here has been told to this one's browsers.
    followed: AtomicI64,
    /// The changes that a task of this process works on.
    in_flight: journal::InFlight,
    /// What KMS says of keys.
    pub keys: Arc<Keys>,
    trails: quota::Trails,
    /// Fresh reads of the last moments, shared by all who open the same confirmation at once.
    shared_reads: Mutex<HashMap<StreamId, plan::SharedRead>>,
}

/// Why a request for a change did not become one.
#[derive(Debug, Error)]
pub enum RequestError {
    #[error("mistake in the form: {0}")]
    Mistake(FormMistake),
    #[error("there is no such stream in any target, or no such change")]
    NotFound,
    #[error("changes are switched off here")]
    ReadOnly,
    #[error("the same form was sent before with other values")]
    OtherValues,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the task that records the change ended: {0}")]
    Task(#[from] tokio::task::JoinError),
}

impl From<FormMistake> for RequestError {
    fn from(mistake: FormMistake) -> Self {
        Self::Mistake(mistake)
    }
}

impl Changes {
    /// An engine that has not begun to watch; see [`Changes::resume`].
    pub fn new(
        store: Store,
        inventory: Arc<Inventory>,
        clock: Arc<dyn Clock>,
        is_read_only: bool,
        tasks: TaskTracker,
        stop: CancellationToken,
    ) -> Arc<Self> {
        let inventory_rev = inventory.events().rev();
        let keys = Arc::new(Keys::new(clock.clone(), inventory.clone()));
        Arc::new(Self {
            store,
            inventory,
            keys,
            trails: quota::Trails::default(),
            clock,
            is_read_only,
            tasks,
            stop,
            usual: usual::Durations::default(),
            followed: AtomicI64::new(inventory_rev),
            in_flight: journal::InFlight::default(),
            shared_reads: Mutex::new(HashMap::new()),
        })
    }

    /// Changes of streams of a scope, newest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn list(&self, scope: &Scope, skip: usize, take: usize) -> Result<Vec<Change>, StoreError> {
        if scope.is_everything() {
            let in_rows = |number: usize| i64::try_from(number).unwrap_or(i64::MAX);
            return self.store.changes(Page { skip: in_rows(skip), take: in_rows(take) }).await;
        }
        // Patterns are not SQL's: the journal is walked until enough is found.
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

    /// How long changes of this kind take here; `None` while too few are known.
    pub fn usual(&self, action: Action) -> Option<TypicalDuration> {
        self.usual.of(action)
    }

    /// One read for a person: from the reserve, at most 3 s, kept in the inventory.
    async fn read_fresh(&self, id: &StreamId) -> Result<StreamReport, ReadFailure> {
        self.read_to_decide(id).await.0
    }

    /// The same, with how fresh it is: a change may be sent on it.
    async fn read_to_decide(&self, id: &StreamId) -> (Result<StreamReport, ReadFailure>, Freshness) {
        let failed = |why: &str| (Err(ReadFailure::other(why)), Freshness::begin(&self.clock));
        let Some(target) = self.inventory.target(id) else { return failed("no target of this account and Region") };
        if clock::timeout(RESERVE_TIMEOUT, target.limits.reserve()).await.is_err() {
            return failed("too many people read streams of this target at once; AWS was not asked");
        }
        let fresh = Freshness::begin(&self.clock);
        let read = clock::timeout(FRESH_READ_TIMEOUT, target.read(&id.name)).await;
        let read = read.unwrap_or_else(|_| {
            // Said of what took the time: credentials may take longer than any read.
            let late = target
                .waits_for()
                .map_or_else(|| "AWS did not answer within 3 s".to_owned(), |what| format!("{what} have not come within 3 s"));
            Err(ReadFailure::other(late))
        });
        match &read {
            Ok(report) => self.inventory.record_report(report.clone()),
            Err(failure) => self.inventory.record_failure(id, failure),
        }
        (read, fresh)
    }
}
