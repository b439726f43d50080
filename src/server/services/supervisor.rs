//! Keeps the parts that work in the background going: one that panics is started again after a pause, is counted, and
//! is named on every page while it is down. Without this, a panic would end a part for good and nobody would see it.

use std::{
    collections::{BTreeMap, VecDeque},
    panic::AssertUnwindSafe,
    sync::Arc,
    time::Duration,
};

use futures_util::FutureExt;
use parking_lot::{Mutex, MutexGuard};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::server::adapters::{
    clock::{self, Clock, SystemClock},
    metrics::PANICS,
    tasks::{self, spawn_on},
};

/// Before a part is started again; twice as long after each further panic.
const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);
/// A part that worked for so long begins with the first pause again.
const STEADY_AFTER: Duration = Duration::from_secs(120);
/// So many panics within so long, and the server is not ready: others should take over.
const MOST_PANICS: usize = 3;
const PANICS_WITHIN: Duration = Duration::from_secs(60);

/// A part: its kind, for metrics, and what it works on, where there are several of a kind.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    kind: &'static str,
    of: Option<String>,
}

impl Part {
    /// The only one of its kind.
    pub const fn new(kind: &'static str) -> Self {
        Self { kind, of: None }
    }

    /// One of several.
    pub const fn of(kind: &'static str, of: String) -> Self {
        Self { kind, of: Some(of) }
    }

    /// As pages name it: "reading streams of payments-prod".
    pub fn name(&self) -> String {
        self.of.as_ref().map_or_else(|| self.kind.to_owned(), |of| format!("{} of {of}", self.kind))
    }
}

/// The parts of one server.
#[derive(Debug)]
pub struct Supervisor {
    state: Mutex<State>,
    first_pause: Duration,
    /// Rung by a test that wants a part to panic.
    #[cfg(test)]
    broken: tokio::sync::watch::Sender<Option<String>>,
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
        Self {
            state: Mutex::default(),
            // Long enough for a test to look at the pages meanwhile.
            first_pause: if cfg!(test) { 8 * FIRST_PAUSE } else { FIRST_PAUSE },
            #[cfg(test)]
            broken: tokio::sync::watch::Sender::default(),
        }
    }
}

impl Supervisor {
    /// Runs a part until it ends by itself, starting it again after each panic. `stop` ends the pauses in between; the
    /// part heeds it by itself.
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

    /// The same for a part that nothing waits for when the server ends.
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
        let mut pause = self.first_pause;
        loop {
            let begun = SystemClock.steady();
            let run = AssertUnwindSafe(self.until_broken(&part, begin())).catch_unwind().await;
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

    #[cfg(not(test))]
    async fn until_broken(&self, _: &Part, run: impl Future<Output = ()>) {
        run.await;
    }

    /// Runs a part until it ends, or a test breaks it.
    #[cfg(test)]
    async fn until_broken(&self, part: &Part, run: impl Future<Output = ()>) {
        let mut broken = self.broken.subscribe();
        broken.mark_unchanged();
        let breaks = async {
            loop {
                if broken.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
                assert!(*broken.borrow() != Some(part.name()), "broken by a test");
            }
        };
        tokio::select! {
            () = run => {}
            () = breaks => {}
        }
    }

    /// Lets a part panic.
    #[cfg(test)]
    pub fn break_part(&self, name: &str) {
        self.broken.send_replace(Some(name.to_owned()));
    }

    /// Counts a panic of a part, or of something that it began.
    pub fn record_panic(&self, part: &Part) {
        metrics::counter!(PANICS, "part" => part.kind).increment(1);
        let mut state = self.state();
        state.panics.push_back(SystemClock.steady());
        while state.panics.len() > MOST_PANICS {
            state.panics.pop_front();
        }
    }

    /// The names of the parts that are down now.
    pub fn down(&self) -> Vec<String> {
        self.state().down.keys().map(Part::name).collect()
    }

    /// Whether parts panicked so often within a minute that this server should not be relied on.
    pub fn keeps_failing(&self) -> bool {
        let now = SystemClock.steady();
        let recent = |at: &&Duration| now.saturating_sub(**at) < PANICS_WITHIN;
        self.state().panics.iter().filter(recent).count() >= MOST_PANICS
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock()
    }
}

/// What a panic says.
fn words_of(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a word".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAUSE: Duration = Duration::from_millis(200);

    fn impatient() -> Arc<Supervisor> {
        Arc::new(Supervisor { first_pause: PAUSE, ..Supervisor::default() })
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
                // The fourth start goes well, and ends.
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
        let supervisor = Arc::new(Supervisor { first_pause: Duration::from_secs(3_600), ..Supervisor::default() });
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
