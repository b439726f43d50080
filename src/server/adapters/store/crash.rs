//! For tests: the process ends right before or right after a certain commit to the journal, or the disk is full.

use std::sync::{Arc, atomic::AtomicBool};

use parking_lot::Mutex;
use tokio::sync::Notify;

use super::StoreError;
use crate::model::change::{Change, Rung};

/// What a commit to the journal writes of a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Intent,
    Sent,
    /// The answer to the call, or that there is none.
    Answer,
    Updating,
    Reached,
    End,
}

/// On which side of the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

/// Where the process is to end; by default nowhere.
#[derive(Debug, Default)]
pub struct CrashPlan {
    at: Mutex<Option<(Moment, Side)>>,
    /// The disk is full: SQLite gets no further page.
    pub is_full: AtomicBool,
    pub reached: Notify,
    /// The commit is on disk, and its answer does not come.
    pub loses_answer_of: Mutex<Option<Moment>>,
}

impl CrashPlan {
    pub fn set(&self, moment: Moment, side: Side) {
        *self.at.lock() = Some((moment, side));
    }
}

/// One transaction on its way to its commit.
#[derive(Debug)]
pub struct Crossing {
    plan: Arc<CrashPlan>,
    moment: Option<Moment>,
}

impl Crossing {
    pub fn under(plan: &Arc<CrashPlan>) -> Self {
        Self { plan: plan.clone(), moment: None }
    }

    pub fn note(&mut self, change: &Change) {
        self.moment = Some(match change.last_lit() {
            _ if change.end.is_some() => Moment::End,
            Rung::Requested => Moment::Intent,
            Rung::Sent if change.outcome_unknown.is_some() => Moment::Answer,
            Rung::Sent => Moment::Sent,
            Rung::Accepted => Moment::Answer,
            Rung::Updating => Moment::Updating,
            Rung::Reached | Rung::Settled | Rung::Proven => Moment::Reached,
        });
    }

    /// Never returns where the plan ends the process: the test then takes its runtime down.
    async fn pass(&self, side: Side) {
        let at = *self.plan.at.lock();
        if let (Some(moment), Some(at)) = (self.moment, at)
            && at == (moment, side)
        {
            self.plan.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

pub async fn before(crossing: Option<&Crossing>) {
    if let Some(crossing) = crossing {
        crossing.pass(Side::Before).await;
    }
}

/// # Errors
/// Where the plan lets the answer to the commit be lost, once.
pub async fn after(crossing: Option<&Crossing>) -> Result<(), StoreError> {
    let Some(crossing) = crossing else { return Ok(()) };
    crossing.pass(Side::After).await;
    let mut loses = crossing.plan.loses_answer_of.lock();
    if loses.is_some() && *loses == crossing.moment {
        *loses = None;
        return Err(StoreError::Database(sqlx::Error::Io(std::io::Error::other("the answer to the commit is lost by plan"))));
    }
    Ok(())
}
