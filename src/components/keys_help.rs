//! The keyboard shortcuts: their list, and the dialog that shows it.

use leptos::prelude::*;

/// The keys and what each does.
const KEYS: [(&[&str], &str); 4] = [
    (&["/"], "Go to the search field"),
    (&["j", "k"], "Go to the next or the previous row"),
    (&["Enter"], "Open the row"),
    (&["?"], "List these keys"),
];

/// The list of the shortcuts.
#[component]
pub fn KeyList() -> impl IntoView {
    let rows = KEYS.map(|(keys, does)| {
        let keys = keys.iter().map(|key| view! { <kbd>{*key}</kbd> " " }).collect_view();
        view! { <div><dt translate="no">{keys}</dt><dd>{does}</dd></div> }
    });
    view! { <dl class="facts keys">{rows.into_iter().collect_view()}</dl> }
}

/// The dialog that lists the shortcuts. The keyboard island opens it.
#[component]
pub fn KeysHelp() -> impl IntoView {
    view! {
        <dialog id="keys-help" class="keys-help" aria-labelledby="keys-help-title">
            <h2 id="keys-help-title">"Keyboard shortcuts"</h2>
            <KeyList />
            <p class="hint">
                "They do nothing while you type or while a dialog is open. "
                <a href="/settings#shortcuts">"Turn them off in Settings"</a> "."
            </p>
            <form method="dialog"><button type="submit" autofocus>"Close"</button></form>
        </dialog>
    }
}
