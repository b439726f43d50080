//! How the server stops: the first SIGTERM or Ctrl-C drains it, the second ends it at once.

use std::time::Duration;

use anyhow::Context;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::server::adapters::clock::sleep;

/// How long draining may take: calls in flight may finish, everything else stops at once.
const DRAIN_DEADLINE: Duration = Duration::from_secs(4);

/// The signals that end the server. Registered when this is created, before the server says that it listens.
#[derive(Debug)]
pub struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    /// Registers both signals.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn listen() -> anyhow::Result<Self> {
        let heard = |kind| signal(kind).context("signals cannot be heard");
        Ok(Self { terminate: heard(SignalKind::terminate())?, interrupt: heard(SignalKind::interrupt())? })
    }

    async fn next(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}

/// Waits for the first signal, then cancels `draining`; a second one ends the process.
pub async fn drain_on_signal(mut signals: Signals, draining: CancellationToken) {
    signals.next().await;
    tracing::info!("stopping: event streams end, and calls in progress may finish");
    draining.cancel();
    signals.next().await;
    tracing::warn!("a second signal: ending at once");
    std::process::exit(130);
}

/// Serves until `draining`; then connections and tasks together have until the deadline.
pub async fn serve_until_drained(server: impl Future<Output = ()>, draining: &CancellationToken, tasks: &TaskTracker) {
    let deadline = async {
        draining.cancelled().await;
        sleep(DRAIN_DEADLINE).await;
    };
    let work = async {
        server.await;
        tasks.close();
        tasks.wait().await;
    };
    tokio::select! {
        () = work => {}
        () = deadline => {
            tracing::warn!(tasks = tasks.len(), "not everything ended in time; the next start takes up what was \
                watched");
        }
    }
}
