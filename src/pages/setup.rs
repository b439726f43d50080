//! `/setup/{token}`: the first administrator.

use leptos::prelude::*;
use leptos_meta::Title;

use super::plain;
use crate::{
    api,
    components::{Mistake, PasswordField},
    view::pages::SetupPage as Page,
};

/// The setup page, while its link is open.
#[component]
pub fn SetupPage() -> impl IntoView {
    let page = plain(
        |request| api::setup::load_setup_page(request.part("token"), request.value("problem"), request.value("draft")),
        |page| view! { <SetupForm page /> }.into_any(),
    );
    view! {
        <Title text="Set up Keystream" />
        {page}
    }
}

#[component]
fn SetupForm(page: Page) -> impl IntoView {
    view! {
        <section class="sign-in">
            <h1>"Set up Keystream"</h1>
            <p>"There are no users yet. The first one becomes the administrator; this link then stops working."</p>
            <Mistake mistake=page.mistake />
            <form method="post" action="/api/setup">
                <input r#type="hidden" name="token" value=page.token />
                <div class="field">
                    <label for="user_name">"User name"</label>
                    <input
                        id="user_name" r#type="text" name="user_name" value=page.user_name
                        required autocomplete="username" autocapitalize="off" spellcheck="false"
                    />
                </div>
                <PasswordField name="password" label="Password" autocomplete="new-password" />
                <p class="hint">"15 to 128 characters."</p>
                <button type="submit" class="primary">"Create administrator"</button>
            </form>
        </section>
    }
}
