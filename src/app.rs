//! The application: its contexts, its frame and its routes. Every route is rendered whole on the server, from memory.

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
    components::{Announcer, Fault, Header},
    error::AppError,
    model::pages::Frame,
    pages::{
        AuditPage, ChangePage, ChangesPage, DisablePage, HelpPage, IdentityPage, SettingsPage, SetupPage, SignInPage, StreamPage,
        StreamsPage, UserPage, UsersPage,
    },
};

/// The application, for the server to render and the browser to hydrate.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    let frame = SharedValue::<Frame, Wire>::new_with_encoding(api::session::frame_of_page).into_inner();
    let live = Live::new(&frame);
    provide_context(live);
    live.start();
    view! {
        <Title formatter=|title: String| if title.is_empty() { "Keystream".to_owned() } else { format!("{title} \u{b7} Keystream") } />
        <Router>
            <a class="skip" href="#main" rel="external">"Skip to content"</a>
            <Header frame />
            <Announcer />
            <main id="main">
                <FlatRoutes fallback=|| view! { <Fault error=AppError::NotFound /> }>
                    <Route path=path!("/streams") view=StreamsPage ssr=SsrMode::Async />
                    <Route path=path!("/streams/:account/:region/:name") view=StreamPage ssr=SsrMode::Async />
                    <Route path=path!("/streams/:account/:region/:name/disable") view=DisablePage ssr=SsrMode::Async />
                    <Route path=path!("/changes") view=ChangesPage ssr=SsrMode::Async />
                    <Route path=path!("/changes/:id") view=ChangePage ssr=SsrMode::Async />
                    <Route path=path!("/audit") view=AuditPage ssr=SsrMode::Async />
                    <Route path=path!("/settings") view=SettingsPage ssr=SsrMode::Async />
                    <Route path=path!("/settings/users") view=UsersPage ssr=SsrMode::Async />
                    <Route path=path!("/settings/users/:id") view=UserPage ssr=SsrMode::Async />
                    <Route path=path!("/confirm-identity") view=IdentityPage ssr=SsrMode::Async />
                    <Route path=path!("/help") view=HelpPage ssr=SsrMode::Async />
                    <Route path=path!("/sign-in") view=SignInPage ssr=SsrMode::Async />
                    <Route path=path!("/setup/:token") view=SetupPage ssr=SsrMode::Async />
                </FlatRoutes>
            </main>
        </Router>
    }
}
