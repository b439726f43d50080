//! One page per route: what it asks the server for, what its address means, and what it does.

mod change;
mod changes;
mod disable;
mod disable_dialog;
mod disable_form;
mod help;
mod setup;
mod sign_in;
mod stream;
mod streams;

pub use self::{
    change::ChangePage, changes::ChangesPage, disable::DisablePage, help::HelpPage, setup::SetupPage, sign_in::SignInPage,
    stream::StreamPage, streams::StreamsPage,
};

use leptos::prelude::*;
use leptos_router::hooks::{use_params_map, use_query_map};

/// A part of the path, untouched; empty when the route has none of that name.
fn path_part(name: &'static str) -> Memo<String> {
    let params = use_params_map();
    Memo::new(move |_| params.with(|params| params.get(name).unwrap_or_default()))
}

/// A value of the address's query.
fn query_value(name: &'static str) -> Memo<Option<String>> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| query.get(name)))
}
