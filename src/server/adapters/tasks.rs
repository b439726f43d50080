//! The seam for tasks. A task keeps the tracing span it was spawned in, so that its log lines say what it works for.

use tokio::task::{AbortHandle, JoinHandle, JoinSet};
use tokio_util::task::TaskTracker;
use tracing::{Instrument, Span};

/// Spawns a task that nothing waits for when the server stops: for work that may be lost.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn spawn<F>(future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tokio::spawn(future.in_current_span())
}

/// Spawns a task that the server waits for when it stops.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn spawn_on<F>(tracker: &TaskTracker, future: F) -> JoinHandle<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    tracker.spawn(future.in_current_span())
}

/// Spawns a task that ends with its set.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn spawn_into<F>(set: &mut JoinSet<F::Output>, future: F) -> AbortHandle
where
    F: Future<Output: Send> + Send + 'static,
{
    set.spawn(future.in_current_span())
}

/// Runs blocking work away from the threads that serve requests.
#[expect(clippy::disallowed_methods, reason = "this is the seam")]
pub fn spawn_blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> JoinHandle<T> {
    let span = Span::current();
    tokio::task::spawn_blocking(move || span.in_scope(work))
}
