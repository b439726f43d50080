//! How the application is set up, and starts as one process.

use std::{
    path::PathBuf,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use ipnet::IpNet;
use strum::VariantArray;
use tempfile::TempDir;

use super::{ACCOUNT, ORIGIN, PASSWORD, REGION, breakdowns::Breakdowns, clock::MovedClock, waiting::until};
use crate::{
    model::{
        access::{credentials::UserName, identity::Role},
        inventory::TagMeanings,
    },
    server::{
        adapters::{
            aws::targets,
            clock::{Clock, SystemClock},
            oidc::Provider,
            random,
            store::{Opener, Store, StoreError, User, users},
            traces::Traces,
        },
        cli::assemble::{Parts, Running, Waits, assemble},
        config::{LocalSignIn, Origin, ProviderSettings, StreamSettings, TargetSettings},
        services::{
            accounts::passwords,
            audit::{
                checkpoint::{Checkpoints, SigningKey},
                stream::ChainStream,
            },
            supervisor::Supervisor,
        },
        web::{assets::Assets, trusted_proxies::TrustedProxies},
    },
    tests::{
        crash::CrashPlan,
        database::{Kind, TestDatabase},
    },
};

/// A part that panicked restarts after this: long enough for a test to look at the pages meanwhile.
const RESTART_PAUSE: Duration = Duration::from_secs(8);

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
    pub trusted_proxies: Vec<IpNet>,
    /// How often open event connections look their session up, if not as usual.
    pub session_check: Option<Duration>,
    /// How often to poll for other instances' commits while notifications of them come, if not as usual.
    pub polled_every: Option<Duration>,
    /// How long a reader fails until it leaves its target to other instances, if not as usual.
    pub left_after: Option<Duration>,
    /// The role that sends changes, and the external id that goes with it.
    pub change_role: Option<(&'static str, Option<&'static str>)>,
    /// The targets, from the simulator's address; without them, one account and Region.
    pub targets: Option<fn(&str) -> Vec<TargetSettings>>,
    /// Orders of the simulator before the application starts: path and order.
    pub before: Vec<(&'static str, serde_json::Value)>,
    /// The company's identity provider.
    pub provider: Option<ProviderSettings>,
    /// Who may sign in with a password.
    pub local_sign_in: LocalSignIn,
    /// Where the audit chain is streamed.
    pub audit_stream: Option<StreamSettings>,
    /// Where spans go; nowhere by default.
    pub traces: Traces,
    /// A built site; without one, pages name files that are not there.
    pub site: Option<std::path::PathBuf>,
}

impl Setup {
    fn waits(&self) -> Waits {
        let usual = Waits::default();
        Waits {
            session_check: self.session_check.unwrap_or(usual.session_check),
            polled_every: self.polled_every.unwrap_or(usual.polled_every),
            left_after: self.left_after.unwrap_or(usual.left_after),
        }
    }
}

/// What outlives a process: the database, AWS, and time.
pub(super) struct Ground {
    pub(super) setup: Setup,
    pub(super) is_read_only: AtomicBool,
    pub(super) database: TestDatabase,
    pub(super) simulator: String,
    pub(super) clock: Arc<MovedClock>,
    /// The key of the checkpoints, and their files.
    pub(super) directory: TempDir,
}

/// The file of the key that signs checkpoints.
pub(super) const KEY: &str = "key.pem";

impl Ground {
    /// A place for the checkpoints of one more process.
    pub(super) fn new_checkpoints(&self) -> PathBuf {
        self.directory.path().join(format!("{}.jsonl", random::id()))
    }
}

/// What runs as one process, and what disturbs it.
pub(super) struct Process {
    pub(super) running: Running,
    pub(super) store: Store,
    pub(super) crash: Arc<CrashPlan>,
    pub(super) breakdowns: Arc<Breakdowns>,
}

pub(super) async fn run_on(ground: Arc<Ground>, clock: Arc<MovedClock>, checkpoints: PathBuf) -> Process {
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
    let store = store.await.intercepted_by(crash.clone());
    let origin = Origin::parse(setup.public_url.unwrap_or(ORIGIN)).unwrap();
    let provider = setup.provider.clone();
    let provider = provider.map(|settings| Provider::new(settings, origin.as_str(), clock.clone()).unwrap());
    let running = assemble(Parts {
        store: store.clone(),
        targets,
        clock,
        provider,
        local_sign_in: setup.local_sign_in,
        origin,
        assets: setup.site.as_deref().map_or_else(Assets::none, |site| Assets::find(Some(site)).unwrap()),
        trusted_proxies: TrustedProxies { networks: setup.trusted_proxies.clone(), hops: 1 },
        tag_meanings: TagMeanings {
            owner: vec!["owner".to_owned(), "team".to_owned()],
            terraform: ("managed_by".to_owned(), "terraform".to_owned()),
        },
        is_demo: setup.is_demo,
        is_read_only: ground.is_read_only.load(Ordering::SeqCst),
        checkpoints: Checkpoints {
            key: SigningKey::read(&ground.directory.path().join(KEY)).unwrap(),
            file: checkpoints,
        },
        traces: setup.traces.clone(),
        supervisor: Arc::new(Supervisor::new(RESTART_PAUSE, Some(breakdowns.clone()))),
        waits: setup.waits(),
    });
    let running = running.await.unwrap();
    if let Some(settings) = &setup.audit_stream {
        let stream = ChainStream::new(store.clone(), settings).unwrap();
        stream.begin(&running.state.supervisor, &running.tasks, &running.state.draining);
    }
    Process { running, store, crash, breakdowns }
}

pub(super) async fn add_users(store: &Store, is_demo: bool) {
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
