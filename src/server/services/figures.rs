//! The figures that are taken when somebody asks for metrics: how full queues are, how old rows are, what is down.

use std::sync::Arc;

use super::{
    accounts::sign_in::SignIns,
    inventory::{ActiveChanges, Inventory, InventoryFigures, TargetFigures},
    supervisor::Supervisor,
};
use crate::server::adapters::{
    aws::targets::Target,
    metrics::families::{
        AWS_BUDGET, AWS_BUDGET_RATIO, AWS_WAITING, CHANGES_ACTIVE, DATABASE_CONNECTIONS, Family, LOST_LOG_LINES,
        OLDEST_READ_AGE, PARTS_DOWN, PASSWORD_QUEUE, STALE_AFTER, STREAMS, TARGET_BEHIND, TARGET_PAUSED, TARGET_READER,
        UNREAD_STREAMS, UNWRITTEN_ROWS, WRITE_BEHIND_LAG,
    },
    store::Store,
    telemetry::LostLines,
};

/// What the figures are taken of. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Figures {
    pub store: Store,
    pub inventory: Arc<Inventory>,
    pub supervisor: Arc<Supervisor>,
    pub sign_ins: Arc<SignIns>,
    pub lost_lines: LostLines,
}

impl Figures {
    /// Records all of them as they are now.
    pub fn record(&self) {
        let InventoryFigures { targets, active_changes, backlog } = self.inventory.figures();
        targets.iter().for_each(record_target);
        self.inventory.targets().iter().for_each(|target| record_budgets(target, self.inventory.reads(target)));
        record_active(&active_changes);
        metrics::gauge!(UNWRITTEN_ROWS.name).set(backlog.rows as f64);
        metrics::gauge!(WRITE_BEHIND_LAG.name).set(backlog.lag);
        metrics::gauge!(PASSWORD_QUEUE.name).set(self.sign_ins.passwords.in_progress() as f64);
        metrics::gauge!(PARTS_DOWN.name).set(self.supervisor.down().len() as f64);
        metrics::counter!(LOST_LOG_LINES.name).absolute(self.lost_lines.count());
        for pool in self.store.pools() {
            for (state, connections) in [("idle", pool.idle), ("busy", pool.busy)] {
                metrics::gauge!(DATABASE_CONNECTIONS.name, "pool" => pool.name, "state" => state)
                    .set(connections as f64);
            }
        }
    }
}

fn record_target(figures: &TargetFigures) {
    let set = |family: Family, value: f64| {
        metrics::gauge!(family.name, "target" => figures.id.clone()).set(value);
    };
    set(STREAMS, figures.streams as f64);
    set(UNREAD_STREAMS, figures.unread as f64);
    set(OLDEST_READ_AGE, figures.oldest_read_age.as_secs_f64());
    set(STALE_AFTER, figures.stale_after.as_secs_f64());
    set(TARGET_BEHIND, f64::from(u8::from(figures.is_behind)));
    set(TARGET_PAUSED, f64::from(u8::from(figures.is_paused)));
    set(TARGET_READER, f64::from(u8::from(figures.is_read_here)));
}

/// The budget is that of the instance that reads the target.
fn record_budgets(target: &Target, is_reader: bool) {
    metrics::gauge!(AWS_WAITING.name, "target" => target.id.clone()).set(target.limits.describe.waiting() as f64);
    for budget in target.limits.budgets() {
        let set = |family: Family, value: f64| {
            metrics::gauge!(family.name, "target" => target.id.clone(), "operation" => budget.operation).set(value);
        };
        let ratio = f64::from(budget.percent) / 100.0;
        set(AWS_BUDGET, if is_reader { budget.full * ratio } else { 0.0 });
        set(AWS_BUDGET_RATIO, ratio);
    }
}

fn record_active(changes: &ActiveChanges) {
    let states = [
        ("waiting", changes.waiting),
        ("progressing", changes.progressing),
        ("outcome_unknown", changes.outcome_unknown),
        ("slow", changes.slow),
    ];
    for (state, count) in states {
        metrics::gauge!(CHANGES_ACTIVE.name, "state" => state).set(f64::from(count));
    }
}
