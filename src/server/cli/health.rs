//! `keystream health`: asks the server on this machine for its health, for containers that have no other program.

use std::{
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr},
    time::Duration,
};

use anyhow::{anyhow, bail};
use http_body_util::{BodyExt, Empty, Limited};
use hyper::{Request, StatusCode, body::Bytes};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::TokioExecutor,
};

use crate::server::{adapters::clock::timeout, config::Settings};

/// How long the answer may take, to its end.
const WITHIN: Duration = Duration::from_secs(3);
/// The longest answer: a server says in a few words what is wrong.
const LONGEST: usize = 1024;

/// Asks whether the configured server is ready, or only whether it is alive.
///
/// # Errors
/// As [`check`].
pub async fn run(settings: &Settings, asks_live: bool) -> anyhow::Result<()> {
    check(settings.listening.listen, asks_live).await
}

/// Asks whether the server that listens on an address is ready, or only whether it is alive.
///
/// # Errors
/// When it isn't, can't be reached, or doesn't answer in time.
pub async fn check(listen: SocketAddr, asks_live: bool) -> anyhow::Result<()> {
    if listen.port() == 0 {
        bail!("KEYSTREAM_LISTEN has port 0, which doesn't say where the server listens; give it a port");
    }
    let path = if asks_live { "/livez" } else { "/readyz" };
    let url = format!("http://{}{path}", reached_at(listen));
    timeout(WITHIN, ask(&url)).await.unwrap_or_else(|_| Err(anyhow!("{url} did not answer within 3 s")))
}

/// The address at which this machine reaches a server: one that listens on all addresses is asked on loopback.
const fn reached_at(listen: SocketAddr) -> SocketAddr {
    let ip = match listen.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    SocketAddr::new(ip, listen.port())
}

async fn ask(url: &str) -> anyhow::Result<()> {
    let client: Client<HttpConnector, Empty<Bytes>> = Client::builder(TokioExecutor::new()).build_http();
    // Health checks are answered under any host name.
    let request = Request::get(url).body(Empty::new())?;
    let answer = client.request(request).await.map_err(|error| {
        let error = anyhow::Error::from(error);
        anyhow!("{url} can't be reached: {}", error.root_cause())
    })?;
    let status = answer.status();
    if status == StatusCode::OK {
        return Ok(());
    }
    let body = Limited::new(answer.into_body(), LONGEST).collect().await;
    let text = body.map(|body| String::from_utf8_lossy(&body.to_bytes()).into_owned()).unwrap_or_default();
    let said: String = text.lines().next().unwrap_or_default().chars().filter(|c| !c.is_control()).collect();
    let said = if said.is_empty() { said } else { format!(": {said}") };
    bail!("{url} answered {}{said}", status.as_u16())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_on_all_addresses_is_asked_on_loopback() {
        for (listen, expected) in [
            ("0.0.0.0:3000", "127.0.0.1:3000"),
            ("[::]:3000", "[::1]:3000"),
            ("127.0.0.1:3000", "127.0.0.1:3000"),
            ("10.0.0.7:80", "10.0.0.7:80"),
            ("[fd00::7]:80", "[fd00::7]:80"),
        ] {
            assert_eq!(reached_at(listen.parse().unwrap()).to_string(), expected, "{listen}");
        }
    }
}
