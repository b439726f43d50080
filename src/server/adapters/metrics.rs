//! `/metrics` in Prometheus's format, on a listener of its own and never on the public one.

use std::net::SocketAddr;

use anyhow::Context;
use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::PrometheusBuilder;
use secrecy::{ExposeSecret, SecretString};

use super::{tasks, telemetry::LostLines};

/// 1 while the audit chain doesn't match its checkpoints, else 0.
pub const AUDIT_ALARM: &str = "keystream_audit_alarm";
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

/// Starts recording metrics, and serves them; with a token, to those who send it.
///
/// # Errors
/// When the address cannot be bound.
pub fn serve(address: SocketAddr, token: Option<SecretString>, lost_lines: LostLines) -> anyhow::Result<()> {
    let recorder = PrometheusBuilder::new().install_recorder().context("metrics cannot be recorded")?;
    metrics::describe_gauge!(AUDIT_ALARM, "Whether the audit chain doesn't match its checkpoints");
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
        recorder.render()
    };
    let app = router(token, render);
    tasks::spawn(async move {
        if let Err(error) = axum::serve(listener, app).await {
            tracing::error!(%error, "the metrics listener ended: {error}");
        }
    });
    Ok(())
}

fn router(token: Option<SecretString>, render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    let answer = move |headers: HeaderMap| {
        let is_allowed = token.as_ref().is_none_or(|token| has_token(&headers, token));
        std::future::ready(if is_allowed { render().into_response() } else { unauthorized() })
    };
    Router::new().route("/metrics", get(answer))
}

/// Compares in the same time, however much of the token is right.
fn has_token(headers: &HeaderMap, token: &SecretString) -> bool {
    let sent = headers.get(header::AUTHORIZATION).and_then(|value| value.as_bytes().split_first_chunk::<7>());
    sent.is_some_and(|(scheme, sent)| {
        scheme.eq_ignore_ascii_case(b"bearer ")
            && verify_slices_are_equal(sent, token.expose_secret().as_bytes()).is_ok()
    })
}

fn unauthorized() -> Response {
    (StatusCode::UNAUTHORIZED, [(header::WWW_AUTHENTICATE, "Bearer")]).into_response()
}

#[cfg(test)]
mod tests {
    use axum::{body::Body, http::Request};
    use tower::ServiceExt;

    use super::*;

    const TOKEN: &str = "0123456789abcdef";

    async fn scraped(token: Option<&str>, sent: Option<&str>) -> StatusCode {
        let mut request = Request::get("/metrics");
        if let Some(sent) = sent {
            request = request.header(header::AUTHORIZATION, sent);
        }
        let app = router(token.map(SecretString::from), || "keystream_up 1".to_owned());
        app.oneshot(request.body(Body::empty()).unwrap()).await.unwrap().status()
    }

    #[tokio::test]
    async fn a_token_is_asked_for_where_one_is_set() {
        assert_eq!(scraped(None, None).await, StatusCode::OK);
        for sent in ["Bearer 0123456789abcdef", "bearer 0123456789abcdef"] {
            assert_eq!(scraped(Some(TOKEN), Some(sent)).await, StatusCode::OK, "{sent}");
        }
        let others = ["", "Bearer", "Bearer ", "Bearer 0123456789abcde", "Bearer 0123456789abcdefg", "Basic MDEyMw=="];
        for sent in others.map(Some).into_iter().chain([None, Some(TOKEN)]) {
            assert_eq!(scraped(Some(TOKEN), sent).await, StatusCode::UNAUTHORIZED, "{sent:?}");
        }
    }
}
