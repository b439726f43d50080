//! A whole application on a database and a simulator of its own, and the people who use it.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use tempfile::TempDir;
use tower::ServiceExt;

use crate::{
    model::{change::Change, identity::Role, stream::StreamKey, timestamp::Timestamp, validation::UserName},
    server::{
        auth::passwords,
        aws::targets,
        clock::{Clock, SystemClock},
        config::{Origin, TargetSettings},
        http::assets::Assets,
        middleware::client_address::TrustedProxies,
        random, router,
        serve::{Parts, assemble},
        state::AppState,
        store::{Opener, Store, User, users},
    },
    simulator,
};

pub const ORIGIN: &str = "http://127.0.0.1:3000";
pub const PASSWORD: &str = "correct horse battery staple";
pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-west-1";

/// The machine's clock, moved by as much as a test wants.
#[derive(Debug, Default)]
pub struct MovedClock {
    passed: AtomicI64,
    set_by: AtomicI64,
}

impl MovedClock {
    /// Lets time pass.
    pub fn advance(&self, millis: i64) {
        self.passed.fetch_add(millis, Ordering::SeqCst);
    }

    /// Sets the time of day, forward or back; no time passes.
    pub fn set_by(&self, millis: i64) {
        self.set_by.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        SystemClock.now().plus_millis(self.passed.load(Ordering::SeqCst)).plus_millis(self.set_by.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Duration {
        SystemClock.steady() + Duration::from_millis(self.passed.load(Ordering::SeqCst).unsigned_abs())
    }
}

/// The application under test.
pub struct TestApp {
    router: Router,
    pub state: AppState,
    pub simulator: String,
    pub clock: Arc<MovedClock>,
    pub database_url: String,
    _directory: TempDir,
}

/// How the application is set up.
#[derive(Default)]
pub struct Setup {
    pub is_read_only: bool,
    pub is_demo: bool,
    pub public_url: Option<&'static str>,
    /// A built site; without one, pages name files that are not there.
    pub site: Option<std::path::PathBuf>,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        // What the application logs stands beside a failure.
        let _ = tracing_subscriber::fmt().with_test_writer().with_max_level(tracing::Level::WARN).try_init();
        let settings = simulator::Settings { transition: Duration::from_millis(300), enforces_rates: false };
        let address = simulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), settings).await.unwrap();
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("test.db").display());
        let store = Store::open(&url, Opener::Server).await.unwrap();
        add_users(&store, setup.is_demo).await;
        let moved = Arc::new(MovedClock::default());
        let clock: Arc<dyn Clock> = moved.clone();
        let simulator = format!("http://{address}");
        let target = TargetSettings {
            account: Some(ACCOUNT.parse().unwrap()),
            region: Some(REGION.parse().unwrap()),
            endpoint: Some(simulator.clone()),
            simulator_access_key: Some(ACCOUNT.to_owned()),
            is_production: true,
            ..TargetSettings::default()
        };
        let targets = targets::load(&[target], &clock).await.unwrap();
        let running = assemble(Parts {
            store,
            targets,
            clock,
            origin: Origin::parse(setup.public_url.unwrap_or(ORIGIN)).unwrap(),
            assets: setup.site.as_deref().map_or_else(Assets::none, |site| Assets::find(Some(site)).unwrap()),
            trusted_proxies: TrustedProxies::default(),
            is_demo: setup.is_demo,
            is_read_only: setup.is_read_only,
        })
        .await
        .unwrap();
        Self {
            router: router::build(running.state.clone()),
            state: running.state,
            simulator,
            clock: moved,
            database_url: url,
            _directory: directory,
        }
    }

    /// Sends a request as it is.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
        let response = self.router.clone().oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let is_stream = parts.headers.get(header::CONTENT_TYPE).is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let body = if is_stream { String::new() } else { String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned() };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub const fn anonymous(&self) -> Actor<'_> {
        Actor { app: self, cookie: None }
    }

    /// Somebody of a role, signed in through the form.
    pub async fn actor(&self, role: Role) -> Actor<'_> {
        let answer = self.anonymous().post("/api/sign-in", &[("user_name", role.word()), ("password", PASSWORD)]).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        Actor { app: self, cookie: Some(answer.cookie()) }
    }

    /// Orders something of the simulator.
    pub async fn control(&self, path: &str, order: serde_json::Value) {
        let client: hyper_util::client::legacy::Client<_, Body> =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
        let request = Request::post(format!("{}/_control/{path}", self.simulator)).body(Body::from(order.to_string())).unwrap();
        let answer = client.request(request).await.unwrap();
        assert_eq!(answer.status(), StatusCode::OK);
    }

    /// How many calls of an operation the simulator counted.
    pub async fn calls(&self, operation: &str) -> usize {
        let client: hyper_util::client::legacy::Client<_, Body> =
            hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http();
        let request = Request::get(format!("{}/_control/calls", self.simulator)).body(Body::empty()).unwrap();
        let body = client.request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        let calls: Vec<serde_json::Value> = serde_json::from_slice(&body).unwrap();
        calls.iter().filter(|call| call["operation"] == operation).count()
    }

    /// Waits until the collector has read a stream.
    pub async fn known(&self, name: &str) -> StreamKey {
        let key = StreamKey::parse(ACCOUNT, REGION, name).unwrap();
        until(|| async { self.state.inventory.stream(&key).filter(|(_, report)| report.is_some()).map(|_| key.clone()) }).await
    }

    /// Waits until a change fulfils a condition.
    pub async fn change_when(&self, id: &str, is_met: impl Fn(&Change) -> bool) -> Change {
        until(|| async { self.state.store.change(id).await.unwrap().filter(&is_met) }).await
    }
}

/// Waits for a condition, at most 30 s.
pub async fn until<T, F: Future<Output = Option<T>>>(mut condition: impl FnMut() -> F) -> T {
    for _ in 0..1_500 {
        if let Some(met) = condition().await {
            return met;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("waited 30 s in vain");
}

async fn add_users(store: &Store, is_demo: bool) {
    // One hash for all: hashing is tested elsewhere, and takes its time.
    let hash = passwords::hash_now(&PASSWORD.into()).unwrap();
    let mut tx = store.write().await.unwrap();
    for role in Role::ALL {
        let password_hash = (!is_demo).then(|| hash.clone());
        let user = User { id: random::id(), name: role.word().to_owned(), role, password_hash, is_demo, disabled_at: None };
        users::insert(&mut tx, &user, &UserName::parse(role.word()).unwrap(), SystemClock.now()).await.unwrap();
    }
    tx.commit().await.unwrap();
}

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The session cookie that the answer sets.
    pub fn cookie(&self) -> String {
        self.header("set-cookie").split(';').next().unwrap().to_owned()
    }
}

/// Somebody with a browser.
#[derive(Clone)]
pub struct Actor<'a> {
    pub app: &'a TestApp,
    pub cookie: Option<String>,
}

impl Actor<'_> {
    /// A request as a browser sends it from one of our pages.
    pub fn request(&self, method: Method, path: &str, accept: &str) -> axum::http::request::Builder {
        let origin = self.app.state.origin.as_str();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::HOST, self.app.state.origin.host_header())
            .header(header::ACCEPT, accept)
            .header(header::ORIGIN, origin)
            .header("sec-fetch-site", "same-origin");
        match &self.cookie {
            Some(cookie) => request.header(header::COOKIE, cookie),
            None => request,
        }
    }

    /// Opens a page.
    pub async fn get(&self, path: &str) -> Answer {
        self.app.send(self.request(Method::GET, path, "text/html").body(Body::empty()).unwrap()).await
    }

    /// Sends a plain form.
    pub async fn post(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.form(path, fields, "text/html").await
    }

    /// Sends a form as wasm does.
    pub async fn call(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.form(path, fields, "application/json").await
    }

    async fn form(&self, path: &str, fields: &[(&str, &str)], accept: &str) -> Answer {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let request = self
            .request(Method::POST, path, accept)
            .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
            .header(header::CONTENT_LENGTH, body.len());
        self.app.send(request.body(Body::from(body)).unwrap()).await
    }

    /// Calls a server function that takes JSON.
    pub async fn json(&self, path: &str, input: serde_json::Value) -> Answer {
        let request = self.request(Method::POST, path, "application/json").header(header::CONTENT_TYPE, "application/json");
        self.app.send(request.body(Body::from(input.to_string())).unwrap()).await
    }

    /// The fields of a stream's confirmation, as the page shows them, with name and reason filled in.
    pub async fn confirmation(&self, name: &str) -> Vec<(String, String)> {
        let page = self.get(&format!("/streams/{ACCOUNT}/{REGION}/{name}/disable")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let mut fields = hidden_fields(&page.body);
        assert_eq!(fields.len(), 7, "{}", page.body);
        fields.push(("typed_name".to_owned(), name.to_owned()));
        fields.push(("reason".to_owned(), "OPS-1".to_owned()));
        fields
    }

    /// Confirms a disable by the plain form and returns the id of its change.
    pub async fn disable(&self, name: &str) -> String {
        let fields = self.confirmation(name).await;
        let answer = self.post("/api/disable", &borrowed(&fields)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.location().strip_prefix("/changes/").unwrap_or_else(|| panic!("led to {}", answer.location())).to_owned()
    }
}

/// The hidden inputs of the confirmation's form.
pub fn hidden_fields(page: &str) -> Vec<(String, String)> {
    let form = page.split("action=\"/api/disable\"").nth(1).unwrap_or_else(|| panic!("no form in {page}"));
    let form = form.split("</form>").next().unwrap();
    let attribute =
        |input: &str, name: &str| input.split(&format!("{name}=\"")).nth(1).map(|rest| rest.split('"').next().unwrap().to_owned());
    form.split("<input ")
        .skip(1)
        .filter(|input| input.starts_with("type=\"hidden\""))
        .map(|input| (attribute(input, "name").unwrap(), attribute(input, "value").unwrap()))
        .collect()
}

pub fn borrowed(fields: &[(String, String)]) -> Vec<(&str, &str)> {
    fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
}

/// The fields with one of them replaced.
pub fn with(fields: &[(String, String)], name: &str, value: &str) -> Vec<(String, String)> {
    let replaced = fields.iter().map(|(known, old)| (known.clone(), if known == name { value.to_owned() } else { old.clone() }));
    replaced.collect()
}
