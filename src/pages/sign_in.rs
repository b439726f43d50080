//! `/sign-in`.

use leptos::prelude::*;

use super::{PageRequest, page};
use crate::{
    components::{FormTitle, Mistake, PasswordField},
    error::AppError,
    model::{access::next_page::safe_next, forms::FormMistake},
    server::web::{context, forms},
    view::pages::SignInPage as Page,
};

/// The sign-in page.
#[component]
pub fn SignInPage() -> impl IntoView {
    page(load, |page| view! { <Forms page /> })
}

/// Loads the demo's buttons, and what was typed before a mistake (never the password).
async fn load(request: PageRequest) -> Result<Page, AppError> {
    let cx = context::current()?;
    let typed = forms::draft_of_sign_in(&cx, "", request.value("draft")).await;
    Ok(Page {
        is_demo: cx.state.is_demo,
        next: safe_next(&request.value("next").unwrap_or(typed.next)),
        user_name: typed.user_name,
        wait_until: typed.wait_until,
        mistake: request.value("problem").as_deref().and_then(FormMistake::from_code),
    })
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
            })
            .into_iter()
            .collect_view()
    });
    view! {
        <FormTitle text="Sign in" mistake />
        <section class="sign-in">
            <p class="brand-large">"Keystream"</p>
            <h1>"Sign in"</h1>
            <Mistake mistake />
            {wait_until.map(|until| view! {
                <p>{format!("Wait until {} before you try again.", until.clock_seconds())}</p>
            })}
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
            })}
        </section>
    }
}
