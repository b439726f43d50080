//! Signing out of a session whose rights have lapsed, or which has passed its limits: its user has no permission any
//! more, and still wants to leave the browser to somebody else.

use axum::{
    http::{Extensions, HeaderMap, StatusCode, header},
    response::{IntoResponse, Response},
};
use tower_sessions::Session;

use super::{client_address, session::EndedSession};
use crate::{
    error::AppError,
    server::{
        services::accounts::provider::LapsedSession,
        web::{
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
    let lapsed = extensions.get::<LapsedSession>().map(|lapsed| lapsed.session_hash.as_str());
    let client = client_address::stranger(extensions, headers);
    let is_of_provider = match state.sign_ins.sessions.sign_out_late(client, user_id, lapsed).await {
        Ok(is_of_provider) => is_of_provider,
        Err(error) => {
            tracing::error!(%error, "a sign-out could not be written: {error}");
            return Some(error_page::refuse(state, asker, AppError::Unavailable));
        }
    };
    if let Some(session) = extensions.get::<Session>() {
        session_store::forget(session).await;
    }
    let address = provider_link::page_after_sign_out(is_of_provider);
    Some((StatusCode::SEE_OTHER, [(header::LOCATION, address)]).into_response())
}
