//! The confirmation form of a disable or an enable.

use axum::body::{Body, to_bytes};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use url::form_urlencoded;

use super::{ask_identity, back_to, is_identity_fresh, keep_draft, kept_draft};
use crate::{
    error::AppError,
    model::{
        access::identity::Permission,
        change::{Action, ChangeForm},
        forms::{FormMistake, Outcome, Requested},
        shorten::first_of,
        stream::{StreamId, encryption::KeyId},
        trace_parent::TraceParent,
    },
    server::{
        services::changes::RequestError,
        web::{
            context::{self, RequestContext, Requester},
            fragments,
            middleware::body::LONGEST,
            state::AppState,
        },
    },
    view::{command_line, pages::Draft, requested::Response},
};

/// The most of a value that an address takes over from a form.
const LONGEST_IN_ADDRESS: usize = 300;
/// The header in which a proxy or a client says which trace it is working for.
const TRACE_PARENT: &str = "traceparent";

/// Requires re-authentication before a change if the last one was too long ago.
///
/// # Errors
/// Returns `AppError::ConfirmIdentity` with the re-authentication page. Nothing is sent, and the draft is kept.
async fn ask_before_change(
    cx: &RequestContext,
    requester: &Requester,
    action: Action,
    form: &ChangeForm,
) -> Result<(), AppError> {
    // Without the database nothing can be changed anyway, and the response shows the AWS call.
    if requester.is_remembered || is_identity_fresh(cx, requester) {
        return Ok(());
    }
    let key = StreamId::parse(&form.account, &form.region, &form.name).map_err(|_| cx.fail(AppError::NotFound))?;
    Err(ask_identity(cx, requester, &key.confirm_path(action), &Draft::from(form)).await)
}

/// Maps a refused change request to its error.
pub fn refused(cx: &RequestContext, error: RequestError) -> AppError {
    match error {
        RequestError::NotFound => cx.fail(AppError::NotFound),
        RequestError::ReadOnly => cx.fail(AppError::ReadOnly),
        RequestError::TargetReadOnly(target) => cx.fail(AppError::TargetReadOnly { target }),
        RequestError::OtherValues => cx.fail(AppError::OtherValues),
        RequestError::Store(error) => cx.fail_store(&error),
        RequestError::Task(error) => cx.fail_internal(&error),
    }
}

/// Submits a confirmed form.
///
/// # Errors
/// Returns the refusal, for browsers with wasm. A plain form is redirected as well, if there is a page to redirect to.
pub async fn request(action: Action, form: ChangeForm) -> Result<Requested, AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    // Enter in the search for keys presses the form's button. A search isn't a confirmation.
    if cx.wants_html() && form.keys.trim() != form.shown_keys.trim() {
        back_to_keys(&cx, &requester, &form, "").await?;
        return Err(AppError::Outdated);
    }
    ask_before_change(&cx, &requester, action, &form).await?;
    let stream = StreamId::parse(&form.account, &form.region, &form.name);
    let submitted = cx.state.changes.requests.submit(requester.clone(), action, form.clone(), caller(&cx)).await;
    match (submitted, stream) {
        (Ok(Outcome::Done(submitted)), Ok(stream)) => {
            let requested = requested(Response::from(&submitted), &stream);
            let (Requested::Change { id, .. } | Requested::Rejected { id, .. }) = &requested;
            cx.see_other(&format!("/changes/{id}"));
            Ok(requested)
        }
        (Ok(Outcome::Mistake(mistake)), Ok(stream)) => {
            let parts = fragments::confirmation::mistake(&form, &stream.name, mistake);
            let page = stream.confirm_path(action);
            let back = back_to(&cx, &requester.user_id, &page, mistake, &Draft::from(&form)).await;
            Err(match back {
                AppError::Mistake { mistake, .. } => AppError::Mistake { mistake, parts },
                error => error,
            })
        }
        (Ok(_), Err(_)) => Err(cx.fail(AppError::NotFound)),
        (Err(RequestError::Store(error)), _) => {
            tracing::error!(%error, "a change could not be recorded and was not sent: {error}");
            Err(cx.fail(journal_down(&cx, &requester, action, &form)))
        }
        (Err(error), _) => Err(refused(&cx, error)),
    }
}

/// Returns the trace that the request says it is part of. More than one header says nothing.
fn caller(cx: &RequestContext) -> Option<TraceParent> {
    let mut lines = cx.parts.headers.get_all(TRACE_PARENT).iter();
    let (Some(line), None) = (lines.next(), lines.next()) else { return None };
    TraceParent::parse(line.to_str().ok()?)
}

/// Returns the response to the dialog.
fn requested(response: Response, stream: &StreamId) -> Requested {
    match response {
        Response::Change { id, tone, words } => {
            let announcement = fragments::confirmation::recorded(&id, &stream.name, tone, words);
            Requested::Change { id, announcement }
        }
        Response::Rejected { id, words } => {
            let parts = fragments::confirmation::rejected(&id, words);
            Requested::Rejected { id, parts }
        }
    }
}

/// Leads back to the page of an enable, to choose among all keys. Everything typed is kept; `chosen` is the key that
/// was chosen, if one was.
///
/// # Errors
/// Returns an error if the user lacks the permission, the stream does not exist, or the database cannot be written.
pub async fn choose_key(form: ChangeForm, chosen: &str, page: &str) -> Result<(), AppError> {
    let cx = context::current()?;
    let requester = cx.require(Permission::Change).map_err(|error| cx.fail(error))?;
    let form = if chosen.is_empty() { form } else { ChangeForm { key: chosen.to_owned(), ..form } };
    back_to_keys(&cx, &requester, &form, page).await
}

fn escaped(value: &str) -> String {
    utf8_percent_encode(value, NON_ALPHANUMERIC).to_string()
}

async fn back_to_keys(
    cx: &RequestContext,
    requester: &Requester,
    form: &ChangeForm,
    page: &str,
) -> Result<(), AppError> {
    let stream = StreamId::parse(&form.account, &form.region, &form.name).map_err(|_| cx.fail(AppError::Outdated))?;
    if !requester.scope.covers(&stream) {
        return Err(cx.fail(AppError::NotFound));
    }
    let draft = keep_draft(cx, &requester.user_id, &Draft::from(form)).await?;
    let values = [("draft", draft.as_str()), ("undo", form.undo.trim()), ("key-page", page.trim())];
    let pairs = values.into_iter().filter(|(_, value)| !value.is_empty()).chain([("keys", form.keys.trim())]);
    let pairs: Vec<String> =
        pairs.map(|(name, value)| format!("{name}={}", escaped(&first_of(value, LONGEST_IN_ADDRESS)))).collect();
    cx.see_other(&format!("{}?{}", stream.confirm_path(Action::Enable), pairs.join("&")));
    Ok(())
}

/// Keeps what was typed into a confirmation whose session ended meanwhile, for its user. Returns the address of the
/// page that fills it in again after sign-in; `None` for any other form, or if it can't be kept.
pub async fn keep_after_session(state: &AppState, user_id: &str, endpoint: &str, body: Body) -> Option<String> {
    let is_of = |action: &Action| endpoint.strip_prefix("/api/") == Some(action.slug());
    let action = [Action::Disable, Action::Enable].into_iter().find(is_of)?;
    let body = to_bytes(body, LONGEST).await.ok()?;
    let fields = form_urlencoded::parse(&body).map(|(name, value)| (name.into_owned(), value.into_owned().into()));
    let form: ChangeForm = serde_json::from_value(serde_json::Value::Object(fields.collect())).ok()?;
    let stream = StreamId::parse(&form.account, &form.region, &form.name).ok()?;
    match state.drafts.keep(user_id, &Draft::from(&form)).await {
        Ok(draft) => Some(format!("{}?draft={draft}", stream.confirm_path(action))),
        Err(error) => {
            tracing::warn!(%error, "what was typed before a session ended could not be kept: {error}");
            None
        }
    }
}

/// Returns the error for a journal that cannot be written. It carries the AWS call for the user to run, built from the
/// last known values of the stream.
fn journal_down(cx: &RequestContext, requester: &Requester, action: Action, form: &ChangeForm) -> AppError {
    let key = StreamId::parse(&form.account, &form.region, &form.name).ok();
    let key = key.filter(|key| requester.scope.covers(key) && !cx.state.read_only.is_on());
    let report = key.and_then(|key| cx.state.inventory.stream(&key)).and_then(|(_, report)| report);
    let sent = |report: &crate::model::stream::StreamReport| match action {
        Action::Disable if form.key.trim().is_empty() => report.key().cloned(),
        _ => form.key.parse::<KeyId>().ok(),
    };
    match report.as_ref().and_then(|report| Some((report, sent(report)?))) {
        Some((report, key_id)) => AppError::JournalDown {
            command: command_line::of_change(action, &report.arn, &key_id),
            known: format!("{} ({})", report.read_at.age(cx.state.clock.now()), report.read_at.date_and_clock()),
        },
        None => AppError::Unavailable,
    }
}

/// Returns the saved draft that a confirmation shows after a mistake or a re-authentication.
pub async fn draft_of_change(
    cx: &RequestContext,
    requester: &Requester,
    problem: Option<String>,
    draft: Option<String>,
) -> Option<Draft> {
    let mistake = problem.as_deref().and_then(FormMistake::from_code);
    if mistake.is_none() && draft.is_none() {
        return None;
    }
    Some(Draft { mistake, ..kept_draft(cx, &requester.user_id, draft).await })
}

/// Requires re-authentication before a record is written to a stream.
///
/// # Errors
/// Returns `AppError::ConfirmIdentity` with the re-authentication page. Nothing is written.
pub async fn ask_before_proof(cx: &RequestContext, requester: &Requester, id: &str) -> Result<(), AppError> {
    if requester.is_remembered || is_identity_fresh(cx, requester) {
        return Ok(());
    }
    let is_an_id = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric());
    let page = if is_an_id { format!("/changes/{id}") } else { "/changes".to_owned() };
    Err(ask_identity(cx, requester, &page, &Draft::default()).await)
}

/// Answers the form that closes a change. A mistake redirects back to its page, which names the mistake and keeps what
/// was typed.
///
/// # Errors
/// See [`answer_on_change`].
pub async fn answer_close(
    cx: &RequestContext,
    requester: &Requester,
    id: &str,
    reason: String,
    closed: Result<Outcome, RequestError>,
) -> Result<(), AppError> {
    match closed {
        // The change was found, so its id is safe in a path.
        Ok(Outcome::Mistake(mistake)) => {
            let draft = Draft { reason, ..Draft::default() };
            Err(back_to(cx, &requester.user_id, &format!("/changes/{id}"), mistake, &draft).await)
        }
        answer => answer_on_change(cx, id, answer).await,
    }
}

/// Answers a form on a change's page by redirecting to that page, with the mistake named if there was one.
///
/// # Errors
/// Returns the mistake or the refusal.
pub async fn answer_on_change(
    cx: &RequestContext,
    id: &str,
    asked: Result<Outcome, RequestError>,
) -> Result<(), AppError> {
    match asked {
        // The change was found, so the id is one we generated and is safe in a path.
        Ok(Outcome::Done(())) => {
            cx.see_other(&format!("/changes/{id}"));
            Ok(())
        }
        Ok(Outcome::Mistake(mistake)) if cx.wants_html() && id.bytes().all(|b| b.is_ascii_alphanumeric()) => {
            cx.see_other(&format!("/changes/{id}?problem={mistake}"));
            Err(AppError::Mistake { mistake, parts: String::new() })
        }
        Ok(Outcome::Mistake(mistake)) => Err(cx.fail(AppError::Mistake { mistake, parts: String::new() })),
        Err(error) => Err(refused(cx, error)),
    }
}
