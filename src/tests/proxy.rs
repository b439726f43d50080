//! A proxy in front of a database that makes it as slow as one far away, and counts round trips.

use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// Ends with the runtime.
pub struct Proxy {
    /// The database's address through the proxy.
    pub url: String,
    round_trips: Arc<AtomicUsize>,
}

impl Proxy {
    /// A proxy on loopback that delays everything a client sends.
    pub async fn before(database: &str, delay: Duration) -> Self {
        let mut url = Url::parse(database).unwrap();
        let server = format!("{}:{}", url.host_str().unwrap(), url.port().unwrap());
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let round_trips = Arc::new(AtomicUsize::new(0));
        let counter = round_trips.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                tokio::spawn(connect(client, server.clone(), delay, counter.clone()));
            }
        });
        Self { url: url.to_string(), round_trips }
    }

    /// How often a client has sent something.
    pub fn round_trips(&self) -> usize {
        self.round_trips.load(Ordering::SeqCst)
    }
}

async fn connect(client: TcpStream, server: String, delay: Duration, round_trips: Arc<AtomicUsize>) {
    let server = TcpStream::connect(server).await.unwrap();
    for stream in [&client, &server] {
        stream.set_nodelay(true).unwrap();
    }
    let (mut from_client, mut to_client) = client.into_split();
    let (mut from_server, mut to_server) = server.into_split();
    tokio::spawn(async move { tokio::io::copy(&mut from_server, &mut to_client).await });
    let mut buffer = vec![0; 1 << 20];
    while let Ok(length) = from_client.read(&mut buffer).await {
        if length == 0 {
            break;
        }
        round_trips.fetch_add(1, Ordering::SeqCst);
        tokio::time::sleep(delay).await;
        if to_server.write_all(&buffer[..length]).await.is_err() {
            break;
        }
    }
}
