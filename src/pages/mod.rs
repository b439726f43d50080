//! The pages, one module per route.

mod audit;
mod change;
mod changes;
mod confirm;
mod confirm_dialog;
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

use std::{pin::Pin, sync::Arc};

use leptos::prelude::*;
use leptos_router::{
    hooks::{use_params_map, use_query_map},
    params::ParamsMap,
};

use crate::{api::wire::Wire, client::live::Live, components::ErrorPage, error::AppError, view::pages::PageContent};

/// A page's request to the server: its address, and whether this is the page's own refresh.
#[derive(Debug, Clone, PartialEq, Eq)]
struct PageRequest {
    path: ParamsMap,
    query: ParamsMap,
    refresh: u32,
    is_refresh: bool,
}

impl PageRequest {
    /// Returns a part of the path, as is; empty if the route has none of that name.
    fn part(&self, name: &str) -> String {
        self.path.get(name).unwrap_or_default()
    }

    /// Returns a value from the address's query.
    fn value(&self, name: &str) -> Option<String> {
        self.query.get(name)
    }
}

/// When a page requests its data again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// When its address changes.
    Address,
    /// Also when something has changed.
    News,
}

type Content = Result<PageContent, AppError>;
type Loaded = Resource<Content, Wire>;
type Loading = Pin<Box<dyn Future<Output = Content> + Send>>;

/// Requests what a page shows: once before the page leaves the server, and again whenever what it follows changes.
/// Futures are boxed and results share one type, so that the machinery behind them is compiled once, not once per page.
fn loaded<F>(follows: Follows, load: impl Fn(PageRequest) -> F + Send + Sync + 'static) -> Loaded
where
    F: Future<Output = Content> + Send + 'static,
{
    loaded_erased(follows, Arc::new(move |request| Box::pin(load(request))))
}

fn loaded_erased(follows: Follows, load: Arc<dyn Fn(PageRequest) -> Loading + Send + Sync>) -> Loaded {
    let live = expect_context::<Live>();
    live.set_asks_again(follows == Follows::News);
    let (path, query) = (use_params_map(), use_query_map());
    let request = move || {
        let refresh = if follows == Follows::News { live.refresh.get() } else { 0 };
        PageRequest { path: path.get(), query: query.get(), refresh, is_refresh: false }
    };
    let kept =
        Kept { page: StoredValue::new(None), address: StoredValue::new((path.get_untracked(), query.get_untracked())) };
    let load = move |mut request: PageRequest| {
        request.is_refresh = follows == Follows::News && live.is_own_refresh(request.refresh);
        let address = (request.path.clone(), request.query.clone());
        let loading = load(request);
        async move { kept.or(loading.await, address, live) }
    };
    let page = Resource::new_with_options(request, load, true);
    kept.page.set_value(Some(page));
    page
}

/// The content of a page, which is kept when a refresh fails.
#[derive(Clone, Copy)]
struct Kept {
    page: StoredValue<Option<Loaded>>,
    /// The address of the content.
    address: StoredValue<(ParamsMap, ParamsMap)>,
}

impl Kept {
    /// Returns the new content of an address, or the content shown so far if a refresh failed.
    fn or(self, came: Content, address: (ParamsMap, ParamsMap), live: Live) -> Content {
        // The server renders a page only once, whatever the result.
        if cfg!(feature = "ssr") {
            return came;
        }
        match came {
            Ok(content) => {
                self.address.try_set_value(address);
                live.refreshed();
                Ok(content)
            }
            Err(error) => {
                let is_same = self.address.try_with_value(|shown| *shown == address) == Some(true);
                let shown = self.page.try_get_value().flatten().filter(|_| is_same);
                match shown.and_then(|page| page.try_get_untracked().flatten()) {
                    Some(Ok(content)) if live.refresh_failed(&error) => Ok(content),
                    _ => Err(error),
                }
            }
        }
    }
}

/// Loads and shows a page that only the server renders: its content, or the error.
fn plain<T, F>(load: impl FnOnce(PageRequest) -> F, show: fn(T) -> AnyView) -> AnyView
where
    T: Send + 'static,
    F: Future<Output = Result<T, AppError>> + Send + 'static,
{
    let request = PageRequest {
        path: use_params_map().get_untracked(),
        query: use_query_map().get_untracked(),
        refresh: 0,
        is_refresh: false,
    };
    let loading = load(request);
    view! {
        <Suspense>
            {Suspend::new(async move {
                loading.await.map_or_else(|error| view! { <ErrorPage error /> }.into_any(), show)
            })}
        </Suspense>
    }
    .into_any()
}

/// Shows what was loaded, or the error. `show` returns `None` for the content of another page.
fn shown(page: Loaded, show: impl Fn(PageContent) -> Option<AnyView> + Send + Sync + 'static) -> AnyView {
    shown_erased(page, false, Arc::new(show))
}

/// The same for a page of rows, which is also redrawn when a row changes.
fn shown_with_rows(page: Loaded, show: impl Fn(PageContent) -> Option<AnyView> + Send + Sync + 'static) -> AnyView {
    shown_erased(page, true, Arc::new(show))
}

fn shown_erased(
    page: Loaded,
    follows_rows: bool,
    show: Arc<dyn Fn(PageContent) -> Option<AnyView> + Send + Sync>,
) -> AnyView {
    let live = expect_context::<Live>();
    view! {
        <Transition>
            {move || {
                if follows_rows {
                    live.follow_rows();
                }
                let show = show.clone();
                Suspend::new(async move {
                    let content = page.await;
                    live.mark_viewed(content.as_ref().map(PageContent::rows_in_view).unwrap_or_default());
                    let view = content.and_then(|content| show(content).ok_or(AppError::Outdated));
                    view.unwrap_or_else(|error| view! { <ErrorPage error /> }.into_any())
                })
            }}
        </Transition>
    }
    .into_any()
}

/// Returns the title of a page that depends on its path. The server reads the title after rendering the page, when the
/// parameters may be gone; it then uses the first value.
fn titled(part: &'static str, words: fn(&str) -> String) -> impl Fn() -> String + Clone + Send + Sync + 'static {
    let params = use_params_map();
    let title = move |params: &ParamsMap| words(&params.get(part).unwrap_or_default());
    let first = params.with_untracked(title);
    move || params.try_with(title).unwrap_or_else(|| first.clone())
}
