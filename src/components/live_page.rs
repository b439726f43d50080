//! The content of a page that follows what happens.

use leptos::prelude::*;

use super::Viewer;

/// The content of a page that fetches itself again when something on it has moved. `moves` says what concerns it, as
/// the words of `moved` events with spaces between them (docs/architecture.md).
#[component]
pub fn LivePage(#[prop(into)] moves: String, children: Children) -> impl IntoView {
    let rev = Viewer::current().rev;
    view! { <div id="live-page" data-moves=moves data-rev=rev>{children()}</div> }
}
