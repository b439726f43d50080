//! `/help`: what an operator may want to know before and during a change.

use leptos::prelude::*;
use leptos_meta::Title;

const TEXT: &str = concat!(include_str!("changes.html"), include_str!("streams.html"));

/// The help page, with a table of contents.
#[component]
pub fn HelpPage() -> impl IntoView {
    view! {
        <Title text="Help" />
        <article class="help" inner_html=TEXT></article>
    }
}

#[cfg(test)]
mod tests {
    use super::TEXT;

    /// Returns every text between `before` and the next double quote.
    fn quoted(before: &str) -> Vec<&'static str> {
        TEXT.split(before).skip(1).filter_map(|rest| rest.split('"').next()).collect()
    }

    #[test]
    fn contents_link_every_heading_in_order() {
        let ids = quoted(" id=\"");
        assert_eq!(ids.first(), Some(&"contents"));
        assert_eq!(ids[1..], quoted("href=\"#"));
        assert_eq!(ids.len(), TEXT.matches("<h2 id=").count() + TEXT.matches("<h3 id=").count());
        assert_eq!(ids.len(), TEXT.matches("<h2").count() + TEXT.matches("<h3").count());
    }
}
