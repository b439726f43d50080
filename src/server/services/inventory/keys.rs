//! The keys that streams use or still need, as learned from reads, enables and KMS.

use super::{Inventory, memory::meant};
use crate::{
    model::{
        access::scope::Scope,
        change::{Action, Change},
        keys::{
            KeyArn, Meant,
            needed::{KeyHistory, KeyUse, StreamNeed},
        },
        stream::{StreamId, encryption::KeyId},
        time::Timestamp,
    },
    server::adapters::aws::targets::Target,
};

impl Inventory {
    /// Returns every key of the streams in a scope that is in use, or that stored records may need at `now`. If a name
    /// has resolved to several keys, all of them.
    pub fn needed_keys(&self, scope: &Scope, now: Timestamp) -> Vec<StreamNeed> {
        let memory = self.read();
        let shown = memory.streams.values().filter(|known| scope.covers(&known.stored.id));
        let mut needs = Vec::new();
        for known in shown {
            let Some(target) = known.target.and_then(|target| self.targets.get(target)) else { continue };
            let history = &known.stored.keys;
            // A stream that AWS no longer lists has no records.
            if known.stored.gone_at.is_some() {
                continue;
            }
            for key in history.needed(now) {
                let need = |meant: Option<Meant>| StreamNeed {
                    stream: known.stored.id.clone(),
                    target: target.id.clone(),
                    key: key.key.clone(),
                    meant,
                    retention_hours: history.retention_hours,
                    until: history.needed_until(key),
                    known_since: history.gap(now),
                };
                let meant = meant(&known.stored.id, key);
                if meant.is_empty() {
                    needs.push(need(None));
                }
                needs.extend(meant.into_iter().map(|meant| need(Some(meant))));
            }
        }
        needs
    }

    /// Returns the history of a stream's keys, as far as reads show.
    pub fn key_history(&self, stream: &StreamId) -> KeyHistory {
        self.read().streams.get(stream).map(|known| known.stored.keys.clone()).unwrap_or_default()
    }

    /// Returns every key that a stream's current KeyId has resolved to while in use, oldest first. Several if its alias
    /// was re-pointed.
    pub fn keys_in_use(&self, stream: &StreamId) -> Vec<Meant> {
        let memory = self.read();
        let key = memory.streams.get(stream).and_then(|known| known.stored.keys.in_use());
        key.map(|key| key.meant.clone()).unwrap_or_default()
    }

    /// Records which key a name resolves to now, for every stream of a target that uses the name.
    pub fn record_key_arn(&self, target: &Target, key: &KeyId, arn: &KeyArn) {
        let (account, now) = (target.account(), self.clock.now());
        let is_news = |one: &KeyUse| one.key == *key && !one.meant.iter().any(|meant| meant.arn == *arn);
        let unknown: Vec<StreamId> = {
            let memory = self.read();
            let of_target = memory
                .streams
                .values()
                .filter(|known| known.stored.id.region == target.region && known.stored.id.account == account);
            of_target
                .filter(|known| known.stored.keys.in_use().is_some_and(is_news))
                .map(|known| known.stored.id.clone())
                .collect()
        };
        for stream in unknown {
            self.note(&stream, |stream| {
                stream.keys.record_meant(key, arn, now);
            });
        }
    }

    /// Records that an enable has settled: one use of a key ended and another began, even under the same name. Calling
    /// it again changes nothing.
    pub fn record_key_change(&self, change: &Change) {
        let stream = change.stream_id();
        if change.intent.action != Action::Enable || change.evidence.settled_at.is_none() || !self.knows(&stream) {
            return;
        }
        self.note(&stream, |stream| stream.keys = stream.keys.after_enable(change));
    }
}
