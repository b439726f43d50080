//! What KMS says of keys: asked when a person opens a confirmation or sends one, at most 2 s long, remembered for a
//! minute. It never decides anything: the rules are in `model::keys`.

mod all_keys;
mod picker;
mod watch;

use std::{collections::HashMap, sync::Arc};

use moka::future::Cache;
use parking_lot::Mutex;

use self::all_keys::AllKeys;
use super::inventory::Inventory;
use crate::{
    model::{
        keys::{KeyArn, KeyLook, Unseen, needed::TrackedKey},
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
/// More are not remembered.
const MOST_REMEMBERED: u64 = 20_000;

/// A key by the name under which it was asked for, in the target that was asked.
type Place = (String, KeyId);
/// What is remembered, and since when.
type Remembered<K, V> = Cache<K, (Timestamp, V)>;

/// What is remembered of keys.
#[derive(Debug)]
pub struct Keys {
    clock: Arc<dyn Clock>,
    /// Hears which key a name means, whoever asked KMS.
    inventory: Arc<Inventory>,
    looks: Remembered<Place, KeyLook>,
    rotations: Remembered<KeyArn, bool>,
    lists: Remembered<String, Arc<AllKeys>>,
    /// What KMS said in the last rounds of the keys that streams use or still need.
    watched: Mutex<HashMap<Place, (Timestamp, KeyLook)>>,
    /// The keys that every page warns of.
    alarms: Mutex<Arc<Vec<TrackedKey>>>,
}

impl Keys {
    pub fn new(clock: Arc<dyn Clock>, inventory: Arc<Inventory>) -> Self {
        Self {
            clock,
            inventory,
            looks: Cache::new(MOST_REMEMBERED),
            rotations: Cache::new(MOST_REMEMBERED),
            lists: Cache::new(MOST_REMEMBERED),
            watched: Mutex::default(),
            alarms: Mutex::default(),
        }
    }

    /// What KMS says of a key now. Which key a name means is kept for the streams that use it: an alias may be
    /// re-pointed, or KMS not be seen, by the time that somebody needs to know.
    pub async fn look_now(&self, target: &Target, key: &KeyId) -> KeyLook {
        let (at, look) = self.ask(target, key).await;
        self.looks.insert((target.id.clone(), key.clone()), (at, look.clone())).await;
        look
    }

    /// What KMS said of a key within the last minute, or says now to all who wait for it.
    pub async fn look(&self, target: &Target, key: &KeyId) -> KeyLook {
        let place = (target.id.clone(), key.clone());
        let is_over = |(at, _): &(Timestamp, KeyLook)| !counts(*at, self.clock.now());
        let (_, look) = self.looks.entry(place).or_insert_with_if(self.ask(target, key), is_over).await.into_value();
        look
    }

    /// What KMS says of a key, and since when that counts.
    async fn ask(&self, target: &Target, key: &KeyId) -> (Timestamp, KeyLook) {
        let look = match &target.kms {
            None => KeyLook::Unseen(Unseen::NoKms),
            Some(kms) => match within_bounds(kms.describe_key(key)).await {
                Ok(facts) => KeyLook::Found(facts),
                Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) if is_of_elsewhere(target, key) => {
                    KeyLook::Unseen(Unseen::OfOtherAccount)
                }
                Err(ReadFailure { kind: ReadFailureKind::NotFound, .. }) => KeyLook::Missing,
                Err(failure) => KeyLook::Unseen(Unseen::Failed { why: failure.why }),
            },
        };
        if let KeyLook::Found(facts) = &look {
            self.inventory.record_key_arn(target, key, &facts.arn);
        }
        // What could not be seen may be a moment's trouble: it is asked for again sooner, though not by each who comes.
        let at = match look {
            KeyLook::Unseen(_) => self.clock.now().plus_millis(UNSEEN_FOR_MS - SHOWN_FOR_MS),
            KeyLook::Found(_) | KeyLook::Missing => self.clock.now(),
        };
        (at, look)
    }

    /// Whether KMS rotates a key by itself; `None` where it does not say.
    async fn is_rotated(&self, target: &Target, key: &KeyArn) -> Option<bool> {
        let now = self.clock.now();
        if let Some((at, known)) = self.rotations.get(key).await
            && counts(at, now)
        {
            return Some(known);
        }
        let told = within_bounds(target.kms.as_ref()?.is_rotated(key)).await.ok()?;
        self.rotations.insert(key.clone(), (now, told)).await;
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

/// Whether what KMS said then counts now. A clock that was set back makes nothing fresh.
fn counts(at: Timestamp, now: Timestamp) -> bool {
    (0..SHOWN_FOR_MS).contains(&now.millis_since(at))
}
