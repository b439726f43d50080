//! The rows that users are viewing, which are read first.
//!
//! A view lasts as long as the browser's event connection, or some seconds for a page that was just requested.

use std::{collections::HashSet, sync::Arc, time::Duration};

use super::Inventory;
use crate::{
    model::{
        access::scope::Scope,
        inventory::StreamRow,
        stream::{Digest, StreamId, StreamName},
    },
    server::adapters::{clock::sleep, tasks::spawn},
};

/// The most rows of one event connection: those of several windows.
const MOST_ROWS: usize = 500;
/// How long a page without an open connection counts.
const GLANCE: Duration = Duration::from_secs(15);

/// Viewed rows, until dropped.
#[derive(Debug)]
pub struct View {
    /// The queues in which they come first, by target. Kept small: every open connection has one.
    queued: Box<[(usize, StreamName)]>,
    inventory: Arc<Inventory>,
}

impl View {
    /// Returns whether it includes a stream of this name.
    pub fn has(&self, id: &StreamId) -> bool {
        self.queued.iter().any(|(_, name)| *name == id.name)
    }

    fn of(inventory: &Arc<Inventory>, ids: HashSet<StreamId>) -> Self {
        let mut memory = inventory.write();
        let place = |id: &StreamId| Some((memory.streams.get(id)?.target?, id.name.clone()));
        let queued: Box<[(usize, StreamName)]> = ids.iter().filter_map(place).collect();
        for (target, name) in &queued {
            memory.queues[*target].mark_viewed(name);
        }
        drop(memory);
        for target in queued.iter().map(|(target, _)| *target).collect::<HashSet<_>>() {
            inventory.bells[target].notify_one();
        }
        Self { queued, inventory: inventory.clone() }
    }
}

impl Drop for View {
    fn drop(&mut self) {
        let mut memory = self.inventory.write();
        for (target, name) in &self.queued {
            memory.queues[*target].look_away(name);
        }
    }
}

impl Inventory {
    /// Marks the rows of a scope with these digests as viewed: a browser's windows show them.
    pub fn mark_viewed_ids(self: &Arc<Self>, digests: impl Iterator<Item = Digest>, scope: &Scope) -> View {
        let digests: HashSet<Digest> = digests.take(MOST_ROWS).collect();
        let keys = if digests.is_empty() {
            HashSet::new()
        } else {
            let memory = self.read();
            let keys = memory.streams.keys().filter(|key| digests.contains(&key.digest()) && scope.covers(key));
            keys.take(MOST_ROWS).cloned().collect()
        };
        View::of(self, keys)
    }

    /// Marks rows that were just shown. Those never read are read first for a moment.
    pub fn mark_viewed(self: &Arc<Self>, rows: &[Arc<StreamRow>]) {
        let unread: HashSet<StreamId> = rows
            .iter()
            .filter(|row| row.read_at.is_none() && row.problem.is_none())
            .map(|row| row.id.clone())
            .collect();
        if unread.is_empty() {
            return;
        }
        let view = View::of(self, unread);
        spawn(async move {
            sleep(GLANCE).await;
            drop(view);
        });
    }
}
