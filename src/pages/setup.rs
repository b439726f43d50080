//! `/setup/{token}`: the first administrator, or the password of a user with a one-time link.

use leptos::prelude::*;

use super::{PageRequest, page};
use crate::{
    components::{FormTitle, Mistake, PasswordField, UserNameField, When},
    error::AppError,
    model::{forms::FormMistake, time::Timestamp},
    server::web::{context, forms},
    view::{
        forms::split,
        pages::{SetupLink, SetupPage as Page},
    },
};

/// The page, while its link is open.
#[component]
pub fn SetupPage() -> impl IntoView {
    page(load, |Page { token, link, mistake }| match link {
        SetupLink::Administrator { user_name } => view! { <AdministratorForm token user_name mistake /> }.into_any(),
        SetupLink::Password { user_name, expires_at } => {
            view! { <NewPasswordForm token user_name expires_at mistake /> }.into_any()
        }
    })
}

async fn load(request: PageRequest) -> Result<Page, AppError> {
    let cx = context::current()?;
    let token = request.part("token");
    let link = if cx.state.setup.admits(&token, cx.state.clock.now()) {
        let typed = forms::draft_of_sign_in(&cx, "", request.value("draft")).await;
        SetupLink::Administrator { user_name: typed.user_name }
    } else {
        let opened = cx.state.users.managed_by(cx.stranger()).open_link(&token).await;
        let link = opened.map_err(|error| forms::fail_account(&cx, &error))?;
        SetupLink::Password { user_name: link.user.name, expires_at: link.expires_at }
    };
    let mistake = request.value("problem").as_deref().and_then(FormMistake::from_code);
    Ok(Page { token, link, mistake })
}

#[component]
fn AdministratorForm(token: String, user_name: String, mistake: Option<FormMistake>) -> impl IntoView {
    let (of_password, of_form) = split(mistake);
    view! {
        <FormTitle text="Set up Keystream" mistake />
        <section class="sign-in">
            <h1>"Set up Keystream"</h1>
            <p>"There are no users yet. The first one becomes the administrator; this link then stops working."</p>
            <Mistake mistake=of_form />
            <form method="post" action="/api/setup">
                <input r#type="hidden" name="token" value=token />
                <UserNameField typed=user_name autocomplete="username" />
                <PasswordField
                    name="password" label="Password" autocomplete="new-password" mistake=of_password hint=HINT
                />
                <button type="submit" class="primary">"Create administrator"</button>
            </form>
        </section>
    }
}

#[component]
fn NewPasswordForm(
    token: String,
    user_name: String,
    expires_at: Timestamp,
    mistake: Option<FormMistake>,
) -> impl IntoView {
    let (of_password, of_form) = split(mistake);
    view! {
        <FormTitle text="Set your password" mistake />
        <section class="sign-in">
            <h1>"Set your password"</h1>
            <p>"This link works once, until "<When at=expires_at />". All your sessions end."</p>
            <Mistake mistake=of_form />
            <form method="post" action="/api/set-password">
                <input r#type="hidden" name="token" value=token />
                <div class="field">
                    <label for="user_name">"User name"</label>
                    <input id="user_name" r#type="text" value=user_name readonly autocomplete="username" />
                </div>
                <PasswordField
                    name="new_password" label="New password" autocomplete="new-password" mistake=of_password hint=HINT
                />
                <button type="submit" class="primary">"Set password"</button>
            </form>
        </section>
    }
}

const HINT: &str = "15 to 128 characters, such as four or more unrelated words.";
