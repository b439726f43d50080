//! Responses to refused requests: an error page for browsers, JSON for everything else. They repeat nothing of the
//! request but its id.

use std::convert::Infallible;

use axum::{
    extract::{FromRequestParts, Request},
    http::{Extensions, HeaderMap, HeaderValue, StatusCode, header, request::Parts},
    response::{IntoResponse, Response},
};
use leptos::prelude::*;

use crate::{
    components::{ChainAlarmNote, ErrorSection, PlainBar},
    error::{AppError, Refusal},
    model::access::{
        identity::{Permission, Role},
        requester::Requester,
    },
    server::web::{context, middleware::request_id::RequestId, state::AppState},
    view::error_page::{ErrorPage, Reference},
};

/// For whom, and in which format, a request is refused, taken from the request before it is passed on.
#[derive(Debug, Clone)]
pub struct Asker {
    wants_html: bool,
    /// The name and role of the signed-in user. Unknown to the layers in front of the session.
    person: Option<(String, Role)>,
    pub id: RequestId,
}

impl Asker {
    pub fn of(request: &Request) -> Self {
        Self::from_head(request.headers(), request.extensions())
    }

    fn from_head(headers: &HeaderMap, extensions: &Extensions) -> Self {
        let person = extensions.get::<Requester>().map(|requester| (requester.user_name.clone(), requester.role));
        Self { wants_html: context::wants_html(headers), person, id: RequestId::of(extensions) }
    }

    /// Returns the error for an internal fault of Keystream. Its reference finds the request in the log.
    pub fn internal(&self) -> AppError {
        AppError::Internal { reference: self.id.to_string() }
    }
}

impl<S: Sync> FromRequestParts<S> for Asker {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::from_head(&parts.headers, &parts.extensions))
    }
}

/// Builds the response to a refused request, as a page or as JSON.
pub fn refuse(state: &AppState, asker: &Asker, refusal: impl Into<Refusal>) -> Response {
    let refusal = refusal.into();
    let status = StatusCode::from_u16(refusal.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = if asker.wants_html {
        let page = ErrorPage::of_refusal(&refusal, &Reference(asker.id.to_string()));
        let bar = asker.person.clone().map(|(user_name, role)| {
            let (is_demo, is_read_only) = (state.is_demo, state.read_only.is_on());
            let (alarm, may_administer) = (state.read_only.alarm(), role.may(Permission::Administer));
            move || {
                view! {
                    <PlainBar user_name role is_demo is_read_only />
                    {alarm.map(|alarm| view! { <ChainAlarmNote alarm may_administer /> })}
                }
            }
        });
        let html = document(state.assets.css().to_owned(), bar, page);
        (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], html).into_response()
    } else if refusal == Refusal::OtherHost {
        // Read with curl by operators who set up a proxy.
        (status, "This host is not the one in KEYSTREAM_PUBLIC_URL.\n").into_response()
    } else {
        json(status, &refusal.error())
    };
    if let Refusal::OtherMethod { allowed } = refusal {
        response.headers_mut().insert(header::ALLOW, HeaderValue::from_static(allowed));
    }
    if let Some(seconds) = retry_after(&refusal) {
        response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
    }
    response
}

/// Returns the JSON response for an error.
pub fn json(status: StatusCode, error: &AppError) -> Response {
    let body = serde_json::to_string(error).unwrap_or_else(|_| "null".to_owned());
    (status, [(header::CONTENT_TYPE, "application/json")], body).into_response()
}

/// Returns the number of seconds after which a retry makes sense.
const fn retry_after(refusal: &Refusal) -> Option<u64> {
    match refusal {
        Refusal::Error(AppError::TooOften { seconds }) => Some(*seconds),
        Refusal::Error(AppError::Overloaded | AppError::SearchRunning | AppError::SearchesBusy) => Some(5),
        refusal if refusal.status() == StatusCode::SERVICE_UNAVAILABLE.as_u16() => Some(60),
        _ => None,
    }
}

/// Renders the error page as a document of its own, without the application, which might depend on whatever failed.
/// Nothing in it is live, so it has no scripts.
///
/// The markers that Leptos leaves between its parts are removed. Text from users or AWS is already escaped and contains
/// no `<`.
fn document<B: IntoView>(css: String, bar: Option<impl FnOnce() -> B>, page: ErrorPage) -> String {
    let title = format!("{} \u{b7} Keystream", page.title);
    Owner::new().with(|| {
        view! {
            <!DOCTYPE html>
            <html lang="en">
                <head>
                    <meta charset="utf-8" />
                    <meta name="viewport" content="width=device-width, initial-scale=1" />
                    <meta name="color-scheme" content="light dark" />
                    <title>{title}</title>
                    <link rel="icon" href="/favicon.svg" />
                    <link rel="stylesheet" href=css />
                </head>
                <body>
                    <a class="skip" href="#main">"Skip to content"</a>
                    {bar.map(|bar| bar())}
                    <div id="announcer" role="status" class="announcer"></div>
                    <main id="main">
                        <ErrorSection page />
                    </main>
                </body>
            </html>
        }
        .to_html()
        .replace("<!>", "")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn without_bar(page: ErrorPage) -> String {
        document("/pkg/keystream.css".to_owned(), None::<fn() -> &'static str>, page)
    }

    #[test]
    fn what_aws_or_a_person_wrote_stays_text() {
        let error = AppError::JournalDown { command: "<script>alert(1)</script>".to_owned(), known: "&\"".to_owned() };
        let page = ErrorPage::of_error(&error, Some(&Reference("0a1b2c3d".to_owned())));
        let html = without_bar(page);
        assert!(!html.contains("<header") && html.contains("<main id=\"main\">"), "{html}");
        assert!(!html.contains("<script") && html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
        assert!(html.starts_with("<!DOCTYPE html><html lang=\"en\"><head>"), "{html}");
        assert!(html.contains("<title>Not available \u{b7} Keystream</title>"), "{html}");
        assert!(html.contains("<p class=\"reference\">Reference: 0a1b2c3d</p>"), "{html}");
    }

    #[test]
    fn people_who_are_signed_in_keep_the_bar() {
        let page = ErrorPage::of_refusal(&Refusal::Role(Permission::Change), &Reference("0a1b2c3d".to_owned()));
        let bar = || {
            view! { <PlainBar user_name="mira".to_owned() role=Role::Viewer is_demo=false is_read_only=true /> }
        };
        let html = document("/pkg/keystream.css".to_owned(), Some(bar), page);
        for part in [
            "<a href=\"/streams\">Streams</a>",
            "<a href=\"/help\">Help</a>",
            ">mira<",
            ">Read-only<",
            "action=\"/api/sign-out\"",
        ] {
            assert!(html.contains(part), "{part}: {html}");
        }
        assert!(!html.contains(">Demo<") && !html.contains("<!>"), "{html}");
    }
}
