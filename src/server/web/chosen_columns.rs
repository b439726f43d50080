//! The columns that a user chose for the list, kept in a cookie. Only the form of the columns' menu changes the choice:
//! an address with columns, which somebody may have shared, only shows them.

use axum::http::HeaderMap;

use super::{browser_choice, context::RequestContext};
use crate::model::list::{ExtraColumn, ListQuery};

/// The cookie. Its value must have no commas.
const NAME: &str = "keystream-columns";

/// Returns the columns to show: those of the address, or those that the user keeps.
pub fn shown(cx: &RequestContext, query: &ListQuery) -> Vec<ExtraColumn> {
    query.cols.clone().or_else(|| kept(&cx.parts.headers)).unwrap_or_default()
}

/// Keeps the columns of a query if it comes from the columns' menu, and answers with the address without them. A link
/// can't do that: shared, it would choose for others.
pub fn keep(cx: &RequestContext, pairs: &[(String, String)], query: &ListQuery) {
    if is_choice(pairs, &cx.parts.headers) {
        browser_choice::keep(cx, NAME, &ExtraColumn::joined(query.columns()).replace(',', "."));
        cx.see_other(&ListQuery { cols: None, ..query.clone() }.href());
    }
}

/// Returns whether a request was sent by the columns' menu. Where browsers say which site a request comes from, it must
/// be this one.
fn is_choice(pairs: &[(String, String)], headers: &HeaderMap) -> bool {
    let is_marked = pairs.iter().any(|(name, value)| name == "keep" && value == "cols");
    is_marked && headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin")
}

fn kept(headers: &HeaderMap) -> Option<Vec<ExtraColumn>> {
    let columns = browser_choice::kept(headers, NAME)?.value().replace('.', ",");
    ListQuery::parse([("cols", columns.as_str())]).0.cols
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn headers(name: &'static str, value: &'static str) -> HeaderMap {
        [(name.parse().unwrap(), HeaderValue::from_static(value))].into_iter().collect::<HeaderMap>()
    }

    #[test]
    fn only_the_form_of_this_site_changes_the_choice() {
        let pairs = |name: &str| vec![("cols".to_owned(), "tags".to_owned()), (name.to_owned(), "cols".to_owned())];
        assert!(is_choice(&pairs("keep"), &HeaderMap::new()));
        assert!(is_choice(&pairs("keep"), &headers("sec-fetch-site", "same-origin")));
        assert!(!is_choice(&pairs("keep"), &headers("sec-fetch-site", "cross-site")), "a link on another site");
        assert!(!is_choice(&pairs("keep"), &headers("sec-fetch-site", "none")), "an address from a message");
        assert!(!is_choice(&pairs("sort"), &HeaderMap::new()), "a link that names columns");
    }

    #[test]
    fn what_is_kept_is_read_back() {
        let kept = |cookie| kept(&headers("cookie", cookie));
        assert_eq!(kept("a=b; keystream-columns=tags.created"), Some(vec![ExtraColumn::Tags, ExtraColumn::Created]));
        assert_eq!(kept("keystream-columns=none"), Some(Vec::new()));
        assert_eq!(kept("a=b"), None);
    }
}
