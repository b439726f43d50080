//! The watch of keys that streams use or still need: looks them up every few minutes, whether or not anyone is viewing,
//! so that every page can warn of a key that is disabled, pending deletion or gone before its records are. If several
//! instances share a database, the one that reads a target asks, and tells the others.

use std::{
    collections::{BTreeMap, HashSet},
    sync::Arc,
    time::Duration,
};

use futures_util::future::join_all;
use tokio_util::sync::CancellationToken;

use super::{Keys, Place};
use crate::{
    model::{
        access::scope::Scope,
        keys::{
            KeyArn, KeyLook, Meant,
            needed::{StreamNeed, TrackedKey},
        },
        stream::encryption::KeyId,
        time::{MINUTE_MS, Timestamp},
    },
    server::{
        adapters::{aws::targets::Target, clock, store::StoredKeyLook},
        services::inventory::{Inventory, WatchedKey},
    },
};

/// How often to check whether a key is due.
const ROUND: Duration = Duration::from_secs(5);
/// How long KMS's answer about a key is valid for warnings.
const LOOKED_AT_EVERY_MS: i64 = 5 * MINUTE_MS;
/// The same for a name in use, if KMS hasn't said which key it means.
const UNKNOWN_LOOKED_AT_EVERY_MS: i64 = MINUTE_MS;
/// The pause between two calls of one round.
const APART: Duration = Duration::from_millis(100);
/// The longest duration of one target's round.
const LONGEST_ROUND: Duration = Duration::from_secs(30);
/// The most keys of one target to look up in one round; the rest follow in the next.
const MOST_A_ROUND: usize = 100;

/// The keys that streams use or still need, by target, as they were at one moment: finding them means walking through
/// all streams.
struct Wanted {
    generation: u64,
    at: Timestamp,
    keys: BTreeMap<String, HashSet<KeyId>>,
    /// Names in use for which KMS hasn't named the key.
    unknown: HashSet<Place>,
}

impl Wanted {
    fn of(inventory: &Inventory, at: Timestamp) -> Self {
        let generation = inventory.generation();
        let mut wanted = Self { generation, at, keys: BTreeMap::new(), unknown: HashSet::new() };
        for WatchedKey { target, key, meant, is_in_use } in inventory.watched_keys(at) {
            let keys = wanted.keys.entry(target.id.clone()).or_default();
            keys.insert(looked_at_as(&key, meant.as_ref()));
            // While it is in use, where its name points matters too.
            if is_in_use {
                if meant.is_none() {
                    wanted.unknown.insert((target.id.clone(), key.clone()));
                }
                keys.insert(key);
            }
        }
        wanted
    }

    /// Returns whether nothing has changed since, and too little time has passed for records to have expired.
    fn is_current(&self, generation: u64, now: Timestamp) -> bool {
        self.generation == generation && now.millis_since(self.at).abs() < MINUTE_MS
    }
}

impl Keys {
    /// Looks up keys until the server stops.
    pub async fn watch(self: Arc<Self>, inventory: Arc<Inventory>, stop: CancellationToken) {
        let mut wanted = None;
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.look_around(&inventory, &mut wanted) => {}
            }
            tokio::select! {
                () = stop.cancelled() => return,
                () = clock::sleep(ROUND) => {}
            }
        }
    }

    async fn look_around(&self, inventory: &Inventory, known: &mut Option<Wanted>) {
        let now = self.clock.now();
        let still_wanted = known.take().filter(|wanted| wanted.is_current(inventory.generation(), now));
        let is_new = still_wanted.is_none();
        let wanted = known.insert(still_wanted.unwrap_or_else(|| Wanted::of(inventory, now)));
        if is_new {
            self.forget_unwanted(&wanted.keys);
        }
        // A KMS that hangs delays only its own target, and not for long: the rest of its keys follow in the next round.
        let rounds = inventory.targets().iter().filter_map(|target| {
            let (keys, unknown) = (wanted.keys.get(&target.id)?, &wanted.unknown);
            Some(async move {
                let looked =
                    clock::timeout(LONGEST_ROUND, self.ask_keys_of(inventory, target, keys, unknown, now)).await;
                // Other targets may take longer. Walk through all streams only if a key was looked up.
                if !matches!(looked, Ok(0)) {
                    self.sound_alarms(inventory);
                    self.share_looks(inventory).await;
                }
            })
        });
        join_all(rounds.collect::<Vec<_>>()).await;
        if is_new {
            self.sound_alarms(inventory);
        }
    }

    fn sound_alarms(&self, inventory: &Inventory) {
        *self.alarms.lock() = Arc::new(self.alarming(inventory));
    }

    /// Looks up the keys of a target that are due. Returns how many were.
    async fn ask_keys_of(
        &self,
        inventory: &Inventory,
        target: &Target,
        keys: &HashSet<KeyId>,
        unknown: &HashSet<Place>,
        now: Timestamp,
    ) -> usize {
        if !inventory.may_read(target) {
            return 0;
        }
        let due: Vec<KeyId> = {
            let watched = self.watched.lock();
            let is_due = |key: &&KeyId| {
                let place = (target.id.clone(), KeyId::clone(key));
                // If an alias is re-pointed before KMS was asked, the key that it meant is lost.
                let every = if unknown.contains(&place) { UNKNOWN_LOOKED_AT_EVERY_MS } else { LOOKED_AT_EVERY_MS };
                watched.get(&place).is_none_or(|(at, _)| now.millis_since(*at).abs() >= every)
            };
            keys.iter().filter(is_due).take(MOST_A_ROUND).cloned().collect()
        };
        let count = due.len();
        for key in due {
            if !inventory.may_read(target) {
                break;
            }
            let look = self.look_now(target, &key).await;
            if !inventory.reads(target) {
                // It may be old: the process was suspended, and another instance has asked since.
                break;
            }
            self.take_in((target.id.clone(), key), look);
            clock::sleep(APART).await;
        }
        count
    }

    /// Records KMS's answer. A failure says nothing about a key that was in danger, and ends no alarm: the earlier
    /// answer stays.
    fn take_in(&self, place: Place, look: KeyLook) {
        let now = self.clock.now();
        let mut watched = self.watched.lock();
        let known = watched.remove(&place).map(|(_, look)| look);
        let kept = known.filter(|known| matches!((known, &look), (KeyLook::Found(_), KeyLook::Unseen(_))));
        let look = kept.unwrap_or(look);
        if self.store.is_shared() {
            self.unshared.lock().insert(place.clone(), (now, look.clone()));
        }
        watched.insert(place, (now, look));
    }

    /// Writes down what KMS said, for other instances. What can't be written is tried again after the next answer.
    async fn share_looks(&self, inventory: &Inventory) {
        let is_read_here =
            |id: &str| inventory.targets().iter().any(|target| target.id == id && inventory.reads(target));
        let unshared: Vec<StoredKeyLook> = {
            let mut unshared = std::mem::take(&mut *self.unshared.lock());
            // Whoever took a target over knows better.
            unshared.retain(|(target, _), _| is_read_here(target));
            unshared.into_iter().map(|((target, key), (at, look))| StoredKeyLook { target, key, at, look }).collect()
        };
        for looks in unshared.chunks(MOST_A_ROUND) {
            let Err(error) = self.store.record_key_looks(looks).await else { continue };
            tracing::warn!(%error, "KMS's answers can't be shared with other instances yet: {error}");
            let mut again = self.unshared.lock();
            for StoredKeyLook { target, key, at, look } in looks.iter().cloned() {
                again.entry((target, key)).or_insert((at, look));
            }
        }
    }

    /// Adopts what KMS said to other instances, except about targets that this instance reads.
    pub fn adopt_looks(&self, mut looks: Vec<StoredKeyLook>) {
        let targets = self.inventory.targets();
        looks.retain(|stored| !targets.iter().any(|known| known.id == stored.target && self.inventory.reads(known)));
        if looks.is_empty() {
            return;
        }
        let looks = looks.into_iter().map(|StoredKeyLook { target, key, at, look }| ((target, key), (at, look)));
        self.watched.lock().extend(looks);
        self.sound_alarms(&self.inventory);
    }

    fn forget_unwanted(&self, wanted: &BTreeMap<String, HashSet<KeyId>>) {
        let is_wanted = |(target, key): &Place| wanted.get(target).is_some_and(|keys| keys.contains(key));
        self.watched.lock().retain(|place, _| is_wanted(place));
    }

    /// Returns the keys that won't be there as long as records need them. Walks through all streams only if KMS has
    /// said something of the kind about one.
    fn alarming(&self, inventory: &Inventory) -> Vec<TrackedKey> {
        if !self.watched.lock().values().any(|(_, look)| look.may_endanger_records()) {
            return Vec::new();
        }
        self.needed(inventory, &Scope::everything()).into_iter().filter(TrackedKey::is_in_danger).collect()
    }

    /// Returns what every page warns about, for the streams of a scope. A key that is safe for all streams is safe for
    /// fewer.
    pub fn alarms(&self, scope: &Scope) -> Vec<TrackedKey> {
        let alarming = self.alarms.lock().clone();
        let in_scope = |key: &TrackedKey| {
            let mut key = key.clone();
            key.needs.retain(|need| scope.covers(&need.stream));
            (!key.needs.is_empty() && key.is_in_danger()).then_some(key)
        };
        alarming.iter().filter_map(in_scope).collect()
    }

    /// Returns every key that a stream of a scope uses or still needs, by name.
    pub fn needed(&self, inventory: &Inventory, scope: &Scope) -> Vec<TrackedKey> {
        let watched = self.watched.lock();
        let mut keys: BTreeMap<String, TrackedKey> = BTreeMap::new();
        for need in inventory.needed_keys(scope, self.clock.now()) {
            let asked_as = looked_at_as(&need.key, need.meant.as_ref());
            let look = watched.get(&(need.target.clone(), asked_as)).map(|(_, look)| look.clone());
            let arn = meant(&need, look.as_ref());
            // If an alias's earlier key isn't known, KMS's answer about the alias says nothing about that key.
            let look = look.filter(|_| need.meant.is_some() || need.until.is_none());
            let name = arn.as_ref().map_or_else(
                || format!("{}/{}/{}", need.stream.account, need.stream.region, need.key),
                ToString::to_string,
            );
            let key = keys.entry(name.clone()).or_insert_with(|| TrackedKey {
                name,
                arn,
                look: None,
                as_of: None,
                needs: Vec::new(),
            });
            // KMS may say more under another of the key's names.
            if !matches!((&key.look, &look), (Some(KeyLook::Found(_)), _) | (_, None)) {
                key.look = look;
            }
            key.needs.push(need);
        }
        keys.into_values().map(|key| dated(key, self.clock.now())).collect()
    }
}

/// Returns the name under which KMS is asked about a key: the key itself if it is known, so that re-pointing or
/// deleting an alias says nothing about it.
fn looked_at_as(key: &KeyId, meant: Option<&Meant>) -> KeyId {
    meant.and_then(|meant| meant.arn.to_string().parse().ok()).unwrap_or_else(|| key.clone())
}

/// Returns the key that a stream's key name means: as seen while in use, else as KMS says now.
fn meant(need: &StreamNeed, look: Option<&KeyLook>) -> Option<KeyArn> {
    let now = || look.and_then(KeyLook::arn).filter(|_| need.until.is_none());
    need.meant.as_ref().map(|meant| &meant.arn).or_else(now).cloned()
}

/// Adds the time of KMS's answer, if KMS should have answered again since.
fn dated(key: TrackedKey, now: Timestamp) -> TrackedKey {
    let read_at = match &key.look {
        Some(KeyLook::Found(facts)) => Some(facts.read_at),
        _ => None,
    };
    TrackedKey { as_of: read_at.filter(|at| now.millis_since(*at) > 2 * LOOKED_AT_EVERY_MS), ..key }
}
