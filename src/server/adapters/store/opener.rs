//! Who opens the database.

/// Who opens the database, and what it may do with one that is empty or older.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Opener {
    /// `serve`: on SQLite there can be only one, which holds the instance lock while it runs.
    Server,
    /// A command that may come before the first start of a server: it creates the database if it is missing. Beside a
    /// running server it doesn't migrate.
    Setup,
    /// The same, but for a command that works on what is in the database: it refuses one in which there is nothing.
    Command,
}
