//! User requests: send a change, cancel a waiting one, close one that can't be judged.

mod cancel;
mod checks;
mod close;
mod confirmed_form;
mod looks;
mod record;

use std::sync::Arc;

use tokio_util::task::TaskTracker;

use super::{
    collaborators::Collaborators, error::RequestError, fresh_reads::FreshReads, intent_mac::IntentMacs,
    planning::OtherForms, quota::Quotas, working::Worker,
};
use crate::{
    model::{access::requester::Requester, change::Change},
    server::{
        adapters::{
            clock::Clock,
            store::{Store, StoreError, Tx, changes as table},
            traces::Traces,
        },
        services::{inventory::Inventory, keys::Keys, read_only::ReadOnly},
    },
};

/// Handles user requests, each in a task that a closing browser doesn't end.
#[derive(Debug)]
pub struct Requests {
    store: Store,
    inventory: Arc<Inventory>,
    clock: Arc<dyn Clock>,
    read_only: ReadOnly,
    macs: IntentMacs,
    traces: Traces,
    tasks: TaskTracker,
    keys: Arc<Keys>,
    quotas: Arc<Quotas>,
    reads: Arc<FreshReads>,
    other_forms: OtherForms,
    worker: Arc<Worker>,
}

impl Requests {
    /// Creates the handler of requests whose changes `worker` sends.
    pub fn new(with: &Collaborators, worker: Arc<Worker>) -> Self {
        let Collaborators { store, inventory, clock, read_only, macs, traces, tasks, keys, quotas, reads, .. } =
            with.clone();
        let other_forms = OtherForms::new(store.clone(), inventory.clone());
        Self { store, inventory, clock, read_only, macs, traces, tasks, keys, quotas, reads, other_forms, worker }
    }

    /// Returns a change in the requester's scope, from the journal.
    async fn of_requester(&self, tx: &mut Tx, requester: &Requester, id: &str) -> Result<Change, RequestError> {
        match table::latest(tx, id).await {
            Ok(latest) if requester.scope.covers_arn(&latest.change.intent.arn) => Ok(latest.change),
            Ok(_) | Err(StoreError::NotHeld) => Err(RequestError::NotFound),
            Err(error) => Err(error.into()),
        }
    }
}
