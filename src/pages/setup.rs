//! `/setup/{token}`: the first administrator.

use leptos::prelude::*;

use super::{PageRequest, page};
use crate::{
    components::{FormTitle, Mistake, PasswordField},
    error::AppError,
    model::forms::FormMistake,
    server::web::{context, forms},
    view::pages::SetupPage as Page,
};

/// The setup page, while its link is open.
#[component]
pub fn SetupPage() -> impl IntoView {
    page(load, |page| view! { <SetupForm page /> })
}

async fn load(request: PageRequest) -> Result<Page, AppError> {
    let cx = context::current()?;
    let token = request.part("token");
    if !cx.state.setup.admits(&token, cx.state.clock.now()) {
        return Err(cx.fail(AppError::NotFound));
    }
    let typed = forms::draft_of_sign_in(&cx, "", request.value("draft")).await;
    let mistake = request.value("problem").as_deref().and_then(FormMistake::from_code);
    Ok(Page { token, user_name: typed.user_name, mistake })
}

#[component]
fn SetupForm(page: Page) -> impl IntoView {
    view! {
        <FormTitle text="Set up Keystream" mistake=page.mistake />
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
