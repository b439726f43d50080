//! A whole application on a database and a simulator of its own, and the people who use it.

use std::{
    convert::Infallible,
    net::SocketAddr,
    panic::Location,
    pin::Pin,
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicI64, Ordering},
    },
    time::Duration,
};

use async_trait::async_trait;
use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{HeaderMap, Method, Request, StatusCode, header},
};
use http_body_util::BodyExt;
use parking_lot::Mutex;
use strum::VariantArray;
use tokio::{runtime::Runtime, sync::watch};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::{
    crash::CrashPlan,
    database::{Kind, TestDatabase},
};
use crate::{
    model::{
        access::{credentials::UserName, identity::Role},
        change::Change,
        stream::StreamId,
        time::Timestamp,
    },
    server::{
        adapters::{
            aws::targets,
            clock::{Clock, Moment, SystemClock},
            store::{Opener, Store, StoreError, User, users},
        },
        cli::assemble::{Parts, Running, assemble},
        config::{Origin, TargetSettings},
        services::{
            accounts::passwords,
            supervisor::{Companion, Part, Supervisor},
        },
        web::{
            handlers::assets::Assets,
            listen::{self, Bounds},
            middleware::client_address::TrustedProxies,
            router,
            state::AppState,
        },
    },
    simulator,
};

pub const ORIGIN: &str = "http://127.0.0.1:3000";
pub const PASSWORD: &str = "correct horse battery staple";
pub const ACCOUNT: &str = "111122223333";
pub const REGION: &str = "eu-west-1";
const LOOPBACK: [u8; 4] = [127, 0, 0, 1];
/// A condition is waited for at most so long: a flood of 100,000 names takes two minutes on a slow machine.
const PATIENCE: Duration = Duration::from_secs(300);

/// The machine's clock, moved by as much as a test wants.
#[derive(Debug)]
pub struct MovedClock {
    passed: AtomicI64,
    /// When time was let pass, by the machine's clock, and how much.
    leaps: Mutex<Vec<(i64, i64)>>,
    set_by: AtomicI64,
    /// How many times faster than the machine's it goes.
    pace: u32,
    start: Timestamp,
}

impl Default for MovedClock {
    fn default() -> Self {
        Self::at_pace(1)
    }
}

impl MovedClock {
    /// A clock that goes faster.
    pub fn at_pace(pace: u32) -> Self {
        Self {
            passed: AtomicI64::new(0),
            leaps: Mutex::default(),
            set_by: AtomicI64::new(0),
            pace,
            start: SystemClock.now(),
        }
    }

    /// Lets time pass.
    pub fn advance(&self, millis: i64) {
        self.leaps.lock().push((Self::machine_ms(), millis));
        self.passed.fetch_add(millis, Ordering::SeqCst);
    }

    /// The time of the machine's clock, in milliseconds since 1970.
    pub fn machine_ms() -> i64 {
        SystemClock.now().as_millis()
    }

    /// What this clock showed when the machine's showed so many milliseconds since 1970, but for what it was set by.
    pub fn at(&self, machine_ms: i64) -> i64 {
        let leaps: i64 = self.leaps.lock().iter().filter(|(at, _)| *at <= machine_ms).map(|(_, millis)| millis).sum();
        let start = self.start.as_millis();
        start + (machine_ms - start) * i64::from(self.pace) + leaps
    }

    /// Sets the time of day, forward or back; no time passes.
    pub fn set_by(&self, millis: i64) {
        self.set_by.fetch_add(millis, Ordering::SeqCst);
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        let since_start = SystemClock.now().millis_since(self.start) * i64::from(self.pace);
        self.start
            .plus_millis(since_start)
            .plus_millis(self.passed.load(Ordering::SeqCst))
            .plus_millis(self.set_by.load(Ordering::SeqCst))
    }

    fn steady(&self) -> Duration {
        SystemClock.steady() * self.pace + Duration::from_millis(self.passed.load(Ordering::SeqCst).unsigned_abs())
    }

    /// Without the pace: what must not be older than some seconds is as old as the machine made it.
    fn moment(&self) -> Moment {
        let passed = self.passed.load(Ordering::SeqCst);
        let wall = SystemClock.now().plus_millis(passed).plus_millis(self.set_by.load(Ordering::SeqCst));
        Moment { wall, steady: SystemClock.steady() + Duration::from_millis(passed.unsigned_abs()) }
    }

    fn sleep(&self, duration: Duration) -> Pin<Box<dyn Future<Output = ()> + Send>> {
        SystemClock.sleep(duration / self.pace)
    }
}

/// A part that panicked restarts after this: long enough for a test to look at the pages meanwhile.
const RESTART_PAUSE: Duration = Duration::from_secs(8);

/// Makes background parts panic.
#[derive(Debug, Default)]
pub struct Breakdowns(watch::Sender<Option<String>>);

impl Breakdowns {
    /// Makes the part of this name panic now.
    pub fn break_part(&self, name: &str) {
        self.0.send_replace(Some(name.to_owned()));
    }
}

#[async_trait]
impl Companion for Breakdowns {
    async fn accompany(&self, part: &Part) -> Infallible {
        let mut broken = self.0.subscribe();
        broken.mark_unchanged();
        loop {
            broken.changed().await.expect("its sender lives as long as this");
            assert!(*broken.borrow() != Some(part.name()), "broken by a test");
        }
    }
}

/// The application under test, as one process: what it spawns ends with its runtime.
pub struct TestApp {
    router: Router,
    pub state: AppState,
    pub crash: Arc<CrashPlan>,
    pub breakdowns: Arc<Breakdowns>,
    pub simulator: String,
    pub clock: Arc<MovedClock>,
    pub database_url: String,
    ground: Arc<Ground>,
    tasks: TaskTracker,
    /// Of its own where the test ends the process.
    runtime: Option<Runtime>,
}

/// How the application is set up.
#[derive(Default)]
pub struct Setup {
    pub is_read_only: bool,
    pub is_demo: bool,
    /// How many times faster than the machine's its clock goes; 0 is as 1.
    pub pace: u32,
    pub database: Kind,
    /// The test will end the process, or start others beside it.
    pub is_mortal: bool,
    pub public_url: Option<&'static str>,
    /// The role that sends changes, and the external id that goes with it.
    pub change_role: Option<(&'static str, Option<&'static str>)>,
    /// The targets, from the simulator's address; without them, one account and Region.
    pub targets: Option<fn(&str) -> Vec<TargetSettings>>,
    /// Orders of the simulator before the application starts: path and order.
    pub before: Vec<(&'static str, serde_json::Value)>,
    /// A built site; without one, pages name files that are not there.
    pub site: Option<std::path::PathBuf>,
}

/// What outlives a process: the database, AWS, and time.
struct Ground {
    setup: Setup,
    is_read_only: AtomicBool,
    database: TestDatabase,
    simulator: String,
    clock: Arc<MovedClock>,
}

impl TestApp {
    pub async fn start() -> Self {
        Self::with(Setup::default()).await
    }

    pub async fn with(setup: Setup) -> Self {
        // What the application logs stands beside a failure.
        let _ = tracing_subscriber::fmt().with_test_writer().with_max_level(tracing::Level::WARN).try_init();
        let settings = simulator::Settings {
            transition: Duration::from_millis(300),
            enforces_rates: false,
            ..simulator::Settings::default()
        };
        let address = simulator::start(SocketAddr::from(([127, 0, 0, 1], 0)), settings).await.unwrap();
        let simulator = format!("http://{address}");
        if setup.pace > 1 {
            // AWS's rates go by the machine's clock: one stream is read as often as a fast clock wants it.
            let only =
                serde_json::json!({"account": ACCOUNT, "region": REGION, "name": "orders-prod", "key": "alias/orders"});
            control(&simulator, Method::DELETE, "streams", serde_json::Value::Null).await;
            control(&simulator, Method::POST, "streams", only).await;
        }
        for (path, order) in &setup.before {
            control(&simulator, Method::POST, path, order.clone()).await;
        }
        let database = TestDatabase::new(setup.database).await;
        let clock = Arc::new(MovedClock::at_pace(setup.pace.max(1)));
        let store = Store::open(&database.url, Opener::Command).await.unwrap();
        add_users(&store, setup.is_demo).await;
        drop(store);
        let is_read_only = AtomicBool::new(setup.is_read_only);
        Self::on(Arc::new(Ground { setup, is_read_only, database, simulator, clock })).await
    }

    pub fn database(&self) -> &TestDatabase {
        &self.ground.database
    }

    /// Another process on the same database, the same AWS and the same time.
    pub async fn another(&self) -> Self {
        Self::on(self.ground.clone()).await
    }

    /// The same, on a machine whose clock is ahead by so much.
    pub async fn another_ahead_by(&self, millis: i64) -> Self {
        let clock = MovedClock::default();
        clock.set_by(millis);
        Self::on_at(self.ground.clone(), Arc::new(clock)).await
    }

    /// As [`TestApp::killed_and_started_again`], and from now on it is read-only.
    pub async fn killed_and_started_read_only(self) -> Self {
        let ground = self.kill();
        ground.is_read_only.store(true, Ordering::SeqCst);
        Self::on(ground).await
    }

    /// Ends the process as `kill -9` does, and starts it again.
    pub async fn killed_and_started_again(self) -> Self {
        let ground = self.kill();
        Self::on(ground).await
    }

    /// Serves it on a port of loopback, as `keystream serve` does, until it drains.
    pub async fn listen(&self, bounds: Bounds) -> (SocketAddr, tokio::task::JoinHandle<()>) {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        (address, tokio::spawn(listen::serve(listener, self.router.clone(), bounds, self.state.draining.clone())))
    }

    /// Begins to stop as at a signal, and waits until what is under way has been written.
    pub async fn drain(&self) {
        self.state.draining.cancel();
        self.tasks.close();
        self.tasks.wait().await;
    }

    fn kill(mut self) -> Arc<Ground> {
        self.runtime.take().expect("only a mortal process can be killed").shutdown_background();
        self.ground.clone()
    }

    async fn on(ground: Arc<Ground>) -> Self {
        let clock = ground.clock.clone();
        Self::on_at(ground, clock).await
    }

    async fn on_at(ground: Arc<Ground>, clock: Arc<MovedClock>) -> Self {
        if !ground.setup.is_mortal {
            let process = run_on(ground.clone(), clock.clone()).await;
            return Self::of(ground, clock, process, None);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let process = runtime.spawn(run_on(ground.clone(), clock.clone())).await.unwrap();
        Self::of(ground, clock, process, Some(runtime))
    }

    fn of(
        ground: Arc<Ground>,
        clock: Arc<MovedClock>,
        Process { running, crash, breakdowns }: Process,
        runtime: Option<Runtime>,
    ) -> Self {
        Self {
            router: router::build(running.state.clone()),
            state: running.state,
            crash,
            breakdowns,
            simulator: ground.simulator.clone(),
            clock,
            database_url: ground.database.url.clone(),
            ground,
            tasks: running.tasks,
            runtime,
        }
    }

    /// Sends a request as it is.
    pub async fn send(&self, mut request: Request<Body>) -> Answer {
        if request.extensions().get::<ConnectInfo<SocketAddr>>().is_none() {
            request.extensions_mut().insert(ConnectInfo(SocketAddr::from(([127, 0, 0, 1], 50_000))));
        }
        let answer = self.router.clone().oneshot(request);
        let response = match &self.runtime {
            // What the request begins belongs to the process.
            Some(runtime) => runtime.spawn(answer).await.unwrap().unwrap(),
            None => answer.await.unwrap(),
        };
        let (parts, body) = response.into_parts();
        let is_stream = parts
            .headers
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
        let body = if is_stream {
            String::new()
        } else {
            String::from_utf8_lossy(&body.collect().await.unwrap().to_bytes()).into_owned()
        };
        Answer { status: parts.status, headers: parts.headers, body }
    }

    pub const fn anonymous(&self) -> Actor<'_> {
        Actor { app: self, cookie: None, address: LOOPBACK }
    }

    /// Somebody of a role, signed in through the form.
    pub async fn actor(&self, role: Role) -> Actor<'_> {
        self.actor_at(role, LOOPBACK).await
    }

    /// The same, from another address.
    pub async fn actor_at(&self, role: Role, address: [u8; 4]) -> Actor<'_> {
        let stranger = Actor { address, ..self.anonymous() };
        stranger.signed_in(role.into_str(), PASSWORD).await
    }

    /// Orders something of the simulator.
    pub async fn control(&self, path: &str, order: serde_json::Value) {
        control(&self.simulator, Method::POST, path, order).await;
    }

    /// Disarms the simulator's faults.
    pub async fn forget_faults(&self) {
        control(&self.simulator, Method::DELETE, "faults", serde_json::Value::Null).await;
    }

    /// Forgets the orders that wait for a call.
    pub async fn forget_orders(&self) {
        control(&self.simulator, Method::DELETE, "triggers", serde_json::Value::Null).await;
    }

    /// How many calls of an operation the simulator counted.
    pub async fn calls(&self, operation: &str) -> usize {
        self.call_log().await.iter().filter(|call| call["operation"] == operation).count()
    }

    /// Every call that the simulator got.
    pub async fn call_log(&self) -> Vec<serde_json::Value> {
        self.listed("calls").await
    }

    /// Everything that was ordered of the simulator.
    pub async fn acts(&self) -> Vec<serde_json::Value> {
        self.listed("acts").await
    }

    async fn listed(&self, what: &str) -> Vec<serde_json::Value> {
        let request = Request::get(format!("{}/_control/{what}", self.simulator)).body(Body::empty()).unwrap();
        let body = client().request(request).await.unwrap().into_body().collect().await.unwrap().to_bytes();
        serde_json::from_slice(&body).unwrap()
    }

    /// Waits until the collector has read a stream.
    pub async fn known(&self, name: &str) -> StreamId {
        let key = StreamId::parse(ACCOUNT, REGION, name).unwrap();
        until(|| async {
            self.state.inventory.stream(&key).filter(|(_, report)| report.is_some()).map(|_| key.clone())
        })
        .await
    }

    /// Waits until a change fulfils a condition.
    #[track_caller]
    pub fn change_when(&self, id: &str, is_met: impl Fn(&Change) -> bool) -> impl Future<Output = Change> {
        let caller = Location::caller();
        async move {
            let begun = SystemClock.steady();
            loop {
                let change = self.state.store.change(id).await.unwrap();
                match change {
                    Some(change) if is_met(&change) => return change,
                    change if SystemClock.steady().saturating_sub(begun) >= PATIENCE => {
                        panic!("{caller}: waited in vain: {change:?}")
                    }
                    _ => tokio::time::sleep(Duration::from_millis(20)).await,
                }
            }
        }
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

fn client() -> hyper_util::client::legacy::Client<hyper_util::client::legacy::connect::HttpConnector, Body> {
    hyper_util::client::legacy::Client::builder(hyper_util::rt::TokioExecutor::new()).build_http()
}

async fn control(simulator: &str, method: Method, path: &str, order: serde_json::Value) {
    let request = Request::builder()
        .method(method)
        .uri(format!("{simulator}/_control/{path}"))
        .body(Body::from(order.to_string()))
        .unwrap();
    let answer = client().request(request).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
}

/// What runs as one process, and what disturbs it.
struct Process {
    running: Running,
    crash: Arc<CrashPlan>,
    breakdowns: Arc<Breakdowns>,
}

async fn run_on(ground: Arc<Ground>, clock: Arc<MovedClock>) -> Process {
    let clock: Arc<dyn Clock> = clock;
    let target = TargetSettings {
        account: Some(ACCOUNT.parse().unwrap()),
        region: Some(REGION.parse().unwrap()),
        endpoint: Some(ground.simulator.clone()),
        simulator_access_key: Some(ACCOUNT.to_owned()),
        is_production: true,
        change_role: ground.setup.change_role.map(|(role, _)| role.to_owned()),
        external_id: ground.setup.change_role.and_then(|(_, id)| id).map(ToOwned::to_owned),
        ..TargetSettings::default()
    };
    let targets = ground.setup.targets.map_or_else(|| vec![target], |targets| targets(&ground.simulator));
    let targets = targets::load(&targets, &clock, None).await.unwrap();
    // A process that was just killed holds the lock of its file until its tasks are gone.
    let store = until(|| async {
        match Store::open(&ground.database.url, Opener::Server).await {
            Err(StoreError::InUse(_)) => None,
            opened => Some(opened.unwrap()),
        }
    });
    let setup = &ground.setup;
    let (crash, breakdowns) = (Arc::<CrashPlan>::default(), Arc::<Breakdowns>::default());
    let running = assemble(Parts {
        store: store.await.intercepted_by(crash.clone()),
        targets,
        clock,
        origin: Origin::parse(setup.public_url.unwrap_or(ORIGIN)).unwrap(),
        assets: setup.site.as_deref().map_or_else(Assets::none, |site| Assets::find(Some(site)).unwrap()),
        trusted_proxies: TrustedProxies::default(),
        is_demo: setup.is_demo,
        is_read_only: ground.is_read_only.load(Ordering::SeqCst),
        supervisor: Arc::new(Supervisor::new(RESTART_PAUSE, Some(breakdowns.clone()))),
    });
    Process { running: running.await.unwrap(), crash, breakdowns }
}

/// Waits for a condition, at most five minutes.
#[track_caller]
pub fn until<T, F: Future<Output = Option<T>>>(condition: impl FnMut() -> F) -> impl Future<Output = T> {
    until_or_blame(Location::caller(), condition)
}

async fn until_or_blame<T, F: Future<Output = Option<T>>>(
    caller: &Location<'_>,
    mut condition: impl FnMut() -> F,
) -> T {
    let begun = SystemClock.steady();
    while SystemClock.steady().saturating_sub(begun) < PATIENCE {
        if let Some(met) = condition().await {
            return met;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("{caller}: waited in vain");
}

async fn add_users(store: &Store, is_demo: bool) {
    // One hash for all: hashing is tested elsewhere, and takes its time.
    static HASH: std::sync::LazyLock<String> =
        std::sync::LazyLock::new(|| passwords::hash_now(&PASSWORD.into()).unwrap());
    let hash = HASH.clone();
    let mut tx = store.write().await.unwrap();
    for &role in Role::VARIANTS {
        let password_hash = (!is_demo).then(|| hash.clone());
        let name = UserName::parse(role.into_str()).unwrap();
        let user = User { is_demo, ..User::new(&name, role, password_hash) };
        users::insert(&mut tx, &user, &name, SystemClock.now()).await.unwrap();
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
    /// The peer's.
    pub address: [u8; 4],
}

impl<'a> Actor<'a> {
    /// The same browser, signed in by the form.
    pub async fn signed_in(&self, user: &str, password: &str) -> Actor<'a> {
        let answer = self.sign_in(user, password).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        assert!(answer.headers.contains_key(header::SET_COOKIE), "led to {}", answer.location());
        Actor { cookie: Some(answer.cookie()), ..*self }
    }

    /// Sends the form of the sign-in.
    pub async fn sign_in(&self, user: &str, password: &str) -> Answer {
        self.post("/api/sign-in", &[("user_name", user), ("password", password)]).await
    }

    /// A request as a browser sends it from one of our pages.
    pub fn request(&self, method: Method, path: &str, accept: &str) -> axum::http::request::Builder {
        let origin = self.app.state.origin.as_str();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .extension(ConnectInfo(SocketAddr::from((self.address, 50_000))))
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
        let request =
            self.request(Method::POST, path, "application/json").header(header::CONTENT_TYPE, "application/json");
        self.app.send(request.body(Body::from(input.to_string())).unwrap()).await
    }

    /// The fields of a stream's confirmation, as the page shows them, with name and reason filled in.
    pub async fn confirmation(&self, name: &str) -> Vec<(String, String)> {
        let page = self.get(&format!("/streams/{ACCOUNT}/{REGION}/{name}/disable")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let mut fields = hidden_fields(&page.body);
        assert_eq!(fields.len(), 8, "{}", page.body);
        fields.push(("typed_name".to_owned(), name.to_owned()));
        fields.push(("reason".to_owned(), "OPS-1".to_owned()));
        fields
    }

    /// The same of an enable with a key.
    pub async fn enabling(&self, name: &str, key: &str) -> Vec<(String, String)> {
        let page = self.get(&format!("/streams/{ACCOUNT}/{REGION}/{name}/enable")).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        let mut fields = hidden_fields_of("enable", &page.body);
        assert_eq!(fields.len(), 9, "{}", page.body);
        for (field, value) in [("typed_name", name), ("reason", "OPS-1"), ("key", key)] {
            fields.push((field.to_owned(), value.to_owned()));
        }
        fields
    }

    /// Confirms an enable by the plain form.
    pub async fn try_enable(&self, name: &str, key: &str) -> Answer {
        let fields = self.enabling(name, key).await;
        self.post("/api/enable", &borrowed(&fields)).await
    }

    /// Confirms an enable by the plain form and returns the id of its change.
    pub async fn enable(&self, name: &str, key: &str) -> String {
        let answer = self.try_enable(name, key).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.location().strip_prefix("/changes/").unwrap_or_else(|| panic!("led to {}", answer.location())).to_owned()
    }

    /// Confirms a disable by the plain form and returns the id of its change.
    pub async fn disable(&self, name: &str) -> String {
        let fields = self.confirmation(name).await;
        let answer = self.post("/api/disable", &borrowed(&fields)).await;
        assert_eq!(answer.status, StatusCode::SEE_OTHER, "{}", answer.body);
        answer.location().strip_prefix("/changes/").unwrap_or_else(|| panic!("led to {}", answer.location())).to_owned()
    }
}

/// The hidden inputs of the form of a disable.
pub fn hidden_fields(page: &str) -> Vec<(String, String)> {
    hidden_fields_of("disable", page)
}

/// The hidden inputs of a confirmation's form.
pub fn hidden_fields_of(action: &str, page: &str) -> Vec<(String, String)> {
    let form = page.split(&format!("action=\"/api/{action}\"")).nth(1).unwrap_or_else(|| panic!("no form in {page}"));
    let form = form.split("</form>").next().unwrap();
    let attribute = |input: &str, name: &str| {
        input.split(&format!("{name}=\"")).nth(1).map(|rest| rest.split('"').next().unwrap().to_owned())
    };
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
    let replaced =
        fields.iter().map(|(known, old)| (known.clone(), if known == name { value.to_owned() } else { old.clone() }));
    replaced.collect()
}
