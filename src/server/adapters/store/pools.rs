//! How many connections to the database are open, for metrics.

use super::{On, Store};

/// The connections of one pool.
#[derive(Debug, Clone, Copy)]
pub struct Pool {
    pub name: &'static str,
    /// Open, and used by nobody.
    pub idle: usize,
    pub busy: usize,
}

impl Store {
    /// Returns how the pools are used now.
    pub fn pools(&self) -> [Pool; 3] {
        [("writer", &self.writer), ("reader", &self.reader), ("searcher", &self.searcher)].map(|(name, db)| {
            let (open, idle) = match db {
                On::Sqlite(pool) => (pool.size(), pool.num_idle()),
                On::Postgres(pool) => (pool.size(), pool.num_idle()),
            };
            let open = usize::try_from(open).unwrap_or(usize::MAX);
            Pool { name, idle, busy: open.saturating_sub(idle) }
        })
    }
}
