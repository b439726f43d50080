//! `/metrics` in Prometheus's format, on a listener of its own and never on the public one.

use std::{net::SocketAddr, time::Duration};

use anyhow::{Context, anyhow};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use axum::{
    Router,
    http::{HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
    routing::get,
};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle, PrometheusRecorder};
use secrecy::{ExposeSecret, SecretString};

use super::{
    families::{BUILD_INFO, FAMILIES, Family, Kind},
    process,
};
use crate::{
    model::time::Timestamp,
    server::adapters::{
        clock::{Clock, SystemClock, ticks},
        tasks,
    },
};

/// How often what was recorded is added up, whether or not anybody asks for it: it would fill the memory.
const ADDED_UP_EVERY: Duration = Duration::from_secs(10);

/// Prometheus's text format.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The recorder of this process, and the listener that will serve what it has recorded.
#[derive(Debug)]
pub struct Exporter {
    recorder: PrometheusHandle,
    listener: tokio::net::TcpListener,
    token: Option<SecretString>,
    started: Timestamp,
}

impl Exporter {
    /// Starts recording metrics, and binds the address. With a token, metrics are only for those who send it.
    ///
    /// # Errors
    /// When the address cannot be bound.
    pub fn bind(address: SocketAddr, token: Option<SecretString>) -> anyhow::Result<Self> {
        let listener = std::net::TcpListener::bind(address)
            .with_context(|| format!("KEYSTREAM_METRICS_LISTEN: {address} cannot be bound"))?;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let recorder = recorder().context("metrics cannot be recorded")?;
        let handle = recorder.handle();
        metrics::set_global_recorder(recorder).map_err(|_| anyhow!("metrics are recorded already"))?;
        begin();
        Ok(Self { recorder: handle, listener, token, started: SystemClock.now() })
    }

    /// Serves the metrics. `take_figures` records those that are taken when somebody asks.
    pub fn serve(self, take_figures: impl Fn() + Clone + Send + Sync + 'static) {
        let Self { recorder, listener, token, started } = self;
        tasks::spawn(add_up(recorder.clone()));
        let render = move || {
            take_figures();
            process::record(started);
            recorder.render()
        };
        let app = router(token, render);
        tasks::spawn(async move {
            if let Err(error) = axum::serve(listener, app).await {
                tracing::error!(%error, "the metrics listener ended: {error}");
            }
        });
    }
}

async fn add_up(recorder: PrometheusHandle) {
    let mut interval = ticks(ADDED_UP_EVERY);
    loop {
        interval.tick().await;
        recorder.run_upkeep();
    }
}

/// Returns a recorder that knows the bounds of each histogram.
///
/// # Errors
/// When a histogram has no bounds.
pub fn recorder() -> Result<PrometheusRecorder, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for family in FAMILIES {
        if let Kind::Histogram(bounds) = family.kind {
            builder = builder.set_buckets_for_metric(Matcher::Full(family.name.to_owned()), bounds)?;
        }
    }
    Ok(builder.build_recorder())
}

/// Describes every family to the recorder in use, and begins those without labels at 0: what rises for the first time
/// is seen to rise.
pub fn begin() {
    for Family { name, kind, labels, help } in FAMILIES.iter().copied() {
        // Where a system doesn't have them, 0 would be wrong.
        let begins = labels.is_empty() && !name.starts_with("process_");
        match kind {
            Kind::Counter => {
                metrics::describe_counter!(name, help);
                if begins {
                    metrics::counter!(name).increment(0);
                }
            }
            Kind::Gauge => {
                metrics::describe_gauge!(name, help);
                if begins {
                    metrics::gauge!(name).increment(0.0);
                }
            }
            Kind::Histogram(_) => {
                metrics::describe_histogram!(name, help);
                if begins {
                    // Registered, without a value.
                    drop(metrics::histogram!(name));
                }
            }
        }
    }
    metrics::gauge!(BUILD_INFO.name, "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

fn router(token: Option<SecretString>, render: impl Fn() -> String + Clone + Send + Sync + 'static) -> Router {
    let answer = move |headers: HeaderMap| {
        let is_allowed = token.as_ref().is_none_or(|token| has_token(&headers, token));
        let render = render.clone();
        async move {
            if !is_allowed {
                return unauthorized();
            }
            // Reads files, and looks at every row.
            match tasks::spawn_blocking(render).await {
                Ok(text) => ([(header::CONTENT_TYPE, TEXT)], text).into_response(),
                Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
            }
        }
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
