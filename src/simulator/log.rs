//! The records of a stream.

use std::collections::VecDeque;

use super::clock::since_epoch;

/// A stream drops its oldest records beyond this many.
pub const KEPT: usize = 10_000;

/// A stored record.
#[derive(Debug, Clone)]
pub struct Stored {
    pub shard: i32,
    pub sequence: u64,
    /// Seconds since 1970.
    pub at: f64,
    pub encryption_type: &'static str,
    pub partition_key: String,
    pub data: String,
}

/// The records of one stream, oldest first.
#[derive(Debug, Clone, Default)]
pub struct Log {
    pub records: VecDeque<Stored>,
    /// The number of the newest record.
    pub next: u64,
}

impl Log {
    pub fn put(&mut self, shard: i32, key: Option<&str>, partition_key: &str, data: &str) -> u64 {
        self.next += 1;
        let encryption_type = type_of(key);
        let (partition_key, data) = (partition_key.to_owned(), data.to_owned());
        self.records.push_back(Stored {
            shard,
            sequence: self.next,
            at: since_epoch().as_secs_f64(),
            encryption_type,
            partition_key,
            data,
        });
        if self.records.len() > KEPT {
            self.records.pop_front();
        }
        self.next
    }
}

/// AWS's name for the encryption of records stored now.
pub const fn type_of(key: Option<&str>) -> &'static str {
    if key.is_some() { "KMS" } else { "NONE" }
}
