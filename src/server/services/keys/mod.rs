//! KMS's answers about keys: requested when a user opens or submits a confirmation, for at most 2 s, and remembered for
//! a minute.
//!
//! It decides nothing: the rules are in `model::keys`.

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
        store::Store,
    },
};

/// How long KMS's answer is valid for pages.
pub const SHOWN_FOR_MS: i64 = MINUTE_MS;
/// How long a failure to see a key is valid.
const UNSEEN_FOR_MS: i64 = 10 * SECOND_MS;
/// The most answers to remember.
const MOST_REMEMBERED: u64 = 20_000;

/// The target asked, and the name of the key asked about.
type Place = (String, KeyId);
/// A remembered value, and since when it is valid.
type Remembered<K, V> = Cache<K, (Timestamp, V)>;

/// Remembered answers about keys.
#[derive(Debug)]
pub struct Keys {
    store: Store,
    clock: Arc<dyn Clock>,
    /// Records which key a name resolves to, whoever asked KMS.
    inventory: Arc<Inventory>,
    looks: Remembered<Place, KeyLook>,
    rotations: Remembered<KeyArn, bool>,
    lists: Remembered<String, Arc<AllKeys>>,
    /// KMS's answers of the last rounds about the keys that streams use or still need.
    watched: Mutex<HashMap<Place, (Timestamp, KeyLook)>>,
    /// Those of them that aren't shared with the other instances on the same database yet.
    unshared: Mutex<HashMap<Place, (Timestamp, KeyLook)>>,
    /// The keys that every page warns about.
    alarms: Mutex<Arc<Vec<TrackedKey>>>,
}

impl Keys {
    pub fn new(store: Store, clock: Arc<dyn Clock>, inventory: Arc<Inventory>) -> Self {
        Self {
            store,
            clock,
            inventory,
            looks: Cache::new(MOST_REMEMBERED),
            rotations: Cache::new(MOST_REMEMBERED),
            lists: Cache::new(MOST_REMEMBERED),
            watched: Mutex::default(),
            unshared: Mutex::default(),
            alarms: Mutex::default(),
        }
    }

    /// Asks KMS about a key now. The key that a name resolves to is recorded for the streams that use it: by the time
    /// someone needs to know, the alias may be re-pointed or KMS unreachable.
    pub async fn look_now(&self, target: &Target, key: &KeyId) -> KeyLook {
        let (at, look) = self.ask(target, key).await;
        self.looks.insert((target.id.clone(), key.clone()), (at, look.clone())).await;
        look
    }

    /// Returns KMS's answer of the last minute, or a new one, shared by everyone who waits for it.
    pub async fn look(&self, target: &Target, key: &KeyId) -> KeyLook {
        let place = (target.id.clone(), key.clone());
        let is_over = |(at, _): &(Timestamp, KeyLook)| !counts(*at, self.clock.now());
        let (_, look) = self.looks.entry(place).or_insert_with_if(self.ask(target, key), is_over).await.into_value();
        look
    }

    /// Returns KMS's answer about a key, and since when it is valid.
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
        // A failure may be temporary: it is retried sooner, though not for every caller.
        let at = match look {
            KeyLook::Unseen(_) => self.clock.now().plus_millis(UNSEEN_FOR_MS - SHOWN_FOR_MS),
            KeyLook::Found(_) | KeyLook::Missing => self.clock.now(),
        };
        (at, look)
    }

    /// Returns whether KMS rotates a key automatically; `None` if it doesn't say.
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

/// Waits for an optional answer, within its time limit.
async fn within_bounds<T>(asking: impl Future<Output = Result<T, ReadFailure>>) -> Result<T, ReadFailure> {
    let answer = clock::timeout(kms::TIMEOUT, asking).await;
    answer.unwrap_or_else(|_| Err(ReadFailure::other("KMS did not answer within 2 s")))
}

/// Returns whether a name refers to a key of another account.
fn is_of_elsewhere(target: &Target, key: &KeyId) -> bool {
    let account = key.as_str().strip_prefix("arn:").and_then(|rest| rest.split(':').nth(3));
    account.is_some_and(|account| account != target.account().as_str())
}

/// Returns whether KMS's answer from then is still valid. Setting the clock back doesn't renew it.
fn counts(at: Timestamp, now: Timestamp) -> bool {
    (0..SHOWN_FOR_MS).contains(&now.millis_since(at))
}
