//! `/confirm-identity`: re-authentication before an action that must not be possible from an unattended screen.

use leptos::prelude::*;

use super::{PageRequest, page};
use crate::{
    components::{FormTitle, Mistake, PasswordField},
    error::AppError,
    model::{
        access::{identity::Permission, next_page::safe_next, provider::SignInPurpose},
        forms::FormMistake,
    },
    server::web::{context, forms, provider_link},
    view::pages::{IdentityPage as Page, ProviderLink},
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
    let next = safe_next(&request.value("next").unwrap_or(typed.next));
    let provider = match requester.is_of_provider() {
        true => provider_link::to(&cx, SignInPurpose::Confirmation, &next),
        false => None,
    };
    Ok(Page { provider, next, mistake })
}

#[component]
fn Form(page: Page) -> impl IntoView {
    let Page { provider, next, mistake } = page;
    let way = match provider {
        Some(ProviderLink { name, href }) => view! {
            <p>"Confirm it's you: you last signed in over 10 minutes ago, or your rights have changed since. \
                Nothing was sent or changed. Your draft is saved."</p>
            <Mistake mistake />
            <p><a class="button primary" href=href>{format!("Confirm with {name}")}</a></p>
        }
        .into_any(),
        None => view! {
            <p>"Enter your password again: you last entered your password over 10 minutes ago, or your rights have \
                changed since. Nothing was sent or changed. Your draft is saved."</p>
            <Mistake mistake />
            <form method="post" action="/api/confirm-identity">
                <input r#type="hidden" name="next" value=next />
                <PasswordField name="password" label="Password" autocomplete="current-password" />
                <button type="submit" class="primary">"Continue"</button>
            </form>
        }
        .into_any(),
    };
    view! {
        <FormTitle text="Confirm it's you" mistake=mistake />
        <section class="sign-in">
            <h1>"Confirm it's you"</h1>
            {way}
            <p><a href="/streams">"Cancel and go to Streams"</a></p>
        </section>
    }
}
