//! The columns that somebody chose for the list, remembered by the browser in a cookie of its own: an address that names
//! columns sets it, one that names none gets what was chosen last.

use axum::http::{HeaderMap, HeaderValue, header};
use leptos::prelude::use_context;
use leptos_axum::ResponseOptions;

use super::context::RequestContext;
use crate::model::list::{ExtraColumn, ListQuery};

const NAME: &str = "keystream-columns";
/// A year.
const MAX_AGE_SECONDS: u32 = 365 * 24 * 60 * 60;

/// The query with its columns.
pub fn complete(cx: &RequestContext, query: ListQuery) -> ListQuery {
    let remembered = cookie_value(&cx.parts.headers, NAME).map(|value| value.replace('.', ","));
    let remembered = remembered.and_then(|value| ListQuery::parse([("cols", value.as_str())]).0.cols);
    if let Some(chosen) = &query.cols {
        if remembered.as_ref() != Some(chosen) {
            remember(cx, chosen);
        }
        return query;
    }
    ListQuery { cols: remembered.filter(|columns| !columns.is_empty()), ..query }
}

fn cookie_value<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
    let mut pairs = lines.flat_map(|line| line.split(';')).filter_map(|pair| pair.trim().split_once('='));
    pairs.find(|(key, _)| *key == name).map(|(_, value)| value)
}

fn remember(cx: &RequestContext, chosen: &[ExtraColumn]) {
    let secure = if cx.state.origin.is_https { "; Secure" } else { "" };
    // A comma is not allowed in a cookie's value.
    let value = ExtraColumn::in_words(chosen).replace(',', ".");
    let cookie = format!("{NAME}={value}; Path=/; Max-Age={MAX_AGE_SECONDS}; SameSite=Lax; HttpOnly{secure}");
    if let (Some(options), Ok(cookie)) = (use_context::<ResponseOptions>(), HeaderValue::from_str(&cookie)) {
        options.append_header(header::SET_COOKIE, cookie);
    }
}
