//! Fetching pages of our own, to take parts of them.

use std::time::Duration;

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;
use web_sys::{AbortController, Document, DomParser, Element, RequestInit, Response, SupportedType};

/// How long a page may take; without an answer by then, the request has failed.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// What came of a request for a page.
#[derive(Debug)]
pub enum Fetched {
    /// The page, or the error page that the server has in its place: there is no such page, or it isn't permitted.
    Page(FetchedPage),
    /// The session is over: the server answered with the sign-in page.
    SignedOut,
    /// No answer, or a temporary error.
    Failed,
}

/// A page, and the address that it was found at.
#[derive(Debug)]
pub struct FetchedPage {
    pub document: Document,
    pub address: String,
}

/// Fetches the page at an address of our own.
pub async fn fetch_page(address: &str) -> Fetched {
    let Some(response) = request(address).await else { return Fetched::Failed };
    if response.redirected() && response.url().contains("/sign-in") {
        return Fetched::SignedOut;
    }
    if !response.ok() && !matches!(response.status(), 403 | 404) {
        return Fetched::Failed;
    }
    let address = response.url();
    match parse(response).await {
        Some(document) => Fetched::Page(FetchedPage { document, address }),
        None => Fetched::Failed,
    }
}

async fn request(address: &str) -> Option<Response> {
    let abort = AbortController::new().ok()?;
    let init = RequestInit::new();
    init.set_signal(Some(&abort.signal()));
    set_timeout(move || abort.abort(), ANSWER_WITHIN);
    let headers = web_sys::Headers::new().ok()?;
    headers.set("accept", "text/html").ok()?;
    init.set_headers(headers.as_ref());
    JsFuture::from(window().fetch_with_str_and_init(address, &init)).await.ok()?.dyn_into().ok()
}

async fn parse(response: Response) -> Option<Document> {
    let text = JsFuture::from(response.text().ok()?).await.ok()?.as_string()?;
    let document = DomParser::new().ok()?.parse_from_string(&text, SupportedType::TextHtml).ok()?;
    // Parsed without scripts, what is meant for pages without them would be part of the page, above all its reloading.
    super::elements(&document.query_selector_all("noscript").ok()?).iter().for_each(Element::remove);
    Some(document)
}
