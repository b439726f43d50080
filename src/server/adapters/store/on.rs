//! One thing of either database.

use sqlx::{PgConnection, PgPool, SqliteConnection, SqlitePool};

/// One thing of either database.
#[derive(Debug, Clone)]
pub enum On<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// A pool of connections.
pub type Db = On<SqlitePool, PgPool>;

/// A connection that somebody else owns.
pub type TxConnection<'a> = On<&'a mut SqliteConnection, &'a mut PgConnection>;
