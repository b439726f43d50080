//! Settled changes stay watched for 30 days, from what the collector reads anyway: when AWS reports encryption again, the
//! change is marked as reverted, and whoever made it hears of it. No call of AWS is made for this.

use std::{collections::HashMap, sync::Arc};

use super::Changes;
use crate::{
    model::{
        change::{Change, Step},
        reconcile::{WATCHED_AFTER_MS, decide_after_settled},
        stream::{StreamKey, StreamReport},
    },
    server::{inventory::Delivery, store::StoreError},
};

/// The settled changes that are watched: the newest change of each stream, if it settled.
type Settled = HashMap<StreamKey, Change>;

impl Changes {
    /// Watches until the server stops.
    pub(super) async fn watch_settled(self: Arc<Self>) {
        let mut all_news = self.inventory.events().subscribe();
        let mut settled = self.settled_changes().await;
        // What was read while no server ran, or by the collector before this began.
        let known: Vec<StreamKey> = settled.keys().cloned().collect();
        self.look_at(&mut settled, &known).await;
        loop {
            let delivery = tokio::select! {
                () = self.stop.cancelled() => return,
                delivery = crate::server::inventory::Events::next(&mut all_news) => delivery,
            };
            match delivery {
                Delivery::News(news) => {
                    for card in &news.changes {
                        // A change under way says something only where it follows one that settled.
                        if !card.is_active() || settled.contains_key(&card.stream()) {
                            self.take_over(&mut settled, &card.id).await;
                        }
                    }
                    let moved: Vec<StreamKey> = news.rows.keys().cloned().collect();
                    self.look_at(&mut settled, &moved).await;
                }
                // Too far behind: everything is looked at anew.
                Delivery::Reset => {
                    settled = self.settled_changes().await;
                    let known: Vec<StreamKey> = settled.keys().cloned().collect();
                    self.look_at(&mut settled, &known).await;
                }
            }
        }
    }

    async fn settled_changes(&self) -> Settled {
        let since = self.clock.now().plus_millis(-WATCHED_AFTER_MS);
        match self.store.newest_changes_ended_since(since).await {
            Ok(mut newest) => {
                newest.retain(|change| change.settled_at.is_some() && change.reverted.is_none());
                self.inventory.note_settled(newest.iter());
                newest.into_iter().map(|change| (change.key_of_stream(), change)).collect()
            }
            Err(error) => {
                tracing::error!(%error, "the settled changes could not be read; whether they are reverted is looked at from the next start on");
                Settled::new()
            }
        }
    }

    /// A change moved: it is its stream's newest, and is watched if it has settled.
    async fn take_over(&self, settled: &mut Settled, id: &str) {
        match self.store.change(id).await {
            Ok(Some(change)) => {
                let key = change.key_of_stream();
                let is_older = settled.get(&key).is_some_and(|known| known.requested_at > change.requested_at);
                if is_older {
                    return;
                }
                if change.settled_at.is_some() && change.reverted.is_none() {
                    settled.insert(key, change);
                } else if change.sent_at.is_some() {
                    // A newer change was sent: what the stream is now is its doing.
                    settled.remove(&key);
                }
            }
            Ok(None) => {}
            Err(error) => tracing::error!(%error, change_id = id, "change {id} could not be read to watch it after it settled"),
        }
    }

    async fn look_at(&self, settled: &mut Settled, keys: &[StreamKey]) {
        for key in keys {
            let Some(change) = settled.get_mut(key) else { continue };
            let Some((_, Some(report))) = self.inventory.stream(key) else { continue };
            self.compare(change, &report).await;
            if change.reverted.is_some() {
                settled.remove(key);
            }
        }
    }

    async fn compare(&self, change: &mut Change, report: &StreamReport) {
        let steps = decide_after_settled(change, report);
        let is_reverted = steps.iter().any(|step| matches!(step, Step::Reverted(_)));
        if !is_reverted {
            // A first contrary read is remembered here; it needs no row.
            for step in steps {
                change.apply(step);
            }
            return;
        }
        match self.record_after_end(change, steps, "change.reverted").await {
            Ok(()) => {
                tracing::warn!(change_id = change.id, "change {} was reverted: {} is not as it left it", change.id, change.arn);
            }
            // Another instance saw it first.
            Err(StoreError::NotHeld) => {
                if let Ok(Some(written)) = self.store.change(&change.id).await {
                    *change = written;
                }
            }
            Err(error) => {
                let id = &change.id;
                tracing::error!(%error, change_id = id, "that change {id} was reverted could not be written; the next read tries again");
            }
        }
    }
}
