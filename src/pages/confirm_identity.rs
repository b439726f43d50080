//! `/confirm-identity`: re-authentication before an action that must not be possible from an unattended screen.

use leptos::prelude::*;
use leptos_meta::Title;

use super::plain;
use crate::{
    api,
    components::{Mistake, PasswordField},
    view::pages::IdentityPage as Page,
};

/// The page.
#[component]
pub fn IdentityPage() -> impl IntoView {
    let page = plain(
        |request| {
            api::settings::load_identity_page(request.value("next"), request.value("problem"), request.value("draft"))
        },
        |page| view! { <Form page /> }.into_any(),
    );
    view! {
        <Title text="Confirm it's you" />
        {page}
    }
}

#[component]
fn Form(page: Page) -> impl IntoView {
    let Page { next, mistake } = page;
    view! {
        <section class="sign-in">
            <h1>"Confirm it's you"</h1>
            <p>"Enter your password again: you last entered your password over 10 minutes ago, or your rights have \
                changed since. Nothing was sent or changed. Your draft is saved."</p>
            <Mistake mistake />
            <form method="post" action="/api/confirm-identity">
                <input r#type="hidden" name="next" value=next />
                <PasswordField name="password" label="Password" autocomplete="current-password" />
                <button type="submit" class="primary">"Continue"</button>
            </form>
            <p><a href="/streams">"Cancel and go to Streams"</a></p>
        </section>
    }
}
