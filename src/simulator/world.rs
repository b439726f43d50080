//! The simulated world: accounts, Regions, streams, the passing of time, limits, and the log of calls.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hyper::header::{AUTHORIZATION, HeaderMap};
use serde_json::Value;

use super::{
    Refused,
    control::{ArmedFault, Fault},
    samples,
};

/// How the simulated AWS behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a stop or start stays UPDATING.
    pub transition: Duration,
    /// Whether call-rate limits are enforced.
    pub enforces_rates: bool,
    /// How long after UPDATING has ended a describe still gives the former encryption.
    pub late_flip: Duration,
    /// How many describes after an accepted change still give what was before it.
    pub lagging_reads: u32,
}

impl Default for Settings {
    fn default() -> Self {
        Self { transition: Duration::from_secs(6), enforces_rates: true, late_flip: Duration::ZERO, lagging_reads: 0 }
    }
}

/// How the access keys of assumed sessions begin.
pub const SESSION_KEY: &str = "ASIA";

/// Who calls: a 12-digit access key id is the account; the Region is in the credential scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Caller {
    pub account: String,
    pub region: String,
}

impl Caller {
    /// From the `Authorization` header: `AWS4-HMAC-SHA256 Credential=KEY/DATE/REGION/SERVICE/aws4_request, ...`.
    pub fn of(headers: &HeaderMap) -> Option<Self> {
        let authorization = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let scope = authorization.split("Credential=").nth(1)?.split(',').next()?;
        let mut parts = scope.split('/');
        let (key, _, region) = (parts.next()?, parts.next()?, parts.next()?);
        // The key of a session that was assumed begins as AWS's do.
        let key = key.strip_prefix(SESSION_KEY).unwrap_or(key);
        let is_account = key.len() == 12 && key.bytes().all(|b| b.is_ascii_digit());
        let account = if is_account { key } else { samples::TARGETS[0].account };
        Some(Self { account: account.to_owned(), region: region.to_owned() })
    }

    /// The name of the assumed session in which the call is made: the simulator's session tokens are just that.
    pub fn session(headers: &HeaderMap) -> Option<String> {
        headers.get("x-amz-security-token")?.to_str().ok().map(ToOwned::to_owned)
    }
}

/// A stream.
#[derive(Debug, Clone)]
pub struct Stream {
    pub name: String,
    pub status: String,
    pub key: Option<String>,
    /// Leaves `EncryptionType` out of answers, as AWS's model allows.
    pub hides_encryption: bool,
    /// Seconds since 1970.
    pub created: f64,
    pub retention_hours: i32,
    pub open_shards: i32,
    pub is_on_demand: bool,
    pub consumers: i32,
    transition: Option<Transition>,
    /// What lagging describes give, and how many of them are still to come.
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
            is_on_demand: false,
            consumers: 0,
            transition: None,
            lag: None,
            stops: VecDeque::new(),
            starts: VecDeque::new(),
        }
    }

    /// Begins a change of encryption: UPDATING now, the new state when it is over.
    pub fn begin(&mut self, key: Option<String>, settings: &Settings) {
        let successes = if key.is_some() { &mut self.starts } else { &mut self.stops };
        successes.push_back(Instant::now());
        self.lag = (settings.lagging_reads > 0).then(|| (settings.lagging_reads, self.status.clone(), self.key.clone()));
        self.update(key, settings.transition, settings.late_flip);
    }

    /// Begins an UPDATING that changes nothing of the encryption.
    pub fn reshard(&mut self, lasts: Duration) {
        self.update(self.key.clone(), lasts, Duration::ZERO);
    }

    fn update(&mut self, key: Option<String>, lasts: Duration, late_flip: Duration) {
        self.status = "UPDATING".to_owned();
        let active_at = Instant::now() + lasts;
        self.transition = Some(Transition { active_at, flips_at: active_at + late_flip, key });
    }

    /// Status and key as the next describe gives them.
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

    /// How many of the 25 a day are used in this direction.
    pub fn used_today(&mut self, is_start: bool) -> usize {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        let successes = if is_start { &mut self.starts } else { &mut self.stops };
        while successes.front().is_some_and(|at| at.elapsed() >= DAY) {
            successes.pop_front();
        }
        successes.len()
    }

    /// Lets time pass.
    fn advance(&mut self) {
        let Some(Transition { active_at, flips_at, key }) = &self.transition else { return };
        let now = Instant::now();
        if now >= *active_at && self.status == "UPDATING" {
            self.status = "ACTIVE".to_owned();
        }
        if now >= *flips_at {
            self.key.clone_from(key);
            self.transition = None;
        }
    }
}

/// An UPDATING under way, and what it ends in.
#[derive(Debug, Clone)]
struct Transition {
    active_at: Instant,
    flips_at: Instant,
    key: Option<String>,
}

/// One call, as `/_control/calls` lists it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Call {
    pub operation: String,
    pub account: String,
    pub region: String,
    pub stream: Option<String>,
    /// The assumed session in which it was made.
    pub session: Option<String>,
    pub outcome: String,
    /// What a describe gave.
    pub described: Option<Described>,
    /// Names and statuses that a listing gave.
    pub listed: Vec<(String, String)>,
    pub at_ms: u128,
}

/// The part of a description that changes of encryption are about.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Described {
    pub status: String,
    pub encryption: Option<String>,
    pub key: Option<String>,
    pub created: f64,
}

/// Everything there is.
#[derive(Debug)]
pub struct World {
    pub settings: Settings,
    streams: BTreeMap<Caller, BTreeMap<String, Stream>>,
    pub faults: Vec<ArmedFault>,
    pub calls: Vec<Call>,
    rates: HashMap<(Caller, String), VecDeque<Instant>>,
}

impl World {
    /// A world with the sample streams.
    pub fn with_samples(settings: Settings) -> Self {
        let mut world = Self { settings, streams: BTreeMap::new(), faults: Vec::new(), calls: Vec::new(), rates: HashMap::new() };
        for target in samples::TARGETS {
            let caller = Caller { account: target.account.to_owned(), region: target.region.to_owned() };
            let streams = target.streams().map(|stream| (stream.name.clone(), stream)).collect();
            world.streams.insert(caller, streams);
        }
        world
    }

    /// The streams of an account and Region, as they are now.
    pub fn streams(&mut self, caller: &Caller) -> &mut BTreeMap<String, Stream> {
        let streams = self.streams.entry(caller.clone()).or_default();
        streams.values_mut().for_each(Stream::advance);
        streams
    }

    pub fn remove_all_streams(&mut self) {
        self.streams.clear();
    }

    /// Counts a call against AWS's limit of so many a second.
    pub fn throttle(&mut self, caller: &Caller, operation: &str, per_second: usize) -> Result<(), Refused> {
        if !self.settings.enforces_rates {
            return Ok(());
        }
        let recent = self.rates.entry((caller.clone(), operation.to_owned())).or_default();
        while recent.front().is_some_and(|at| at.elapsed() >= Duration::from_secs(1)) {
            recent.pop_front();
        }
        if recent.len() >= per_second {
            return Err(Refused::new("LimitExceededException", format!("Rate exceeded for account {}.", caller.account)));
        }
        recent.push_back(Instant::now());
        Ok(())
    }

    /// The fault that is armed for this call, if one is; it counts as used.
    pub fn take_fault(&mut self, operation: &str, stream: Option<&str>) -> Option<Fault> {
        let index = self.faults.iter().position(|armed| armed.applies_to(operation, stream))?;
        let armed = &mut self.faults[index];
        let fault = armed.fault.clone();
        armed.times -= 1;
        if armed.times == 0 {
            self.faults.remove(index);
        }
        Some(fault)
    }

    pub fn log_call(
        &mut self,
        operation: &str,
        caller: &Caller,
        stream: Option<&str>,
        session: Option<&str>,
        outcome: &Result<Option<Value>, Refused>,
        is_told: bool,
    ) {
        let answer = outcome.as_ref().ok().and_then(Option::as_ref).filter(|_| is_told);
        let summary = answer.and_then(|answer| answer.get("StreamDescriptionSummary"));
        let text = |summary: &Value, key: &str| summary.get(key).and_then(Value::as_str).map(ToOwned::to_owned);
        let summaries = answer.and_then(|answer| answer.get("StreamSummaries")?.as_array());
        let listed =
            summaries.map(|all| all.iter().filter_map(|one| Some((text(one, "StreamName")?, text(one, "StreamStatus")?))).collect());
        self.calls.push(Call {
            operation: operation.to_owned(),
            account: caller.account.clone(),
            region: caller.region.clone(),
            stream: stream.map(ToOwned::to_owned),
            session: session.map(ToOwned::to_owned),
            outcome: outcome.as_ref().map_or_else(|refused| refused.code.clone(), |_| "ok".to_owned()),
            described: summary.map(|summary| Described {
                status: text(summary, "StreamStatus").unwrap_or_default(),
                encryption: text(summary, "EncryptionType"),
                key: text(summary, "KeyId"),
                created: summary.get("StreamCreationTimestamp").and_then(Value::as_f64).unwrap_or_default(),
            }),
            listed: listed.unwrap_or_default(),
            at_ms: since_epoch().as_millis(),
        });
    }
}

/// The ARN of a stream.
pub fn arn(caller: &Caller, name: &str) -> String {
    format!("arn:aws:kinesis:{}:{}:stream/{name}", caller.region, caller.account)
}

/// Time since 1970.
#[expect(clippy::disallowed_methods, reason = "the simulator is a world of its own, with its own clock")]
pub fn since_epoch() -> Duration {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default()
}

/// A request id in AWS's shape, unique within the process.
pub fn request_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("5151a0de-0000-4000-8000-{number:012x}")
}
