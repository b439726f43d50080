//! A collector at a URL. It has a batch once it has answered with 2xx.
//!
//! An answer can be lost, so a batch may be sent again. If an instance was suspended while it sent one, it may even
//! arrive after later rows, which another instance sent.

use std::{fmt, time::Duration};

use anyhow::Context;
use axum::{
    body::Bytes,
    http::{HeaderValue, Method, Request, Uri, header, uri::Authority},
};
use http_body_util::{BodyExt, Full, Limited};
use secrecy::{ExposeSecret, SecretString};
use url::Url;

use super::{batch::Batch, error::SinkError};
use crate::server::{
    adapters::{
        clock::timeout,
        https::{HttpsClient, causes, new_client},
    },
    config::StreamSettings,
};

/// How long the head of an answer may take.
const WITHIN: Duration = Duration::from_secs(10);
/// How much of an answer is read, and for how long, so that its connection can be used again.
const LONGEST_ANSWER: usize = 64 * 1024;
const READ_WITHIN: Duration = Duration::from_secs(1);

/// A collector at a URL.
#[derive(Clone)]
pub struct HttpSink {
    client: HttpsClient,
    uri: Uri,
    authorization: Option<HeaderValue>,
}

impl fmt::Debug for HttpSink {
    /// Shows the origin only: the path may be a secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let host = self.uri.authority().map_or("", Authority::as_str);
        write!(f, "HttpSink({}://{host})", self.uri.scheme_str().unwrap_or_default())
    }
}

impl HttpSink {
    /// Prepares the client. Connects to nothing yet.
    ///
    /// # Errors
    /// If certificate authorities are missing or can't be read.
    pub fn new(url: &Url, settings: &StreamSettings) -> anyhow::Result<Self> {
        let needs_tls = url.scheme() == "https";
        Ok(Self {
            client: new_client("KEYSTREAM_AUDIT_STREAM_CA_FILE", settings.ca_file.as_deref(), needs_tls)?,
            uri: Uri::try_from(url.as_str()).context("KEYSTREAM_AUDIT_STREAM")?,
            authorization: settings.authorization.as_ref().map(value_of).transpose()?,
        })
    }

    /// Posts a batch.
    ///
    /// # Errors
    /// If there is no answer with 2xx; the collector may have the batch all the same.
    pub async fn deliver(&self, batch: &Batch) -> Result<(), SinkError> {
        let asked = self.client.request(self.request(batch));
        let answer = timeout(WITHIN, asked).await.map_err(|_| SinkError::Silent)?;
        let answer = answer.map_err(|error| SinkError::Unreachable(causes(&error)))?;
        if !answer.status().is_success() {
            return Err(SinkError::Status(answer.status()));
        }
        // What it says doesn't matter any more.
        let _ = timeout(READ_WITHIN, Limited::new(answer.into_body(), LONGEST_ANSWER).collect()).await;
        Ok(())
    }

    fn request(&self, batch: &Batch) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(Bytes::from(batch.lines.clone())));
        *request.method_mut() = Method::POST;
        *request.uri_mut() = self.uri.clone();
        let headers = request.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/x-ndjson"));
        headers.insert(header::USER_AGENT, HeaderValue::from_static("keystream"));
        headers.insert("keystream-first-seq", HeaderValue::from(batch.first));
        headers.insert("keystream-last-seq", HeaderValue::from(batch.last.seq));
        // Of these very rows: an older database that was put back has others.
        let key = format!("{}-{}-{}", batch.first, batch.last.seq, batch.last.hash);
        if let Ok(key) = HeaderValue::try_from(key) {
            headers.insert("idempotency-key", key);
        }
        if let Some(authorization) = &self.authorization {
            headers.insert(header::AUTHORIZATION, authorization.clone());
        }
        request
    }
}

fn value_of(authorization: &SecretString) -> anyhow::Result<HeaderValue> {
    let mut value = HeaderValue::try_from(authorization.expose_secret()).context("KEYSTREAM_AUDIT_STREAM_TOKEN")?;
    value.set_sensitive(true);
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::config::StreamPlace;

    #[test]
    fn the_path_of_a_url_is_not_shown() {
        let url = Url::parse("http://127.0.0.1:9880/hunter2?key=hunter2").unwrap();
        let place = StreamPlace::Https(url.clone());
        let settings = StreamSettings { place, authorization: Some("hunter2".into()), ca_file: None };
        let sink = HttpSink::new(&url, &settings).unwrap();
        assert_eq!(format!("{sink:?}"), "HttpSink(http://127.0.0.1:9880)");
    }
}
