//! A stream, and how it changes over time.

use std::{
    collections::{BTreeMap, VecDeque},
    time::{Duration, Instant},
};

use super::{clock, log::Log, settings::Settings};

/// A stream.
#[derive(Debug, Clone)]
pub struct Stream {
    pub name: String,
    pub status: String,
    pub key: Option<String>,
    /// Whether answers omit `EncryptionType`, as AWS's model allows.
    pub hides_encryption: bool,
    /// Seconds since 1970.
    pub created: f64,
    pub retention_hours: i32,
    pub open_shards: i32,
    /// The number of the first open shard: resharding closed those before it.
    pub first_shard: i32,
    /// The number of open shards that somebody constantly writes to.
    pub busy_shards: i32,
    pub log: Log,
    pub is_on_demand: bool,
    pub consumers: i32,
    pub tags: BTreeMap<String, String>,
    transition: Option<Transition>,
    /// What lagging describes return, and how many of them remain.
    lag: Option<(u32, String, Option<String>)>,
    stops: VecDeque<Instant>,
    starts: VecDeque<Instant>,
}

impl Stream {
    pub fn new(name: &str, key: Option<&str>, created: f64) -> Self {
        Self {
            name: name.to_owned(),
            status: "ACTIVE".to_owned(),
            key: key.map(ToOwned::to_owned),
            hides_encryption: false,
            created,
            retention_hours: 24,
            open_shards: 1,
            first_shard: 0,
            busy_shards: 0,
            log: Log::default(),
            is_on_demand: false,
            consumers: 0,
            tags: BTreeMap::new(),
            transition: None,
            lag: None,
            stops: VecDeque::new(),
            starts: VecDeque::new(),
        }
    }

    /// Starts a change of encryption: UPDATING now, then the new state.
    pub fn begin(&mut self, key: Option<String>, settings: &Settings) {
        let successes = if key.is_some() { &mut self.starts } else { &mut self.stops };
        successes.push_back(clock::now());
        self.lag =
            (settings.lagging_reads > 0).then(|| (settings.lagging_reads, self.status.clone(), self.key.clone()));
        self.update(key, settings.at_speed(settings.transition), settings.late_flip);
    }

    /// Starts an UPDATING that doesn't change the encryption.
    pub fn reshard(&mut self, lasts: Duration) {
        self.update(self.key.clone(), lasts, Duration::ZERO);
    }

    /// Makes the current UPDATING end without a change of encryption: AWS accepted a call but didn't carry it out.
    pub fn keep_state(&mut self) {
        if let Some(transition) = &mut self.transition {
            transition.key.clone_from(&self.key);
        }
    }

    fn update(&mut self, key: Option<String>, lasts: Duration, late_flip: Duration) {
        self.status = "UPDATING".to_owned();
        let active_at = clock::now() + lasts;
        self.transition = Some(Transition { active_at, flips_at: active_at + late_flip, key });
    }

    /// The status and key that the next describe returns.
    pub fn described(&mut self) -> (String, Option<String>) {
        match &mut self.lag {
            Some((left, status, key)) => {
                let former = (status.clone(), key.clone());
                *left -= 1;
                if *left == 0 {
                    self.lag = None;
                }
                former
            }
            None => (self.status.clone(), self.key.clone()),
        }
    }

    /// Counts this many changes in one direction as made by somebody else within the last hours.
    pub fn use_up(&mut self, is_start: bool, count: u32) {
        let successes = if is_start { &mut self.starts } else { &mut self.stops };
        successes.extend((0..count).map(|_| clock::now()));
    }

    /// How many of the 25 changes a day in this direction are used.
    pub fn used_today(&mut self, is_start: bool) -> usize {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        let successes = if is_start { &mut self.starts } else { &mut self.stops };
        while successes.front().is_some_and(|at| clock::now().duration_since(*at) >= DAY) {
            successes.pop_front();
        }
        successes.len()
    }

    /// Brings the stream up to the current time.
    pub(super) fn advance(&mut self) {
        let Some(Transition { active_at, flips_at, key }) = &self.transition else { return };
        let now = clock::now();
        if now >= *active_at && self.status == "UPDATING" {
            self.status = "ACTIVE".to_owned();
        }
        if now >= *flips_at {
            self.key.clone_from(key);
            self.transition = None;
        }
    }
}

/// An UPDATING in progress, and the state it ends in.
#[derive(Debug, Clone)]
struct Transition {
    active_at: Instant,
    flips_at: Instant,
    key: Option<String>,
}
