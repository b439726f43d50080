//! What instances on one database tell each other about the people who use them: which streams are viewed there, so
//! that whoever reads a target reads those first, and how many instances share what people may borrow of its budget.
//!
//! Each instance does this for all its viewers together, however many there are.

use std::{
    collections::{BTreeSet, HashSet},
    sync::Arc,
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use super::Inventory;
use crate::{
    model::stream::StreamName,
    server::adapters::{
        clock::{self, Clock, SystemClock},
        store::{Store, StoreError, Viewed},
    },
};

/// How often to tell and to ask.
const EVERY: Duration = Duration::from_secs(2);
/// How often to tell that this instance runs, if what is viewed stays the same.
const TOLD_EVERY: Duration = Duration::from_secs(10);
/// The most streams of a target that one instance has others read first.
const MOST_OF_A_TARGET: usize = 500;

/// Tells and asks until `stop`.
pub async fn share_views(store: Store, inventory: Arc<Inventory>, stop: CancellationToken) {
    let mut told = None;
    loop {
        if let Err(error) = share_once(&store, &inventory, &mut told).await {
            tracing::error!(%error, "which streams are viewed can't be shared with other instances yet: {error}");
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock::sleep(EVERY) => {}
        }
    }
}

/// `told` is what others were told last, and when by the steady clock.
async fn share_once(
    store: &Store,
    inventory: &Inventory,
    told: &mut Option<(Viewed, Duration)>,
) -> Result<(), StoreError> {
    let now = store.now(inventory.clock.now()).await?;
    let (viewed, steady) = (inventory.viewed(), SystemClock.steady());
    let is_told = |(known, at): &(Viewed, Duration)| *known == viewed && steady.saturating_sub(*at) < TOLD_EVERY;
    if !told.as_ref().is_some_and(is_told) {
        store.record_viewed(&viewed, now).await?;
        *told = Some((viewed, steady));
    }
    inventory.view_elsewhere(&store.viewed_elsewhere(now).await?);
    Ok(())
}

impl Inventory {
    /// Returns what people view at this instance of targets that another one reads.
    fn viewed(&self) -> Viewed {
        let memory = self.read();
        let mut viewed = Viewed::new();
        for (target, queue) in self.targets.iter().zip(&memory.queues).filter(|(target, _)| !self.reads(target)) {
            let names: BTreeSet<&StreamName> = queue.in_view().into_iter().collect();
            if !names.is_empty() {
                viewed.insert(target.id.clone(), names.into_iter().take(MOST_OF_A_TARGET).cloned().collect());
            }
        }
        viewed
    }

    /// Takes over what people view at each of the other instances.
    fn view_elsewhere(&self, all: &[Viewed]) {
        let instances = u32::try_from(all.len() + 1).unwrap_or(u32::MAX);
        let mut memory = self.write();
        for (target, queue) in self.targets.iter().zip(&mut memory.queues) {
            let of_target = all.iter().filter_map(|viewed| viewed.get(&target.id));
            let names: HashSet<StreamName> =
                of_target.flat_map(|names| names.iter().take(MOST_OF_A_TARGET)).cloned().collect();
            queue.set_viewed_elsewhere(names);
            target.limits.describe.share_among(instances, self.reads(target));
        }
    }
}
