//! The dependencies of the engine's parts.

use std::sync::Arc;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

use super::{fresh_reads::FreshReads, intent_mac::IntentMacs, quota::Quotas};
use crate::server::{
    adapters::{clock::Clock, store::Store, traces::Traces},
    services::{inventory::Inventory, keys::Keys, read_only::ReadOnly},
};

/// What the engine is made from.
#[derive(Debug)]
pub struct EngineParts {
    pub store: Store,
    pub inventory: Arc<Inventory>,
    pub clock: Arc<dyn Clock>,
    pub read_only: ReadOnly,
    pub macs: IntentMacs,
    pub traces: Traces,
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
}

/// Everything that any part of the engine needs. Each part takes only what it needs.
#[derive(Debug, Clone)]
pub struct Collaborators {
    pub store: Store,
    pub inventory: Arc<Inventory>,
    pub clock: Arc<dyn Clock>,
    /// Whether changes are turned off.
    pub read_only: ReadOnly,
    pub macs: IntentMacs,
    pub traces: Traces,
    /// Tasks that send and watch. No browser can end them.
    pub tasks: TaskTracker,
    pub stop: CancellationToken,
    pub keys: Arc<Keys>,
    pub quotas: Arc<Quotas>,
    pub reads: Arc<FreshReads>,
}
