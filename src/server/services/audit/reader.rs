//! Reading the audit chain: the rows that a user may see, filtered, one page at a time.

use crate::{
    model::{
        access::{audit_event::AuditRow, audit_query::AuditQuery, requester::Requester, scope::Scope},
        day::Day,
        stream::StreamArn,
        time::Timestamp,
    },
    server::adapters::store::{Store, StoreError, audit::Matching},
};

/// The number of rows read at a time.
const PAGE_SIZE: i64 = 500;

/// A reader of the chain.
///
/// Auditors and administrators with a scope of every stream see all of it. Everyone else sees what was done to the
/// streams in their scope, without addresses, and what was done by or to themselves.
#[derive(Debug, Clone)]
pub struct Reader {
    name: String,
    scope: Scope,
    pub sees_everything: bool,
}

impl From<&Requester> for Reader {
    fn from(requester: &Requester) -> Self {
        Self {
            name: requester.user_name.to_lowercase(),
            scope: requester.scope.clone(),
            sees_everything: requester.sees_whole_audit(),
        }
    }
}

impl Reader {
    /// Returns the newest rows of a selection, newest first.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn newest(&self, store: &Store, query: &AuditQuery, take: usize) -> Result<Vec<AuditRow>, StoreError> {
        let mut matching = self.matching(query);
        let mut rows = Vec::new();
        loop {
            let stretch = store.newest_audit_rows(&matching, PAGE_SIZE).await?;
            let Some(last) = stretch.last() else { return Ok(rows) };
            matching.before = last.seq;
            rows.extend(stretch.into_iter().filter_map(|row| self.shown(row)));
            if rows.len() >= take {
                rows.truncate(take);
                return Ok(rows);
            }
        }
    }

    /// Returns the rows of a selection after a number, oldest first: the visible rows of one page, and the number from
    /// which to continue; `None` after the last.
    ///
    /// # Errors
    /// If the database can't be read.
    pub async fn after(
        &self,
        store: &Store,
        query: &AuditQuery,
        seq: i64,
    ) -> Result<Option<(Vec<AuditRow>, i64)>, StoreError> {
        let stretch = store.oldest_audit_rows(&Matching { after: seq, ..self.matching(query) }, PAGE_SIZE).await?;
        let Some(last) = stretch.last().map(|row| row.seq) else { return Ok(None) };
        Ok(Some((stretch.into_iter().filter_map(|row| self.shown(row)).collect(), last)))
    }

    fn matching(&self, query: &AuditQuery) -> Matching {
        Matching {
            after: i64::MIN,
            before: query.before.unwrap_or(i64::MAX),
            at_least: query.from.map_or(Timestamp::from_millis(i64::MIN), Day::begin),
            at_most: query.to.map_or(Timestamp::from_millis(i64::MAX), |day| day.end().plus_millis(-1)),
            actor: query.actor.to_lowercase(),
            action: query.action.clone(),
            text: query.q.clone(),
            seen_by: if self.sees_everything { String::new() } else { self.name.clone() },
        }
    }

    /// Returns the row as this user may see it; `None` if they may not.
    fn shown(&self, mut row: AuditRow) -> Option<AuditRow> {
        if self.sees_everything {
            return Some(row);
        }
        let is_by_self = row.event.actor.to_lowercase() == self.name;
        let is_own = is_by_self || row.event.target.to_lowercase() == self.name;
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
