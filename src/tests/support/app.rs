//! A whole application on a database and a simulator of its own.

use std::{
    net::SocketAddr,
    panic::Location,
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use axum::{
    Router,
    body::Body,
    extract::ConnectInfo,
    http::{Method, Request, header},
};
use http_body_util::BodyExt;
use tokio::{runtime::Runtime, sync::OwnedSemaphorePermit};
use tokio_util::task::TaskTracker;
use tower::ServiceExt;

use super::{
    ACCOUNT, PASSWORD, REGION,
    actor::{Actor, Answer},
    breakdowns::Breakdowns,
    clock::MovedClock,
    process::{Ground, KEY, Process, Setup, add_users, run_on},
    simulator::control,
    waiting::{PATIENCE, until},
};
use crate::{
    model::{access::identity::Role, change::Change, stream::StreamId},
    server::{
        adapters::{
            clock::{Clock, SystemClock},
            store::{Opener, Store},
        },
        services::audit::checkpoint::SigningKey,
        web::{
            listen::{self, Bounds},
            request_limits::MOST_AT_WORK,
            router,
            state::AppState,
        },
    },
    simulator,
    tests::{
        crash::CrashPlan,
        database::{Kind, TestDatabase},
    },
};

const LOOPBACK: [u8; 4] = [127, 0, 0, 1];

/// The application under test, as one process: what it spawns ends with its runtime.
pub struct TestApp {
    router: Router,
    pub state: AppState,
    pub store: Store,
    pub crash: Arc<CrashPlan>,
    pub breakdowns: Arc<Breakdowns>,
    pub simulator: String,
    pub clock: Arc<MovedClock>,
    pub database_url: String,
    /// The file of its checkpoints, which a restart keeps.
    pub checkpoints: PathBuf,
    ground: Arc<Ground>,
    tasks: TaskTracker,
    /// Of its own where the test ends the process.
    runtime: Option<Runtime>,
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
        let store = Store::open(&database.url, Opener::Setup).await.unwrap();
        add_users(&store, setup.is_demo).await;
        drop(store);
        let is_read_only = AtomicBool::new(setup.is_read_only);
        let directory = tempfile::tempdir().unwrap();
        SigningKey::create(&directory.path().join(KEY)).unwrap();
        let ground = Arc::new(Ground { setup, is_read_only, database, simulator, clock, directory });
        let checkpoints = ground.new_checkpoints();
        Self::on(ground, checkpoints).await
    }

    pub fn database(&self) -> &TestDatabase {
        &self.ground.database
    }

    /// Another process on the same database, the same AWS and the same time.
    pub async fn another(&self) -> Self {
        Self::on(self.ground.clone(), self.ground.new_checkpoints()).await
    }

    /// The same, on a machine whose clock is ahead by so much.
    pub async fn another_ahead_by(&self, millis: i64) -> Self {
        let clock = MovedClock::default();
        clock.set_by(millis);
        Self::on_at(self.ground.clone(), Arc::new(clock), self.ground.new_checkpoints()).await
    }

    /// As [`TestApp::killed_and_started_again`], and from now on it is read-only.
    pub async fn killed_and_started_read_only(self) -> Self {
        self.ground.is_read_only.store(true, Ordering::SeqCst);
        self.killed_and_started_again().await
    }

    /// Ends the process as `kill -9` does, and starts it again.
    pub async fn killed_and_started_again(self) -> Self {
        self.killed_and_started_after(async |_: &TestDatabase| {}).await
    }

    /// The same, after something was done to its database meanwhile.
    pub async fn killed_and_started_after(self, act: impl AsyncFnOnce(&TestDatabase)) -> Self {
        let checkpoints = self.checkpoints.clone();
        let ground = self.kill();
        if ground.setup.database == Kind::Sqlite {
            // The process is gone when its lock is.
            until(|| async { Store::open(&ground.database.url, Opener::Server).await.ok().map(drop) }).await;
        }
        act(&ground.database).await;
        Self::on(ground, checkpoints).await
    }

    /// Serves it on a port of loopback, as `keystream serve` does, until it drains.
    pub async fn listen(&self, bounds: Bounds) -> (SocketAddr, tokio::task::JoinHandle<()>) {
        let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (proxies, draining) = (self.state.trusted_proxies.clone(), self.state.draining.clone());
        (address, tokio::spawn(listen::serve(listener, self.router.clone(), bounds, proxies, draining)))
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

    async fn on(ground: Arc<Ground>, checkpoints: PathBuf) -> Self {
        let clock = ground.clock.clone();
        Self::on_at(ground, clock, checkpoints).await
    }

    async fn on_at(ground: Arc<Ground>, clock: Arc<MovedClock>, checkpoints: PathBuf) -> Self {
        if !ground.setup.is_mortal {
            let process = run_on(ground.clone(), clock.clone(), checkpoints.clone()).await;
            return Self::of(ground, clock, process, None, checkpoints);
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let process = runtime.spawn(run_on(ground.clone(), clock.clone(), checkpoints.clone())).await.unwrap();
        Self::of(ground, clock, process, Some(runtime), checkpoints)
    }

    fn of(
        ground: Arc<Ground>,
        clock: Arc<MovedClock>,
        Process { running, store, crash, breakdowns }: Process,
        runtime: Option<Runtime>,
        checkpoints: PathBuf,
    ) -> Self {
        Self {
            router: router::build(running.state.clone()).unwrap(),
            state: running.state,
            store,
            crash,
            breakdowns,
            simulator: ground.simulator.clone(),
            clock,
            database_url: ground.database.url.clone(),
            checkpoints,
            ground,
            tasks: running.tasks,
            runtime,
        }
    }

    /// Takes every place, as requests that do not end would.
    pub async fn take_all_places(&self) -> OwnedSemaphorePermit {
        self.state.limits.places().clone().acquire_many_owned(MOST_AT_WORK).await.unwrap()
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
        let kind = parts.headers.get(header::CONTENT_TYPE);
        let is_stream = kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream"));
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
                let change = self.store.change(id).await.unwrap();
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
