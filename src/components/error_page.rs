//! The error page: why there is nothing to show, and what to do next.

use leptos::prelude::*;
use leptos_meta::Title;

use crate::{
    error::AppError,
    view::error_page::{self, Reference},
};

/// The page of an error among other pages, with its own heading.
#[component]
pub fn ErrorPage(error: AppError) -> impl IntoView {
    let reference = use_context::<Reference>();
    let page = error_page::ErrorPage::of_error(&error, reference.as_ref());
    view! {
        <Title text=page.title />
        <ErrorSection page />
    }
}

/// The content of an error page, in any document.
#[component]
pub fn ErrorSection(page: error_page::ErrorPage) -> impl IntoView {
    let (href, link) = page.link;
    view! {
        <section class="refusal">
            <h1>{page.title}</h1>
            <p role="alert">{page.text}</p>
            <p><a href=href>{link}</a></p>
            {(!page.reference.is_empty()).then(|| view! { <p class="reference">{page.reference}</p> })}
        </section>
    }
}
