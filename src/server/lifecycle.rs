//! How the server ends: the first SIGTERM or Ctrl-C drains, the second ends at once.

use std::time::Duration;

use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// From the signal to the end: calls that are out may come back, everything else stops at once.
pub const DRAIN_DEADLINE: Duration = Duration::from_secs(4);

/// Waits for the first signal, then cancels `draining`; a second one ends the process.
pub async fn drain_on_signal(draining: CancellationToken) {
    wait_for_signal().await;
    tracing::info!("stopping: event streams end, calls that are out may come back");
    draining.cancel();
    tokio::spawn(async {
        wait_for_signal().await;
        tracing::warn!("a second signal: ending at once");
        std::process::exit(130);
    });
}

/// Waits until all tasks are done or the deadline has passed.
pub async fn finish(tasks: &TaskTracker) {
    tasks.close();
    if tokio::time::timeout(DRAIN_DEADLINE, tasks.wait()).await.is_err() {
        tracing::warn!(tasks = tasks.len(), "some tasks did not end in time; the next start takes up what they watched");
    }
}

async fn wait_for_signal() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => {
                signal.recv().await;
            }
            Err(error) => {
                tracing::error!(%error, "SIGTERM cannot be heard: {error}");
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminate => {}
    }
}
