//! Signing out of a session whose rights have lapsed, or which has passed its limits: its user has no permission any
//! more, and still wants to leave the browser to somebody else.

use axum::{
    http::{Extensions, HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower_sessions::Session;

use super::{client_address::ClientAddress, session::EndedSession};
use crate::{
    error::AppError,
    model::access::actor::Actor,
    server::{
        adapters::store::StoreError,
        services::accounts::provider::LapsedSession,
        web::{
            context,
            endpoints::Entry,
            handlers::error_page::{self, Asker},
            provider_link, session_store,
            state::AppState,
        },
    },
};

/// The function that signs out.
const SIGN_OUT: &str = "/api/sign-out";

/// Answers a sign-out of such a session; `None` for any other request.
pub async fn answer(state: &AppState, extensions: &Extensions, headers: &HeaderMap, asker: &Asker) -> Option<Response> {
    let EndedSession { user_id } = extensions.get::<EndedSession>()?;
    Entry::of(extensions).endpoint().filter(|endpoint| endpoint.path == SIGN_OUT)?;
    let address = match sign_out(state, extensions, headers, user_id).await {
        Ok(address) => address,
        Err(error) => {
            tracing::error!(%error, "a sign-out could not be written: {error}");
            return Some(error_page::refuse(state, asker, AppError::Unavailable));
        }
    };
    if let Some(session) = extensions.get::<Session>() {
        session_store::forget(session).await;
    }
    Some((StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response())
}

async fn sign_out(
    state: &AppState,
    extensions: &Extensions,
    headers: &HeaderMap,
    user_id: &str,
) -> Result<&'static str, StoreError> {
    let Some(user) = state.users.find(user_id).await? else { return Ok(provider_link::page_after_sign_out(false)) };
    if let Some(LapsedSession { session_hash, .. }) = extensions.get() {
        let address = extensions.get::<ClientAddress>().map(|address| address.0.to_string());
        let user_agent = context::user_agent(headers);
        let actor = Actor { name: user.name, address: address.unwrap_or_default(), user_agent };
        state.sign_ins.sessions.sign_out(&actor, user_id, session_hash).await?;
    }
    Ok(provider_link::page_after_sign_out(user.of_provider.is_some()))
}
