//! The health of a target.

use serde::{Deserialize, Serialize};

use super::Pause;
use crate::model::{
    stream::{Account, Region},
    time::Timestamp,
};

/// The health of a target, for the header and the list of targets above the streams.
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
    /// When AWS last reported one of its streams.
    pub last_read: Option<Timestamp>,
    /// Why the target can't be read, and since when.
    pub problem: Option<TargetProblem>,
    /// Why its tags can't be read. Nothing else depends on them.
    pub tags_problem: Option<String>,
    /// The pause of its background reads, if a user stopped them.
    pub pause: Option<Pause>,
    /// The percentage of its budget in use: less than 100 after AWS throttled.
    pub pace_percent: u8,
    /// How old a stream's state may be before it counts as "last known": two rounds over all of them.
    pub stale_after_ms: i64,
    pub streams: u32,
    /// Streams whose encryption was never read.
    pub unread: u32,
}

/// What only the instance that reads a target knows of its health.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetFindings {
    pub account: Account,
    pub last_listed: Option<Timestamp>,
    pub problem: Option<TargetProblem>,
    pub tags_problem: Option<String>,
    pub pace_percent: u8,
}

/// Why a target is behind: it can't be listed, or none of its streams can be read.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetProblem {
    /// The latest reason, which may differ from the first.
    pub why: String,
    pub since: Timestamp,
    /// When it is listed again; `None` if its reads fail, which are retried one by one.
    pub next_listing: Option<Timestamp>,
}

/// The condition of a target, in order of importance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Behind,
    Paused,
    Slowed,
    Waiting,
    Well,
}

impl TargetHealth {
    /// Returns the noun for so many targets.
    pub const fn noun(count: usize) -> &'static str {
        if count == 1 { "target" } else { "targets" }
    }

    /// Returns the target's condition.
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

    /// Returns what only the instance that reads the target knows.
    pub fn findings(&self) -> TargetFindings {
        TargetFindings {
            account: self.account.clone(),
            last_listed: self.last_listed,
            problem: self.problem.clone(),
            tags_problem: self.tags_problem.clone(),
            pace_percent: self.pace_percent,
        }
    }

    /// Takes over what another instance found.
    pub fn take_over(&mut self, findings: TargetFindings) {
        let TargetFindings { account, last_listed, problem, tags_problem, pace_percent } = findings;
        if account.is_resolved() {
            self.account = account;
        }
        self.last_listed = last_listed;
        self.problem = problem;
        self.tags_problem = tags_problem;
        self.pace_percent = pace_percent;
    }

    /// Returns the last time that AWS answered.
    pub fn last_success(&self) -> Option<Timestamp> {
        self.last_listed.max(self.last_read)
    }
}
