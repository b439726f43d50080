//! The renewal of rights that the company's provider gave, before they lapse: with the next page that a person opens,
//! the browser goes to the provider and comes back. Other requests can't be led there and wait for that page.

use axum::{extract::Request, http::Method};

use crate::{
    model::access::{
        identity::Permission,
        next_page::safe_next,
        provider::SignInPurpose,
        requester::Requester,
        session::{Rights, rights_at},
    },
    server::{
        services::accounts::provider::LapsedSession,
        web::{context, endpoints::Entry, handlers::oidc, state::AppState},
    },
};

/// Returns where to lead the browser first, if the rights of its session have to be renewed and it can be led there.
pub fn address(state: &AppState, request: &Request) -> Option<String> {
    state.provider.as_ref()?;
    let extensions = request.extensions();
    let is_lapsed = extensions.get::<LapsedSession>().is_some();
    let is_due = || {
        let requester = extensions.get::<Requester>();
        let is_due = |requester: &Requester| rights_at(requester.rights_until, state.clock.now()) == Rights::Due;
        // A page that reloads itself waits until the rights have lapsed.
        requester.is_some_and(|requester| !requester.is_remembered && is_due(requester))
            && !context::is_own_refresh(request.uri())
    };
    if !is_navigation(request) || !(is_lapsed || is_due()) {
        return None;
    }
    Entry::of(extensions).endpoint().filter(|endpoint| endpoint.permission != Permission::Public)?;
    let asked_for = request.uri().path_and_query().map_or("/streams", |path| path.as_str());
    Some(oidc::start_address(SignInPurpose::Renewal, &safe_next(asked_for)))
}

/// Returns whether a browser opens a whole page.
fn is_navigation(request: &Request) -> bool {
    let mode = request.headers().get("sec-fetch-mode");
    *request.method() == Method::GET
        && context::wants_html(request.headers())
        && mode.is_none_or(|mode| mode == "navigate")
}
