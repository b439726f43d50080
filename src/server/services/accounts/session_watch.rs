//! When an open connection must look its session up again: at once after this process has changed sessions or rights of
//! the user, and regularly, because others may have, and because time passes.

use std::time::Duration;

use tokio::time::Interval;

use crate::server::adapters::{clock::ticks, store::SessionListener};

/// How often an open connection looks its session up, whatever this process does.
pub const CHECK_EVERY: Duration = Duration::from_secs(4);

/// Tells an open connection when to look its session up.
#[derive(Debug)]
pub struct SessionWatch {
    changes: SessionListener,
    ticks: Interval,
}

impl SessionWatch {
    pub(super) fn new(changes: SessionListener, check_every: Duration) -> Self {
        Self { changes, ticks: ticks(check_every) }
    }

    /// Waits until the session should be looked up; the first time, that is now. Nothing is lost if this is dropped
    /// meanwhile.
    pub async fn due(&mut self) {
        tokio::select! {
            () = self.changes.changed() => {}
            _ = self.ticks.tick() => {}
        }
    }
}
