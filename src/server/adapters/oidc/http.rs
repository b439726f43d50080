//! The HTTP client for the provider. An answer is JSON, of at most 1 MiB, within 5 s; a redirect is no answer.

use std::{path::Path, pin::Pin, time::Duration};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header},
};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use thiserror::Error;

use crate::server::adapters::{
    clock::timeout,
    https::{HttpsClient, SetupError, causes, new_client},
};

/// How long an answer may take, to its end.
const WITHIN: Duration = Duration::from_secs(5);
/// The largest answer.
const LONGEST: usize = 1024 * 1024;

/// Why there is no answer. The messages name no address: the settings do.
#[derive(Debug, Error)]
pub enum HttpError {
    #[error("the provider could not be reached: {0}")]
    Unreachable(String),
    #[error("the provider did not answer within 5 s")]
    Silent,
    #[error("the provider's answer was broken off: {0}")]
    Broken(String),
    #[error("the provider's answer is larger than 1 MiB")]
    TooLarge,
    #[error("the provider answered {status} with {content_type} instead of JSON")]
    NotJson { status: StatusCode, content_type: String },
    #[error("the provider answered {0}")]
    Status(StatusCode),
}

impl HttpError {
    /// Returns whether the provider found fault with the request.
    pub fn is_refusal(&self) -> bool {
        let Self::NotJson { status, .. } = self else { return false };
        status.is_client_error() && *status != StatusCode::TOO_MANY_REQUESTS
    }
}

/// The client. Connections are kept and used again.
#[derive(Debug, Clone)]
pub struct HttpClient(HttpsClient);

impl HttpClient {
    /// A client that trusts the system's certificate authorities and those in `ca_file`.
    ///
    /// # Errors
    /// If there are none and TLS is needed, or the file can't be read.
    pub fn new(ca_file: Option<&Path>, needs_tls: bool) -> Result<Self, SetupError> {
        Ok(Self(new_client("KEYSTREAM_OIDC_CA_FILE", ca_file, needs_tls)?))
    }

    /// Sends a request. The answer is JSON, and says success or that the request was wrong.
    ///
    /// # Errors
    /// If there is no such answer.
    pub async fn json(&self, mut request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpError> {
        request.headers_mut().insert(header::USER_AGENT, HeaderValue::from_static("keystream"));
        timeout(WITHIN, self.send(request)).await.unwrap_or(Err(HttpError::Silent))
    }

    async fn send(&self, request: Request<Vec<u8>>) -> Result<Response<Vec<u8>>, HttpError> {
        let (head, body) = request.into_parts();
        let request = Request::from_parts(head, Full::new(Bytes::from(body)));
        let answer = self.0.request(request).await.map_err(|error| HttpError::Unreachable(causes(&error)))?;
        let status = answer.status();
        if status.is_redirection() || status.is_informational() || status.is_server_error() {
            return Err(HttpError::Status(status));
        }
        if !is_json(answer.headers()) {
            return Err(HttpError::NotJson { status, content_type: content_type(answer.headers()) });
        }
        let (head, body) = answer.into_parts();
        match Limited::new(body, LONGEST).collect().await {
            Ok(body) => Ok(Response::from_parts(head, body.to_bytes().into())),
            Err(error) if error.is::<LengthLimitError>() => Err(HttpError::TooLarge),
            Err(error) => Err(HttpError::Broken(error.to_string())),
        }
    }
}

impl<'c> AsyncHttpClient<'c> for HttpClient {
    type Error = HttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, HttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(self.json(request))
    }
}

fn content_type(headers: &HeaderMap) -> String {
    let value = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    value.map_or_else(|| "no content type".to_owned(), str::to_owned)
}

fn is_json(headers: &HeaderMap) -> bool {
    let essence = content_type(headers).split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    essence == "application/json" || (essence.starts_with("application/") && essence.ends_with("+json"))
}
