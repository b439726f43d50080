//! Reading the chain: what somebody may see of it, selected, a stretch at a time.

use crate::{
    model::{
        access::{
            audit_event::AuditRow,
            audit_query::{AuditQuery, Day},
            requester::Requester,
            scope::Scope,
        },
        stream::StreamArn,
        time::Timestamp,
    },
    server::adapters::store::{Store, StoreError, audit::Matching},
};

/// Rows read at a time.
const PAGE_SIZE: i64 = 500;

/// Somebody who reads the chain. Auditors and administrators whose scope is every stream see all of it; everybody else
/// what was done to streams in scope, without addresses, and what was done by or to that person.
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
    /// The newest rows of a selection, newest first.
    ///
    /// # Errors
    /// When the database cannot be read.
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

    /// The rows of a selection that follow a number, oldest first: what is shown of one stretch, and the number from
    /// which the next one follows. `None` after the last.
    ///
    /// # Errors
    /// When the database cannot be read.
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

    /// The row as this person may see it.
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
        // A row of which a part is missing cannot be held against its hash.
        row.hash.clear();
        row.prev_hash.clear();
        // From where somebody tried to sign in as this person is this person's business too; from where others act is
        // not.
        let is_attempt_on_self = is_own && row.event.actor.is_empty();
        if !is_by_self && !is_attempt_on_self {
            row.event.address.clear();
            row.event.user_agent.clear();
        }
        Some(row)
    }
}
