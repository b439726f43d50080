//! `/sign-in`.

use leptos::prelude::*;
use leptos_meta::Meta;

use super::{PageRequest, page};
use crate::{
    components::{FormTitle, Mistake, PasswordField, UserNameField},
    error::AppError,
    model::{
        access::{next_page::safe_next, provider::SignInPurpose},
        forms::FormMistake,
        time::Timestamp,
    },
    server::web::{context, forms, provider_link},
    view::pages::{ProviderLink, SignInPage as Page},
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
    let next = safe_next(&request.value("next").unwrap_or(typed.next));
    let sign_out_address = match request.value("signed-out") {
        // Whoever has a session hasn't just signed out: the address was opened again, or is a link of another site.
        Some(_) if cx.requester().is_err() => provider_link::sign_out_address(&cx).await,
        _ => None,
    };
    Ok(Page {
        is_demo: cx.state.is_demo,
        provider: provider_link::to(&cx, SignInPurpose::SignIn, &next),
        is_for_emergencies_only: cx.state.sign_ins.is_for_emergencies_only(),
        sign_out_address,
        next,
        user_name: typed.user_name,
        wait_until: typed.wait_until,
        mistake: request.value("problem").as_deref().and_then(FormMistake::from_code),
    })
}

#[component]
fn Forms(page: Page) -> impl IntoView {
    let Page { is_demo, provider, is_for_emergencies_only, sign_out_address, next, user_name, mistake, wait_until } =
        page;
    let has_provider = provider.is_some();
    let form = view! { <PasswordForm next=next.clone() user_name wait_until is_main=!has_provider /> };
    let form = if is_for_emergencies_only {
        // Opened again after a mistake in it.
        let is_open = wait_until.is_some() || mistake == Some(FormMistake::SignInFailed);
        view! {
            <details open=is_open>
                <summary>"Emergency account"</summary>
                {form}
            </details>
        }
        .into_any()
    } else {
        form.into_any()
    };
    view! {
        <FormTitle text="Sign in" mistake />
        <section class="sign-in">
            <p class="brand-large">"Keystream"</p>
            <h1>"Sign in"</h1>
            {sign_out_address.map(|address| view! { <SigningOut address /> })}
            <Mistake mistake />
            {provider.map(|ProviderLink { name, href }| view! {
                <p><a class="button primary" href=href>{format!("Sign in with {name}")}</a></p>
            })}
            {form}
            {is_demo.then(|| view! { <DemoUsers next /> })}
        </section>
    }
}

/// Leads on by itself, so that the session at the provider ends too. It can't be a redirect of the sign-out: browsers
/// hold the form's own policy against redirects to other sites.
#[component]
fn SigningOut(address: String) -> impl IntoView {
    view! {
        <Meta http_equiv="refresh" content=format!("0; url={address}") />
        <p>
            "You're signed out of Keystream. "
            <a href=address>"Sign out of your company's provider too"</a>
        </p>
    }
}

/// The form for user name and password.
#[component]
fn PasswordForm(
    next: String,
    user_name: String,
    wait_until: Option<Timestamp>,
    /// Whether this is the way to sign in that most take.
    is_main: bool,
) -> impl IntoView {
    view! {
        {wait_until.map(|until| view! {
            <p>{format!("Wait until {} before you try again.", until.clock_seconds())}</p>
        })}
        <form method="post" action="/api/sign-in">
            <input r#type="hidden" name="next" value=next />
            <UserNameField typed=user_name autocomplete="username" />
            <PasswordField name="password" label="Password" autocomplete="current-password" />
            <button type="submit" class=is_main.then_some("primary")>"Sign in"</button>
        </form>
    }
}

/// The buttons of the demo.
#[component]
fn DemoUsers(next: String) -> impl IntoView {
    let forms = ["viewer", "operator"].map(|user| {
        view! {
            <form method="post" action="/api/sign-in-demo">
                <input r#type="hidden" name="user_name" value=user />
                <input r#type="hidden" name="next" value=next.clone() />
                <button type="submit">{format!("Sign in as {user}")}</button>
            </form>
        }
    });
    view! {
        <div class="demo-users">
            <p>"This is the demo. No password needed."</p>
            {forms.into_iter().collect_view()}
        </div>
    }
}
