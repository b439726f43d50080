//! How one target is doing.

use serde::{Deserialize, Serialize};

use crate::model::{
    stream::{Account, Region},
    time::Timestamp,
};

/// How one target is doing, for the bar and the strip over the list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetHealth {
    /// `ACCOUNT/REGION` as configured.
    pub id: String,
    /// `account/region`, or the configured display name.
    pub name: String,
    pub account: Account,
    pub region: Region,
    pub rev: i64,
    pub is_production: bool,
    pub is_read_only: bool,
    pub last_listed: Option<Timestamp>,
    /// The last time that AWS gave the state of one of its streams.
    pub last_read: Option<Timestamp>,
    /// Why the target is not read, and since when.
    pub problem: Option<TargetProblem>,
    /// Why its tags are not read; nothing else depends on them.
    pub tags_problem: Option<String>,
    /// Somebody stopped the background reads.
    pub pause: Option<Pause>,
    /// How many percent of its budget of reads are used: less than 100 after AWS throttled.
    pub pace_percent: u8,
    /// A state of one of its streams that is older than this is "last known": two rounds over all of them.
    pub stale_after_ms: i64,
    pub streams: u32,
    /// Streams whose encryption was never read.
    pub unread: u32,
}

/// Background reads of a target that a person stopped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    pub by: String,
    pub at: Timestamp,
}

/// Why a target is behind: it cannot be listed, or it is listed and none of its streams can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetProblem {
    /// The last reason; it may be another than at first.
    pub why: String,
    pub since: Timestamp,
    /// When it is listed again; `None` where the reads fail, which go on one by one.
    pub next_listing: Option<Timestamp>,
}

/// How a target is, in one word and in order of how much it matters.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Behind,
    Paused,
    Slowed,
    Waiting,
    Well,
}

impl TargetHealth {
    /// How the target is.
    pub const fn condition(&self) -> Condition {
        if self.problem.is_some() {
            Condition::Behind
        } else if self.pause.is_some() {
            Condition::Paused
        } else if self.pace_percent < 100 {
            Condition::Slowed
        } else if self.last_listed.is_none() && self.last_read.is_none() {
            Condition::Waiting
        } else {
            Condition::Well
        }
    }

    /// The last time that AWS answered.
    pub fn last_success(&self) -> Option<Timestamp> {
        self.last_listed.max(self.last_read)
    }
}
