//! A provider behind TLS, with a certificate of the company's own authority.

use std::sync::Arc;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

use super::{TestProvider, provider::DISCOVERY};
use crate::{
    server::{
        adapters::{clock::SystemClock, https::SetupError, oidc::Provider},
        config::ProviderSettings,
    },
    tests::support::tls,
};

/// Serves discovery and an empty set of keys. Returns the issuer and the authority's certificate.
async fn serve() -> (String, String) {
    let (acceptor, authority) = tls::acceptor();
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let issuer = format!("https://localhost:{}", listener.local_addr().unwrap().port());
    let document = serde_json::json!({
        "issuer": issuer, "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"), "jwks_uri": format!("{issuer}/jwks"), "keys": [],
    });
    tokio::spawn(async move {
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            let Ok(mut stream) = acceptor.accept(stream).await else { continue };
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            assert!(head.starts_with(&format!("GET {DISCOVERY} ")) || head.starts_with("GET /jwks "), "{head}");
            let body = document.to_string();
            let answer = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ndate: Mon, 30 Nov 2026 10:00:00 GMT\r\n\
                 content-length: {}\r\nconnection: close\r\n\r\n{body}",
                body.len()
            );
            stream.write_all(answer.as_bytes()).await.unwrap();
            let _ = stream.shutdown().await;
        }
    });
    (issuer, authority)
}

#[tokio::test]
async fn an_authority_of_the_company_s_own_is_trusted_if_it_is_named() {
    let (issuer, authority) = serve().await;
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("ca.pem");
    let settings = ProviderSettings {
        issuer: issuer.clone(),
        ca_file: Some(path.clone()),
        ..TestProvider::start().await.settings()
    };
    let provider = |settings: &ProviderSettings| {
        Provider::new(settings.clone(), "https://keystream.example", Arc::new(SystemClock))
    };
    for content in
        [None, Some("no certificate"), Some("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")]
    {
        if let Some(content) = content {
            std::fs::write(&path, content).unwrap();
        }
        let said = provider(&settings).unwrap_err();
        assert!(matches!(said, SetupError::CaFile { .. }), "{said}");
        assert!(said.to_string().starts_with("KEYSTREAM_OIDC_CA_FILE: ") && !said.to_string().contains('\n'), "{said}");
    }
    std::fs::write(&path, authority).unwrap();
    let found = provider(&settings).unwrap().examine().await.unwrap();
    assert_eq!(found.date.unwrap().rfc3339(), "2026-11-30T10:00:00.000Z");
    let other_name = ProviderSettings { issuer: issuer.replace("localhost", "127.0.0.1"), ..settings.clone() };
    let said = provider(&other_name).unwrap().examine().await.unwrap_err().to_string();
    assert!(said.starts_with("the provider could not be reached: "), "{said}");
    let untrusted = ProviderSettings { ca_file: None, ..settings };
    match provider(&untrusted) {
        Ok(provider) => {
            let said = provider.examine().await.unwrap_err().to_string();
            assert!(said.starts_with("the provider could not be reached: "), "{said}");
        }
        // A machine without authorities of its own.
        Err(said) => assert!(said.to_string().contains("package of CA certificates"), "{said}"),
    }
}
