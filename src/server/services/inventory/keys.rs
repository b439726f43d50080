//! The keys that streams use or still need, as their reads, their enables and KMS told.

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
    /// Every key of every stream of a scope that is in use, or that stored records may need at `now`: of a use whose
    /// name was seen to mean several keys, each of them.
    pub fn needed_keys(&self, scope: &Scope, now: Timestamp) -> Vec<StreamNeed> {
        let memory = self.read();
        let shown = memory.streams.values().filter(|known| scope.covers(&known.stored.id));
        let mut needs = Vec::new();
        for known in shown {
            let Some(target) = known.target.and_then(|target| self.targets.get(target)) else { continue };
            let history = &known.stored.keys;
            // A stream that AWS stopped listing has no records.
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

    /// The keys of a stream, as far as its reads tell.
    pub fn key_history(&self, stream: &StreamId) -> KeyHistory {
        self.read().streams.get(stream).map(|known| known.stored.keys.clone()).unwrap_or_default()
    }

    /// Every key that the key in use of a stream was seen to mean since it is in use, oldest first: more than one where
    /// its alias was re-pointed.
    pub fn keys_in_use(&self, stream: &StreamId) -> Vec<Meant> {
        let memory = self.read();
        let key = memory.streams.get(stream).and_then(|known| known.stored.keys.in_use());
        key.map(|key| key.meant.clone()).unwrap_or_default()
    }

    /// Notes which key a name means now: of every stream of a target that uses a key of this name.
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

    /// Notes that an enable has settled: the use of one key has ended and that of another begun, also where both have
    /// the same name. May be called again: what is known already changes nothing.
    pub fn note_key_change(&self, change: &Change) {
        let stream = change.stream_id();
        if change.intent.action != Action::Enable
            || change.evidence.settled_at.is_none()
            || !self.read().streams.contains_key(&stream)
        {
            return;
        }
        self.note(&stream, |stream| stream.keys = stream.keys.after_enable(change));
    }
}
