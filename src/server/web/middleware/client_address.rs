//! Middleware that puts the client's address into the request, and the client as the audit chain names it.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{ConnectInfo, Request, State},
    http::{Extensions, HeaderMap, header},
    middleware::Next,
    response::Response,
};

use crate::{model::access::actor::Actor, server::web::state::AppState};

/// The client's address, kept in the request's extensions.
#[derive(Debug, Clone, Copy)]
pub struct ClientAddress(pub IpAddr);

/// Resolves the client's address and puts it into the request.
pub async fn find(State(state): State<AppState>, mut request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
    if let Some(peer) = peer {
        let address = state.trusted_proxies.client(peer, request.headers());
        request.extensions_mut().insert(ClientAddress(address));
    }
    next.run(request).await
}

/// Returns the actor of a request of which nobody is known to be signed in, as the audit chain names it.
pub fn stranger(extensions: &Extensions, headers: &HeaderMap) -> Actor {
    let address = extensions.get::<ClientAddress>().map_or_else(String::new, |address| address.0.to_string());
    Actor { name: String::new(), address, user_agent: user_agent(headers) }
}

/// Returns a request's `User-Agent` without control characters, truncated to 300 characters.
fn user_agent(headers: &HeaderMap) -> String {
    let agent = headers.get(header::USER_AGENT).map(|agent| String::from_utf8_lossy(agent.as_bytes()).into_owned());
    agent.unwrap_or_default().chars().filter(|c| !c.is_control()).take(300).collect()
}
