//! The collector, over HTTP. An answer of 200 takes a batch, apart from the spans that it says it rejected.

use std::time::Duration;

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, Method, Request, StatusCode, Uri, header, uri::Authority},
};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceResponse;
use prost::Message;
use thiserror::Error;

use super::environment::Settings;
use crate::server::adapters::{
    clock,
    https::{HttpsClient, SetupError, causes, new_client},
};

const PROTOBUF: &str = "application/x-protobuf";
/// The longest answer that is read. It says little.
const LONGEST_ANSWER: usize = 64 * 1024;

/// The collector, with the connections that are open to it.
#[derive(Debug)]
pub struct Collector {
    client: HttpsClient,
    endpoint: Uri,
    headers: HeaderMap,
    timeout: Duration,
}

/// Why a batch wasn't taken.
#[derive(Debug, Error)]
pub enum Failure {
    #[error("it could not be reached: {0}")]
    Unreachable(String),
    #[error("it did not answer within {0:?}")]
    Silent(Duration),
    #[error("it answered {status}")]
    Status {
        status: StatusCode,
        /// How long it asks to be left alone.
        retry_after: Option<Duration>,
    },
}

impl Failure {
    /// Returns whether the same batch may be taken later, by the rules of the protocol.
    pub fn may_pass(&self) -> bool {
        match self {
            Self::Unreachable(_) | Self::Silent(_) => true,
            Self::Status { status, .. } => matches!(status.as_u16(), 429 | 502 | 503 | 504),
        }
    }

    /// Returns how long the collector asks to be left alone, if it does.
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unreachable(_) | Self::Silent(_) => None,
            Self::Status { retry_after, .. } => *retry_after,
        }
    }
}

impl Collector {
    /// Connects to nothing yet.
    ///
    /// # Errors
    /// If its certificate could never be trusted.
    pub fn new(settings: &Settings) -> Result<Self, SetupError> {
        let needs_tls = settings.endpoint.scheme_str() == Some("https");
        let client = new_client("OTEL_EXPORTER_OTLP_CERTIFICATE", settings.ca_file.as_deref(), needs_tls)?;
        let mut headers = settings.headers.clone();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROTOBUF));
        headers.insert(header::USER_AGENT, HeaderValue::from_static("keystream"));
        Ok(Self { client, endpoint: settings.endpoint.clone(), headers, timeout: settings.timeout })
    }

    /// Returns its host and port, for people. The rest of its address may hold a secret.
    pub fn place(&self) -> &str {
        self.endpoint.authority().map_or("", Authority::as_str)
    }

    /// Delivers a batch, in at most this time. Returns how many of its spans the collector rejected.
    ///
    /// # Errors
    /// If it took none.
    pub async fn deliver(&self, body: Bytes, time_left: Duration) -> Result<u64, Failure> {
        let limit = self.timeout.min(time_left);
        clock::timeout(limit, self.post(body)).await.unwrap_or(Err(Failure::Silent(limit)))
    }

    async fn post(&self, body: Bytes) -> Result<u64, Failure> {
        let mut request = Request::new(Full::new(body));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.endpoint.clone();
        *request.headers_mut() = self.headers.clone();
        let answer = self.client.request(request).await.map_err(|error| Failure::Unreachable(causes(&error)))?;
        if !answer.status().is_success() {
            return Err(Failure::Status { status: answer.status(), retry_after: retry_after(answer.headers()) });
        }
        let says_more = answer.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == PROTOBUF);
        Ok(if says_more { rejected(answer.into_body()).await } else { 0 })
    }
}

/// Returns how long an answer asks to wait, if it says so in seconds.
fn retry_after(headers: &HeaderMap) -> Option<Duration> {
    headers.get(header::RETRY_AFTER)?.to_str().ok()?.parse().ok().map(Duration::from_secs)
}

/// Returns how many spans an answer says were rejected; 0 if it can't be read.
async fn rejected(body: Incoming) -> u64 {
    let Ok(body) = Limited::new(body, LONGEST_ANSWER).collect().await else { return 0 };
    let answer = ExportTraceServiceResponse::decode(body.to_bytes()).unwrap_or_default();
    answer.partial_success.and_then(|partial| u64::try_from(partial.rejected_spans).ok()).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status(code: u16) -> Failure {
        Failure::Status { status: StatusCode::from_u16(code).unwrap(), retry_after: None }
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        for code in [429, 502, 503, 504] {
            assert!(status(code).may_pass(), "{code}");
        }
        for code in [301, 400, 401, 403, 404, 413, 500, 501] {
            assert!(!status(code).may_pass(), "{code}");
        }
        assert!(Failure::Silent(Duration::from_secs(1)).may_pass());
    }

    #[test]
    fn a_collector_asks_to_wait_in_seconds() {
        let asked =
            |value| retry_after(&HeaderMap::from_iter([(header::RETRY_AFTER, HeaderValue::from_static(value))]));
        assert_eq!(asked("7"), Some(Duration::from_secs(7)));
        for other in ["", "-1", "soon", "Wed, 21 Oct 2026 07:28:00 GMT"] {
            assert_eq!(asked(other), None, "{other}");
        }
        assert_eq!(retry_after(&HeaderMap::new()), None);
    }
}
