//! The forms that take a password: sign-in, confirming who one is, the first administrator.

use serde::{Deserialize, Serialize};

use super::{back_to, kept_draft};
use crate::{
    error::AppError,
    model::{
        access::next_page::safe_next,
        forms::FormMistake,
        time::{SECOND_MS, Timestamp},
    },
    server::{
        services::accounts::{AccountError, sessions::SignIn, sign_in::SignInError},
        web::context::{RequestContext, Requester},
    },
};

/// What was typed into the form; never the password.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SignInDraft {
    pub user_name: String,
    pub next: String,
    #[serde(default)]
    pub wait_until: Option<Timestamp>,
}

impl SignInDraft {
    fn of(user_name: &str, next: String) -> Self {
        Self { user_name: user_name.chars().take(64).collect(), next, wait_until: None }
    }
}

/// The answer to a sign-in.
///
/// # Errors
/// The refusal, for browsers with wasm.
pub async fn answer_sign_in(
    cx: &RequestContext,
    signed_in: Result<SignIn, SignInError>,
    user_name: &str,
    next: &str,
) -> Result<(), AppError> {
    let next = safe_next(next);
    match signed_in {
        Ok(sign_in) => {
            cx.begin_session(&sign_in).await?;
            cx.see_other(&next);
            Ok(())
        }
        Err(error) => Err(not_signed_in(cx, error, "", "/sign-in", SignInDraft::of(user_name, next)).await),
    }
}

/// The answer to somebody who was to show once more who it is.
///
/// # Errors
/// The refusal, for browsers with wasm.
pub async fn answer_confirmed_identity(
    cx: &RequestContext,
    requester: &Requester,
    confirmed: Result<SignIn, SignInError>,
    next: &str,
) -> Result<(), AppError> {
    let next = safe_next(next);
    match confirmed {
        Ok(sign_in) => {
            cx.begin_session(&sign_in).await?;
            cx.see_other(&next);
            Ok(())
        }
        Err(error) => {
            Err(not_signed_in(cx, error, &requester.user_id, "/confirm-identity", SignInDraft::of("", next)).await)
        }
    }
}

/// The answer to the setup form.
///
/// # Errors
/// The refusal, for browsers with wasm.
pub async fn answer_setup(
    cx: &RequestContext,
    created: Result<(), AccountError>,
    token: &str,
    user_name: &str,
) -> Result<(), AppError> {
    match created {
        Ok(()) => {
            cx.see_other("/sign-in");
            Ok(())
        }
        // A mistake is looked for only once the link has admitted this token: it is one of ours and safe in a path.
        Err(error) => {
            let draft = SignInDraft::of(user_name, String::new());
            Err(not_signed_in(cx, error.into(), "", &format!("/setup/{token}"), draft).await)
        }
    }
}

/// The error that a refused password form becomes; a plain form goes back to its page.
pub(super) async fn not_signed_in(
    cx: &RequestContext,
    error: SignInError,
    user_id: &str,
    page: &str,
    draft: SignInDraft,
) -> AppError {
    match error {
        SignInError::Mistake(mistake) => back_to(cx, user_id, page, mistake, &draft).await,
        SignInError::MustWait { seconds } if cx.wants_html() => {
            let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND_MS);
            let draft = SignInDraft { wait_until: Some(cx.state.clock.now().plus_millis(millis)), ..draft };
            back_to(cx, user_id, page, FormMistake::TooManyFailures, &draft).await
        }
        SignInError::MustWait { seconds } => cx.fail(AppError::TooOften { seconds }),
        SignInError::NotFound => cx.fail(AppError::NotFound),
        SignInError::Store(error) => cx.fail_store(&error),
        SignInError::Hash(error) => cx.fail_internal(&error),
        SignInError::BrokeOff(error) => cx.fail_internal(&error),
        SignInError::SignedOut => cx.fail(AppError::SignedOut),
    }
}

/// What the form shows again after a mistake.
pub async fn draft_of_sign_in(cx: &RequestContext, user_id: &str, draft: Option<String>) -> SignInDraft {
    kept_draft(cx, user_id, draft).await
}
