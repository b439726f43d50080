//! Puts the services together, and starts the background parts.

use std::{sync::Arc, time::Duration};

use leptos::config::LeptosOptions;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    model::inventory::TagMeanings,
    server::{
        adapters::{aws::targets::Target, clock::Clock, oidc::Provider, store::Store, traces::Traces},
        config::{LocalSignIn, Origin},
        services::{
            accounts::{
                directory::Directory, provider::ProviderSignIns, session_watch::CHECK_EVERY, setup::SetupLink,
                sign_in::SignIns,
            },
            audit::{
                Chain,
                checkpoint::{ChainWatch, CheckpointError, Checkpoints},
            },
            changes::{Changes, EngineParts, IntentMacs},
            drafts::Drafts,
            follow::{POLLED_EVERY, follow_commits},
            housekeeping,
            inventory::{Inventory, LEFT_AFTER, collect, hold_leases, pauses::Pauses, share_views, write_behind},
            keys::Keys,
            read_only::ReadOnly,
            readiness::ReadinessCheck,
            supervisor::{Part, Supervisor},
        },
        web::{
            assets::Assets,
            fragments::FragmentCache,
            request_limits::RequestLimits,
            state::{AppState, Services},
            trusted_proxies::TrustedProxies,
        },
    },
};

/// What the services need.
#[derive(Debug)]
pub struct Parts {
    pub store: Store,
    pub targets: Vec<Arc<Target>>,
    pub clock: Arc<dyn Clock>,
    pub origin: Origin,
    pub assets: Assets,
    pub trusted_proxies: TrustedProxies,
    pub tag_meanings: TagMeanings,
    pub is_demo: bool,
    pub is_read_only: bool,
    pub checkpoints: Checkpoints,
    /// The company's identity provider, if one is configured.
    pub provider: Option<Provider>,
    pub local_sign_in: LocalSignIn,
    pub supervisor: Arc<Supervisor>,
    pub traces: Traces,
    pub waits: Waits,
}

/// How long parts wait, of which tests have less patience.
#[derive(Debug, Clone, Copy)]
pub struct Waits {
    /// How often an open event connection looks its session up.
    pub session_check: Duration,
    /// How often to poll for other instances' commits while notifications of them come.
    pub polled_every: Duration,
    /// How long a reader fails until it leaves its target to other instances.
    pub left_after: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self { session_check: CHECK_EVERY, polled_every: POLLED_EVERY, left_after: LEFT_AFTER }
    }
}

/// The running services.
#[derive(Debug)]
pub struct Running {
    pub state: AppState,
    pub tasks: TaskTracker,
}

/// Creates the services, resumes unfinished changes, and starts the background parts.
///
/// # Errors
/// When the database can't be read or written, or the checkpoint file can't be used.
pub async fn assemble(parts: Parts) -> Result<Running, CheckpointError> {
    let Parts { store, clock, checkpoints, supervisor, .. } = parts;
    let (draining, tasks) = (CancellationToken::new(), TaskTracker::new());
    // First of all: nothing may be sent before the chain is known to match its checkpoints.
    let read_only = ReadOnly::new(parts.is_read_only);
    let macs = IntentMacs::new(checkpoints.key.intents.clone());
    let chain_watch = ChainWatch::begin(store.clone(), checkpoints, clock.clone(), read_only.clone()).await?;
    let inventory = Inventory::open(&store, parts.targets, clock.clone()).await?;
    let changes = Changes::new(EngineParts {
        store: store.clone(),
        inventory: inventory.clone(),
        clock: clock.clone(),
        read_only: read_only.clone(),
        macs,
        traces: parts.traces,
        tasks: tasks.clone(),
        stop: draining.clone(),
    });
    changes.resume(&supervisor).await?;
    let pauses = Pauses::new(inventory.clone(), store.clone(), clock.clone());
    Background {
        supervisor: &supervisor,
        tasks: &tasks,
        stop: &draining,
        store: &store,
        inventory: &inventory,
        keys: &changes.keys,
        waits: parts.waits,
        pauses: &pauses,
        chain_watch: &chain_watch,
        clock: &clock,
    }
    .begin();
    let services = Services {
        leptos_options: LeptosOptions::builder().output_name("keystream").build(),
        pauses,
        audit: Chain::new(store.clone()),
        provider: parts.provider.map(|provider| ProviderSignIns::new(store.clone(), clock.clone(), provider)),
        users: Directory::new(store.clone(), clock.clone()),
        inventory,
        changes,
        drafts: Drafts::new(store.clone(), clock.clone()),
        sign_ins: Arc::new(SignIns::new(store.clone(), clock.clone(), parts.is_demo, parts.local_sign_in)),
        setup: SetupLink::default(),
        readiness: ReadinessCheck::new(store),
        supervisor,
        limits: RequestLimits::default(),
        session_check: parts.waits.session_check,
        clock,
        origin: parts.origin,
        assets: parts.assets,
        fragments: FragmentCache::default(),
        trusted_proxies: parts.trusted_proxies,
        tag_meanings: parts.tag_meanings,
        is_demo: parts.is_demo,
        read_only,
        chain_watch,
        draining,
    };
    Ok(Running { state: AppState(Arc::new(services)), tasks })
}

/// What the background parts need.
struct Background<'a> {
    supervisor: &'a Arc<Supervisor>,
    tasks: &'a TaskTracker,
    stop: &'a CancellationToken,
    store: &'a Store,
    inventory: &'a Arc<Inventory>,
    keys: &'a Arc<Keys>,
    waits: Waits,
    pauses: &'a Pauses,
    chain_watch: &'a Arc<ChainWatch>,
    clock: &'a Arc<dyn Clock>,
}

impl Background<'_> {
    fn begin(self) {
        if self.store.is_shared() {
            self.begin_sharing();
        }
        let Self { supervisor, tasks, stop, store, inventory, pauses, chain_watch, clock, .. } = self;
        let begin = {
            let (store, inventory) = (store.clone(), inventory.clone());
            move || write_behind(store.clone(), inventory.clone())
        };
        // Not tracked: it ends when nothing is left that could queue a row.
        supervisor.spawn_untracked(stop, Part::new("saving what was read"), begin);
        for target in inventory.targets() {
            let (inventory, target, panics, ends) =
                (inventory.clone(), target.clone(), supervisor.clone(), stop.clone());
            let part = Part::of("reading streams", target.label());
            supervisor.spawn(tasks, stop, part, move || {
                collect(panics.clone(), inventory.clone(), target.clone(), ends.clone())
            });
        }
        let (pauses, ends) = (pauses.clone(), stop.clone());
        supervisor.spawn(tasks, stop, Part::new("following pauses"), move || pauses.clone().follow(ends.clone()));
        let (watch, ends) = (chain_watch.clone(), stop.clone());
        let begin = move || watch.clone().run(ends.clone());
        supervisor.spawn(tasks, stop, Part::new("checkpoints of the audit chain"), begin);
        let (watch, ends) = (chain_watch.clone(), stop.clone());
        let begin = move || watch.clone().follow(ends.clone());
        supervisor.spawn(tasks, stop, Part::new("following alarms about the audit chain"), begin);
        let (store, clock, ends) = (store.clone(), clock.clone(), stop.clone());
        supervisor.spawn(tasks, stop, Part::new("housekeeping"), move || {
            housekeeping::run(store.clone(), clock.clone(), ends.clone())
        });
    }

    /// Starts what several instances on one database agree on.
    fn begin_sharing(&self) {
        let (store, inventory, ends) = (self.store.clone(), self.inventory.clone(), self.stop.clone());
        let left_after = self.waits.left_after;
        let begin = move || hold_leases(store.clone(), inventory.clone(), left_after, ends.clone());
        self.supervisor.spawn(self.tasks, self.stop, Part::new("choosing who reads each target"), begin);
        let (store, inventory, ends) = (self.store.clone(), self.inventory.clone(), self.stop.clone());
        let begin = move || share_views(store.clone(), inventory.clone(), ends.clone());
        self.supervisor.spawn(self.tasks, self.stop, Part::new("sharing which streams are viewed"), begin);
        let (store, inventory, ends) = (self.store.clone(), self.inventory.clone(), self.stop.clone());
        let (keys, every) = (self.keys.clone(), self.waits.polled_every);
        let begin = move || follow_commits(store.clone(), inventory.clone(), keys.clone(), every, ends.clone());
        self.supervisor.spawn(self.tasks, self.stop, Part::new("following other instances"), begin);
    }
}
