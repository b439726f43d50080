//! Whether single keys act as shortcuts in a browser, kept in a cookie. They do unless its user turned them off.

use axum::http::HeaderMap;

use super::{
    browser_choice,
    context::{self, RequestContext},
};

const NAME: &str = "keystream-shortcuts";
const OFF: &str = "off";

/// Returns whether the browser of the page being rendered uses shortcuts.
pub fn are_on_here() -> bool {
    context::current().is_ok_and(|cx| are_on(&cx.parts.headers))
}

/// Returns whether the browser that sent these headers uses shortcuts.
fn are_on(headers: &HeaderMap) -> bool {
    browser_choice::kept(headers, NAME).is_none_or(|choice| choice.value() != OFF)
}

/// Turns shortcuts on or off in the browser of a request.
pub fn set(cx: &RequestContext, is_on: bool) {
    browser_choice::keep(cx, NAME, if is_on { "on" } else { OFF });
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderValue, header};

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
