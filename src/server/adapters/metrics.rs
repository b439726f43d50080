//! `/metrics` in Prometheus's format, on a listener of its own and never on the public one.

use std::net::SocketAddr;

use anyhow::Context;
use axum::{Router, routing::get};
use metrics_exporter_prometheus::PrometheusBuilder;

use super::{tasks, telemetry::LostLines};

/// Calls to AWS, by operation and outcome.
pub const AWS_CALLS: &str = "keystream_aws_calls_total";
/// Changes that came to an end, by end.
pub const CHANGES_ENDED: &str = "keystream_changes_ended_total";

/// Log lines that were lost because nothing took those before them.
const LOST_LOG_LINES: &str = "keystream_lost_log_lines_total";

/// Panics of background parts, by part.
pub const PANICS: &str = "keystream_panics_total";

/// Counts a call to AWS.
pub fn count_aws_call<T, E>(operation: &'static str, answer: Result<T, E>) -> Result<T, E> {
    let outcome = if answer.is_ok() { "ok" } else { "failed" };
    metrics::counter!(AWS_CALLS, "operation" => operation, "outcome" => outcome).increment(1);
    answer
}

/// Starts recording metrics, and serves them.
///
/// # Errors
/// When the address cannot be bound.
pub fn serve(address: SocketAddr, lost_lines: LostLines) -> anyhow::Result<()> {
    let recorder = PrometheusBuilder::new().install_recorder().context("metrics cannot be recorded")?;
    metrics::describe_counter!(AWS_CALLS, "Calls of AWS by operation and outcome");
    metrics::describe_counter!(CHANGES_ENDED, "Changes of encryption by how they ended");
    metrics::describe_counter!(LOST_LOG_LINES, "Log lines that were lost, because nothing read the log");
    metrics::describe_counter!(PANICS, "Panics of background parts; each is started again");
    let listener = std::net::TcpListener::bind(address)
        .with_context(|| format!("KEYSTREAM_METRICS_LISTEN: {address} cannot be bound"))?;
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let render = move || {
        metrics::counter!(LOST_LOG_LINES).absolute(lost_lines.count());
        std::future::ready(recorder.render())
    };
    let app = Router::new().route("/metrics", get(render));
    tasks::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!(%error, "the metrics listener ended: {error}");
        }
    });
    Ok(())
}
