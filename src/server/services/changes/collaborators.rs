//! What the parts of the engine are made of.

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{fresh_reads::FreshReads, quota::Quotas};
use crate::server::{
    adapters::{clock::Clock, store::Store},
    services::{inventory::Inventory, keys::Keys},
};

/// Everything that some part of the engine needs. Each takes what it needs and no more.
#[derive(Debug, Clone)]
pub struct Collaborators {
    pub store: Store,
    pub inventory: Arc<Inventory>,
    pub clock: Arc<dyn Clock>,
    /// Changes are switched off.
    pub is_read_only: bool,
    /// Sends and watches: nothing that a browser does ends them.
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
    pub keys: Arc<Keys>,
    pub quotas: Arc<Quotas>,
    pub reads: Arc<FreshReads>,
}
