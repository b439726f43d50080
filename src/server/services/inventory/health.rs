//! The health of targets, and the pause of their background reads.

use std::sync::Arc;

use super::{
    Inventory, News,
    memory::{Memory, pause_of},
};
use crate::{
    model::{
        access::scope::Scope,
        inventory::{Pause, TargetHealth, TargetProblem, stale_after_ms},
        time::Timestamp,
    },
    server::adapters::{aws::targets::Target, store::StoredPause},
};

/// A collector's report about its target.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding {
    /// The streams were listed, or the configuration names them so AWS wasn't asked.
    Listed {
        by_aws: bool,
        /// Why reads fail, if so many failed in a row that the target is behind.
        reads_fail: Option<String>,
    },
    /// Listing failed. It is retried after this many milliseconds.
    ListingFailed {
        why: String,
        again_in_ms: i64,
    },
    /// So many reads failed in a row that the target is behind; the reason of the last.
    ReadsFail {
        why: String,
    },
    /// A read succeeded.
    Read,
    TagsRead,
    TagsFailed {
        why: String,
    },
}

impl Inventory {
    /// Returns the health of the targets in a scope.
    pub fn health(&self, scope: &Scope) -> Vec<TargetHealth> {
        let memory = self.read();
        if scope.is_everything() {
            return memory.health.clone();
        }
        let counts = self.counted.within(&memory, scope);
        let reached = memory
            .health
            .iter()
            .zip(counts.iter())
            .filter(|(health, _)| scope.reaches(&health.account, &health.region));
        reached.map(|(health, &(streams, unread))| TargetHealth { streams, unread, ..health.clone() }).collect()
    }

    /// Records a collector's finding, and tells browsers if it is news. Once another instance reads the target, its
    /// findings count.
    pub fn record_finding(&self, target: &Target, finding: Finding) {
        let Some(index) = self.index_of(target).filter(|index| self.leases.has(*index)) else { return };
        let now = self.clock.now();
        let mut memory = self.write();
        memory.match_targets(&self.targets);
        let before = memory.health[index].clone();
        take(&mut memory.health[index], finding, now);
        memory.recount(&self.targets, index);
        memory.health[index].pace_percent = target.limits.percent();
        if is_news(&before, &memory.health[index]) {
            let targets = memory.health.clone();
            self.events.publish(News { rev: self.events.rev(), targets, ..News::default() });
            self.leases.ring();
        }
    }

    /// Records that AWS reported a stream, whatever requested the report.
    pub(super) fn record_answer(&self, target: &Target, at: Timestamp) {
        if let Some(index) = self.index_of(target) {
            self.write().health[index].last_read = Some(at);
        }
    }

    /// Pauses a target's background reads, or resumes them. The database has been updated already.
    pub fn set_pause(&self, target: &Target, pause: Option<Pause>) {
        let Some(index) = self.index_of(target) else { return };
        let mut memory = self.write();
        if memory.health[index].pause == pause {
            return;
        }
        memory.health[index].pause = pause;
        let targets = memory.health.clone();
        self.events.publish(News { rev: self.events.rev(), targets, ..News::default() });
        drop(memory);
        self.bells[index].notify_waiters();
    }

    /// Applies the pauses that go on: these, and no others.
    pub fn take_over_pauses(&self, pauses: &[StoredPause]) {
        for target in &self.targets {
            self.set_pause(target, pause_of(target, pauses));
        }
    }

    /// Returns the pauses of targets.
    pub fn pauses(&self) -> Vec<StoredPause> {
        let of =
            |health: &TargetHealth| health.pause.clone().map(|pause| StoredPause { target: health.id.clone(), pause });
        self.read().health.iter().filter_map(of).collect()
    }

    /// Returns whether this instance may read a target in the background now.
    pub fn may_read(&self, target: &Target) -> bool {
        self.reads(target) && !self.is_paused(target)
    }

    fn is_paused(&self, target: &Target) -> bool {
        self.index_of(target).is_some_and(|index| self.read().health[index].pause.is_some())
    }
}

impl Memory {
    /// Brings up to date what a target's health says of its name and its streams.
    pub fn recount(&mut self, targets: &[Arc<Target>], index: usize) {
        let target = &targets[index];
        let (streams, unread) = self.queues[index].counts();
        let health = &mut self.health[index];
        (health.name, health.account) = (target.label(), target.account());
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        (health.streams, health.unread) = (number(streams), number(unread));
        health.stale_after_ms = stale_after_ms(health.streams, target.limits.describe.per_second());
    }
}

/// Returns whether a target's health shows anything new. The time of AWS's last answer isn't news by itself: the rows
/// show it.
pub fn is_news(before: &TargetHealth, after: &TargetHealth) -> bool {
    let reported = |health: &TargetHealth| TargetHealth { last_listed: None, last_read: None, ..health.clone() };
    reported(before) != reported(after)
}

fn take(health: &mut TargetHealth, finding: Finding, now: Timestamp) {
    let since = health.problem.as_ref().map_or(now, |problem| problem.since);
    let cannot_be_listed = health.problem.as_ref().is_some_and(|problem| problem.next_listing.is_some());
    match finding {
        Finding::Listed { by_aws, reads_fail } => {
            // Names from the configuration aren't an answer by AWS.
            if by_aws {
                health.last_listed = Some(now);
            }
            if cannot_be_listed {
                health.problem = reads_fail.map(|why| TargetProblem { why, since, next_listing: None });
            }
        }
        Finding::ListingFailed { why, again_in_ms } => {
            health.problem = Some(TargetProblem { why, since, next_listing: Some(now.plus_millis(again_in_ms)) });
        }
        Finding::ReadsFail { why } if !cannot_be_listed => {
            health.problem = Some(TargetProblem { why, since, next_listing: None });
        }
        Finding::ReadsFail { .. } => {}
        Finding::Read => health.problem = health.problem.take().filter(|_| cannot_be_listed),
        Finding::TagsRead => health.tags_problem = None,
        Finding::TagsFailed { why } => health.tags_problem = Some(why),
    }
}
