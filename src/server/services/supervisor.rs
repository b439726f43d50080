//! Keeps background parts running. A part that panics is restarted after a pause, counted, and named on every page
//! while it is down; without this, a panic would end it for good and nobody would notice.

use std::{
    collections::{BTreeMap, VecDeque},
    convert::Infallible,
    fmt::Debug,
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use async_trait::async_trait;
use futures_util::FutureExt;
use parking_lot::{Mutex, MutexGuard};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::server::adapters::{
    clock::{self, Clock, SystemClock},
    metrics::families::PANICS,
    tasks::{self, spawn_on},
};

/// The pause before a part's first restart; it doubles with each further panic.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A part that ran this long before it panicked starts with the first pause again.
const STEADY_AFTER: Duration = Duration::from_secs(120);
/// With this many panics in this time the server reports that it isn't ready, so that others take over.
const MOST_PANICS: usize = 3;
const PANICS_WITHIN: Duration = Duration::from_secs(60);

/// A background part: its kind, for metrics, and what it works on where there are several of a kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    kind: &'static str,
    of: Option<String>,
}

impl Part {
    /// Creates the only part of its kind.
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, of: None }
    }

    /// Creates one of several parts of a kind.
    pub const fn of(kind: &'static str, of: String) -> Self {
        Self { kind, of: Some(of) }
    }

    /// Returns the name that pages show: "reading streams of payments-prod".
    pub fn name(&self) -> String {
        self.of.as_ref().map_or_else(|| self.kind.to_owned(), |of| format!("{} of {of}", self.kind))
    }
}

/// Runs beside each part. A server has none; a test makes parts panic with it.
#[async_trait]
pub trait Companion: Debug + Send + Sync {
    /// Accompanies one run of a part until the part ends. A panic in here is a panic of the part.
    async fn accompany(&self, part: &Part) -> Infallible;
}

/// The parts of one server.
#[derive(Debug)]
pub struct Supervisor {
    state: Mutex<State>,
    first_pause: Duration,
    companion: Option<Arc<dyn Companion>>,
}

#[derive(Debug, Default)]
struct State {
    /// The parts that are down, and when each is started again, by the steady clock.
    down: BTreeMap<Part, Duration>,
    /// When parts panicked lately, by the steady clock.
    panics: VecDeque<Duration>,
}

impl Default for Supervisor {
    fn default() -> Self {
        Self::new(FIRST_PAUSE, None)
    }
}

impl Supervisor {
    /// Creates a supervisor with this pause before a part's first restart, and something that accompanies the parts.
    pub fn new(first_pause: Duration, companion: Option<Arc<dyn Companion>>) -> Self {
        Self { state: Mutex::default(), first_pause, companion }
    }

    /// Runs a part until it returns, restarting it after each panic. `stop` ends the pauses in between; the part itself
    /// is expected to return when it is cancelled.
    pub fn spawn<F>(
        self: &Arc<Self>,
        tasks: &TaskTracker,
        stop: &CancellationToken,
        part: Part,
        begin: impl FnMut() -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        spawn_on(tasks, self.clone().keep_going(stop.clone(), part, begin));
    }

    /// Like [`Supervisor::spawn`], for a part that nothing waits for when the server stops.
    pub fn spawn_untracked<F>(
        self: &Arc<Self>,
        stop: &CancellationToken,
        part: Part,
        begin: impl FnMut() -> F + Send + 'static,
    ) where
        F: Future<Output = ()> + Send + 'static,
    {
        tasks::spawn(self.clone().keep_going(stop.clone(), part, begin));
    }

    async fn keep_going<F>(self: Arc<Self>, stop: CancellationToken, part: Part, mut begin: impl FnMut() -> F)
    where
        F: Future<Output = ()> + Send,
    {
        // The first panic is seen to rise from 0.
        metrics::counter!(PANICS.name, "part" => part.kind).increment(0);
        let mut pause = self.first_pause;
        loop {
            let begun = SystemClock.steady();
            let run = AssertUnwindSafe(self.run_once(&part, begin())).catch_unwind().await;
            let Err(panic) = run else { return };
            if SystemClock.steady().saturating_sub(begun) >= STEADY_AFTER {
                pause = self.first_pause;
            }
            let (name, why) = (part.name(), words_of(panic.as_ref()));
            tracing::error!(part = name, why, "{name} failed ({why}) and starts again in {} s", pause.as_secs());
            self.record_panic(&part);
            self.state().down.insert(part.clone(), SystemClock.steady() + pause);
            tokio::select! {
                () = stop.cancelled() => return,
                () = clock::sleep(pause) => {}
            }
            self.state().down.remove(&part);
            pause = (2 * pause).min(LONGEST_PAUSE);
        }
    }

    async fn run_once(&self, part: &Part, run: impl Future<Output = ()>) {
        let Some(companion) = &self.companion else { return run.await };
        tokio::select! {
            () = run => {}
            never = companion.accompany(part) => match never {},
        }
    }

    /// Counts a panic of a part, or of a task that it started.
    pub fn record_panic(&self, part: &Part) {
        metrics::counter!(PANICS.name, "part" => part.kind).increment(1);
        let mut state = self.state();
        state.panics.push_back(SystemClock.steady());
        while state.panics.len() > MOST_PANICS {
            state.panics.pop_front();
        }
    }

    /// Returns the names of the parts that are down now.
    pub fn down(&self) -> Vec<String> {
        self.state().down.keys().map(Part::name).collect()
    }

    /// Returns whether parts panicked so often within a minute that this server shouldn't be relied on.
    pub fn keeps_failing(&self) -> bool {
        let now = SystemClock.steady();
        let recent = |at: &&Duration| now.saturating_sub(**at) < PANICS_WITHIN;
        self.state().panics.iter().filter(recent).count() >= MOST_PANICS
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// Returns the message of a panic.
fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a word".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_millis(200);

    fn impatient() -> Arc<Supervisor> {
        Arc::new(Supervisor::new(PAUSE, None))
    }

    #[tokio::test]
    async fn a_part_that_panics_is_down_for_a_pause_that_doubles() {
        let supervisor = impatient();
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let starts = Arc::new(Mutex::new(Vec::new()));
        let noted = starts.clone();
        let begun = SystemClock.steady();
        supervisor.spawn(&tasks, &stop, Part::of("reading streams", "payments".to_owned()), move || {
            let mut starts = noted.lock();
            starts.push(SystemClock.steady());
            let number = starts.len();
            async move {
                // The fourth start succeeds, and ends.
                assert!(number > 3, "in a test");
            }
        });
        while supervisor.down().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(supervisor.down(), ["reading streams of payments"]);
        assert!(!supervisor.keeps_failing());
        tasks.close();
        tasks.wait().await;
        assert!(supervisor.down().is_empty() && supervisor.keeps_failing());
        let starts = starts.lock().clone();
        assert_eq!(starts.len(), 4);
        for (index, pauses) in [(1, 1), (2, 3), (3, 7)] {
            assert!(starts[index].saturating_sub(begun) >= PAUSE * pauses, "start {index} came too soon");
        }
    }

    #[tokio::test]
    async fn a_server_that_stops_waits_for_no_pause() {
        let supervisor = Arc::new(Supervisor::new(Duration::from_secs(3_600), None));
        let (tasks, stop) = (TaskTracker::new(), CancellationToken::new());
        let is_well = false;
        supervisor.spawn(
            &tasks,
            &stop,
            Part::new("housekeeping"),
            move || async move { assert!(is_well, "in a test") },
        );
        while supervisor.down().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!(supervisor.down(), ["housekeeping"]);
        stop.cancel();
        tasks.close();
        tasks.wait().await;
    }
}
