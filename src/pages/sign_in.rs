//! `/sign-in`.

use leptos::prelude::*;
use leptos_meta::Title;

use super::plain;
use crate::{
    api,
    components::{Mistake, PasswordField},
    view::pages::SignInPage as Page,
};

/// The sign-in page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let page = plain(
        |request| {
            api::session::load_sign_in_page(request.value("next"), request.value("problem"), request.value("draft"))
        },
        |page| view! { <Forms page /> }.into_any(),
    );
    view! {
        <Title text="Sign in" />
        {page}
    }
}

#[component]
fn Forms(page: Page) -> impl IntoView {
    let Page { is_demo, next, user_name, mistake, wait_until } = page;
    let demo = is_demo.then(|| {
        ["viewer", "operator"]
            .map(|user| {
                view! {
                    <form method="post" action="/api/sign-in-demo">
                        <input r#type="hidden" name="user_name" value=user />
                        <input r#type="hidden" name="next" value=next.clone() />
                        <button type="submit">{format!("Sign in as {user}")}</button>
                    </form>
                }
                .into_any()
            })
            .into_iter()
            .collect_view()
    });
    view! {
        <section class="sign-in">
            <p class="brand-large">"Keystream"</p>
            <h1>"Sign in"</h1>
            <Mistake mistake />
            {wait_until.map(|until| view! {
                <p>{format!("Wait until {} before you try again.", until.clock_seconds())}</p>
            }.into_any())}
            <form method="post" action="/api/sign-in">
                <input r#type="hidden" name="next" value=next />
                <div class="field">
                    <label for="user_name">"User name"</label>
                    <input
                        id="user_name" r#type="text" name="user_name" value=user_name
                        required autocomplete="username" autocapitalize="off" spellcheck="false"
                    />
                </div>
                <PasswordField name="password" label="Password" autocomplete="current-password" />
                <button type="submit" class="primary">"Sign in"</button>
            </form>
            {demo.map(|demo| view! {
                <div class="demo-users"><p>"This is the demo. No password needed."</p>{demo}</div>
            }.into_any())}
        </section>
    }
}
