//! `keystream serve`: opens the database, creates the services, binds, resumes unfinished changes, and serves until
//! told to stop.

use std::{sync::Arc, time::Duration};

use anyhow::{Context, bail};
use tokio::net::TcpListener;

use super::{
    assemble::{Parts, Running, Waits, assemble},
    checkpoints, demo, lifecycle,
};
use crate::server::{
    adapters::{
        aws::targets,
        clock::{Clock, SystemClock, timeout},
        metrics::exporter::Exporter,
        oidc::Provider,
        store::{self, Opener, Store, StoreError},
        tasks,
        telemetry::LostLines,
        traces::{self, Delivery},
    },
    config::{CheckpointPlaces, Origin, Proxies, Settings, without_password},
    services::{
        audit::{self, AuditAction, AuditEvent, stream::ChainStream},
        figures::Figures,
    },
    web::{assets::Assets, listen, router, state::AppState, trusted_proxies::TrustedProxies},
};

/// How long writing the last audit row may take, and delivering the last spans beside it: the process ends within five
/// seconds of its signal, however slow the database and the collector are.
const LAST_WORD: Duration = Duration::from_millis(500);

/// Serves on the configured targets.
///
/// # Errors
/// When something needed at the start is missing or refused; the error is one line that names it.
pub async fn run(settings: Settings, lost_lines: LostLines) -> anyhow::Result<()> {
    let places = checkpoints::places(&settings)?;
    let store = Store::open(&settings.database.database_url, Opener::Server).await?;
    if store.has_demo_users().await? {
        bail!(
            "{} was made by the demo and has users without passwords; choose another KEYSTREAM_DATABASE_URL",
            without_password(&settings.database.database_url)
        );
    }
    for weakness in weaknesses(&settings)? {
        tracing::warn!("{weakness}");
    }
    serve(settings, store, places, lost_lines, false).await
}

/// What the settings, and the way to the database, expose to others on the network.
///
/// # Errors
/// When the database's URL isn't one.
pub fn weaknesses(settings: &Settings) -> anyhow::Result<Vec<String>> {
    Ok(settings.exposed().into_iter().chain(store::weakness(&settings.database.database_url)?).collect())
}

/// Serves the demo: the simulator with its sample streams, and a database that is deleted on exit.
///
/// # Errors
/// As [`run`]; also when the address is not loopback.
pub async fn run_demo(mut settings: Settings, lost_lines: LostLines) -> anyhow::Result<()> {
    if !settings.listening.listen.ip().is_loopback() {
        bail!(
            "KEYSTREAM_LISTEN: the demo has users without passwords and listens on loopback only, not on {}",
            settings.listening.listen
        );
    }
    // A public name would expose the demo's sign-in, which asks for no password, through a proxy.
    if settings.listening.public_url.as_ref().is_some_and(|origin| !origin.is_loopback) {
        bail!("KEYSTREAM_PUBLIC_URL: the demo is served on loopback only");
    }
    let demo = demo::prepare().await?;
    settings.fleet.targets = demo.targets();
    let store = Store::open(&demo.database_url(), Opener::Server).await?;
    demo::add_users(&store, &SystemClock).await?;
    // Deleted with it, whatever is configured.
    let places = CheckpointPlaces::beside(&demo.database());
    serve(settings, store, places, lost_lines, true).await
}

async fn serve(
    settings: Settings,
    store: Store,
    places: CheckpointPlaces,
    lost_lines: LostLines,
    is_demo: bool,
) -> anyhow::Result<()> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let assets = Assets::find(settings.site.site_root.as_deref())?;
    let targets = targets::load(&settings.fleet.targets, &clock, None).await?;
    let listener = TcpListener::bind(settings.listening.listen)
        .await
        .with_context(|| format!("KEYSTREAM_LISTEN: {} cannot be bound", settings.listening.listen))?;
    let address = listener.local_addr()?;
    let origin = match &settings.listening.public_url {
        Some(origin) => origin.clone(),
        None => Origin::of_address(address).with_context(|| format!("{address} has no origin"))?,
    };
    let exporter = exporter(&settings)?;
    let (traces, delivery) = traces::start();
    let settings_in_short = summary(&settings, &origin, targets.len(), &places);
    let checkpoints = checkpoints::open(places)?;
    let provider = settings.oidc.provider()?.filter(|_| !is_demo);
    let provider = provider.map(|provider| Provider::new(provider, origin.as_str(), clock.clone())).transpose()?;
    let stream = audit_stream(&settings, &store)?;
    let has_users = store.has_users().await?;
    let life = Life { settings: settings_in_short, store: store.clone(), clock: clock.clone() };
    life.record(AuditAction::ServerStarted).await;
    let Proxies { trusted_proxies: networks, trusted_hops: hops } = settings.proxies;
    let proxies = TrustedProxies { networks, hops };
    let running = assemble(Parts {
        store: store.clone(),
        targets,
        clock,
        origin,
        assets,
        trusted_proxies: proxies.clone(),
        tag_meanings: settings.tags.into(),
        is_demo,
        is_read_only: settings.fleet.read_only,
        checkpoints,
        provider,
        local_sign_in: settings.oidc.local_sign_in,
        supervisor: Arc::default(),
        traces,
        waits: Waits::default(),
    })
    .await
    .context("KEYSTREAM_CHECKPOINT_FILE")?;
    serve_metrics(exporter, &running.state, store, lost_lines);
    let app = router::build(running.state.clone())?;
    let signals = lifecycle::Signals::listen()?;
    announce(&running.state, has_users);
    begin_stream(stream, &running);

    let draining = running.state.draining.clone();
    tasks::spawn(lifecycle::drain_on_signal(signals, draining.clone()));
    lifecycle::serve_until_drained(
        listen::serve(listener, app, listen::Bounds::of_this_process(), proxies, draining.clone()),
        &draining,
        &running.tasks,
    )
    .await;
    life.end(delivery).await;
    Ok(())
}

/// Prepares the stream of the audit chain, if one is configured.
fn audit_stream(settings: &Settings, store: &Store) -> anyhow::Result<Option<ChainStream>> {
    let stream = settings.audit_stream.complete()?;
    stream.map(|stream| ChainStream::new(store.clone(), &stream)).transpose()
}

/// Begins to stream the audit chain. On standard output, its rows follow what [`announce`] prints.
fn begin_stream(stream: Option<ChainStream>, running: &Running) {
    if let Some(stream) = stream {
        stream.begin(&running.state.supervisor, &running.tasks, &running.state.draining);
    }
}

/// Starts recording metrics, if an address is configured for them: before there is anything to record.
fn exporter(settings: &Settings) -> anyhow::Result<Option<Exporter>> {
    let token = settings.metrics.metrics_token.as_ref().map(|token| token.0.clone());
    settings.metrics.metrics_listen.map(|address| Exporter::bind(address, token)).transpose()
}

/// Serves metrics, if they are recorded, with the figures of the running services.
fn serve_metrics(exporter: Option<Exporter>, state: &AppState, store: Store, lost_lines: LostLines) {
    let Some(exporter) = exporter else { return };
    let figures = Figures {
        store,
        inventory: state.inventory.clone(),
        supervisor: state.supervisor.clone(),
        sign_ins: state.sign_ins.clone(),
        lost_lines,
    };
    exporter.serve(move || figures.record());
}

/// Records in the audit chain when this server starts and stops, with its settings and those of the previous start.
struct Life {
    settings: String,
    store: Store,
    clock: Arc<dyn Clock>,
}

impl Life {
    async fn record(&self, action: AuditAction) {
        if let Err(error) = self.write(action).await {
            // People can still read while the database can't be written.
            tracing::error!(%error, %action, "{action} could not be written to the audit chain: {error}");
        }
    }

    /// Records the stop, and delivers the last spans of traces meanwhile.
    async fn end(&self, delivery: Delivery) {
        let recorded = timeout(LAST_WORD, self.record(AuditAction::ServerStopped));
        let (recorded, delivered) = tokio::join!(recorded, timeout(LAST_WORD, delivery.finish()));
        if recorded.is_err() {
            tracing::warn!("the shutdown could not be recorded in the audit chain in time");
        }
        if delivered.is_err() {
            tracing::warn!("the last spans of traces could not be delivered in time");
        }
    }

    async fn write(&self, action: AuditAction) -> Result<(), StoreError> {
        let before = self
            .store
            .last_audit_row_of(AuditAction::ServerStarted)
            .await?
            .map(|row| row.event.after)
            .unwrap_or_default();
        let event = AuditEvent {
            before,
            after: self.settings.clone(),
            ..AuditEvent::by_server(self.clock.now(), action, "keystream")
        };
        audit::append_alone(&self.store, event).await
    }
}

/// The settings that decide what can be changed, in one line.
fn summary(settings: &Settings, origin: &Origin, targets: usize, places: &CheckpointPlaces) -> String {
    let mode = if settings.fleet.read_only { "read-only" } else { "may change" };
    let proxies: Vec<String> = settings.proxies.trusted_proxies.iter().map(ToString::to_string).collect();
    let hops = settings.proxies.trusted_hops;
    let proxies = if proxies.is_empty() { "none".to_owned() } else { format!("{}, hops {hops}", proxies.join(" ")) };
    let checkpoints = places.file.display();
    let provider = match &settings.oidc.oidc_issuer {
        Some(issuer) => {
            format!("{issuer} with {} rules, local {}", settings.oidc.rules.len(), settings.oidc.local_sign_in)
        }
        None => "none".to_owned(),
    };
    let stream = settings.audit_stream.audit_stream.as_ref().map_or_else(|| "none".to_owned(), ToString::to_string);
    let targets = if targets == 1 { "1 target".to_owned() } else { format!("{targets} targets") };
    let version = env!("CARGO_PKG_VERSION");
    format!(
        "{version}; {mode}; {targets}; public URL {}; trusted proxies {proxies}; checkpoints {checkpoints}; \
         provider {provider}; audit stream {stream}",
        origin.as_str()
    )
}

/// Prints the address on standard output, where people read it and tests wait for it.
#[expect(clippy::print_stdout, reason = "the lines that the contract promises")]
fn announce(state: &AppState, has_users: bool) {
    let origin = state.origin.as_str();
    println!("Listening on {origin}");
    if state.is_demo {
        println!(
            "Demo: sign in at {origin}/sign-in as viewer or operator with the buttons there; no password. Ctrl-C ends \
            it."
        );
    } else if !has_users {
        println!("Setup: {origin}/setup/{}", state.setup.open(state.clock.now()));
    }
}
