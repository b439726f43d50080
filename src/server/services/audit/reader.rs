//! Reading the audit chain: the rows that a user may see, filtered, a limited number of events at a time.

use crate::{
    model::{
        access::{audit_event::AuditRow, audit_query::AuditQuery, requester::Requester, scope::Scope},
        day::Day,
        stream::StreamArn,
        time::Timestamp,
    },
    server::adapters::store::{
        Store, StoreError,
        audit_search::{Bounds, Found, Matching, Place, Sight},
    },
};

/// The most events that one search looks at: a tenth of a second's work.
const LOOKED_AT: i64 = 50_000;
/// The most rows of an export that are read at a time, and the most events that are looked at for them.
const EXPORTED_AT_A_TIME: i64 = 500;
const LOOKED_AT_FOR_EXPORT: i64 = 10_000;

/// A reader of the chain.
///
/// Auditors and administrators with a scope of every stream see all of it. Everyone else sees what was done to the
/// streams in their scope, without addresses, and what was done by or to themselves.
#[derive(Debug, Clone)]
pub struct Reader {
    pub user_id: String,
    name: String,
    scope: Scope,
    pub sees_everything: bool,
}

/// The newest rows of a selection.
#[derive(Debug)]
pub struct Newest {
    pub rows: Vec<AuditRow>,
    /// Where to go on, if there may be more.
    pub older: Option<Older>,
}

/// Where a search goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Older {
    /// The number of the last row.
    pub before: i64,
    /// The time of the last event that was looked at, if the search stopped there and not because it had found enough.
    pub searched_back_to: Option<Timestamp>,
}

/// The next rows of an export, and the number from which it goes on; `None` after the last.
#[derive(Debug)]
pub struct Next {
    pub rows: Vec<AuditRow>,
    pub after: Option<i64>,
}

impl From<&Requester> for Reader {
    fn from(requester: &Requester) -> Self {
        Self {
            user_id: requester.user_id.clone(),
            name: requester.user_name.clone(),
            scope: requester.scope.clone(),
            sees_everything: requester.sees_whole_audit(),
        }
    }
}

impl Reader {
    /// Returns the newest rows of a selection, newest first, at most so many.
    ///
    /// # Errors
    /// If the database can't be read.
    pub(super) async fn newest(&self, store: &Store, query: &AuditQuery, most: usize) -> Result<Newest, StoreError> {
        let take = i64::try_from(most).unwrap_or(i64::MAX);
        let bounds = Bounds { look: LOOKED_AT, take: take.saturating_add(1) };
        let Found { mut rows, stopped_at } =
            store.search_audit_back(&self.matching(query), query.before, bounds).await?;
        let has_more = rows.len() > most;
        rows.truncate(most);
        let last = rows.last().filter(|_| has_more).map(|row| Older { before: row.seq, searched_back_to: None });
        let stopped = |Place { at, seq }| Older { before: seq, searched_back_to: Some(at) };
        Ok(Newest { older: last.or_else(|| stopped_at.map(stopped)), rows: self.shown(rows) })
    }

    /// Returns the rows of a selection after a number, oldest first.
    ///
    /// # Errors
    /// If the database can't be read.
    pub(super) async fn after(&self, store: &Store, query: &AuditQuery, seq: i64) -> Result<Next, StoreError> {
        let between = (seq, query.before.unwrap_or(i64::MAX));
        let bounds = Bounds { look: LOOKED_AT_FOR_EXPORT, take: EXPORTED_AT_A_TIME };
        let Found { rows, stopped_at } = store.search_audit_forth(&self.matching(query), between, bounds).await?;
        let is_full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= EXPORTED_AT_A_TIME;
        let last = rows.last().filter(|_| is_full).map(|row| row.seq);
        Ok(Next { after: last.or_else(|| stopped_at.map(|place| place.seq)), rows: self.shown(rows) })
    }

    fn matching(&self, query: &AuditQuery) -> Matching {
        let sight = || Sight { name: self.name.clone(), streams: self.scope.arn_patterns() };
        Matching {
            at_least: query.from.map_or(Timestamp::from_millis(i64::MIN), Day::begin),
            at_most: query.to.map_or(Timestamp::from_millis(i64::MAX), |day| day.end().plus_millis(-1)),
            actor: query.actor.to_lowercase(),
            action: query.action.clone(),
            text: query.q.clone(),
            sight: (!self.sees_everything).then(sight),
        }
    }

    fn shown(&self, rows: Vec<AuditRow>) -> Vec<AuditRow> {
        rows.into_iter().filter_map(|row| self.as_shown(row)).collect()
    }

    /// Returns the row as this user may see it; `None` if they may not, whatever the database says.
    fn as_shown(&self, mut row: AuditRow) -> Option<AuditRow> {
        if self.sees_everything {
            return Some(row);
        }
        let is_by_self = row.event.actor == self.name;
        let is_about_self = row.event.action.is_about_users() && row.event.target == self.name;
        let is_own = is_by_self || is_about_self;
        let is_in_scope = row.event.target.parse::<StreamArn>().is_ok_and(|arn| self.scope.covers_arn(&arn));
        if !is_own && !is_in_scope {
            return None;
        }
        // With a part missing, a row can't be compared with its hash.
        row.hash.clear();
        row.prev_hash.clear();
        // Users may know from where someone tried to sign in as them, but not from where others act.
        let is_attempt_on_self = is_own && row.event.actor.is_empty();
        if !is_by_self && !is_attempt_on_self {
            row.event.address.clear();
            row.event.user_agent.clear();
        }
        Some(row)
    }
}
