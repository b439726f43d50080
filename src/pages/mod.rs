//! The pages, one module per route. Each reads what it shows in place, and only the server renders it.

mod audit;
mod change;
mod changes;
mod confirm;
mod confirm_form;
mod confirm_identity;
mod help;
mod keys;
mod settings;
mod setup;
mod sign_in;
mod stream;
mod streams;
mod users;

pub use self::{
    audit::AuditPage,
    change::ChangePage,
    changes::ChangesPage,
    confirm::{DisablePage, EnablePage},
    confirm_identity::IdentityPage,
    help::HelpPage,
    keys::{KeyPage, KeysPage},
    settings::SettingsPage,
    setup::SetupPage,
    sign_in::SignInPage,
    stream::StreamPage,
    streams::StreamsPage,
    users::{UserPage, UsersPage},
};

use leptos::{either::Either, prelude::*};
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};

use crate::{components::ErrorPage, error::AppError};

/// The address of the page being rendered.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PageRequest {
    path: ParamsMap,
    query: ParamsMap,
}

impl PageRequest {
    fn current() -> Self {
        Self { path: use_params_map().get_untracked(), query: use_query_map().get_untracked() }
    }

    /// Returns a part of the path, as is; empty if the route has none of that name.
    fn part(&self, name: &str) -> String {
        self.path.get(name).unwrap_or_default()
    }

    /// Returns a value from the address's query.
    fn value(&self, name: &str) -> Option<String> {
        self.query.get(name)
    }

    /// Returns the address's query as pairs.
    fn pairs(&self) -> Vec<(String, String)> {
        self.query.clone().into_iter().map(|(name, value)| (name.to_string(), value)).collect()
    }
}

/// Loads and shows a page: its content, or the error.
fn page<T, F, V>(load: impl FnOnce(PageRequest) -> F, show: impl FnOnce(T) -> V + Send + 'static) -> impl IntoView
where
    T: Send + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
    V: IntoView + Send + 'static,
{
    let loading = load(PageRequest::current());
    view! {
        <Suspense>
            {Suspend::new(async move {
                match loading.await {
                    Ok(content) => Either::Left(show(content).into_view()),
                    Err(error) => Either::Right(view! { <ErrorPage error /> }),
                }
            })}
        </Suspense>
    }
}
