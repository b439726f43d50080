//! A value of one type for SQLite or another for Postgres.

use sqlx::{PgConnection, PgPool, SqliteConnection, SqlitePool};

/// A value of one type for SQLite or another for Postgres.
#[derive(Debug, Clone)]
pub enum On<S, P> {
    Sqlite(S),
    Postgres(P),
}

/// A pool of connections.
pub type Db = On<SqlitePool, PgPool>;

/// A borrowed connection.
pub type TxConnection<'a> = On<&'a mut SqliteConnection, &'a mut PgConnection>;
