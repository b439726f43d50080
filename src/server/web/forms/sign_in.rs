//! The forms that take a password: sign-in, re-authentication, one-time links, and the setup of the first
//! administrator.

use serde::{Deserialize, Serialize};

use super::{back_to, fail_hash, kept_draft};
use crate::{
    error::AppError,
    model::{
        access::{
            credentials::UserName,
            next_page::{self, safe_next},
        },
        forms::{FormDone, FormMistake, Outcome, Typed},
        shorten::typed,
        time::{SECOND_MS, Timestamp},
    },
    server::{
        services::accounts::{AccountError, new_session::SignIn, sign_in::SignInError},
        web::context::{RequestContext, Requester},
    },
};

/// What was typed into the form, except the password.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct SignInDraft {
    pub user_name: String,
    pub next: String,
    #[serde(default)]
    pub wait_until: Option<Timestamp>,
}

impl SignInDraft {
    fn of(user_name: &str, next: String) -> Self {
        Self { user_name: user_name.to_owned(), next, wait_until: None }
    }
}

impl Typed for SignInDraft {
    fn bounded(&self) -> Self {
        Self {
            user_name: typed(&self.user_name, UserName::LONGEST),
            next: typed(&self.next, next_page::LONGEST),
            wait_until: self.wait_until,
        }
    }
}

/// Answers a sign-in form.
///
/// # Errors
/// Returns the refusal, for browsers with wasm.
pub async fn answer_sign_in(
    cx: &RequestContext,
    signed_in: Result<Outcome<SignIn>, SignInError>,
    user_name: &str,
    next: &str,
) -> Result<(), AppError> {
    let next = safe_next(next);
    let form = PasswordForm { user_id: "", page: "/sign-in", draft: SignInDraft::of(user_name, next.clone()) };
    begin_session(cx, form.answer(cx, signed_in).await?, &next).await
}

/// Begins the session of a sign-in and redirects to `next`.
pub(super) async fn begin_session(cx: &RequestContext, sign_in: SignIn, next: &str) -> Result<(), AppError> {
    cx.begin_session(sign_in).await?;
    cx.see_other(next);
    Ok(())
}

/// Answers a re-authentication form.
///
/// # Errors
/// Returns the refusal, for browsers with wasm.
pub async fn answer_confirmed_identity(
    cx: &RequestContext,
    requester: &Requester,
    confirmed: Result<Outcome<SignIn>, SignInError>,
    next: &str,
) -> Result<(), AppError> {
    let next = safe_next(next);
    let draft = SignInDraft::of("", next.clone());
    let form = PasswordForm { user_id: &requester.user_id, page: "/confirm-identity", draft };
    begin_session(cx, form.answer(cx, confirmed).await?, &next).await
}

/// Answers the setup form.
///
/// # Errors
/// Returns the refusal, for browsers with wasm.
pub async fn answer_setup(
    cx: &RequestContext,
    created: Result<Outcome, AccountError>,
    token: &str,
    user_name: &str,
) -> Result<(), AppError> {
    // Mistakes are reported only after the setup link admits this token, so the token is one we generated and is safe
    // in a path.
    let page = format!("/setup/{token}");
    let form = PasswordForm { user_id: "", page: &page, draft: SignInDraft::of(user_name, String::new()) };
    form.answer(cx, created.map_err(SignInError::from)).await?;
    cx.see_other("/sign-in");
    Ok(())
}

/// Answers the form of a one-time link.
///
/// # Errors
/// Returns the refusal, for browsers with wasm.
pub async fn answer_new_password(
    cx: &RequestContext,
    set: Result<Outcome, AccountError>,
    token: &str,
) -> Result<(), AppError> {
    // As with the setup link: mistakes are reported only after a link was found by this token.
    let page = format!("/setup/{token}");
    let form = PasswordForm { user_id: "", page: &page, draft: SignInDraft::default() };
    form.answer(cx, set.map_err(SignInError::from)).await?;
    cx.see_other(&format!("/sign-in?done={}", FormDone::PasswordSet));
    Ok(())
}

/// A form that takes a password: its user, its page and its draft.
pub(super) struct PasswordForm<'a> {
    pub user_id: &'a str,
    pub page: &'a str,
    pub draft: SignInDraft,
}

impl PasswordForm<'_> {
    /// Returns the value of a successful outcome. Otherwise returns the error and redirects a plain form back to its
    /// page.
    pub async fn answer<T>(self, cx: &RequestContext, outcome: Result<Outcome<T>, SignInError>) -> Result<T, AppError> {
        let Self { user_id, page, draft } = self;
        Err(match outcome {
            Ok(Outcome::Done(done)) => return Ok(done),
            Ok(Outcome::Mistake(mistake)) => back_to(cx, user_id, page, mistake, &draft).await,
            Err(SignInError::MustWait { seconds }) if cx.wants_html() => {
                let millis = i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(SECOND_MS);
                let draft = SignInDraft { wait_until: Some(cx.state.clock.now().plus_millis(millis)), ..draft };
                back_to(cx, user_id, page, FormMistake::TooManyFailures, &draft).await
            }
            Err(SignInError::MustWait { seconds }) => cx.fail(AppError::TooOften { seconds }),
            Err(SignInError::NotFound) => cx.fail(AppError::NotFound),
            Err(SignInError::LinkOver) => cx.fail(AppError::LinkOver),
            Err(SignInError::Store(error)) => cx.fail_store(&error),
            Err(SignInError::Hash(error)) => fail_hash(cx, &error),
            Err(SignInError::BrokeOff(error)) => cx.fail_internal(&error),
            Err(SignInError::SignedOut) => cx.fail(AppError::SignedOut),
        })
    }
}

/// Returns the saved draft that the form shows after a mistake.
pub async fn draft_of_sign_in(cx: &RequestContext, user_id: &str, draft: Option<String>) -> SignInDraft {
    kept_draft(cx, user_id, draft).await
}
