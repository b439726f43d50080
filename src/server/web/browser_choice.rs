//! What a user chose for one browser, kept in a cookie of it.

use axum::http::{HeaderMap, HeaderValue, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use time::Duration;
use tower_sessions::cookie::{Cookie, SameSite};

use super::context::RequestContext;

const KEPT_FOR: Duration = Duration::days(365);

/// Returns what the browser that sent these headers keeps under this name.
pub fn kept<'a>(headers: &'a HeaderMap, name: &str) -> Option<Cookie<'a>> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(Cookie::split_parse).flatten().find(|cookie| cookie.name() == name)
}

/// Lets the browser of a request keep a value, which must have no commas.
pub fn keep(cx: &RequestContext, name: &'static str, value: &str) {
    let cookie = Cookie::build((name, value)).path("/").max_age(KEPT_FOR).same_site(SameSite::Lax).http_only(true);
    let cookie = cookie.secure(cx.state.origin.is_https).to_string();
    if let (Some(options), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        options.append_header(header::SET_COOKIE, cookie);
    }
}
