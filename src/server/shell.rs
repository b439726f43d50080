//! The document around the application: head, boot script, body. Rendered on the server only.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use super::http::assets::Assets;
use crate::{
    app::{App, PlainApp},
    components::SHOW_CHARACTERS,
};

/// The whole document: a page that wasm takes over, or one that stays as it comes.
pub fn shell(assets: &Assets, is_plain: bool) -> impl IntoView + use<> {
    let css = assets.css().to_owned();
    let font = assets
        .font()
        .map(|font| view! { <link rel="preload" href=font.to_owned() r#as="font" r#type="font/woff2" crossorigin="anonymous" /> });
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8" />
                <meta name="viewport" content="width=device-width, initial-scale=1" />
                <meta name="color-scheme" content="light dark" />
                <link rel="icon" href="/favicon.svg" r#type="image/svg+xml" />
                <link rel="stylesheet" href=css />
                {font}
                {if is_plain { view! { <Ahead assets=assets.clone() /> }.into_any() } else { view! { <Boot assets=assets.clone() /> }.into_any() }}
                <MetaTags />
            </head>
            <body>
                {if is_plain { view! { <PlainApp /> <PlainScript /> }.into_any() } else { view! { <App /> }.into_any() }}
            </body>
        </html>
    }
}

/// What the next page will need, fetched while this one is read.
#[component]
fn Ahead(assets: Assets) -> impl IntoView {
    view! {
        <link rel="prefetch" href=assets.js().to_owned() r#as="script" crossorigin="anonymous" />
        <link rel="prefetch" href=assets.wasm().to_owned() r#as="fetch" crossorigin="anonymous" />
    }
}

/// All that a plain page does by itself.
#[component]
fn PlainScript() -> impl IntoView {
    view! { <script nonce=use_nonce() inner_html=SHOW_CHARACTERS></script> }
}

/// Loads and starts the wasm. Our own instead of Leptos's component, which in 0.8 puts the nonce into the preload's
/// `crossorigin`, so that Firefox gives up on it; and because a page with something under way must go on reloading itself
/// when the wasm does not start, though not while somebody is filling in a form.
#[component]
fn Boot(assets: Assets) -> impl IntoView {
    let nonce = use_nonce();
    let js = assets.js().to_owned();
    let wasm = assets.wasm().to_owned();
    let script = format!(
        "import({js:?}).then(m=>m.default({{module_or_path:{wasm:?}}}).then(()=>{{m.hydrate();document.documentElement.dataset.hydrated=\"\"}}))\
         .catch(e=>{{console.warn(\"Keystream runs without wasm:\",String(e));\
         const s=document.querySelector(\"[data-self-refresh]\");\
         const t=()=>document.querySelector(\"form:focus-within\")?setTimeout(t,1e3):location.replace(s.dataset.selfRefresh);\
         if(s)setTimeout(t,1e4)}})"
    );
    view! {
        <link rel="modulepreload" href=js nonce=nonce.clone() crossorigin="anonymous" />
        <link rel="preload" href=wasm r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
        <script type="module" nonce=nonce inner_html=script></script>
    }
}
