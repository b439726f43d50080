//! Signing in and out, and the first administrator.

use secrecy::{ExposeSecret, SecretString};
use thiserror::Error;

use super::sessions::{self, SignIn};
use crate::{
    error::AppError,
    model::{
        identity::Role,
        validation::{FormMistake, UserName, check_password_length},
    },
    server::{
        audit::{self, AuditEvent},
        context::RequestContext,
        random,
        store::{StoreError, User, users},
    },
};

/// Why nobody was signed in.
#[derive(Debug, Error)]
pub enum SignInError {
    #[error("mistake in the form: {0}")]
    Mistake(FormMistake),
    #[error("there is no such thing here")]
    NotFound,
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the session failed: {0}")]
    Session(#[from] tower_sessions::session::Error),
    #[error("hashing failed: {0}")]
    Hash(#[from] super::passwords::HashError),
    #[error("{0}")]
    Context(#[from] AppError),
}

/// Signs in with a password. Unknown, disabled and password-less users get the same answer after the same work.
///
/// # Errors
/// See [`SignInError`]; a refusal is in the audit chain.
pub async fn with_password(cx: &RequestContext, user_name: &str, password: SecretString) -> Result<(), SignInError> {
    let name = UserName::parse(user_name).ok();
    let user = match &name {
        Some(name) => cx.state.store.user_by_name(name).await?.filter(|user| user.disabled_at.is_none()),
        None => None,
    };
    let hash = user.as_ref().and_then(|user| user.password_hash.clone());
    let is_right = cx.state.passwords.verify(password, hash).await;
    match user.filter(|_| is_right) {
        Some(user) => begin(cx, user, "password").await,
        None => {
            note_refusal(cx, name.as_ref().map_or("not a user name", UserName::as_str)).await?;
            Err(SignInError::Mistake(FormMistake::SignInFailed))
        }
    }
}

/// Signs in as one of the demo's users.
///
/// # Errors
/// Outside the demo there is no such thing; otherwise see [`SignInError`].
pub async fn as_demo_user(cx: &RequestContext, user_name: &str) -> Result<(), SignInError> {
    if !cx.state.is_demo {
        return Err(SignInError::NotFound);
    }
    let name = UserName::parse(user_name).map_err(|_| SignInError::NotFound)?;
    let user = cx.state.store.user_by_name(&name).await?.filter(|user| user.is_demo).ok_or(SignInError::NotFound)?;
    begin(cx, user, "demo").await
}

async fn begin(cx: &RequestContext, user: User, how: &str) -> Result<(), SignInError> {
    let sign_in =
        SignIn { user_id: user.id, user_name: user.name, address: cx.address(), user_agent: cx.user_agent(), how: how.to_owned() };
    Ok(sessions::begin(&cx.session()?, &sign_in).await?)
}

/// Ends the session.
///
/// # Errors
/// When it could not be ended: then it is said, and not that it was.
pub async fn out(cx: &RequestContext) -> Result<(), AppError> {
    let requester = cx.requester().map_err(|error| cx.fail(error))?;
    let session = cx.session().map_err(|error| cx.fail(error))?;
    session.flush().await.map_err(|error| {
        tracing::error!(%error, "a session could not be ended: {error}");
        cx.fail(AppError::Unavailable)
    })?;
    let event = AuditEvent {
        at: cx.state.clock.now(),
        actor: requester.user_name.clone(),
        address: requester.address,
        user_agent: requester.user_agent,
        action: "session.signed-out".to_owned(),
        target: requester.user_name,
        ..AuditEvent::default()
    };
    append(cx, event).await.map_err(|error| cx.fail_store(&error))
}

/// Makes the first administrator with the setup link, which closes for good. Two at once: the second finds a user.
///
/// # Errors
/// See [`SignInError`]. In each case nothing was saved.
pub async fn create_administrator(cx: &RequestContext, token: &str, user_name: &str, password: SecretString) -> Result<(), SignInError> {
    let now = cx.state.clock.now();
    if !cx.state.setup.admits(token, now) {
        return Err(SignInError::NotFound);
    }
    let name = UserName::parse(user_name).map_err(SignInError::Mistake)?;
    check_password_length(password.expose_secret()).map_err(SignInError::Mistake)?;
    let password_hash = Some(cx.state.passwords.hash(password).await?);
    let user =
        User { id: random::id(), name: name.as_str().to_owned(), role: Role::Admin, password_hash, is_demo: false, disabled_at: None };
    let event = AuditEvent {
        at: now,
        actor: "setup link".to_owned(),
        address: cx.address(),
        user_agent: cx.user_agent(),
        action: "user.added".to_owned(),
        target: name.as_str().to_owned(),
        after: Role::Admin.word().to_owned(),
        ..AuditEvent::default()
    };
    let mut tx = cx.state.store.write().await?;
    if !users::is_empty(&mut tx).await? {
        cx.state.setup.close();
        return Err(SignInError::NotFound);
    }
    users::insert(&mut tx, &user, &name, now).await?;
    audit::append(&mut tx, event).await?;
    tx.commit().await?;
    cx.state.setup.close();
    Ok(())
}

async fn note_refusal(cx: &RequestContext, name: &str) -> Result<(), StoreError> {
    let event = AuditEvent {
        at: cx.state.clock.now(),
        address: cx.address(),
        user_agent: cx.user_agent(),
        action: "session.refused".to_owned(),
        target: name.to_owned(),
        result: "wrong user name or password".to_owned(),
        ..AuditEvent::default()
    };
    append(cx, event).await
}

async fn append(cx: &RequestContext, event: AuditEvent) -> Result<(), StoreError> {
    let mut tx = cx.state.store.write().await?;
    audit::append(&mut tx, event).await?;
    tx.commit().await
}
