//! An HTTP client over TLS that trusts the system's authorities and those of a file.

use std::{error::Error, path::Path, sync::Arc};

use axum::body::Bytes;
use http_body_util::Full;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{client::legacy::Client, rt::TokioExecutor};
use rustls::{ClientConfig, RootCertStore, crypto::aws_lc_rs};
use thiserror::Error;

use super::{certificates::certificates_in, connector::Connector};

/// The client. Connections are kept and used again. Cheap to clone.
pub type HttpsClient = Client<HttpsConnector<Connector>, Full<Bytes>>;

/// Why the client can't be set up.
#[derive(Debug, Error)]
pub enum SetupError {
    #[error(
        "no certificate authorities were found on this machine; install its package of CA certificates, or set \
         {setting}"
    )]
    NoAuthorities { setting: &'static str },
    #[error("{setting}: {path}: {why}")]
    CaFile { setting: &'static str, path: String, why: String },
    #[error("TLS could not be set up: {0}")]
    Tls(String),
}

/// Makes a client that trusts the system's certificate authorities and those in `ca_file`, which `setting` names.
///
/// # Errors
/// If there are none and TLS is needed, or the file can't be read.
pub fn new_client(setting: &'static str, ca_file: Option<&Path>, needs_tls: bool) -> Result<HttpsClient, SetupError> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if let Some(path) = ca_file {
        let refused = |why: String| SetupError::CaFile { setting, path: path.display().to_string(), why };
        roots.add_parsable_certificates(certificates_in(path).map_err(refused)?);
    }
    if roots.is_empty() && needs_tls {
        return Err(SetupError::NoAuthorities { setting });
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
    Ok(Client::builder(TokioExecutor::new()).build(connector))
}

/// Returns an error and what caused it, on one line.
pub fn causes(error: &dyn Error) -> String {
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
