//! The token of a one-time link on its way to the page that shows it, once: a cookie that lives until that page is
//! read, for a minute at most. An address would stay in the history and in logs, and the database has its hash only.

use axum::http::{HeaderValue, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use secrecy::{ExposeSecret, SecretString};
use time::Duration;
use tower_sessions::cookie::{Cookie, SameSite};

use super::{browser_choice, context::RequestContext};

const NAME: &str = "keystream-link";
/// The pages that show links.
const PATH: &str = "/settings/users/";
const KEPT_FOR: Duration = Duration::minutes(1);

/// Gives a token to the browser of a request, for the next page that shows links.
pub fn keep(cx: &RequestContext, token: &SecretString) {
    set(cx, token.expose_secret(), KEPT_FOR);
}

/// Returns the token that the browser of a request was given, and takes it back.
pub fn take(cx: &RequestContext) -> Option<String> {
    let token = browser_choice::kept(&cx.parts.headers, NAME)?.value().to_owned();
    set(cx, "", Duration::ZERO);
    Some(token)
}

fn set(cx: &RequestContext, value: &str, kept_for: Duration) {
    let cookie = Cookie::build((NAME, value)).path(PATH).max_age(kept_for).same_site(SameSite::Strict).http_only(true);
    let cookie = cookie.secure(cx.state.origin.is_https).to_string();
    if let (Some(options), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        options.append_header(header::SET_COOKIE, cookie);
    }
}
