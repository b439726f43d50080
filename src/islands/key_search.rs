//! The list of keys on the confirmation of an enable: a key is filled in where it stands, and a search or another page
//! of keys comes without leaving what was typed. Without it, the form's own buttons do the same by way of the server.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Event, HtmlInputElement, MouseEvent, UrlSearchParams};

use super::dom::{Fetched, Latest, by_id, closest, data, fetch_page, fill_from, first, focus, go_to, listen, merge};

/// Takes over `button[data-use]` and `button[data-find]` in `#keys`.
#[island]
pub fn KeySearch() -> impl IntoView {
    super::anchored(|| {
        let latest = Latest::default();
        let find = move |page: String| spawn_local(show(page, latest.begin()));
        let by_enter = find.clone();
        listen(&document(), "click", move |click: MouseEvent| {
            if let Some(button) = closest(&click, "#keys button[data-use]") {
                click.prevent_default();
                fill_in(&data(&button, "data-use"));
            } else if let Some(button) = closest(&click, "#keys button[data-find]") {
                click.prevent_default();
                find(data(&button, "data-find"));
            }
        });
        listen(&document(), "keydown", move |press: web_sys::KeyboardEvent| {
            // `Enter` in the search field searches; elsewhere in the form it submits.
            let is_enter = press.key() == "Enter" && !press.is_composing();
            if is_enter && closest(&press, "#keys input[type=search]").is_some() {
                press.prevent_default();
                by_enter("1".to_owned());
            }
        });
    })
}

fn fill_in(key: &str) {
    let field = first("#confirmation input[name=key]").and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    if let Some(field) = field {
        field.set_value(key);
        focus(&field);
        // The rest of the page follows what is typed.
        if let Ok(event) = Event::new_with_event_init_dict("input", &bubbling()) {
            let _ = field.dispatch_event(&event);
        }
    }
}

fn bubbling() -> web_sys::EventInit {
    let init = web_sys::EventInit::new();
    init.set_bubbles(true);
    init
}

/// Fetches the page with another part of the keys, and merges only those. A later search overtakes an earlier one.
async fn show(page: String, is_latest: impl Fn() -> bool) {
    by_id("keys-answer").inspect(|answer| answer.set_text_content(None));
    let search = first("#keys input[type=search]").and_then(|field| field.dyn_into::<HtmlInputElement>().ok());
    let search = search.map(|field| field.value()).unwrap_or_default();
    let location = window().location();
    let Ok(query) = UrlSearchParams::new_with_str(&location.search().unwrap_or_default()) else { return };
    for name in ["problem", "draft", "key"] {
        query.delete(name);
    }
    query.set("keys", &search);
    query.set("key-page", &page);
    let address = format!("{}?{}", location.pathname().unwrap_or_default(), String::from(query.to_string()));
    let fetched = fetch_page(&address).await;
    if !is_latest() {
        return;
    }
    match fetched {
        Fetched::Page(page) => {
            if let (Some(shown), Some(newer)) = (by_id("keys"), page.document.get_element_by_id("keys")) {
                merge(&shown, &newer);
            }
        }
        Fetched::SignedOut => go_to("/sign-in"),
        // What is shown stays, and the button can be pressed again.
        Fetched::Failed => fill_from(by_id("say-keys-failed"), by_id("keys-answer")),
    }
}
