//! A store whose process ends just before or after a certain commit to the journal, or whose disk is full or read-only.

use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use parking_lot::Mutex;
use sqlx::SqliteConnection;
use tokio::sync::Notify;

use crate::{
    model::change::{Change, Rung},
    server::adapters::store::{Interceptor, On, StoreError, TxConnection},
};

/// What a commit to the journal writes about a change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    Intent,
    Sent,
    /// The answer to the call, or that it was lost.
    Answer,
    Updating,
    Reached,
    End,
}

impl From<&Change> for Moment {
    fn from(change: &Change) -> Self {
        match change.last_lit() {
            _ if change.end.is_some() => Self::End,
            Rung::Requested => Self::Intent,
            Rung::Sent if change.evidence.outcome_unknown.is_some() => Self::Answer,
            Rung::Sent => Self::Sent,
            Rung::Accepted => Self::Answer,
            Rung::Updating => Self::Updating,
            Rung::Reached | Rung::Settled | Rung::Proven => Self::Reached,
        }
    }
}

/// The side of the commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    Before,
    After,
}

/// Where the process ends; by default nowhere.
#[derive(Debug, Default)]
pub struct CrashPlan {
    at: Mutex<Option<(Moment, Side)>>,
    /// The disk is full: SQLite gets no more pages.
    pub is_full: AtomicBool,
    /// The disk is read-only, in SQLite's view.
    pub is_read_only: AtomicBool,
    pub reached: Notify,
    /// The commit is on disk, but its answer is lost.
    pub loses_answer_of: Mutex<Option<Moment>>,
}

impl CrashPlan {
    pub fn set(&self, moment: Moment, side: Side) {
        *self.at.lock() = Some((moment, side));
    }

    /// Never returns if the plan ends the process here: the test then shuts its runtime down.
    async fn pass(&self, moved: Option<&Change>, side: Side) {
        let at = *self.at.lock();
        if at.is_some() && at == moved.map(|change| (change.into(), side)) {
            self.reached.notify_one();
            std::future::pending::<()>().await;
        }
    }
}

#[async_trait]
impl Interceptor for CrashPlan {
    async fn begun(&self, on: TxConnection<'_>) -> Result<(), StoreError> {
        let On::Sqlite(on) = on else { return Ok(()) };
        // A limit below the current size means no growth.
        let limit = if self.is_full.load(Ordering::SeqCst) {
            "PRAGMA max_page_count = 1"
        } else {
            "PRAGMA max_page_count = 1000000"
        };
        sqlx::query(limit).execute(&mut *on).await?;
        if self.is_read_only.load(Ordering::SeqCst) {
            fail_read_only(on).await?;
        }
        Ok(())
    }

    async fn before_commit(&self, moved: Option<&Change>) {
        self.pass(moved, Side::Before).await;
    }

    async fn after_commit(&self, moved: Option<&Change>) -> Result<(), StoreError> {
        self.pass(moved, Side::After).await;
        let mut loses = self.loses_answer_of.lock();
        if loses.is_some() && *loses == moved.map(Moment::from) {
            *loses = None;
            return Err(sqlx::Error::Io(std::io::Error::other("the answer to the commit is lost by plan")).into());
        }
        Ok(())
    }
}

/// Fails as SQLite does when its file can't be written.
async fn fail_read_only(on: &mut SqliteConnection) -> Result<(), sqlx::Error> {
    sqlx::query("PRAGMA query_only = ON").execute(&mut *on).await?;
    let refused = sqlx::query("UPDATE counters SET value = value").execute(&mut *on).await;
    sqlx::query("PRAGMA query_only = OFF").execute(&mut *on).await?;
    refused.map(drop)
}
