//! The router: every route and the whole middleware stack, in order.

use std::{
    sync::{Arc, LazyLock},
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::{Request, State},
    http::{StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state, map_response},
    response::{Redirect, Response},
    routing::{MethodRouter, on},
};
use leptos::server_fn::axum::server_fn_paths;
use leptos_axum::{AxumRouteListing, LeptosRoutes, generate_route_list};
use tower_http::{catch_panic::CatchPanicLayer, timeout::TimeoutLayer};
use tower_sessions::{SessionManagerLayer, cookie::SameSite};

use super::{
    context,
    endpoints::{self, Answering, Endpoint, Handler, Kind, Paths, REGISTRY, RegistryError},
    handlers::{
        error_page::{self, Asker},
        events, export, files, health, oidc, reports, streams_export,
    },
    marks,
    middleware::{
        authorize, body, client_address, compress, forms, headers, host, limits, measure, origin, request_id, session,
    },
    session_store::SessionRecords,
    shell::shell,
    state::AppState,
};
use crate::{app::App, error::Refusal};

/// The longest run of a handler. None needs more: AWS gets at most 3 s to answer, and event streams begin at once.
const HANDLER_TIMEOUT: Duration = Duration::from_secs(30);

/// The page routes. Built once per process: while Leptos generates the list, pages rendered at the same time never load
/// (leptos issue 4773).
pub static ROUTES: LazyLock<Vec<AxumRouteListing>> = LazyLock::new(|| generate_route_list(App));

/// Builds the whole application.
///
/// # Errors
/// Returns `RegistryError` if the registry does not match the endpoints that Leptos answers.
pub fn build(state: AppState) -> Result<Router, RegistryError> {
    let paths = Arc::new(Paths::of(REGISTRY)?);
    let answering = Answering::default().pages(ROUTES.iter().map(AxumRouteListing::path)).functions(server_fn_paths());
    endpoints::check(REGISTRY, &answering)?;

    let for_pages = state.clone();
    let for_shell = state.assets.clone();
    // Also registers the server functions, under their own paths.
    let pages = Router::<AppState>::new()
        .leptos_routes_with_context(
            &state,
            ROUTES.clone(),
            move || context::provide(for_pages.clone()),
            move || shell(&for_shell),
        )
        .layer(from_fn_with_state(state.clone(), forms::guard))
        .layer(map_response(marks::leave_out));

    let routes = handlers().merge(pages).fallback(not_found).with_state(state.clone());
    Ok(behind_middleware(routes, state, paths))
}

/// Mounts the handlers that the registry declares. There is no other way to mount one.
fn handlers() -> Router<AppState> {
    REGISTRY.iter().fold(Router::new(), |router, endpoint| match endpoint.kind {
        Kind::Handler(handler) => router.route(endpoint.path, answer_of(handler, endpoint)),
        Kind::Page | Kind::ServerFunction => router,
    })
}

fn answer_of(handler: Handler, endpoint: &Endpoint) -> MethodRouter<AppState> {
    let method = endpoint.verb.filter();
    match handler {
        Handler::Home => on(method, || async { Redirect::to("/streams") }),
        Handler::Events => on(method, events::open),
        Handler::StreamsCsv => on(method, streams_export::send_csv),
        Handler::StreamsJson => on(method, streams_export::send_json),
        Handler::AuditExport => on(method, export::send),
        Handler::ProviderStart => on(method, oidc::start),
        Handler::ProviderCallback => on(method, oidc::callback),
        Handler::ProviderLogout => on(method, oidc::log_out),
        Handler::Liveness => on(method, health::live),
        Handler::Readiness => on(method, health::ready),
        Handler::PolicyReports => on(method, reports::receive),
        Handler::Bundle | Handler::PublicFile => on(method, files::send),
    }
}

fn behind_middleware(routes: Router, state: AppState, paths: Arc<Paths>) -> Router {
    let sessions = SessionManagerLayer::new(SessionRecords(state.sign_ins.sessions.clone()))
        .with_name(state.origin.cookie_name())
        .with_secure(state.origin.is_https)
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_path("/");

    // A request passes through them from first to last. Layers in one tuple know each other's types; between two calls
    // of `layer`, axum puts the service into a box, which each request clones for each layer in it.
    let outer = (
        // All others read the registry entry.
        from_fn_with_state(paths, endpoints::find),
        // Around all others, so that their refusals count too.
        from_fn(measure::measure),
        from_fn_with_state(state.clone(), request_id::trace),
        from_fn_with_state(state.clone(), headers::set),
        from_fn_with_state(state.clone(), plain_refusals),
        // Within the headers, so that a panic's response gets them too.
        CatchPanicLayer::custom(panicked),
        from_fn(compress::compress),
        from_fn_with_state(state.clone(), client_address::find),
        from_fn_with_state(state.clone(), limits::per_network),
        from_fn_with_state(state.clone(), body::read),
        from_fn_with_state(state.clone(), limits::shed),
        from_fn_with_state(state.clone(), host::check),
        TimeoutLayer::with_status_code(StatusCode::SERVICE_UNAVAILABLE, HANDLER_TIMEOUT),
    );
    let inner = (
        // Cross-site requests are refused before they reach the session.
        from_fn_with_state(state.clone(), origin::check),
        from_fn_with_state(state.clone(), session::mend_cookies),
        from_fn_with_state(state.clone(), session::say_when_down),
        sessions,
        from_fn_with_state(state.clone(), session::identify),
        from_fn_with_state(state.clone(), limits::per_session),
        // Authorization needs the user that the session identifies.
        from_fn_with_state(state, authorize::enforce),
    );
    routes.layer(inner).layer(outer)
}

async fn not_found(State(state): State<AppState>, asker: Asker) -> Response {
    error_page::refuse(&state, &asker, Refusal::NoSuchAddress)
}

/// Gives the layers' own bare refusals (timeout, panic) a body that the client understands.
async fn plain_refusals(State(state): State<AppState>, request: Request, next: Next) -> Response {
    let asker = Asker::of(&request);
    let response = next.run(request).await;
    match response.status() {
        StatusCode::SERVICE_UNAVAILABLE if !response.headers().contains_key(header::CONTENT_TYPE) => {
            error_page::refuse(&state, &asker, Refusal::TooSlow)
        }
        StatusCode::INTERNAL_SERVER_ERROR if response.extensions().get::<Panicked>().is_some() => {
            error_page::refuse(&state, &asker, asker.internal())
        }
        _ => response,
    }
}

/// The mark of a response whose handler panicked.
#[derive(Debug, Clone, Copy)]
struct Panicked;

/// Builds the bare response to a request whose handler panicked. The panic message goes to the log only.
fn panicked(panic: Box<dyn std::any::Any + Send + 'static>) -> axum::http::Response<Body> {
    let text = panic.downcast_ref::<String>().map(String::as_str).or_else(|| panic.downcast_ref::<&str>().copied());
    tracing::error!("a request panicked: {}", text.unwrap_or("no message"));
    let mut response = axum::http::Response::new(Body::empty());
    *response.status_mut() = StatusCode::INTERNAL_SERVER_ERROR;
    response.extensions_mut().insert(Panicked);
    response
}

#[cfg(test)]
mod tests {
    use axum::{extract::ConnectInfo, http::header};
    use http_body_util::BodyExt;
    use std::net::SocketAddr;
    use tower::ServiceExt;

    use super::*;
    use crate::tests::support::TestApp;

    #[tokio::test]
    async fn a_panic_is_told_by_its_reference_alone() {
        let app = TestApp::start().await;
        let routes = Router::new().route("/livez", on(axum::routing::MethodFilter::GET, panics));
        let router = behind_middleware(routes, app.state.clone(), Arc::new(Paths::of(REGISTRY).unwrap()));
        for accept in ["text/html", "application/json"] {
            let mut request = axum::http::Request::get("/livez").header(header::ACCEPT, accept);
            request = request.header(header::HOST, "127.0.0.1:3000");
            let peer = ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000)));
            let request = request.extension(peer).body(Body::empty()).unwrap();
            let answer = router.clone().oneshot(request).await.unwrap();
            assert_eq!(answer.status(), StatusCode::INTERNAL_SERVER_ERROR);
            let id = answer.headers()["x-request-id"].to_str().unwrap().to_owned();
            let body = String::from_utf8(answer.into_body().collect().await.unwrap().to_bytes().to_vec()).unwrap();
            assert!(body.contains(&id) && !body.contains("kaboom"), "{body}");
        }
    }

    async fn panics() -> StatusCode {
        panic!("kaboom")
    }
}
