//! The serve loop: hyper's HTTP/1 over our own accept loop. A client that does not send a request head in time, or does
//! not read its answer, is disconnected; the number of connections is bounded, in all and for each network; and each
//! connection is shut down gracefully.
//!
//! Neither `axum::serve` nor `axum-server` replaces the loop. The first sets no timeout for heads; the second leaves
//! the connection limit to an acceptor that would be as long as this loop.

use std::{
    collections::HashMap,
    net::{IpAddr, SocketAddr},
    sync::Arc,
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use futures_util::FutureExt;
use hyper::{Request, body::Incoming, server::conn::http1, service::service_fn};
use hyper_util::{
    rt::{TokioIo, TokioTimer},
    server::graceful::{GracefulConnection, GracefulShutdown},
};
use ipnet::IpNet;
use parking_lot::Mutex;
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    sync::{OwnedSemaphorePermit, Semaphore},
};
use tokio_io_timeout::TimeoutStream;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::trusted_proxies::TrustedProxies;
use crate::server::{
    adapters::{
        clock::{sleep, timeout},
        tasks::spawn,
    },
    services::accounts::network::network_of,
};

/// The read buffer, which must hold a request head and what arrives with it.
const LONGEST_HEAD: usize = 64 * 1024;
/// The response to a connection over the limit, whose request is not read.
const TOO_MANY: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\n\
    content-type: text/plain; charset=utf-8\r\n\
    x-content-type-options: nosniff\r\n\
    cache-control: no-store\r\n\
    retry-after: 5\r\n\
    content-length: 41\r\n\
    connection: close\r\n\r\n\
    Too many connections. Try again shortly.\n";
/// The limits on connections.
#[derive(Debug, Clone, Copy)]
pub struct Bounds {
    /// The number of simultaneous connections.
    pub connections: usize,
    /// The number of simultaneous connections of one network that isn't a proxy's.
    pub of_a_network: usize,
    /// The time to receive a request head, from the opening of the connection or the end of the previous request.
    pub head_timeout: Duration,
    /// The time in which a client must take something of what is sent to it.
    pub write_timeout: Duration,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            connections: 10_000,
            of_a_network: 2_500,
            head_timeout: Duration::from_secs(10),
            write_timeout: Duration::from_secs(30),
        }
    }
}

impl Bounds {
    /// Returns the default limits, capped by the number of files that the process may open. Raises that number first,
    /// as far as the system allows.
    pub fn of_this_process() -> Self {
        let bounds = Self::default();
        let wanted = bounds.connections + OTHER_FILES;
        let files = rlimit::increase_nofile_limit(wanted as u64).unwrap_or_else(|error| {
            tracing::warn!(%error, "how many files this process may open is not known: {error}");
            FEWEST_FILES
        });
        let files = usize::try_from(files).unwrap_or(usize::MAX);
        let connections = bounds.connections.min(files.saturating_sub(OTHER_FILES)).max(1);
        // One network never has all.
        Self { connections, of_a_network: bounds.of_a_network.min(connections.div_ceil(2)), ..bounds }
    }
}

/// Files other than connections: databases, AWS, logs.
const OTHER_FILES: usize = 200;
/// The number of open files that every system allows.
const FEWEST_FILES: u64 = 1_024;
/// The number of networks above which those without connections are forgotten.
const MANY_NETWORKS: usize = 10_000;
/// The pause after a failed accept, for example when the process has no file descriptor left.
const PAUSE_AFTER_FAILURE: Duration = Duration::from_millis(200);

/// Serves until `draining` is cancelled. Then it accepts no more connections, lets each finish its current request, and
/// returns when all are closed.
pub async fn serve(
    listener: TcpListener,
    app: Router,
    bounds: Bounds,
    proxies: TrustedProxies,
    draining: CancellationToken,
) {
    let places = Places::new(bounds, proxies);
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
        match places.take(peer.ip()) {
            Some(place) => {
                let serving = connections.watch(connection(stream, peer, app.clone(), bounds));
                // Broken and timed-out connections are normal on a network. An `async` block would have room for the
                // connection twice.
                spawn(serving.map(move |_| drop(place)));
            }
            None => {
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
    bounds: Bounds,
) -> impl GracefulConnection<Error = hyper::Error> + Send {
    // Send small responses without delay.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(Body::new);
        request.extensions_mut().insert(ConnectInfo(peer));
        // Boxed, so that a connection has no room for a request that is over: those of events last for hours.
        app.clone().oneshot(request).boxed()
    });
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(bounds.head_timeout).max_buf_size(LONGEST_HEAD);
    let mut stream = TimeoutStream::new(stream);
    stream.set_write_timeout(Some(bounds.write_timeout));
    http.serve_connection(TokioIo::new(Box::pin(stream)), service)
}

/// The places of connections.
struct Places {
    all: Arc<Semaphore>,
    of_a_network: usize,
    /// By network; those of proxies have no bound of their own, because everybody comes through them.
    networks: Mutex<HashMap<IpNet, Arc<Semaphore>>>,
    proxies: TrustedProxies,
}

impl Places {
    fn new(bounds: Bounds, proxies: TrustedProxies) -> Self {
        let all = Arc::new(Semaphore::new(bounds.connections));
        Self { all, of_a_network: bounds.of_a_network, networks: Mutex::default(), proxies }
    }

    /// Takes a place for a connection from this address, if there is one.
    fn take(&self, peer: IpAddr) -> Option<(OwnedSemaphorePermit, Option<OwnedSemaphorePermit>)> {
        let of_network = if self.proxies.trusts(peer) { None } else { Some(self.take_of_network(peer)?) };
        Some((self.all.clone().try_acquire_owned().ok()?, of_network))
    }

    fn take_of_network(&self, peer: IpAddr) -> Option<OwnedSemaphorePermit> {
        let mut networks = self.networks.lock();
        // No more networks than connections are in use.
        if networks.len() > MANY_NETWORKS {
            networks.retain(|_, places| places.available_permits() < self.of_a_network);
        }
        let places = networks.entry(network_of(peer)).or_insert_with(|| Arc::new(Semaphore::new(self.of_a_network)));
        places.clone().try_acquire_owned().ok()
    }
}

/// Sends the refusal without reading the request, and closes.
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
