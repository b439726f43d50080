//! Whether single keys act as shortcuts in a browser, kept in a cookie. They do unless its user turned them off.

use axum::http::{HeaderMap, HeaderValue, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use time::Duration;
use tower_sessions::cookie::{Cookie, SameSite};

use super::context::{self, RequestContext};

const NAME: &str = "keystream-shortcuts";
const OFF: &str = "off";
const MAX_AGE: Duration = Duration::days(365);

/// Returns whether the browser of the page being rendered uses shortcuts.
pub fn are_on_here() -> bool {
    context::current().is_ok_and(|cx| are_on(&cx.parts.headers))
}

/// Returns whether the browser that sent these headers uses shortcuts.
fn are_on(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    !lines.flat_map(Cookie::split_parse).flatten().any(|cookie| cookie.name() == NAME && cookie.value() == OFF)
}

/// Turns shortcuts on or off in the browser of a request.
pub fn set(cx: &RequestContext, is_on: bool) {
    let cookie = Cookie::build((NAME, if is_on { "on" } else { OFF })).path("/").max_age(MAX_AGE);
    let cookie = cookie.same_site(SameSite::Lax).http_only(true).secure(cx.state.origin.is_https).to_string();
    if let (Some(options), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        options.append_header(header::SET_COOKIE, cookie);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shortcuts_are_on_until_they_are_turned_off() {
        for (cookies, expected) in [
            ("", true),
            ("keystream-3000=x; keystream-shortcuts=on", true),
            ("keystream-3000=x; keystream-shortcuts=off", false),
            ("other-shortcuts=off", true),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::COOKIE, HeaderValue::from_static(cookies));
            assert_eq!(are_on(&headers), expected, "{cookies}");
        }
        assert!(are_on(&HeaderMap::new()));
    }
}
