//! The keys that streams use or still need, as learned from reads, enables and KMS.

use std::{collections::HashSet, sync::Arc};

use super::{
    Inventory,
    memory::{Known, Memory, meant},
};
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

/// A key to ask KMS about.
#[derive(Debug)]
pub struct WatchedKey {
    pub target: Arc<Target>,
    /// As AWS reported it.
    pub key: KeyId,
    /// A key that this name has resolved to while in use; `None` if KMS never said.
    pub meant: Option<Meant>,
    pub is_in_use: bool,
}

impl Inventory {
    /// Returns every key of the streams in a scope that is in use, or that stored records may need at `now`. If a name
    /// has resolved to several keys, all of them.
    pub fn needed_keys(&self, scope: &Scope, now: Timestamp) -> Vec<StreamNeed> {
        let memory = self.read();
        let mut needs = Vec::new();
        for (target, known, key) in Self::needed_uses(&memory, now) {
            if !scope.covers(&known.stored.id) {
                continue;
            }
            let history = &known.stored.keys;
            let need = |meant: Option<Meant>| StreamNeed {
                stream: known.stored.id.clone(),
                target: self.targets[target].id.clone(),
                key: key.key.clone(),
                meant,
                retention_hours: history.retention_hours,
                until: history.needed_until(key),
                known_since: history.gap(now),
            };
            needs.extend(meant_or_none(known, key).map(need));
        }
        needs
    }

    /// Returns what to ask KMS about, so that the needs of all streams are known. Most streams share their key, which
    /// is returned once: this is called often, and looks at every stream.
    pub fn watched_keys(&self, now: Timestamp) -> Vec<WatchedKey> {
        let memory = self.read();
        let mut seen = HashSet::new();
        let mut keys = Vec::new();
        for (target, known, key) in Self::needed_uses(&memory, now) {
            let arns: Vec<&KeyArn> = key.meant.iter().map(|meant| &meant.arn).collect();
            let is_in_use = key.ended.is_none();
            if seen.insert((target, &known.stored.id.account, &key.key, arns, is_in_use)) {
                let watched =
                    |meant| WatchedKey { target: self.targets[target].clone(), key: key.key.clone(), meant, is_in_use };
                keys.extend(meant_or_none(known, key).map(watched));
            }
        }
        keys
    }

    /// Returns every use of a key that is needed at `now`, with the index of the target that reads its stream.
    fn needed_uses(memory: &Memory, now: Timestamp) -> impl Iterator<Item = (usize, &Known, &KeyUse)> {
        // A stream that AWS no longer lists has no records.
        let listed = memory.streams.values().filter(|known| known.stored.gone_at.is_none());
        let read = listed.filter_map(|known| Some((known.target?, known)));
        read.flat_map(move |(target, known)| known.stored.keys.needed(now).map(move |key| (target, known, key)))
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

/// Returns every key that the name of a use has resolved to, or `None` once if KMS never said.
fn meant_or_none(known: &Known, key: &KeyUse) -> impl Iterator<Item = Option<Meant>> {
    let meant = meant(&known.stored.id, key);
    let none = meant.is_empty().then_some(None);
    meant.into_iter().map(Some).chain(none)
}
