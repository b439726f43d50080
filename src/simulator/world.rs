//! The simulated world: accounts, Regions, streams, the passing of time, limits, and the log of calls.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use hyper::header::{AUTHORIZATION, HeaderMap};

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
}

impl Default for Settings {
    fn default() -> Self {
        Self { transition: Duration::from_secs(6), enforces_rates: true }
    }
}

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
        let is_account = key.len() == 12 && key.bytes().all(|b| b.is_ascii_digit());
        let account = if is_account { key } else { samples::TARGETS[0].account };
        Some(Self { account: account.to_owned(), region: region.to_owned() })
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
    /// What UPDATING ends in, and when; `None` for ever.
    transition: Option<(Option<Instant>, Option<String>)>,
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
            stops: VecDeque::new(),
            starts: VecDeque::new(),
        }
    }

    /// Begins a change of encryption: UPDATING now, the new state when it is over.
    pub fn begin(&mut self, key: Option<String>, lasts: Option<Duration>) {
        let successes = if key.is_some() { &mut self.starts } else { &mut self.stops };
        successes.push_back(Instant::now());
        self.status = "UPDATING".to_owned();
        self.transition = Some((lasts.map(|lasts| Instant::now() + lasts), key));
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
        if let Some((Some(until), key)) = &self.transition
            && Instant::now() >= *until
        {
            self.key.clone_from(key);
            self.status = "ACTIVE".to_owned();
            self.transition = None;
        }
    }
}

/// One call, as `/_control/calls` lists it.
#[derive(Debug, Clone, serde::Serialize)]
pub struct Call {
    pub operation: String,
    pub account: String,
    pub region: String,
    pub stream: Option<String>,
    pub outcome: String,
    pub at_ms: u128,
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

    pub fn log_call(&mut self, operation: &str, caller: &Caller, stream: Option<&str>, outcome: &str) {
        self.calls.push(Call {
            operation: operation.to_owned(),
            account: caller.account.clone(),
            region: caller.region.clone(),
            stream: stream.map(ToOwned::to_owned),
            outcome: outcome.to_owned(),
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
