//! Refusals from in front of the pages: a small page for browsers, JSON for everything else. Each says what happened,
//! what did not, and what to do next. Nothing of the request is repeated in them.

use axum::{
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    error::AppError,
    server::web::{context, state::AppState},
};

/// A refusal as both kinds of clients get it.
fn answer(
    state: &AppState,
    headers: &HeaderMap,
    status: StatusCode,
    title: &str,
    text: &str,
    error: &AppError,
) -> Response {
    if !context::wants_html(headers) {
        return json(status, error);
    }
    let css = state.assets.css();
    let page = format!(
        "<!DOCTYPE html><html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" \
         content=\"width=device-width, initial-scale=1\">\
         <meta name=\"color-scheme\" content=\"light dark\"><title>{title} \u{b7} Keystream</title><link rel=\"icon\" \
         href=\"/favicon.svg\">\
         <link rel=\"stylesheet\" href=\"{css}\"></head><body><main class=\"refusal\"><h1>{title}</h1><p>{text}</p>\
         <p><a href=\"/streams\">Go to the streams</a></p></main></body></html>"
    );
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], page).into_response()
}

/// Any error of the closed set, with its own status and words.
pub fn of(state: &AppState, headers: &HeaderMap, error: &AppError) -> Response {
    let status = StatusCode::from_u16(error.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let title = match error {
        AppError::NotPermitted => "Not permitted",
        AppError::NotFound => "Not found",
        AppError::TooOften { .. } => "Too many requests",
        AppError::Unavailable | AppError::JournalDown { .. } | AppError::Overloaded | AppError::Unreachable => {
            "Not available"
        }
        _ => "Not possible",
    };
    let mut response = answer(state, headers, status, title, &escaped(&error.to_string()), error);
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    response
}

/// Text as it may stand in a page: a key id comes from AWS.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An error of the closed set as JSON.
pub fn json(status: StatusCode, error: &AppError) -> Response {
    let body = serde_json::to_string(error).unwrap_or_else(|_| "null".to_owned());
    let mut response = (status, [(header::CONTENT_TYPE, "application/json")], body).into_response();
    if status == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    }
    response
}

/// 403 by the permission table.
pub fn not_permitted(state: &AppState, headers: &HeaderMap) -> Response {
    let text = "Your role does not allow this. Nothing was sent. Ask an administrator of Keystream for the role of an \
        operator.";
    answer(state, headers, StatusCode::FORBIDDEN, "Not permitted", text, &AppError::NotPermitted)
}

/// 404.
pub fn not_found(state: &AppState, headers: &HeaderMap) -> Response {
    let text = "There is nothing at this address. Nothing was sent. Check the address, or start from the list.";
    answer(state, headers, StatusCode::NOT_FOUND, "Not found", text, &AppError::NotFound)
}

/// 405.
pub fn other_method(state: &AppState, headers: &HeaderMap) -> Response {
    let text = "This address does not take that kind of request. Nothing was sent. Start from the list.";
    answer(state, headers, StatusCode::METHOD_NOT_ALLOWED, "Not possible", text, &AppError::Outdated)
}

/// 403 for requests that do not come from our own pages.
pub fn cross_origin(state: &AppState, headers: &HeaderMap) -> Response {
    let text = "The request did not come from a page of this site, so nothing was sent. Open the page here and try \
        again. \
                Behind a proxy: KEYSTREAM_PUBLIC_URL must be the origin in the address bar, and the proxy must pass \
                Origin on.";
    answer(state, headers, StatusCode::FORBIDDEN, "Not permitted", text, &AppError::NotPermitted)
}

/// 421 for another host's requests.
pub fn misdirected(state: &AppState, headers: &HeaderMap) -> Response {
    let text = "Keystream serves another name than the one in your address bar. Nothing was sent. Use the configured \
        address; \
                who runs Keystream sets it with KEYSTREAM_PUBLIC_URL, and the proxy must pass Host on.";
    let mut response =
        answer(state, headers, StatusCode::MISDIRECTED_REQUEST, "Wrong address", text, &AppError::NotPermitted);
    if !context::wants_html(headers) {
        response =
            (StatusCode::MISDIRECTED_REQUEST, "This host is not the one in KEYSTREAM_PUBLIC_URL.\n").into_response();
    }
    response
}

/// 415.
pub fn other_content_type(state: &AppState, headers: &HeaderMap) -> Response {
    let text =
        "The request has a content type that is not taken here. Nothing was sent. Reload the page and try again.";
    answer(state, headers, StatusCode::UNSUPPORTED_MEDIA_TYPE, "Not possible", text, &AppError::Outdated)
}

/// 413.
pub fn too_large(state: &AppState, headers: &HeaderMap) -> Response {
    let text = "The request is larger than 64 KiB. Nothing was sent. Shorten what you typed.";
    answer(state, headers, StatusCode::PAYLOAD_TOO_LARGE, "Too large", text, &AppError::Outdated)
}

/// 503 for a handler that took too long: what it began may go on.
pub fn timed_out(state: &AppState, headers: &HeaderMap) -> Response {
    let text = "Keystream took too long to answer. If you sent a form, look at Changes before sending it again.";
    answer(state, headers, StatusCode::SERVICE_UNAVAILABLE, "Not available", text, &AppError::Unreachable)
}

/// 503 with Retry-After.
pub fn unavailable(state: &AppState, headers: &HeaderMap) -> Response {
    let text = "Keystream cannot use its database. Nothing was sent. Try again in a minute; if it stays so, tell who \
        runs Keystream.";
    let mut response =
        answer(state, headers, StatusCode::SERVICE_UNAVAILABLE, "Not available", text, &AppError::Unavailable);
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("60"));
    response
}

/// 429 with Retry-After.
pub fn too_often(state: &AppState, headers: &HeaderMap, seconds: u64) -> Response {
    retry_after(of(state, headers, &AppError::TooOften { seconds }), seconds)
}

/// 503 with a short Retry-After.
pub fn overloaded(state: &AppState, headers: &HeaderMap) -> Response {
    retry_after(of(state, headers, &AppError::Overloaded), 5)
}

fn retry_after(mut response: Response, seconds: u64) -> Response {
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    response
}
