//! Filtering, sorting and paging of a list without leaving the page: the island fetches the same address as the link or
//! form would, merges the list, and pushes the address. Without it, the browser loads the page.

use std::{cell::RefCell, rc::Rc};

use leptos::prelude::*;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{Document, Element, HtmlFormElement, MouseEvent, SubmitEvent, UrlSearchParams};

use super::dom::{
    Fetched, FetchedPage, Latest, MERGED, all, announce, by_id, closest, data, fetch_page, focus, form_pairs, go_to,
    is_plain_click, listen, merge, own_address, toggle,
};

/// Forms as they are filled in.
type FilledIn = Vec<(HtmlFormElement, Option<Vec<(String, String)>>)>;

/// The address of what is shown.
type Shown = Rc<RefCell<String>>;

/// Takes over `a[data-nav]` and `form[data-nav]`.
#[island]
pub fn ListNavigation() -> impl IntoView {
    super::anchored(|| {
        let (latest, shown) = (Latest::default(), Shown::new(RefCell::new(own_address())));
        let here = shown.clone();
        let go = move |address: String, is_new: bool| {
            spawn_local(navigate(address, is_new, latest.begin(), shown.clone()));
        };
        let (by_link, by_form, back) = (go.clone(), go.clone(), go);
        listen(&document(), "click", move |click: MouseEvent| {
            if let Some(link) = closest(&click, "a[data-nav]").filter(|_| is_plain_click(&click)) {
                click.prevent_default();
                by_link(data(&link, "href"), true);
            }
        });
        listen(&document(), "submit", move |submit: SubmitEvent| {
            let form = closest(&submit, "form[data-nav]").and_then(|form| form.dyn_into::<HtmlFormElement>().ok());
            if let Some(address) = form.as_ref().and_then(address_of) {
                submit.prevent_default();
                by_form(address, true);
            }
        });
        listen(&window(), "popstate", move |_: web_sys::Event| {
            // A link within the page, such as the one that skips the bar, changes only what follows its address.
            if *here.borrow() != own_address() {
                back(own_address(), false);
            }
        });
    })
}

/// Returns the address that a form leads to, without the fields that say nothing.
fn address_of(form: &HtmlFormElement) -> Option<String> {
    let query = UrlSearchParams::new().ok()?;
    for (name, value) in form_pairs(form)?.iter().filter(|(_, value)| !value.is_empty()) {
        query.append(name, value);
    }
    let path = data(form, "action");
    let query = query.to_string().as_string()?;
    Some(if query.is_empty() { path } else { format!("{path}?{query}") })
}

/// Fetches the page at an address and shows it; a later navigation overtakes an earlier one.
async fn navigate(address: String, is_new: bool, is_latest: impl Fn() -> bool, shown: Shown) {
    let main = by_id("main");
    if let Some(main) = &main {
        super::dom::set(main, "aria-busy", "true");
    }
    let forms = filled_in();
    let fetched = fetch_page(&address).await;
    if !is_latest() {
        return;
    }
    match (fetched, main) {
        (Fetched::Page(FetchedPage { document: page, address }), Some(main)) if is_same_version(&page) => {
            if is_new {
                let history = window().history().ok();
                // Fails only for addresses of other origins.
                let _ = history.map(|history| history.push_state_with_url(&JsValue::NULL, "", Some(&address)));
            }
            shown.replace(own_address());
            show(&main, &page, &forms);
        }
        // The browser shows what came instead.
        _ => go_to(&address),
    }
}

/// Returns the forms of the list as they are filled in.
fn filled_in() -> FilledIn {
    let forms = all("form[data-nav]").into_iter().filter_map(|form| form.dyn_into::<HtmlFormElement>().ok());
    forms.map(|form| (form.clone(), form_pairs(&form))).collect()
}

fn is_same_version(page: &Document) -> bool {
    let version = |bar: Option<Element>| bar.map(|bar| data(&bar, "data-version"));
    version(page.get_element_by_id("bar")) == version(by_id("bar"))
}

/// Shows a page of the list in place of the present one. `forms` are its forms as they were when it was asked for.
fn show(main: &Element, page: &Document, forms: &FilledIn) {
    let Some(newer) = page.get_element_by_id("main") else { return };
    document().set_title(&page.title());
    let typed: Vec<HtmlFormElement> =
        filled_in().into_iter().filter(|form| !forms.contains(form)).map(|(form, _)| form).collect();
    // A browser would follow the rows to their new places.
    let place = (window().scroll_x().unwrap_or_default(), window().scroll_y().unwrap_or_default());
    merge(main, &newer);
    // The forms show the choices of the new address instead of the former ones, but for what was typed meanwhile.
    for (form, _) in filled_in().iter().filter(|(form, _)| !typed.contains(form)) {
        form.reset();
    }
    // What lies over the list has been chosen from.
    if typed.is_empty() {
        all("#main details.drop[open]").iter().for_each(|panel| toggle(panel, "open", false));
    }
    announce(MERGED);
    // Both lay the page out: after everything that changes it, that is done once.
    window().scroll_to_with_x_and_y(place.0, place.1);
    // What was focused may be gone: a removed filter, for example.
    if document().active_element().is_none_or(|focused| !main.contains(Some(&focused))) {
        focus(main);
    }
}
