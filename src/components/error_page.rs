//! The page that is shown instead of one that can't be: why, and what to do next.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::error::AppError;

/// The page of an error, with its own heading.
#[component]
pub fn ErrorPage(error: AppError) -> impl IntoView {
    let heading = match &error {
        AppError::NotFound => "Not found",
        AppError::NotPermitted => "Not permitted",
        AppError::SignedOut => "Signed out",
        _ => "Not available",
    };
    let (href, link) = match &error {
        AppError::SignedOut => ("/sign-in", "Sign in"),
        _ => ("/streams", "Go to the streams"),
    };
    view! {
        <Title text=heading />
        <section class="refusal">
            <h1>{heading}</h1>
            <p role="alert">{error.to_string()}</p>
            <p><a href=href rel="external">{link}</a></p>
        </section>
    }
}
