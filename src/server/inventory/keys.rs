//! The keys that streams use or still need, as their reads told.

use super::Inventory;
use crate::{
    model::{encryption::KeyId, keys::KeyArn, scope::Scope, stream::StreamKey, timestamp::Timestamp},
    server::{aws::targets::Target, keys::StreamNeed},
};

impl Inventory {
    /// Every key of every stream of a scope that is in use, or that stored records may need at `now`.
    pub fn needed_keys(&self, scope: &Scope, now: Timestamp) -> Vec<StreamNeed> {
        let memory = self.read();
        let shown = memory.streams.values().filter(|known| scope.covers(&known.stored.key));
        let mut needs = Vec::new();
        for known in shown {
            let Some(target) = known.target.and_then(|target| self.targets.get(target)) else { continue };
            let history = &known.stored.keys;
            // A stream that AWS stopped listing has no records.
            if known.stored.gone_at.is_some() {
                continue;
            }
            needs.extend(history.needed(now).map(|key| StreamNeed {
                stream: known.stored.key.clone(),
                target: target.id.clone(),
                key: key.clone(),
                retention_hours: history.retention_hours,
                until: key.needed_until(history.retention_hours),
                known_since: history.gap(now),
            }));
        }
        needs
    }

    /// The key that a stream's records are encrypted with, where KMS told while it was in use.
    pub fn key_in_use(&self, stream: &StreamKey) -> Option<KeyArn> {
        let memory = self.read();
        let uses = &memory.streams.get(stream)?.stored.keys.uses;
        uses.iter().rev().find(|one| one.ended.is_none())?.arn.clone()
    }

    /// Notes which key a name means while streams of a target use it. The first answer stays: an alias may be pointed
    /// elsewhere, and what was written by then was written under the former key.
    pub fn note_key_arn(&self, target: &Target, key: &KeyId, arn: &KeyArn) {
        let account = target.account();
        let unnamed: Vec<StreamKey> = {
            let memory = self.read();
            let of_target =
                memory.streams.values().filter(|known| known.stored.key.region == target.region && known.stored.key.account == account);
            let uses_it = of_target.filter(|known| known.stored.keys.uses.iter().any(|one| is_open_and_unnamed(one, key)));
            uses_it.map(|known| known.stored.key.clone()).collect()
        };
        for stream in unnamed {
            self.note(&stream, |stream| {
                for one in stream.keys.uses.iter_mut().filter(|one| is_open_and_unnamed(one, key)) {
                    one.arn = Some(arn.clone());
                }
            });
        }
    }
}

fn is_open_and_unnamed(one: &crate::model::needed_keys::KeyUse, key: &KeyId) -> bool {
    one.ended.is_none() && one.arn.is_none() && one.key == *key
}
