//! Leaves out what Leptos writes for hydration: marks in the markup, and scripts after it. Nothing of a page is
//! hydrated but the empty anchors of islands, and much of a list page would be marks.

use axum::{
    body::{Body, to_bytes},
    http::header,
    response::Response,
};
use memchr::memmem;

/// The mark of a place where a browser would go on. No text contains it, because `<` is escaped in texts.
const MARK: &str = "<!>";

/// The end of a page. What follows are resources, of which no page has any.
const END: &str = "</html>";

/// Returns markup without marks.
pub fn left_out(html: &str) -> String {
    let mut rest = html;
    let mut left = String::with_capacity(html.len());
    for at in memmem::find_iter(html.as_bytes(), MARK) {
        let (before, _) = rest.split_at(at - (html.len() - rest.len()));
        left.push_str(before);
        rest = &html[at + MARK.len()..];
    }
    left.push_str(rest);
    left
}

/// Leaves the marks out of a page. Pages are complete before they are sent.
pub async fn leave_out(response: Response) -> Response {
    let is_page = response
        .headers()
        .get(header::CONTENT_TYPE)
        .is_some_and(|kind| kind.to_str().is_ok_and(|kind| kind.starts_with("text/html")));
    if !is_page {
        return response;
    }
    let (parts, body) = response.into_parts();
    let page = to_bytes(body, usize::MAX).await.map_err(anyhow::Error::from);
    match page.and_then(|page| Ok(left_out(whole(std::str::from_utf8(&page)?)))) {
        Ok(page) => Response::from_parts(parts, Body::from(page)),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered: {error}");
            let mut response = Response::new(Body::empty());
            *response.status_mut() = axum::http::StatusCode::INTERNAL_SERVER_ERROR;
            response
        }
    }
}

fn whole(page: &str) -> &str {
    page.rfind(END).map_or(page, |end| &page[..end + END.len()])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marks_are_left_out() {
        let html = "<!DOCTYPE html><p>a<!>b &lt;!&gt; <!-- kept --><!></p>";
        assert_eq!(left_out(html), "<!DOCTYPE html><p>ab &lt;!&gt; <!-- kept --></p>");
        assert_eq!(whole("<p></p></html><script></script>"), "<p></p></html>");
        assert_eq!(whole("<p></p>"), "<p></p>");
    }
}
