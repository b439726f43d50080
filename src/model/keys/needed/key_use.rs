//! One period in which a stream was encrypted with a key.

use serde::{Deserialize, Serialize};

use crate::model::{
    keys::{KeyArn, Meant},
    stream::encryption::KeyId,
    time::Timestamp,
};

/// One period in which new records of a stream were encrypted with a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "StoredUse")]
pub struct KeyUse {
    /// As AWS reported it.
    pub key: KeyId,
    /// Every key that the name resolved to while in use, oldest first. After an alias is re-pointed, nobody can know
    /// which key Kinesis used, so all of them are needed.
    pub meant: Vec<Meant>,
    /// The first read that showed it. It may have been in use before.
    pub seen_from: Timestamp,
    /// The first read that showed another state: by then, new records were no longer encrypted with it. `None` while in
    /// use.
    pub ended: Option<Timestamp>,
    /// The settled enable of Keystream's that began this use.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub begun_by: Option<String>,
}

/// A use as stored. Earlier versions stored one key, the first that the name resolved to, instead of a set.
#[derive(Deserialize)]
struct StoredUse {
    key: KeyId,
    #[serde(default)]
    arn: Option<KeyArn>,
    #[serde(default)]
    meant: Vec<Meant>,
    seen_from: Timestamp,
    ended: Option<Timestamp>,
    #[serde(default)]
    begun_by: Option<String>,
}

impl From<StoredUse> for KeyUse {
    fn from(stored: StoredUse) -> Self {
        let StoredUse { key, arn, mut meant, seen_from, ended, begun_by } = stored;
        if let Some(arn) = arn.filter(|arn| !meant.iter().any(|meant| meant.arn == *arn)) {
            meant.insert(0, Meant { arn, seen_from: None });
        }
        Self { key, meant, seen_from, ended, begun_by }
    }
}

impl KeyUse {
    /// Records that KMS resolved the name to a key at `at`, if that is news.
    pub(super) fn record_meant(&mut self, arn: &KeyArn, at: Timestamp) {
        if !self.meant.iter().any(|known| known.arn == *arn) {
            self.meant.push(Meant { arn: arn.clone(), seen_from: Some(at) });
        }
    }

    pub(super) fn was_on_at(&self, at: Timestamp) -> bool {
        self.seen_from <= at && self.ended.is_none_or(|ended| ended > at)
    }
}
