//! Starts traces as the environment asks for it.

use std::env;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use super::{
    collector::Collector,
    environment::{self, Reading, Settings},
    exporter::Exporter,
    queue::{Traces, channel},
};
use crate::server::adapters::tasks;

/// The task that delivers spans; none where traces are off.
#[derive(Debug, Default)]
#[must_use = "spans that wait are lost without `finish`"]
pub struct Delivery(Option<(CancellationToken, JoinHandle<()>)>);

impl Delivery {
    /// Delivers what waits, in one attempt, and ends.
    pub async fn finish(self) {
        let Some((stop, task)) = self.0 else { return };
        stop.cancel();
        if let Err(error) = task.await {
            tracing::warn!(%error, "the delivery of traces ended early: {error}");
        }
    }
}

/// Starts traces, if the standard's variables ask for them. Says in one line what of them can't be done, and warns of
/// headers that others can read.
pub fn start() -> (Traces, Delivery) {
    let variables = env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.to_string_lossy().into_owned())));
    let Reading { settings, mut problems, warning } = environment::read(variables);
    let started = settings.and_then(|settings| deliver(settings, &mut problems));
    if !problems.is_empty() {
        let consequence = if started.is_some() { "traces are on without that" } else { "traces are off" };
        tracing::warn!("OpenTelemetry's variables: {}; {consequence}", problems.join("; "));
    }
    if let Some(warning) = warning.filter(|_| started.is_some()) {
        tracing::warn!("{warning}");
    }
    started.unwrap_or_default()
}

/// Starts to deliver. Adds to the problems if nothing ever could be.
pub(super) fn deliver(settings: Settings, problems: &mut Vec<String>) -> Option<(Traces, Delivery)> {
    let collector = Collector::new(&settings).map_err(|error| problems.push(error.to_string())).ok()?;
    let Settings { sampler, resource, batching, .. } = settings;
    let (traces, spans) = channel(sampler, batching.queue);
    tracing::info!(collector = collector.place(), "traces go to the collector at {}", collector.place());
    let stop = CancellationToken::new();
    let exporter = Exporter { spans, collector, resource, batching, stop: stop.clone(), is_failing: false };
    Some((traces, Delivery(Some((stop, tasks::spawn(exporter.run()))))))
}
