//! `/setup/{token}`: the first administrator.

use leptos::prelude::*;
use leptos_meta::Title;

use super::{path_part, query_value, sign_in::PasswordField};
use crate::{api, components::Fault, model::pages::SetupPage as Page};

/// The setup page, while its link is open.
#[component]
pub fn SetupPage() -> impl IntoView {
    let token = path_part("token");
    let (problem, draft) = (query_value("problem"), query_value("draft"));
    let asked = move || (token.get(), problem.get(), draft.get());
    let page = Resource::new_blocking(asked, |(token, problem, draft)| api::setup::load_setup_page(token, problem, draft));
    view! {
        <Title text="Set up Keystream" />
        <Suspense>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) => view! { <SetupForm page /> }.into_any(),
                    Err(error) => view! { <Fault error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn SetupForm(page: Page) -> impl IntoView {
    view! {
        <section class="sign-in">
            <h1>"Set up Keystream"</h1>
            <p>"Nobody is registered yet. The first person becomes the administrator; this link then closes for good."</p>
            {page.mistake.map(|mistake| view! { <p role="alert" class="alert">{mistake.text(None)}</p> })}
            <form method="post" action="/api/setup">
                <input r#type="hidden" name="token" value=page.token />
                <div class="field">
                    <label for="user_name">"User name"</label>
                    <input id="user_name" r#type="text" name="user_name" value=page.user_name required autocomplete="username" autocapitalize="off" spellcheck="false" />
                </div>
                <PasswordField autocomplete="new-password" />
                <p class="hint">"15 to 128 characters."</p>
                <button type="submit" class="primary">"Create administrator"</button>
            </form>
        </section>
    }
}
