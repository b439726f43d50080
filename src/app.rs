//! The application: the frame around every page, and the routes. The server renders every page completely, from memory;
//! browsers run only the islands in it.

use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

use crate::{
    components::{Announcer, ErrorPage, Header, Viewer},
    error::AppError,
    islands::PasswordToggles,
    pages::{
        AuditPage, ChangePage, ChangesPage, DisablePage, EnablePage, HelpPage, IdentityPage, KeyPage, KeysPage,
        SettingsPage, SetupPage, SignInPage, StreamPage, StreamsPage, UserPage, UsersPage,
    },
    server::web::context,
};

/// Every page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // Read before the page's own data, so that events after its revision miss nothing.
    let frame = context::current().map(|cx| cx.frame()).unwrap_or_default();
    provide_context(Viewer::from(&frame));
    view! {
        <Title formatter=titled />
        <Router>
            <a class="skip" href="#main">"Skip to content"</a>
            <Header frame />
            <Announcer />
            <main id="main" tabindex="-1">
                <FlatRoutes fallback=|| view! { <ErrorPage error=AppError::NotFound /> }>
                    <Route path=path!("/streams") view=StreamsPage ssr=SsrMode::Async />
                    <Route path=path!("/streams/:account/:region/:name") view=StreamPage ssr=SsrMode::Async />
                    <Route path=path!("/streams/:account/:region/:name/disable") view=DisablePage ssr=SsrMode::Async />
                    <Route path=path!("/streams/:account/:region/:name/enable") view=EnablePage ssr=SsrMode::Async />
                    <Route path=path!("/changes") view=ChangesPage ssr=SsrMode::Async />
                    <Route path=path!("/changes/:id") view=ChangePage ssr=SsrMode::Async />
                    <Route path=path!("/keys") view=KeysPage ssr=SsrMode::Async />
                    <Route path=path!("/keys/:arn") view=KeyPage ssr=SsrMode::Async />
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
            <PasswordToggles />
        </Router>
    }
}

fn titled(title: String) -> String {
    if title.is_empty() { "Keystream".to_owned() } else { format!("{title} \u{b7} Keystream") }
}
