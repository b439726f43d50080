//! What `keystream health` finds.

use std::{net::SocketAddr, sync::atomic::Ordering};

use tokio::net::TcpListener;

use super::support::{TestApp, until};
use crate::server::{cli::health, web::listen::Bounds};

const READY: bool = false;
const LIVE: bool = true;

#[tokio::test]
async fn a_server_that_cannot_write_is_alive_and_not_ready() {
    let app = TestApp::start().await;
    let (address, _serving) = app.listen(Bounds::default()).await;
    health::check(address, READY).await.unwrap();
    health::check(address, LIVE).await.unwrap();
    let on_all_addresses = SocketAddr::from(([0, 0, 0, 0], address.port()));
    health::check(on_all_addresses, READY).await.unwrap();

    app.crash.is_read_only.store(true, Ordering::SeqCst);
    let error = until(|| async { health::check(address, READY).await.err() }).await;
    let expected = format!("http://{address}/readyz answered 503: the database cannot be written");
    assert_eq!(error.to_string(), expected);
    health::check(address, LIVE).await.unwrap();
}

#[tokio::test]
async fn a_server_that_is_gone_or_silent_is_not_healthy() {
    let silent = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let address = silent.local_addr().unwrap();
    let error = health::check(address, LIVE).await.unwrap_err().to_string();
    assert_eq!(error, format!("http://{address}/livez did not answer within 3 s"));
    drop(silent);
    let error = health::check(address, READY).await.unwrap_err().to_string();
    let expected = format!("http://{address}/readyz can't be reached: Connection refused");
    assert!(error.starts_with(&expected) && !error.contains('\n'), "{error}");
    let error = health::check(SocketAddr::from(([127, 0, 0, 1], 0)), READY).await.unwrap_err().to_string();
    assert!(error.starts_with("KEYSTREAM_LISTEN has port 0, "), "{error}");
}
