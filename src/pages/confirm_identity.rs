//! `/confirm-identity`: re-authentication before an action that must not be possible from an unattended screen.

use leptos::prelude::*;

use super::{PageRequest, page};
use crate::{
    components::{FormTitle, Mistake, PasswordField},
    error::AppError,
    model::{
        access::{identity::Permission, next_page::safe_next},
        forms::FormMistake,
    },
    server::web::{context, forms},
    view::pages::IdentityPage as Page,
};

/// The page.
#[component]
pub fn IdentityPage() -> impl IntoView {
    page(load, |page| view! { <Form page /> })
}

async fn load(request: PageRequest) -> Result<Page, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::View).map_err(|error| cx.fail(error))?;
    let typed = forms::draft_of_sign_in(&cx, &requester.user_id, request.value("draft")).await;
    let mistake = request.value("problem").as_deref().and_then(FormMistake::from_code);
    Ok(Page { next: safe_next(&request.value("next").unwrap_or(typed.next)), mistake })
}

#[component]
fn Form(page: Page) -> impl IntoView {
    let Page { next, mistake } = page;
    view! {
        <FormTitle text="Confirm it's you" mistake=mistake />
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
