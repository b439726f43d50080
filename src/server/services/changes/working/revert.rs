//! Watches settled changes for 30 days, using the collector's reads: if AWS reports the old state again, marks the
//! change as reverted and notifies its requester. Makes no AWS calls of its own.

use std::{collections::HashMap, sync::Arc};

use tokio_util::sync::CancellationToken;
use tracing::Instrument;

use super::journal::Journal;
use crate::{
    model::{
        change::{
            Change, Step,
            reconcile::{WATCHED_AFTER_MS, decide_after_settled},
        },
        stream::{StreamId, StreamReport},
        time::Timestamp,
    },
    server::{
        adapters::{clock::Clock, store::Store},
        services::{
            changes::{collaborators::Collaborators, trace},
            inventory::{Delivery, Events, Inventory},
        },
    },
};

/// The settled changes being watched: the newest change of each stream, if it has settled.
type Settled = HashMap<StreamId, Change>;

/// Watches settled changes.
#[derive(Debug)]
pub struct SettledWatch {
    store: Store,
    inventory: Arc<Inventory>,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
    journal: Arc<Journal>,
}

impl SettledWatch {
    pub fn new(with: &Collaborators, journal: Arc<Journal>) -> Self {
        let Collaborators { store, inventory, clock, stop, .. } = with.clone();
        Self { store, inventory, clock, stop, journal }
    }

    /// Watches until the server stops.
    pub async fn watch(self: Arc<Self>) {
        let mut all_news = self.inventory.events().subscribe();
        let mut settled = self.settled_changes().await;
        // Includes reads made while no server ran, or before this watch began.
        let known: Vec<StreamId> = settled.keys().cloned().collect();
        self.inspect(&mut settled, &known).await;
        loop {
            let delivery = tokio::select! {
                () = self.stop.cancelled() => return,
                delivery = Events::next(&mut all_news) => delivery,
            };
            match delivery {
                Delivery::News(news) => {
                    // An active one says nothing yet: it may still be refused.
                    for change in news.changes.iter().filter(|change| !change.is_active()) {
                        self.take_over(&mut settled, &change.stream_id()).await;
                    }
                    let moved: Vec<StreamId> = news.rows.keys().cloned().collect();
                    self.inspect(&mut settled, &moved).await;
                }
                // Too far behind: check everything again.
                Delivery::Reset => {
                    settled = self.settled_changes().await;
                    let known: Vec<StreamId> = settled.keys().cloned().collect();
                    self.inspect(&mut settled, &known).await;
                }
            }
        }
    }

    async fn settled_changes(&self) -> Settled {
        let since = self.clock.now().plus_millis(-WATCHED_AFTER_MS);
        match self.store.newest_ended_since(since).await {
            Ok(mut newest) => {
                self.inventory.record_newest(newest.values());
                newest.retain(|_, change| is_to_be_watched(change));
                newest
            }
            Err(error) => {
                tracing::error!(%error, "settled changes could not be read; whether they are reverted is watched from \
                    the next start on");
                Settled::new()
            }
        }
    }

    /// Takes over the watch of a stream after one of its changes has ended: watches the newest one that AWS may have
    /// acted on, if it has settled. A refused or unsent change doesn't affect the one before it.
    async fn take_over(&self, settled: &mut Settled, stream: &StreamId) {
        match self.store.newest_acting_change(stream).await {
            Ok(Some(newest)) if is_to_be_watched(&newest) => match settled.get(stream) {
                // Keep its counts.
                Some(known) if known.id == newest.id => {}
                _ => {
                    settled.insert(stream.clone(), newest);
                }
            },
            Ok(_) => {
                settled.remove(stream);
            }
            Err(error) => {
                tracing::error!(%error, "the changes of {} could not be read to watch them: {error}", stream.path());
            }
        }
    }

    async fn inspect(&self, settled: &mut Settled, ids: &[StreamId]) {
        for id in ids {
            let Some(change) = settled.get_mut(id) else { continue };
            let Some((report, unchanged_since)) = self.inventory.report(id) else { continue };
            self.compare(change, &report, unchanged_since).await;
            if change.evidence.reverted.is_some() {
                settled.remove(id);
            }
        }
    }

    async fn compare(&self, change: &mut Change, report: &StreamReport, unchanged_since: Timestamp) {
        let steps = decide_after_settled(change, report, unchanged_since);
        let is_reverted = steps.iter().any(|step| matches!(step, Step::Reverted(_)));
        if !is_reverted {
            // A first contrary read is kept in memory only.
            steps.into_iter().for_each(|step| change.apply(step));
            return;
        }
        let span = trace::log_span(&change.id);
        self.record_reverted(change, steps).instrument(span).await;
    }

    async fn record_reverted(&self, change: &mut Change, steps: Vec<Step>) {
        let (id, arn) = (change.id.clone(), change.intent.arn.clone());
        match self.journal.record_reverted(change, steps).await {
            Ok(true) => {
                tracing::warn!(change_id = id, "change {id} was reverted: {arn} no longer has the state that it set");
            }
            Ok(false) => {}
            Err(error) => {
                tracing::error!(%error, change_id = id, "the revert of change {id} could not be recorded; the next \
                    read tries again");
            }
        }
    }
}

fn is_to_be_watched(change: &Change) -> bool {
    change.evidence.settled_at.is_some() && change.evidence.reverted.is_none()
}
