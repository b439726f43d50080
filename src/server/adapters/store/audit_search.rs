//! Searches of the audit chain.
//!
//! What the reader may see and every filter are part of the SQL, and one call looks at a limited number of events. So
//! its duration depends neither on the length of the chain nor on what it holds about other people's streams.

use sqlx::AssertSqlSafe;

use super::{
    On, Store, StoreError,
    audit::{Row, literally},
    database::fetch,
    postgres::answered,
};
use crate::model::{access::audit_event::AuditRow, time::Timestamp};

/// A selection of rows. An empty text matches everything.
#[derive(Debug, Clone)]
pub struct Matching {
    pub at_least: Timestamp,
    pub at_most: Timestamp,
    /// In lower case.
    pub actor: String,
    pub action: String,
    pub text: String,
    /// `None` for those who see the whole chain.
    pub sight: Option<Sight>,
}

/// What is seen by a user who sees only part of the chain: what was done to some streams, and what this user did or
/// what was done to this user.
#[derive(Debug, Clone)]
pub struct Sight {
    /// The user's name, exactly.
    pub name: String,
    /// The ARNs of the streams, as patterns with `*` for any characters.
    pub streams: Vec<String>,
}

/// How much one call does: how many rows it looks at, and how many it returns.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    pub look: i64,
    pub take: i64,
}

/// An event's place in the chain by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    pub at: Timestamp,
    pub seq: i64,
}

/// What a search found, and the last row that it looked at if there are more.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    pub rows: Vec<AuditRow>,
    pub stopped_at: Option<Place>,
}

/// The condition of [`Matching`], for `$5` to `$10`; without what the user may see of streams, which follows. Addresses
/// are searched only for users who may see them. SQLite folds only ASCII letters, so a text is also searched as typed.
const CONDITION: &str = "
    ($5 = '' OR LOWER(actor) = $5)
    AND ($6 = '' OR action = $6 OR action LIKE $7 ESCAPE '\\')
    AND ($8 = ''
         OR LOWER(actor || ' ' || action || ' ' || target || ' ' || reason || ' ' || before_state || ' '
                  || after_state || ' ' || aws_request_id || ' ' || result) LIKE $8 ESCAPE '\\'
         OR (actor || ' ' || target || ' ' || reason || ' ' || before_state || ' ' || after_state || ' '
             || result) LIKE $9 ESCAPE '\\'
         OR ($10 = '' AND LOWER(address || ' ' || user_agent) LIKE $8 ESCAPE '\\'))";
/// From the newest event back, between two places by time: `$1` to `$4`.
const BACK: &str = "(at, seq) < ($1, $2) AND (at, seq) >= ($3, $4)";
const BACK_ORDER: &str = "at DESC, seq DESC";
/// The last row that may be looked at, and the one behind it.
const LAST_BACK: &str =
    "SELECT at, seq FROM audit WHERE (at, seq) < ($1, $2) AND at >= $3 ORDER BY at DESC, seq DESC LIMIT 2 OFFSET $4";
/// From the first row on, between two numbers and two times: `$1` to `$4`. The plus keeps SQLite from walking by time.
const FORTH: &str = "seq > $1 AND seq <= $2 AND +at >= $3 AND +at <= $4";
const FORTH_ORDER: &str = "seq";
/// The last row that may be looked at.
const LAST_FORTH: &str = "SELECT at, seq FROM audit WHERE seq > $1 AND seq < $2 ORDER BY seq LIMIT 1 OFFSET $3";
/// How each database matches patterns with the case of letters; `?` is the parameter.
const GLOB: &str = "GLOB ?";
const LIKE: &str = "LIKE ? ESCAPE '\\'";
/// The number of the first parameter of the streams.
const FIRST_STREAM: usize = 12;

/// Returns the statement of a search. Nothing of it comes from outside: values are bound.
fn statement(range: &str, order: &str, streams: usize, matches: &str) -> String {
    let stream = |number: usize| format!(" OR target {}", matches.replace('?', &format!("${number}")));
    let streams: String = (FIRST_STREAM..FIRST_STREAM + streams).map(stream).collect();
    // What the user may see comes first: nothing else is evaluated for other rows.
    let sight = format!(
        "($10 = '' OR actor = $10
          OR (target = $10 AND (action LIKE 'session.%' OR action LIKE 'user.%'))
          OR (action LIKE 'change.%' AND (1 = 0{streams})))"
    );
    format!("SELECT * FROM audit WHERE {range} AND {sight} AND {CONDITION} ORDER BY {order} LIMIT $11")
}

/// A `LIKE` pattern that finds a text anywhere.
fn anywhere(text: &str) -> String {
    if text.is_empty() { String::new() } else { format!("%{}%", literally(text)) }
}

/// Binds the values of a search. `$pattern` turns a stream's pattern into that of the database.
macro_rules! bound {
    ($query:expr, $range:expr, $matching:expr, $take:expr, $pattern:expr) => {{
        let matching: &Matching = $matching;
        let sight = matching.sight.as_ref();
        let mut query = $query;
        for bound in $range {
            query = query.bind(bound);
        }
        query = query
            .bind(&matching.actor)
            .bind(&matching.action)
            .bind(format!("{}.%", literally(&matching.action)))
            .bind(anywhere(&matching.text.to_lowercase()))
            .bind(anywhere(&matching.text))
            .bind(sight.map_or("", |sight| sight.name.as_str()))
            .bind($take);
        for stream in sight.into_iter().flat_map(|sight| &sight.streams) {
            query = query.bind($pattern(stream));
        }
        query
    }};
}

impl Store {
    /// Searches from the newest row back, or from the row before a number, by time and then by number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn search_audit_back(
        &self,
        matching: &Matching,
        before: Option<i64>,
        bounds: Bounds,
    ) -> Result<Found, StoreError> {
        let mut from = (matching.at_most.as_millis().saturating_add(1), i64::MIN);
        if let Some(place) = self.place_of(before).await? {
            from = from.min(place);
        }
        let oldest = matching.at_least.as_millis();
        let last = fetch!(all as (i64, i64), &self.searcher, LAST_BACK, from.0, from.1, oldest, bounds.look - 1,)?;
        // A second row: there are more than may be looked at.
        let stopped_at = last.first().filter(|_| last.len() > 1).copied();
        let to = stopped_at.unwrap_or((oldest, i64::MIN));
        let rows = self.rows_in(BACK, BACK_ORDER, [from.0, from.1, to.0, to.1], matching, bounds.take).await?;
        let place = |(at, seq)| Place { at: Timestamp::from_millis(at), seq };
        Ok(Found { rows, stopped_at: stopped_at.map(place) })
    }

    /// Searches from the row after a number on, up to the row before another one, by number.
    ///
    /// # Errors
    /// When the database cannot be read.
    pub async fn search_audit_forth(
        &self,
        matching: &Matching,
        between: (i64, i64),
        bounds: Bounds,
    ) -> Result<Found, StoreError> {
        let (after, before) = between;
        let last = fetch!(optional as (i64, i64), &self.searcher, LAST_FORTH, after, before, bounds.look - 1,)?;
        let to = last.map_or(before.saturating_sub(1), |(_, seq)| seq);
        let range = [after, to, matching.at_least.as_millis(), matching.at_most.as_millis()];
        let rows = self.rows_in(FORTH, FORTH_ORDER, range, matching, bounds.take).await?;
        let place = |(at, seq)| Place { at: Timestamp::from_millis(at), seq };
        Ok(Found { rows, stopped_at: last.map(place) })
    }

    async fn place_of(&self, seq: Option<i64>) -> Result<Option<(i64, i64)>, StoreError> {
        let Some(seq) = seq else { return Ok(None) };
        fetch!(optional as (i64, i64), &self.searcher, "SELECT at, seq FROM audit WHERE seq = $1", seq)
    }

    async fn rows_in(
        &self,
        range: &str,
        order: &str,
        bounds: [i64; 4],
        matching: &Matching,
        take: i64,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let streams = matching.sight.as_ref().map_or(0, |sight| sight.streams.len());
        let rows = match &self.searcher {
            // Names differ by case, which `LIKE` ignores here.
            On::Sqlite(on) => {
                let query = sqlx::query_as::<_, Row>(AssertSqlSafe(statement(range, order, streams, GLOB)));
                bound!(query, bounds, matching, take, glob).fetch_all(on).await
            }
            On::Postgres(on) => {
                let query = sqlx::query_as::<_, Row>(AssertSqlSafe(statement(range, order, streams, LIKE)));
                answered(bound!(query, bounds, matching, take, like_pattern).fetch_all(on)).await
            }
        };
        Ok(rows?.into_iter().map(AuditRow::from).collect())
    }
}

/// Returns a stream's pattern for `GLOB`. Its other special characters can't be in the pattern of a scope, and match
/// only themselves.
fn glob(pattern: &str) -> String {
    pattern.replace('[', "[[]").replace('?', "[?]")
}

/// Returns a stream's pattern for `LIKE`.
fn like_pattern(pattern: &str) -> String {
    literally(pattern).replace('*', "%")
}

#[cfg(test)]
mod tests {
    use sqlx::{Postgres, Row as _, Sqlite, pool::PoolConnection};

    use super::*;

    macro_rules! lines {
        ($query:expr, $on:expr, $column:expr) => {{
            let rows = $query.fetch_all($on).await.unwrap();
            rows.iter().map(|row| row.get::<String, usize>($column)).collect::<Vec<_>>().join("\n")
        }};
    }

    /// All connections for searches, taken.
    pub type Held = On<Vec<PoolConnection<Sqlite>>, Vec<PoolConnection<Postgres>>>;

    impl Store {
        /// Takes all connections for searches.
        pub async fn hold_search_connections(&self) -> Held {
            match &self.searcher {
                On::Sqlite(pool) => {
                    let all = (0..pool.options().get_max_connections()).map(|_| pool.acquire());
                    On::Sqlite(futures_util::future::try_join_all(all).await.unwrap())
                }
                On::Postgres(pool) => {
                    let all = (0..pool.options().get_max_connections()).map(|_| pool.acquire());
                    On::Postgres(futures_util::future::try_join_all(all).await.unwrap())
                }
            }
        }

        /// The database's plan of each statement of a search.
        pub async fn plans_of_audit_searches(&self, matching: &Matching) -> Vec<String> {
            let streams = matching.sight.as_ref().map_or(0, |sight| sight.streams.len());
            let mut plans = Vec::new();
            for (range, order, bounds) in
                [(BACK, BACK_ORDER, [9_500, 0, 9_000, 0]), (FORTH, FORTH_ORDER, [9_000, 9_500, 0, i64::MAX])]
            {
                plans.push(match &self.searcher {
                    On::Sqlite(on) => {
                        let sql = format!("EXPLAIN QUERY PLAN {}", statement(range, order, streams, GLOB));
                        lines!(bound!(sqlx::query(AssertSqlSafe(sql)), bounds, matching, 101_i64, glob), on, 3)
                    }
                    On::Postgres(on) => {
                        let sql = format!("EXPLAIN {}", statement(range, order, streams, LIKE));
                        lines!(bound!(sqlx::query(AssertSqlSafe(sql)), bounds, matching, 101_i64, like_pattern), on, 0)
                    }
                });
            }
            for (sql, bounds) in [(LAST_BACK, [i64::MAX, 0, 0, 500].as_slice()), (LAST_FORTH, &[0, i64::MAX, 500])] {
                plans.push(match &self.searcher {
                    On::Sqlite(on) => {
                        let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
                        lines!(bounds.iter().fold(sqlx::query(sql), |query, bound| query.bind(*bound)), on, 3)
                    }
                    On::Postgres(on) => {
                        let sql = AssertSqlSafe(format!("EXPLAIN {sql}"));
                        lines!(bounds.iter().fold(sqlx::query(sql), |query, bound| query.bind(*bound)), on, 0)
                    }
                });
            }
            plans
        }
    }
}
