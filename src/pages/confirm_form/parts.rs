//! The parts of a confirmation's form besides its fields: warnings, buttons, and the answers that wait to be shown.

use leptos::prelude::*;
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::{
    error::AppError,
    model::{change::Action, stream::StreamId},
    view::action,
};

/// The warning about who starts to fail with the chosen key. The island hides the second one while another key is
/// entered; without it the key may be typed after this is shown.
#[component]
pub(super) fn WhoFails(account: String) -> impl IntoView {
    let of_aws = format!(
        "Only principals of account {account} can use alias/aws/kinesis. Writers and readers in other accounts will \
        fail, and its key policy can't be changed."
    );
    view! {
        <p class="warning who-fails">"Writers without kms:GenerateDataKey and readers without kms:Decrypt on this key \
            will start failing."</p>
        <p class="warning who-fails" data-of-aws-key="">{of_aws}</p>
    }
}

/// The form's first button, which Enter presses: without it, that would be one that chooses a key. It can't be seen,
/// focused or heard, and acts as the one in [`Buttons`] does.
#[component]
pub(super) fn EnterButton() -> impl IntoView {
    view! {
        <p class="visually-hidden" aria-hidden="true">
            <button r#type="submit" tabindex="-1" data-act=""></button>
        </p>
    }
}

/// Cancel, which is a link on the page and closes the dialog, and the button that acts. The server always checks the
/// name; the island saves the round trip: it disables the button while the name differs, and says why.
#[component]
pub(super) fn Buttons(action: Action, stream: StreamId, is_busy: bool) -> impl IntoView {
    let class = match action {
        Action::Disable => "danger",
        Action::Enable => "primary",
    };
    let word = if is_busy { "Send when ACTIVE" } else { action::label(action) };
    view! {
        <div class="buttons">
            <a class="button quiet on-page" href=stream.path()>"Cancel"</a>
            <button r#type="button" class="quiet in-dialog" data-close="">"Cancel"</button>
            <p id="why-disabled" class="hint" hidden>
                {format!("Type {} exactly as shown to enable this button.", stream.name)}
            </p>
            <span class="hint sending" aria-hidden="true">"Sending\u{2026}"</span>
            <button r#type="submit" class=class data-act="">{word}</button>
        </div>
    }
}

/// What the dialog says when it gets no answer to its form.
#[component]
pub(super) fn OtherAnswers(stream: StreamId) -> impl IntoView {
    let sign_in = format!("/sign-in?next={}", utf8_percent_encode(&stream.path(), NON_ALPHANUMERIC));
    view! {
        <template data-say="signed-out">
            <p role="alert" class="alert">
                "You've been signed out. Nothing was sent. What you typed stays here: "
                <a href=sign_in target="_blank" rel="noopener">"Sign in"</a> " and press the button again."
            </p>
        </template>
        <template data-say="unreachable">
            <p role="alert" class="alert">{AppError::Unreachable.to_string()}</p>
        </template>
    }
}
