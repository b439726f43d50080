//! The confirmation of a change: opens the server's form in the page's one dialog, checks the name while it is typed,
//! and submits the form by its server function. On the confirmation's own page, it only checks; the browser submits.

mod answer;
mod dialog;
mod fields;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, Event, HtmlFormElement, MouseEvent, SubmitEvent};

use super::dom::{
    Fetched, Latest, by_id, closest, data, fetch_page, fill_from, first, focus, go_to, is_plain_click, listen, toggle,
};
use crate::{
    api::changes::{Disable, Enable},
    model::change::Action,
};

/// Takes over `a[data-confirm]` and `#confirmation`.
#[island]
pub fn ConfirmDialog() -> impl IntoView {
    let (disable, enable) = (ServerAction::<Disable>::new(), ServerAction::<Enable>::new());
    Effect::new(move |_| {
        if let Some(answered) = disable.value().get() {
            answer::take(Action::Disable, answered);
        }
    });
    Effect::new(move |_| {
        if let Some(answered) = enable.value().get() {
            answer::take(Action::Enable, answered);
        }
    });
    super::anchored(move || {
        fields::follow_typing();
        let latest = Latest::default();
        listen(&document(), "click", move |click: MouseEvent| {
            if let Some(link) = closest(&click, "a[data-confirm]").filter(|_| is_plain_click(&click)) {
                click.prevent_default();
                spawn_local(open(link, latest.begin()));
            } else if closest(&click, "#confirm-dialog [data-close]").is_some() {
                dialog::close();
            }
        });
        listen(&document(), "submit", move |submit: SubmitEvent| {
            // A button with an address of its own leads on to a page.
            let is_elsewhere = submit.submitter().is_some_and(|button| button.has_attribute("formaction"));
            let form = closest(&submit, "#confirm-dialog form.confirm-form").filter(|_| !is_elsewhere);
            let Some(form) = form.and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) else { return };
            submit.prevent_default();
            let Some(typed) = fields::typed(&form) else { return };
            fields::set_pending(true);
            if data(&form, "data-action") == Action::Enable.slug() {
                enable.dispatch(Enable { form: typed });
            } else {
                disable.dispatch(Disable { form: typed });
            }
        });
        if let Some(dialog) = dialog::find() {
            listen(&dialog, "close", |_: Event| empty());
        }
    })
}

fn empty() {
    by_id("confirm-content").inspect(|content| content.set_text_content(None));
}

/// Opens the dialog, and shows in it the confirmation at the link's address. A later opening overtakes an earlier one.
async fn open(link: Element, is_latest: impl Fn() -> bool) {
    let (Some(dialog), Some(content)) = (dialog::find(), by_id("confirm-content")) else { return };
    let address = data(&link, "href");
    fill_from(by_id("confirm-reading"), Some(content.clone()));
    // The same words as on the link, until the form has its own title.
    if let Some(title) = first("#confirm-content [data-title]") {
        title.set_text_content(Some(&format!("{}?", link.text_content().unwrap_or_default())));
    }
    // Fails only for a dialog that is open already.
    let _ = dialog.show_modal();
    let fetched = fetch_page(&address).await;
    if !dialog.open() || !is_latest() {
        return;
    }
    match fetched {
        Fetched::Page(page) => {
            let article = page.document.get_element_by_id("confirmation");
            // The browser shows what came instead: a stream that is gone, or one that may no longer be changed.
            let Some(article) = article.and_then(|article| document().import_node_with_deep(&article, true).ok())
            else {
                return go_to(&address);
            };
            content.set_text_content(None);
            // Fails only for a node that holds the dialog.
            let _ = content.append_child(&article);
            fields::check();
            focus_first_empty();
        }
        Fetched::SignedOut => go_to("/sign-in"),
        Fetched::Failed => {
            if let Some(problem) = first("#confirm-content [data-problem]") {
                toggle(&problem, "hidden", false);
            }
            first("#confirm-content [data-reading]").inspect(|reading| toggle(reading, "hidden", true));
        }
    }
}

/// Focuses the first field that must be filled in, where typing can do no harm.
fn focus_first_empty() {
    let field = ["key", "typed_name", "reason"]
        .iter()
        .filter_map(|name| first(&format!("#confirm-content input[name={name}]:not([type=hidden])")))
        .find(|field| field.dyn_ref::<web_sys::HtmlInputElement>().is_some_and(|field| field.value().is_empty()));
    field.inspect(focus);
}
