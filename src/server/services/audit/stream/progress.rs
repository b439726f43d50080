//! What an instance knows while it streams.

use std::time::Duration;

use crate::{model::access::chain_place::ChainPlace, server::adapters::audit_sink::Batch};

/// How far an instance came, and what it is about to deliver.
#[derive(Debug, Default)]
pub(super) struct Progress {
    /// When the lease was last renewed, by the steady clock; `None` without it.
    pub(super) leased_at: Option<Duration>,
    /// The last row that arrived.
    pub(super) at: ChainPlace,
    /// Whether the database doesn't know that yet.
    pub(super) is_unrecorded: bool,
    /// Whether the receiver said it, and not the database.
    pub(super) is_found: bool,
    /// What is being delivered. It stays the same until it has arrived.
    pub(super) batch: Option<Batch>,
}

impl Progress {
    /// Returns whether the lease was renewed less than this long before `now`.
    pub(super) fn is_leased(&self, within: Duration, now: Duration) -> bool {
        self.leased_at.is_some_and(|at| now.saturating_sub(at) < within)
    }
}

/// Why nothing is delivered, and how long to wait before the next attempt.
#[derive(Debug)]
pub(super) struct Trouble {
    pub(super) reason: String,
    pub(super) pause: Duration,
}
