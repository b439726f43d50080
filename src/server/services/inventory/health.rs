//! How the targets are, and the pause that a person can put on the background reads of one.

use std::{sync::Arc, time::Duration};

use tokio_util::sync::CancellationToken;

use super::{Inventory, News, memory::pause_of};
use crate::{
    model::{
        access::scope::Scope,
        inventory::{Pause, TargetHealth, TargetProblem, stale_after_ms},
        time::Timestamp,
    },
    server::adapters::{
        aws::targets::Target,
        clock,
        store::{Store, StoredPause},
    },
};

/// What a collector has to say of its target.
#[derive(Debug, PartialEq, Eq)]
pub enum Finding {
    /// The streams were listed, or the configuration names them and AWS was not asked.
    Listed {
        by_aws: bool,
        /// Why reads fail, where so many did in a row that the target is behind.
        reads_fail: Option<String>,
    },
    /// Listing failed; it is tried again after so many milliseconds.
    ListingFailed {
        why: String,
        again_in_ms: i64,
    },
    /// Reads fail, so many in a row that it says something of the target; the last for this reason.
    ReadsFail {
        why: String,
    },
    /// A read worked.
    Read,
    TagsRead,
    TagsFailed {
        why: String,
    },
}

/// How often the pauses that other instances wrote are asked for.
const PAUSES_READ_EVERY: Duration = Duration::from_secs(2);

/// Takes over the pauses that other instances write, until the token ends it.
pub async fn follow_pauses(inventory: Arc<Inventory>, store: Store, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock::sleep(PAUSES_READ_EVERY) => {}
        }
        match store.pauses().await {
            Ok(pauses) => inventory.take_over_pauses(&pauses),
            Err(error) => {
                tracing::error!(%error, "the pauses of targets could not be read, and are asked for again: {error}")
            }
        }
    }
}

impl Inventory {
    /// How the targets of a scope are.
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

    /// Notes what a collector found, and tells browsers when that is news.
    pub fn record_finding(&self, target: &Target, finding: Finding) {
        let Some(index) = self.index_of(target) else { return };
        let now = self.clock.now();
        let mut memory = self.write();
        memory.match_targets(&self.targets);
        let counts = memory.queues[index].counts();
        let health = &mut memory.health[index];
        let before = health.clone();
        take(health, finding, now);
        (health.name, health.account) = (target.label(), target.account());
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        (health.streams, health.unread) = (number(counts.0), number(counts.1));
        health.pace_percent = target.limits.percent();
        health.stale_after_ms = stale_after_ms(health.streams, target.limits.describe.per_second());
        // When AWS last answered is no news by itself: it stands in the rows.
        let told = |health: &TargetHealth| TargetHealth { last_listed: None, last_read: None, ..health.clone() };
        if told(health) != told(&before) {
            let targets = memory.health.clone();
            self.events.publish(News { rev: self.events.rev(), targets, ..News::default() });
        }
    }

    /// Notes that AWS gave the state of a stream, whoever asked.
    pub(super) fn record_answer(&self, target: &Target, at: Timestamp) {
        if let Some(index) = self.index_of(target) {
            self.write().health[index].last_read = Some(at);
        }
    }

    /// Stops the background reads of a target, or lets them go on. The database has it already.
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

    /// Takes over the pauses as the database has them, after another instance may have set one.
    pub fn take_over_pauses(&self, pauses: &[StoredPause]) {
        for target in &self.targets {
            self.set_pause(target, pause_of(target, pauses));
        }
    }

    pub fn is_paused(&self, target: &Target) -> bool {
        self.index_of(target).is_some_and(|index| self.read().health[index].pause.is_some())
    }
}

fn take(health: &mut TargetHealth, finding: Finding, now: Timestamp) {
    let since = health.problem.as_ref().map_or(now, |problem| problem.since);
    let cannot_be_listed = health.problem.as_ref().is_some_and(|problem| problem.next_listing.is_some());
    match finding {
        Finding::Listed { by_aws, reads_fail } => {
            // Names of the configuration are no answer of AWS.
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
            health.problem = Some(TargetProblem { why, since, next_listing: None })
        }
        Finding::ReadsFail { .. } => {}
        Finding::Read => health.problem = health.problem.take().filter(|_| cannot_be_listed),
        Finding::TagsRead => health.tags_problem = None,
        Finding::TagsFailed { why } => health.tags_problem = Some(why),
    }
}
