//! The serve loop: hyper's HTTP/1 over our own accept loop. Who does not send a head in time is cut off, the number of
//! connections is bounded, and a stopping server tells each of them.
//!
//! Neither `axum::serve` nor `axum-server` replaces the loop: the first arms no timer for heads, and the second leaves
//! the number of connections to an acceptor that would be as long as the loop is.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulConnection, GracefulShutdown},
};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::Semaphore,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use crate::server::adapters::{
    clock::{sleep, timeout},
    tasks::spawn,
};

/// A head and what comes with it must fit in here.
const LONGEST_HEAD: usize = 64 * 1024;
/// What a connection beyond that gets.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: text/plain; charset=utf-8\r\nretry-after: \
    5\r\n\
    cache-control: no-store\r\ncontent-length: 41\r\nconnection: close\r\n\r\nToo many connections. Try again \
    shortly.\n";
/// What connections may take.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// At once.
    pub connections: usize,
    /// A request's head has this long, from the opening of the connection or the end of the request before it.
    pub head_timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { connections: 10_000, head_timeout: Duration::from_secs(10) }
    }
}

impl Bounds {
    /// The default, within the files that this process may open; it asks the system for as many as it needs.
    pub fn of_this_process() -> Self {
        let bounds = Self::default();
        let wanted = bounds.connections + OTHER_FILES;
        let files = rlimit::increase_nofile_limit(wanted as u64).unwrap_or_else(|error| {
            tracing::warn!(%error, "how many files this process may open is not known: {error}");
            FEWEST_FILES
        });
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        Self { connections: bounds.connections.min(files.saturating_sub(OTHER_FILES)).max(1), ..bounds }
    }
}

/// Files beside connections: databases, AWS, logs, static files being sent.
const OTHER_FILES: usize = 200;
/// What every system allows.
const FEWEST_FILES: u64 = 1_024;
/// After an accept that failed, as when the process has no file left.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// Serves until `draining`; then no connection is accepted, each one finishes the request that it has begun, and this
/// returns when all are gone.
pub async fn serve(listener: TcpListener, app: Router, bounds: Bounds, draining: CancellationToken) {
    let places = Arc::new(Semaphore::new(bounds.connections));
    let connections = GracefulShutdown::new();
    loop {
        let accepted = tokio::select! {
            () = draining.cancelled() => break,
            accepted = listener.accept() => accepted,
        };
        let (stream, peer) = match accepted {
            Ok(accepted) => accepted,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted: {error}");
                sleep(PAUSE_AFTER_FAILURE).await;
                continue;
            }
        };
        match places.clone().try_acquire_owned() {
            Ok(place) => {
                let serving = connections.watch(connection(stream, peer, app.clone(), bounds.head_timeout));
                spawn(async move {
                    // Connections that break or are cut off are everyday matters of the network.
                    let _ = serving.await;
                    drop(place);
                });
            }
            Err(_) => {
                spawn(timeout(bounds.head_timeout, refuse(stream)));
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

fn connection(
    stream: TcpStream,
    peer: SocketAddr,
    app: Router,
    head_timeout: Duration,
) -> impl GracefulConnection<Error = hyper::Error> + Send {
    // Small answers leave at once.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        app.clone().oneshot(request)
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(head_timeout).max_buf_size(LONGEST_HEAD);
    http.serve_connection(TokioIo::new(stream), service)
}

/// Answers without reading, and closes.
async fn refuse(mut stream: TcpStream) -> std::io::Result<()> {
    stream.write_all(TOO_MANY).await?;
    stream.shutdown().await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_refusal_is_as_long_as_it_says() {
        let text = std::str::from_utf8(TOO_MANY).unwrap();
        let (head, body) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{}", body.len());
    }
}
