//! The simulated world: accounts, Regions, streams, the passing of time, and limits.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Bound,
    sync::atomic::{AtomicU64, Ordering},
    time::{Duration, Instant},
};

use hyper::header::{AUTHORIZATION, HeaderMap};

use super::{
    Refused,
    calls::CallLog,
    clock::{self, since_epoch},
    control::{ArmedFault, Fault},
    kms::Keys,
    records::Log,
    samples,
    trail::Trail,
    triggers::Orders,
};
use crate::model::stream::Region;

/// How the simulated AWS behaves.
#[derive(Debug, Clone)]
pub struct Settings {
    /// How long a stop or start stays UPDATING, at speed 1.
    pub transition: Duration,
    /// Whether call-rate limits are enforced.
    pub enforces_rates: bool,
    /// How long after UPDATING has ended a describe still gives the former encryption.
    pub late_flip: Duration,
    /// How many describes after an accepted change still give what was before it.
    pub lagging_reads: u32,
    /// How many times faster than AWS's the time of call-rate limits and of transitions goes: 1 to [`Settings::FASTEST`].
    pub speed: u32,
    /// How long after it came every call of AWS is answered; orders to the control endpoint are answered at once.
    pub rtt: Duration,
    /// Whether a start keeps the ARN that its key has then, whatever form names it.
    pub canonical_keys: bool,
    /// Whether describes leave the key out.
    pub unnamed_keys: bool,
    /// How long after a call CloudTrail tells of it.
    pub trail_lag: Duration,
    /// So many streams in one account and Region, instead of the samples.
    pub fleet: Option<u32>,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            transition: Duration::from_secs(6),
            enforces_rates: true,
            late_flip: Duration::ZERO,
            lagging_reads: 0,
            speed: 1,
            rtt: Duration::ZERO,
            canonical_keys: false,
            unnamed_keys: false,
            trail_lag: Duration::from_secs(5),
            fleet: None,
        }
    }
}

impl Settings {
    pub const FASTEST: u32 = 100;
    pub const LARGEST_FLEET: u32 = 100_000;

    /// How long so much of AWS's time takes here.
    fn at_speed(&self, duration: Duration) -> Duration {
        duration / self.speed.max(1)
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
        let scope = credential_scope(headers)?;
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

    /// The partition of the Region: `aws`, `aws-cn`, ...
    pub fn partition(&self) -> &'static str {
        self.region.parse::<Region>().map_or("aws", |region| region.partition())
    }

    /// The ARN of a stream of the caller's account and Region.
    pub fn arn(&self, name: &str) -> String {
        format!("arn:{}:kinesis:{}:{}:stream/{name}", self.partition(), self.region, self.account)
    }
}

fn credential_scope(headers: &HeaderMap) -> Option<&str> {
    headers.get(AUTHORIZATION)?.to_str().ok()?.split("Credential=").nth(1)?.split(',').next()
}

fn access_key(headers: &HeaderMap) -> Option<String> {
    credential_scope(headers)?.split('/').next().map(ToOwned::to_owned)
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
    /// The number of the first shard that is open: those before it were closed by resharding.
    pub first_shard: i32,
    /// On so many of the open shards somebody writes all the time.
    pub busy_shards: i32,
    pub log: Log,
    pub is_on_demand: bool,
    pub consumers: i32,
    pub tags: BTreeMap<String, String>,
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

    /// Begins a change of encryption: UPDATING now, the new state when it is over.
    pub fn begin(&mut self, key: Option<String>, settings: &Settings) {
        let successes = if key.is_some() { &mut self.starts } else { &mut self.stops };
        successes.push_back(clock::now());
        self.lag = (settings.lagging_reads > 0).then(|| (settings.lagging_reads, self.status.clone(), self.key.clone()));
        self.update(key, settings.at_speed(settings.transition), settings.late_flip);
    }

    /// Begins an UPDATING that changes nothing of the encryption.
    pub fn reshard(&mut self, lasts: Duration) {
        self.update(self.key.clone(), lasts, Duration::ZERO);
    }

    /// The UPDATING that is under way will change nothing of the encryption: AWS accepted a call and did not do what it asks.
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

    /// So many changes in one direction were made by somebody else within the last hours.
    pub fn use_up(&mut self, is_start: bool, count: u32) {
        let successes = if is_start { &mut self.starts } else { &mut self.stops };
        successes.extend((0..count).map(|_| clock::now()));
    }

    /// How many of the 25 a day are used in this direction.
    pub fn used_today(&mut self, is_start: bool) -> usize {
        const DAY: Duration = Duration::from_secs(24 * 60 * 60);
        let successes = if is_start { &mut self.starts } else { &mut self.stops };
        while successes.front().is_some_and(|at| clock::now().duration_since(*at) >= DAY) {
            successes.pop_front();
        }
        successes.len()
    }

    /// Lets time pass.
    fn advance(&mut self) {
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

/// An UPDATING under way, and what it ends in.
#[derive(Debug, Clone)]
struct Transition {
    active_at: Instant,
    flips_at: Instant,
    key: Option<String>,
}

/// Everything there is.
#[derive(Debug)]
pub struct World {
    pub settings: Settings,
    streams: BTreeMap<Caller, BTreeMap<String, Stream>>,
    pub faults: Vec<ArmedFault>,
    pub calls: CallLog,
    pub keys: Keys,
    pub trail: Trail,
    /// Access key ids that are refused, and with which code.
    refused_access_keys: BTreeMap<String, String>,
    pub orders: Orders,
    /// When the latest calls of each operation came.
    rates: HashMap<(Caller, String), VecDeque<Instant>>,
}

impl World {
    /// A world without streams.
    pub fn empty(settings: Settings) -> Self {
        Self {
            settings,
            streams: BTreeMap::new(),
            faults: Vec::new(),
            calls: CallLog::default(),
            keys: Keys::default(),
            trail: Trail::default(),
            refused_access_keys: BTreeMap::new(),
            orders: Orders::default(),
            rates: HashMap::new(),
        }
    }

    /// A world with the sample streams, or with the fleet that the settings ask for.
    pub fn new(settings: Settings) -> Self {
        let mut world = Self::empty(settings);
        if let Some(count) = world.settings.fleet {
            let target = &samples::TARGETS[0];
            let caller = Caller { account: target.account.to_owned(), region: target.region.to_owned() };
            world.add(caller, samples::fleet(count));
            return world;
        }
        for target in samples::TARGETS {
            let caller = Caller { account: target.account.to_owned(), region: target.region.to_owned() };
            world.add(caller, target.streams());
        }
        world
    }

    /// Puts streams beside those that are there; one of the same name is replaced.
    pub fn add(&mut self, caller: Caller, streams: impl Iterator<Item = Stream>) {
        let streams: Vec<Stream> = streams.collect();
        for key in streams.iter().filter_map(|stream| stream.key.as_deref()) {
            self.keys.name(&caller, key);
        }
        self.keys.add_unusable(&caller);
        let streams = streams.into_iter();
        self.streams.entry(caller).or_default().extend(streams.map(|stream| (stream.name.clone(), stream)));
    }

    /// A stream as it is now.
    pub fn stream(&mut self, caller: &Caller, name: &str) -> Option<&mut Stream> {
        let stream = self.streams.get_mut(caller)?.get_mut(name)?;
        stream.advance();
        Some(stream)
    }

    /// A stream as it is now; a new one, if there is none of that name.
    pub fn stream_or_new(&mut self, caller: &Caller, name: &str) -> &mut Stream {
        let streams = self.streams.entry(caller.clone()).or_default();
        let stream = streams.entry(name.to_owned()).or_insert_with(|| Stream::new(name, None, since_epoch().as_secs_f64()));
        stream.advance();
        stream
    }

    /// The streams of an account and Region whose names come after this text, by name. Time passes for those only that are
    /// taken: a page of a large fleet costs what a page costs.
    pub fn streams_after(&mut self, caller: &Caller, after: &str) -> impl Iterator<Item = &Stream> {
        let later: (Bound<&str>, Bound<&str>) = (Bound::Excluded(after), Bound::Unbounded);
        let streams = self.streams.get_mut(caller).map(|streams| streams.range_mut::<str, _>(later));
        streams.into_iter().flatten().map(|(_, stream)| {
            stream.advance();
            &*stream
        })
    }

    /// As [`Stream::keep_state`], of a stream by its name. Unlike a look at the stream, it lets no time pass first.
    pub fn keep_state(&mut self, caller: &Caller, name: &str) {
        if let Some(stream) = self.streams.get_mut(caller).and_then(|streams| streams.get_mut(name)) {
            stream.keep_state();
        }
    }

    pub fn remove_stream(&mut self, caller: &Caller, name: &str) {
        if let Some(streams) = self.streams.get_mut(caller) {
            streams.remove(name);
        }
    }

    pub fn remove_all_streams(&mut self) {
        self.streams.clear();
    }

    /// Counts a call against AWS's limit of so many a second. At speed N a second is that much shorter, so that a burst is
    /// as large as it is at AWS.
    pub fn throttle(&mut self, caller: &Caller, operation: &str, per_second: usize) -> Result<(), Refused> {
        if !self.settings.enforces_rates {
            return Ok(());
        }
        let second = self.settings.at_speed(Duration::from_secs(1));
        let recent = self.rates.entry((caller.clone(), operation.to_owned())).or_default();
        if admits(recent, clock::now(), per_second, second) {
            Ok(())
        } else {
            Err(Refused::new("LimitExceededException", format!("Rate exceeded for account {}.", caller.account)))
        }
    }

    /// Refuses an access key id with a code from now on; without a code it is good again.
    pub fn refuse_access_key(&mut self, key: String, code: Option<String>) {
        match code {
            Some(code) => self.refused_access_keys.insert(key, code),
            None => self.refused_access_keys.remove(&key),
        };
    }

    /// How a call signed with this access key id is refused, if it is.
    pub fn refusal_of_access_key(&self, headers: &HeaderMap) -> Option<Refused> {
        let code = self.refused_access_keys.get(&access_key(headers)?)?;
        Some(Refused::new(code, "The security token included in the request is not valid or has expired"))
    }

    /// The fault that is armed for this call, if one is; it counts as used.
    pub fn take_fault(&mut self, operation: &str, caller: &Caller, stream: Option<&str>) -> Option<Fault> {
        let index = self.faults.iter().position(|armed| armed.applies_to(operation, caller, stream))?;
        let armed = &mut self.faults[index];
        if !armed.is_turn() {
            return None;
        }
        let fault = armed.fault.clone();
        armed.times -= 1;
        if armed.times == 0 {
            self.faults.remove(index);
        }
        Some(fault)
    }
}

/// Whether one more call now is within so many in each window; if it is, it is counted.
fn admits(recent: &mut VecDeque<Instant>, now: Instant, most: usize, window: Duration) -> bool {
    while recent.front().is_some_and(|at| now.duration_since(*at) >= window) {
        recent.pop_front();
    }
    let is_within = recent.len() < most;
    if is_within {
        recent.push_back(now);
    }
    is_within
}

/// A request id in AWS's shape, unique within the process.
pub fn request_id() -> String {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("5151a0de-0000-4000-8000-{number:012x}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn caller(region: &str) -> Caller {
        Caller { account: "111122223333".to_owned(), region: region.to_owned() }
    }

    #[test]
    fn limits_and_transitions_go_with_the_speed() {
        let start = clock::now();
        let settings = Settings { speed: 10, ..Settings::default() };
        let second = settings.at_speed(Duration::from_secs(1));
        assert_eq!((second, settings.at_speed(settings.transition)), (Duration::from_millis(100), Duration::from_millis(600)));
        let mut recent = VecDeque::new();
        let admitted = (0..1_000).filter(|millis| admits(&mut recent, start + Duration::from_millis(*millis), 20, second)).count();
        assert_eq!(admitted, 200);
        assert!(recent.len() <= 20);
    }

    #[test]
    fn the_call_beyond_the_limit_is_refused_for_its_own_account_alone() {
        let mut world = World::empty(Settings::default());
        for _ in 0..5 {
            world.throttle(&caller("eu-west-1"), "ListStreams", 5).unwrap();
        }
        assert_eq!(world.throttle(&caller("eu-west-1"), "ListStreams", 5).unwrap_err().code, "LimitExceededException");
        world.throttle(&caller("us-east-1"), "ListStreams", 5).unwrap();
        world.throttle(&caller("eu-west-1"), "DescribeStreamSummary", 20).unwrap();
    }

    #[test]
    fn an_arn_is_in_the_partition_of_its_region() {
        let partitions = [
            ("eu-west-1", "aws"),
            ("cn-north-1", "aws-cn"),
            ("us-gov-west-1", "aws-us-gov"),
            ("us-iso-east-1", "aws-iso"),
            ("us-isob-east-1", "aws-iso-b"),
            ("eu-isoe-west-1", "aws-iso-e"),
            ("us-isof-south-1", "aws-iso-f"),
            ("eusc-de-east-1", "aws-eusc"),
            ("not a Region", "aws"),
        ];
        for (region, partition) in partitions {
            assert_eq!(caller(region).arn("orders"), format!("arn:{partition}:kinesis:{region}:111122223333:stream/orders"));
        }
    }

    #[test]
    fn a_listing_goes_on_after_a_name() {
        let mut world = World::new(Settings { fleet: Some(1_000), ..Settings::default() });
        let names: Vec<&str> = world.streams_after(&caller("eu-west-1"), "stream-00998").map(|stream| stream.name.as_str()).collect();
        assert_eq!(names, ["stream-00999", "stream-01000"]);
        assert_eq!(world.streams_after(&caller("eu-west-1"), "").count(), 1_000);
        assert_eq!(world.streams_after(&caller("eu-west-2"), "").count(), 0);
    }

    #[test]
    fn time_passes_for_a_stream_when_it_is_looked_at() {
        let mut world = World::empty(Settings { transition: Duration::ZERO, ..Settings::default() });
        let settings = world.settings.clone();
        world.stream_or_new(&caller("eu-west-1"), "orders").begin(Some("alias/orders".to_owned()), &settings);
        let listed: Vec<(String, Option<String>)> =
            world.streams_after(&caller("eu-west-1"), "").map(|stream| (stream.status.clone(), stream.key.clone())).collect();
        assert_eq!(listed, [("ACTIVE".to_owned(), Some("alias/orders".to_owned()))]);
    }

    #[test]
    fn a_change_that_keeps_the_state_ends_in_what_was() {
        let mut world = World::empty(Settings { transition: Duration::ZERO, ..Settings::default() });
        let settings = world.settings.clone();
        world.stream_or_new(&caller("eu-west-1"), "orders").key = Some("alias/orders".to_owned());
        world.stream_or_new(&caller("eu-west-1"), "orders").begin(None, &settings);
        world.keep_state(&caller("eu-west-1"), "orders");
        let stream = world.stream(&caller("eu-west-1"), "orders").unwrap();
        assert_eq!((stream.status.as_str(), stream.key.as_deref()), ("ACTIVE", Some("alias/orders")));
    }
}
