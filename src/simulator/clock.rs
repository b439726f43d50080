//! The simulator's own seam for time and tasks. It stands for AWS, whose clock no test moves.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// The time of day, since 1970.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// Now, by the monotonic clock.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn now() -> Instant {
    Instant::now()
}

/// Waits.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub async fn sleep(duration: Duration) {
    tokio::time::sleep(duration).await;
}

/// Waits until this moment.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub async fn sleep_until(due: Instant) {
    tokio::time::sleep_until(due.into()).await;
}

/// Spawns a task.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn spawn<F>(future: F)
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(future);
}
