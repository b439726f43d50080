//! Shows what other instances do to changes.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use crate::server::{
    adapters::store::{Store, StoreError, changes::AT_A_TIME},
    services::inventory::Inventory,
};

/// Follows the journal for this instance's browsers.
#[derive(Debug)]
pub struct Follower {
    store: Store,
    inventory: Arc<Inventory>,
    /// The `rev` up to which other instances' changes were shown.
    followed: AtomicI64,
}

impl Follower {
    /// Starts after what the inventory has loaded.
    pub fn new(store: Store, inventory: Arc<Inventory>) -> Self {
        let followed = AtomicI64::new(inventory.events().rev());
        Self { store, inventory, followed }
    }

    /// Shows this instance's browsers what other instances wrote.
    ///
    /// # Errors
    /// If the journal can't be read.
    pub async fn follow(&self) -> Result<(), StoreError> {
        let known = self.followed.load(Ordering::Acquire);
        let committed = self.store.last_rev().await?;
        if committed <= known {
            return Ok(());
        }
        let moved = self.store.changes_after(known).await?;
        for change in &moved {
            self.inventory.record_change_elsewhere(change);
        }
        // The rest of a long list follows next time.
        let shown =
            if moved.len() < AT_A_TIME { committed } else { moved.last().map_or(committed, |change| change.rev) };
        self.inventory.events().advance(shown);
        self.followed.store(shown, Ordering::Release);
        Ok(())
    }
}
