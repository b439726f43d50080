//! How the server ends: the first SIGTERM or Ctrl-C drains, the second ends at once.

use std::time::Duration;

use anyhow::Context;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

/// From the signal to the end: calls that are out may come back, everything else stops at once.
const DRAIN_DEADLINE: Duration = Duration::from_secs(4);

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

/// Serves until `draining`; then connections and tasks have until the deadline, together.
///
/// # Errors
/// When serving ended by itself.
pub async fn serve_until_drained(
    server: impl IntoFuture<Output = std::io::Result<()>>,
    draining: &CancellationToken,
    tasks: &TaskTracker,
) -> anyhow::Result<()> {
    let deadline = async {
        draining.cancelled().await;
        tokio::time::sleep(DRAIN_DEADLINE).await;
    };
    let work = async {
        server.await.context("serving ended")?;
        tasks.close();
        tasks.wait().await;
        Ok(())
    };
    tokio::select! {
        result = work => result,
        () = deadline => {
            tracing::warn!(tasks = tasks.len(), "not everything ended in time; the next start takes up what was watched");
            Ok(())
        }
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
