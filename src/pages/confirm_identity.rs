//! `/confirm-identity`: a person shows once more who it is, on the way to something that must not be done from a screen
//! that somebody left.

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
        |asked| api::settings::load_identity_page(asked.value("next"), asked.value("problem"), asked.value("draft")),
        |page| view! { <Form page /> }.into_any(),
    );
    view! {
        <Title text="Confirm that it is you" />
        {page}
    }
}

#[component]
fn Form(page: Page) -> impl IntoView {
    let Page { next, mistake } = page;
    view! {
        <section class="sign-in">
            <h1>"Confirm that it is you"</h1>
            <p>
                "Keystream asks for your password once more: it was shown more than 10 minutes ago, or your rights \
                were changed since. Nothing was sent or changed. What you typed is kept, passwords aside: you come \
                    back to it, read it, and press its button."
            </p>
            <Mistake mistake />
            <form method="post" action="/api/confirm-identity">
                <input r#type="hidden" name="next" value=next />
                <PasswordField name="password" label="Password" autocomplete="current-password" />
                <button type="submit" class="primary">"Continue"</button>
            </form>
            <p><a href="/streams">"Cancel and go to the streams"</a></p>
        </section>
    }
}
