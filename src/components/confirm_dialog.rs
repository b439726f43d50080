//! The page's one dialog, in which confirmations open.

use leptos::prelude::*;

use crate::islands::ConfirmDialog;

/// The dialog, closed and empty, with what it shows until the server's form is there.
#[component]
pub fn ConfirmationDialog() -> impl IntoView {
    view! {
        <dialog id="confirm-dialog" class="dialog" aria-labelledby="confirmation-title">
            <div id="confirm-content"></div>
        </dialog>
        <template id="confirm-reading">
            <h2 id="confirmation-title" data-title=""></h2>
            <p class="reading" aria-busy="true" data-reading="">"Reading the stream from AWS\u{2026}"</p>
            <p role="alert" class="alert" data-problem="" hidden>
                "Keystream couldn't be reached. Nothing was sent. Check the network, then try again."
            </p>
            <div class="buttons"><button type="button" class="quiet" data-close="">"Cancel"</button></div>
        </template>
        <ConfirmDialog />
    }
}
