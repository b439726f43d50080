//! The columns that a user chose for the list, kept in a cookie. An address that names columns sets the cookie; one
//! that names none gets the columns chosen last.

use axum::http::{HeaderMap, HeaderValue, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;
use time::Duration;
use tower_sessions::cookie::{Cookie, SameSite};

use super::context::RequestContext;
use crate::model::list::{ExtraColumn, ListQuery};

const NAME: &str = "keystream-columns";
const MAX_AGE: Duration = Duration::days(365);

/// Returns the query with its columns filled in from the cookie, and stores columns that the query chooses.
pub fn complete(cx: &RequestContext, query: ListQuery) -> ListQuery {
    let remembered = cookie(&cx.parts.headers).map(|cookie| cookie.value().replace('.', ","));
    let remembered = remembered.and_then(|value| ListQuery::parse([("cols", value.as_str())]).0.cols);
    if let Some(chosen) = &query.cols {
        if remembered.as_ref() != Some(chosen) {
            remember(cx, chosen);
        }
        return query;
    }
    ListQuery { cols: remembered.filter(|columns| !columns.is_empty()), ..query }
}

fn cookie(headers: &HeaderMap) -> Option<Cookie<'_>> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    lines.flat_map(Cookie::split_parse).flatten().find(|cookie| cookie.name() == NAME)
}

fn remember(cx: &RequestContext, chosen: &[ExtraColumn]) {
    // A cookie value must not contain a comma.
    let value = ExtraColumn::joined(chosen).replace(',', ".");
    let cookie = Cookie::build((NAME, value)).path("/").max_age(MAX_AGE).same_site(SameSite::Lax).http_only(true);
    let cookie = cookie.secure(cx.state.origin.is_https).to_string();
    if let (Some(options), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        options.append_header(header::SET_COOKIE, cookie);
    }
}
