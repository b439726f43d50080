//! The plan behind a confirmation: what a user sees before requesting a change.

mod other_form;
mod plan;
mod shared_reads;

use std::sync::Arc;

pub use self::other_form::OtherForms;
use self::shared_reads::SharedReads;
use super::{collaborators::Collaborators, quota::Quotas};
use crate::server::{
    adapters::{clock::Clock, store::Store},
    services::{inventory::Inventory, keys::Keys, read_only::ReadOnly},
};

/// The part of the key list that the confirmation of an enable shows.
#[derive(Debug, Clone, Default)]
pub struct KeyChoice {
    /// The search text; empty for none.
    pub typed: String,
    /// The disable to undo.
    pub undo: Option<String>,
    pub search: String,
    /// The page, from 1.
    pub page: usize,
}

/// Makes plans. Reads from AWS, and stores only what it read.
#[derive(Debug)]
pub struct Planner {
    store: Store,
    inventory: Arc<Inventory>,
    clock: Arc<dyn Clock>,
    read_only: ReadOnly,
    keys: Arc<Keys>,
    quotas: Arc<Quotas>,
    other_forms: OtherForms,
    shared_reads: SharedReads,
}

impl Planner {
    pub fn new(with: &Collaborators) -> Self {
        let Collaborators { store, inventory, clock, read_only, keys, quotas, reads, .. } = with.clone();
        Self {
            other_forms: OtherForms::new(store.clone(), inventory.clone()),
            shared_reads: SharedReads::new(clock.clone(), reads),
            store,
            inventory,
            clock,
            read_only,
            keys,
            quotas,
        }
    }
}
