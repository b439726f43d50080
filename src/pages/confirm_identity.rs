//! `/confirm-identity`: a person shows once more who it is, on the way to something that must not be done from a screen
//! that somebody left.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{Follows, loaded, shown};
use crate::{
    api,
    components::PasswordField,
    model::pages::{IdentityPage as Page, PageContent},
};

/// The page.
#[component]
pub fn IdentityPage() -> impl IntoView {
    let page = loaded(Follows::Address, |asked| {
        let asking = api::settings::load_identity_page(asked.value("next"), asked.value("problem"), asked.value("draft"));
        async { asking.await.map(PageContent::Identity) }
    });
    view! {
        <Title text="Confirm that it is you" />
        {shown(page, |content| match content {
            PageContent::Identity(page) => Some(view! { <Form page /> }.into_any()),
            _ => None,
        })}
    }
}

#[component]
fn Form(page: Page) -> impl IntoView {
    let Page { next, mistake } = page;
    view! {
        <section class="sign-in">
            <h1>"Confirm that it is you"</h1>
            <p>
                "You showed your password more than 10 minutes ago. Nothing was sent. What you typed is kept: you come back to it, read it once more, and press its button."
            </p>
            {mistake.map(|mistake| view! { <p role="alert" class="alert">{mistake.text(None)}</p> }.into_any())}
            <form method="post" action="/api/confirm-identity">
                <input r#type="hidden" name="next" value=next />
                <PasswordField name="password" label="Password" autocomplete="current-password" />
                <button type="submit" class="primary">"Continue"</button>
            </form>
            <p><a href="/streams">"Cancel and go to the streams"</a></p>
        </section>
    }
}
