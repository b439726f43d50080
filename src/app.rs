//! The application: its contexts, its frame and its routes. The server renders every route completely, from memory.
//! Wasm hydrates pages with live parts; the other pages stay as served and never run it.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    api::{self, wire::Wire},
    client::live::Live,
    components::{Announcer, ErrorPage, Header},
    error::AppError,
    pages::{
        AuditPage, ChangePage, ChangesPage, DisablePage, EnablePage, HelpPage, IdentityPage, KeyPage, KeysPage,
        SettingsPage, SetupPage, SignInPage, StreamPage, StreamsPage, UserPage, UsersPage,
    },
    view::pages::Frame,
};

/// The pages with live parts, rendered by the server and hydrated by the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let frame = SharedValue::<Frame, Wire>::new_with_encoding(api::session::frame_of_page).into_inner();
    let live = Live::new(&frame);
    provide_context(live);
    live.start();
    view! {
        <Title formatter=titled />
        <Router>
            <a class="skip" href="#main" rel="external">"Skip to content"</a>
            <Header frame />
            <Announcer />
            <main id="main">
                <FlatRoutes fallback=|| view! { <ErrorPage error=AppError::NotFound /> }>
                    <Route path=path!("/streams") view=StreamsPage ssr=SsrMode::Async />
                    <Route path=path!("/streams/:account/:region/:name") view=StreamPage ssr=SsrMode::Async />
                    <Route path=path!("/streams/:account/:region/:name/disable") view=DisablePage ssr=SsrMode::Async />
                    <Route path=path!("/streams/:account/:region/:name/enable") view=EnablePage ssr=SsrMode::Async />
                    <Route path=path!("/changes") view=ChangesPage ssr=SsrMode::Async />
                    <Route path=path!("/changes/:id") view=ChangePage ssr=SsrMode::Async />
                </FlatRoutes>
            </main>
        </Router>
    }
}

/// The pages without live parts: tables of past events, forms, text. Rendered on the server only. Links to them leave
/// the page (`rel="external"`), and the wasm does not contain them.
#[component]
pub fn PlainApp() -> impl IntoView {
    provide_meta_context();
    let frame = api::session::frame_of_page();
    provide_context(Live::new(&frame));
    view! {
        <Title formatter=titled />
        <Router>
            <a class="skip" href="#main">"Skip to content"</a>
            <Header frame />
            <main id="main">
                <FlatRoutes fallback=|| view! { <ErrorPage error=AppError::NotFound /> }>
                    <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                    <Route path=path!("/setup/:token") view=SetupPage ssr=SsrMode::Async />
                    <Route path=path!("/keys") view=KeysPage ssr=SsrMode::Async />
                    <Route path=path!("/keys/:arn") view=KeyPage ssr=SsrMode::Async />
                    <Route path=path!("/audit") view=AuditPage ssr=SsrMode::Async />
                    <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async />
                    <Route path=path!("/settings/users") view=UsersPage ssr=SsrMode::Async />
                    <Route path=path!("/settings/users/:id") view=UserPage ssr=SsrMode::Async />
                    <Route path=path!("/confirm-identity") view=IdentityPage ssr=SsrMode::Async />
                    <Route path=path!("/help") view=HelpPage ssr=SsrMode::Async />
                </FlatRoutes>
            </main>
        </Router>
    }
}

fn titled(title: String) -> String {
    if title.is_empty() { "Keystream".to_owned() } else { format!("{title} \u{b7} Keystream") }
}
