//! The seam for tasks. What runs on its own keeps the tracing span of whoever began it, so that its log lines say for
//! what it works.

use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};

/// Runs a future on its own. Nothing waits for it when the server ends: for work that may be lost.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(future.in_current_span())
}

/// Runs a future on its own, as one that the server waits for when it ends.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn spawn_on<F>(tracker: &TaskTracker, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tracker.spawn(future.in_current_span())
}

/// Runs a future on its own, for no longer than the set lasts.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn spawn_into<F>(set: &mut JoinSet<F::Output>, future: F) -> AbortHandle
where
    F: Future<Output: Send> + Send + 'static,
{
    set.spawn(future.in_current_span())
}

/// Runs work that blocks its thread away from the threads that serve requests.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let span = Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work))
}
