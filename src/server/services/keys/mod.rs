//! What KMS says of keys: asked when a person opens a confirmation or sends one, at most 2 s long, remembered for a minute.
//! It never decides anything: the rules are in `model::keys`.

mod picker;
mod watch;

use std::{collections::HashMap, sync::Arc};

use parking_lot::Mutex;

pub use self::watch::StreamNeed;
use self::watch::{Group, Watched};
use super::inventory::Inventory;
use crate::{
    model::{
        keys::{KeyArn, KeyLook},
        stream::encryption::KeyId,
        time::{MINUTE_MS, SECOND_MS, Timestamp},
    },
    server::adapters::{
        aws::{ReadFailure, ReadFailureKind, kms, targets::Target},
        clock::{self, Clock},
    },
};

/// What KMS said of a key counts so long for what pages show.
pub const SHOWN_FOR_MS: i64 = MINUTE_MS;
/// That a key could not be seen counts so long.
const UNSEEN_FOR_MS: i64 = 10 * SECOND_MS;
/// More are not remembered: the oldest go first.
const MOST_REMEMBERED: usize = 20_000;

/// A key by the name under which it was asked for, in the target that was asked.
type Place = (String, KeyId);
/// What is remembered, and since when.
type Remembered<K, V> = Mutex<HashMap<K, (Timestamp, V)>>;

/// What is remembered of keys.
#[derive(Debug)]
pub struct Keys {
    clock: Arc<dyn Clock>,
    /// Hears which key a name means, whoever asked KMS.
    inventory: Arc<Inventory>,
    looks: Remembered<Place, KeyLook>,
    rotations: Remembered<KeyArn, bool>,
    lists: Remembered<String, Arc<picker::AllKeys>>,
    /// Of the keys that streams use or still need.
    watched: Mutex<Watched>,
    /// The keys that every page warns of.
    alarms: Mutex<Arc<Vec<Group>>>,
}

impl Keys {
    pub fn new(clock: Arc<dyn Clock>, inventory: Arc<Inventory>) -> Self {
        Self {
            clock,
            inventory,
            looks: Mutex::default(),
            rotations: Mutex::default(),
            lists: Mutex::default(),
            watched: Mutex::default(),
            alarms: Mutex::default(),
        }
    }

    /// What KMS says of a key now. Which key a name means is kept for the streams that use it: an alias may be re-pointed, or
    /// KMS not be seen, by the time that somebody needs to know.
    pub async fn look_now(&self, target: &Target, key: &KeyId) -> KeyLook {
        let look = match &target.kms {
            None => KeyLook::Unseen { why: "there is no KMS to ask".to_owned() },
            Some(kms) => match within_bounds(kms.describe_key(key)).await {
                Ok(facts) => KeyLook::Found(facts),
                Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) if is_of_elsewhere(target, key) => {
                    KeyLook::Unseen { why: "KMS does not show keys of other accounts that are not shared with this one".to_owned() }
                }
                Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) => KeyLook::Missing,
                Err(failure) => KeyLook::Unseen { why: failure.why },
            },
        };
        if let KeyLook::Found(facts) = &look {
            self.inventory.record_key_arn(target, key, &facts.arn);
        }
        // What could not be seen may be a moment's trouble: it is asked for again sooner, though not by each who comes.
        let at = match look {
            KeyLook::Unseen { .. } => self.clock.now().plus_millis(UNSEEN_FOR_MS - SHOWN_FOR_MS),
            KeyLook::Found(_) | KeyLook::Missing => self.clock.now(),
        };
        remember(&self.looks, (target.id.clone(), key.clone()), at, look.clone());
        look
    }

    /// What KMS said of a key within the last minute, or says now.
    pub async fn look(&self, target: &Target, key: &KeyId) -> KeyLook {
        let known = recall(&self.looks, &(target.id.clone(), key.clone()), self.clock.now());
        match known {
            Some(look) => look,
            None => self.look_now(target, key).await,
        }
    }

    /// Whether KMS rotates a key by itself; `None` where it does not say.
    async fn is_rotated(&self, target: &Target, key: &KeyArn) -> Option<bool> {
        let now = self.clock.now();
        if let Some(known) = recall(&self.rotations, key, now) {
            return Some(known);
        }
        let told = within_bounds(target.kms.as_ref()?.is_rotated(key)).await.ok()?;
        remember(&self.rotations, key.clone(), now, told);
        Some(told)
    }
}

/// Waits at most as long as what is optional may take.
async fn within_bounds<T>(asking: impl Future<Output = Result<T, ReadFailure>>) -> Result<T, ReadFailure> {
    let answer = clock::timeout(kms::TIMEOUT, asking).await;
    answer.unwrap_or_else(|_| Err(ReadFailure::other("KMS did not answer within 2 s")))
}

/// Whether a key is named as one of another account.
fn is_of_elsewhere(target: &Target, key: &KeyId) -> bool {
    let account = key.as_str().strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3));
    account.is_some_and(|account| account != target.account().as_str())
}

fn recall<K: std::hash::Hash + Eq, V: Clone>(memory: &Remembered<K, V>, key: &K, now: Timestamp) -> Option<V> {
    let memory = memory.lock();
    let (at, value) = memory.get(key)?;
    // A clock that was set back makes nothing fresh.
    (0..SHOWN_FOR_MS).contains(&now.millis_since(*at)).then(|| value.clone())
}

fn remember<K: std::hash::Hash + Eq + Clone, V>(memory: &Remembered<K, V>, key: K, now: Timestamp, value: V) {
    let mut memory = memory.lock();
    if memory.len() >= MOST_REMEMBERED {
        memory.retain(|_, (at, _)| (0..SHOWN_FOR_MS).contains(&now.millis_since(*at)));
        if memory.len() >= MOST_REMEMBERED {
            memory.clear();
        }
    }
    memory.insert(key, (now, value));
}
