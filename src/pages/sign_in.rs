//! `/sign-in`. Plain forms: a page that was loaded signed out is left whole.

use leptos::prelude::*;
use leptos_meta::Title;

use super::query_value;
use crate::{api, components::Fault, model::pages::SignInPage as Page};

/// The sign-in page.
#[component]
pub fn SignInPage() -> impl IntoView {
    let (next, problem, draft) = (query_value("next"), query_value("problem"), query_value("draft"));
    let asked = move || (next.get(), problem.get(), draft.get());
    let page = Resource::new_blocking(asked, |(next, problem, draft)| api::session::load_sign_in_page(next, problem, draft));
    view! {
        <Title text="Sign in" />
        <Suspense>
            {move || Suspend::new(async move {
                match page.await {
                    Ok(page) => view! { <Forms page /> }.into_any(),
                    Err(error) => view! { <Fault error /> }.into_any(),
                }
            })}
        </Suspense>
    }
}

#[component]
fn Forms(page: Page) -> impl IntoView {
    let Page { is_demo, next, user_name, mistake } = page;
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
        <section class="sign-in">
            <p class="brand-large">"Keystream"</p>
            <h1>"Sign in"</h1>
            {mistake.map(|mistake| view! { <p role="alert" class="alert">{mistake.text(None)}</p> })}
            <form method="post" action="/api/sign-in">
                <input r#type="hidden" name="next" value=next />
                <div class="field">
                    <label for="user_name">"User name"</label>
                    <input id="user_name" r#type="text" name="user_name" value=user_name required autocomplete="username" autocapitalize="off" spellcheck="false" />
                </div>
                <PasswordField autocomplete="current-password" />
                <button type="submit" class="primary">"Sign in"</button>
            </form>
            {demo.map(|demo| view! { <div class="demo-users"><p>"This is the demo. Nobody needs a password here."</p>{demo}</div> })}
        </section>
    }
}

/// A password with the toggle that shows its characters; the toggle is there only once it works.
#[component]
pub fn PasswordField(autocomplete: &'static str) -> impl IntoView {
    let is_hydrated = RwSignal::new(false);
    Effect::new(move |_| is_hydrated.set(true));
    let is_shown = RwSignal::new(false);
    view! {
        <div class="field">
            <label for="password">"Password"</label>
            <input id="password" r#type=move || if is_shown.get() { "text" } else { "password" } name="password" required autocomplete=autocomplete />
            <button
                type="button"
                class="quiet toggle"
                hidden=move || !is_hydrated.get()
                aria-pressed=move || if is_shown.get() { "true" } else { "false" }
                on:click=move |_| is_shown.update(|is_shown| *is_shown = !*is_shown)
            >
                "Show characters"
            </button>
        </div>
    }
}
