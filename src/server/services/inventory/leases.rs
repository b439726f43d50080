//! Which targets this instance reads, and until when it may without another word from the database.

use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::Notify;

use crate::server::adapters::clock::{Clock, SystemClock, timeout};

/// The leases of one instance. Their ends are times of the steady clock, which goes on while the process is suspended:
/// one that wakes late doesn't read.
#[derive(Debug)]
pub struct Leases {
    /// In the order of the targets.
    ends: Mutex<Vec<Duration>>,
    /// Rings when something was found that other instances should show.
    bell: Notify,
}

impl Leases {
    /// Creates the leases on so many targets: none if other instances share the database, else all, for ever.
    pub fn new(targets: usize, is_shared: bool) -> Self {
        let end = if is_shared { Duration::ZERO } else { Duration::MAX };
        Self { ends: Mutex::new(vec![end; targets]), bell: Notify::new() }
    }

    /// Sets until when this instance reads a target. Returns whether it begins or ceases to read it.
    pub fn set(&self, index: usize, end: Duration) -> bool {
        let now = SystemClock.steady();
        match self.ends.lock().get_mut(index) {
            Some(known) => (std::mem::replace(known, end) > now) != (end > now),
            None => false,
        }
    }

    /// Returns whether this instance reads a target now.
    pub fn has(&self, index: usize) -> bool {
        self.ends.lock().get(index).is_some_and(|end| *end > SystemClock.steady())
    }

    /// Tells that something was found.
    pub fn ring(&self) {
        self.bell.notify_one();
    }

    /// Waits until something is found, but at most this long.
    pub async fn rung(&self, at_most: Duration) {
        let _ = timeout(at_most, self.bell.notified()).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_lease_ends_by_itself_and_alone_nothing_is_leased() {
        let leases = Leases::new(2, true);
        let now = SystemClock.steady();
        assert!(!leases.has(0));
        assert!(leases.set(0, now + Duration::from_secs(60)) && leases.has(0) && !leases.has(1));
        assert!(!leases.set(0, now + Duration::from_secs(90)), "renewed");
        assert!(leases.set(0, now) && !leases.has(0), "over, although nobody has said so");
        assert!(!leases.set(2, now + Duration::from_secs(60)) && !leases.has(2), "there is no such target");
        assert!(Leases::new(1, false).has(0));
    }
}
