//! Listings of the journal by filters, newest first.

use super::rows::{ListedRow, readable};
use crate::{
    model::{
        change::{Change, EndKind},
        time::Timestamp,
    },
    server::adapters::store::{Page, Store, StoreError, audit::literally, database::fetch},
};

/// What narrows a listing. Except for `end`, SQL decides exactly.
#[derive(Debug, Clone)]
pub struct Matching {
    /// When it was requested, at the earliest and at the latest.
    pub at_least: Timestamp,
    pub at_most: Timestamp,
    /// The requester's name, in any case; empty for everybody.
    pub by: String,
    /// Part of the stream's name, in any case.
    pub name: String,
    /// How it ended. Only the body tells, and a few others may come with them: the caller looks at each.
    pub end: Option<EndKind>,
}

/// A place in a listing: that of the last change before.
#[derive(Debug, Clone)]
pub struct Position {
    requested_at: i64,
    id: String,
}

impl Matching {
    /// Returns the `LIKE` pattern for the stream's name, which is the last part of the ARN and has no colon or slash.
    fn arn_pattern(&self) -> String {
        if self.name.is_empty() {
            String::new()
        } else {
            format!("%:stream/%{}%", literally(&self.name.to_ascii_lowercase()))
        }
    }

    /// Returns the `LIKE` pattern for the end. A quotation mark in a text of the body has a backslash before it.
    fn body_pattern(&self) -> Result<String, StoreError> {
        let Some(end) = self.end else { return Ok(String::new()) };
        Ok(format!("%\"how\":%{}%", literally(&serde_json::to_string(&end)?)))
    }
}

impl Store {
    /// The changes that match, from a position on, newest first, except those that only a newer version can read; and
    /// the position from which to go on, unless these were the last.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn matching_changes(
        &self,
        matching: &Matching,
        after: Option<Position>,
        page: Page,
    ) -> Result<(Vec<Change>, Option<Position>), StoreError> {
        let after = after.unwrap_or(Position { requested_at: i64::MAX, id: String::new() });
        let rows = fetch!(
            all as ListedRow,
            &self.searcher,
            "SELECT id, requested_at, rev, body FROM changes
             WHERE requested_at >= $1 AND requested_at <= $2
               AND (requested_at < $3 OR id > $4)
               AND ($5 = '' OR user_id IN (SELECT users.id FROM users WHERE folded_name = $5))
               AND ($6 = '' OR LOWER(arn) LIKE $6 ESCAPE '\\')
               AND ($7 = '' OR (ended_at IS NOT NULL AND body LIKE $7 ESCAPE '\\'))
             ORDER BY requested_at DESC, id LIMIT $8 OFFSET $9",
            matching.at_least.as_millis(),
            matching.at_most.as_millis().min(after.requested_at),
            after.requested_at,
            &after.id,
            matching.by.to_lowercase(),
            matching.arn_pattern(),
            matching.body_pattern()?,
            page.take,
            page.skip,
        )?;
        let is_full = i64::try_from(rows.len()).unwrap_or(i64::MAX) >= page.take;
        let last = rows.last().filter(|_| is_full);
        let next = last.map(|row| Position { requested_at: row.requested_at, id: row.id.clone() });
        Ok((rows.iter().filter_map(|row| readable(row.rev, &row.body)).collect(), next))
    }
}
