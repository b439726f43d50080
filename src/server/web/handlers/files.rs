//! The files of the site.

use axum::{
    extract::State,
    http::{HeaderMap, Uri},
    response::Response,
};

use super::error_page::{self, Asker};
use crate::{error::Refusal, server::web::state::AppState};

/// Sends a file of the site.
pub async fn send(State(state): State<AppState>, asker: Asker, address: Uri, asked: HeaderMap) -> Response {
    let file = state.assets.file(address.path(), &asked);
    file.unwrap_or_else(|| error_page::refuse(&state, &asker, Refusal::NoSuchAddress))
}
