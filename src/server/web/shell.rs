//! The document around the application: head, boot script, body. Rendered on the server only.

use leptos::{nonce::use_nonce, prelude::*};
use leptos_meta::MetaTags;

use super::{assets::Assets, shortcuts};
use crate::app::App;

/// Renders the whole document.
pub fn shell(assets: &Assets) -> impl IntoView + use<> {
    let css = assets.css().to_owned();
    let font = assets.font().map(|font| {
        view! {
            <link rel="preload" href=font.to_owned() r#as="font" r#type="font/woff2" crossorigin="anonymous" />
        }
    });
    let keys = if shortcuts::are_on_here() { "on" } else { "off" };
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
                <Boot assets=assets.clone() />
                <MetaTags />
            </head>
            <body data-keys=keys>
                <App />
            </body>
        </html>
    }
}

/// Loads, starts and watches the wasm (`islands/boot.js`). Replaces Leptos's own component, which in 0.8 puts the nonce
/// into the preload's `crossorigin`, so that Firefox ignores the preload.
#[component]
fn Boot(assets: Assets) -> impl IntoView {
    let nonce = use_nonce();
    let boot = assets.boot().to_owned();
    let js = assets.js().to_owned();
    let wasm = assets.wasm().to_owned();
    view! {
        <link rel="modulepreload" href=js.clone() nonce=nonce.clone() crossorigin="anonymous" />
        <link rel="preload" href=wasm.clone() r#as="fetch" r#type="application/wasm" crossorigin="anonymous" />
        <script type="module" id="boot" nonce=nonce src=boot data-js=js data-wasm=wasm></script>
    }
}
