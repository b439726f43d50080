//! The HTTP client for the provider. An answer is JSON, of at most 1 MiB, within 5 s; a redirect is no answer.

use std::{error::Error, path::Path, pin::Pin, sync::Arc, time::Duration};

use axum::{
    body::Bytes,
    http::{HeaderMap, HeaderValue, Request, Response, StatusCode, header},
};
use http_body_util::{BodyExt, Full, LengthLimitError, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use rustls_pki_types::{CertificateDer, pem::PemObject};
use thiserror::Error;

use super::connector::Connector;
use crate::server::adapters::clock::timeout;

/// How long an answer may take, to its end.
const WITHIN: Duration = Duration::from_secs(5);
/// The largest answer.
const LONGEST: usize = 1024 * 1024;

/// Why the provider can't be called at all.
#[derive(Debug, Error)]
pub enum SetupError {
    #[error(
        "no certificate authorities were found on this machine; install its package of CA certificates, or set \
         KEYSTREAM_OIDC_CA_FILE"
    )]
    NoAuthorities,
    #[error("KEYSTREAM_OIDC_CA_FILE: {path}: {why}")]
    CaFile { path: String, why: String },
    #[error("TLS could not be set up: {0}")]
    Tls(String),
}

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
pub struct HttpClient(Client<HttpsConnector<Connector>, Full<Bytes>>);

impl HttpClient {
    /// A client that trusts the system's certificate authorities and those in `ca_file`.
    ///
    /// # Errors
    /// If there are none and TLS is needed, or the file can't be read.
    pub fn new(ca_file: Option<&Path>, needs_tls: bool) -> Result<Self, SetupError> {
        let mut roots = RootCertStore::empty();
        roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
        if let Some(path) = ca_file {
            let refused = |why: String| SetupError::CaFile { path: path.display().to_string(), why };
            let found = CertificateDer::pem_file_iter(path).and_then(Iterator::collect::<Result<Vec<_>, _>>);
            let found = found.map_err(|error| refused(error.to_string()))?;
            if found.is_empty() {
                return Err(refused("it has no PEM certificate".to_owned()));
            }
            for certificate in found {
                roots.add(certificate).map_err(|error| refused(error.to_string()))?;
            }
        }
        if roots.is_empty() && needs_tls {
            return Err(SetupError::NoAuthorities);
        }
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()
            .map_err(|error| SetupError::Tls(error.to_string()))?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let connector = HttpsConnectorBuilder::new()
            .with_tls_config(config)
            .https_or_http()
            .enable_http1()
            .wrap_connector(Connector::default());
        Ok(Self(Client::builder(TokioExecutor::new()).build(connector)))
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

/// Returns an error and what caused it, on one line.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.ends_with(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}
