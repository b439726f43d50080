//! The simulated world: accounts, Regions, streams, and limits.

use std::{
    collections::{BTreeMap, HashMap, VecDeque},
    ops::Bound,
    time::{Duration, Instant},
};

use hyper::header::HeaderMap;

use super::{
    caller::{Caller, access_key},
    calls::CallLog,
    clock::{self, since_epoch},
    faults::{ArmedFault, Fault},
    keys::Keys,
    orders::Orders,
    outcome::Refused,
    request_id::RequestIds,
    samples,
    settings::Settings,
    stream::Stream,
    trail::Trail,
};

/// The simulated world.
#[derive(Debug)]
pub struct World {
    pub settings: Settings,
    streams: BTreeMap<Caller, BTreeMap<String, Stream>>,
    pub faults: Vec<ArmedFault>,
    pub calls: CallLog,
    pub keys: Keys,
    pub trail: Trail,
    /// The access key ids that are refused, each with its error code.
    refused_access_keys: BTreeMap<String, String>,
    pub orders: Orders,
    pub request_ids: RequestIds,
    /// The times of the latest calls of each operation.
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
            request_ids: RequestIds::default(),
            rates: HashMap::new(),
        }
    }

    /// A world with the sample streams, or with the fleet in the settings.
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

    /// Adds streams, replacing those of the same name.
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

    /// A stream as it is now, created if there is none of that name.
    pub fn stream_or_new(&mut self, caller: &Caller, name: &str) -> &mut Stream {
        let streams = self.streams.entry(caller.clone()).or_default();
        let stream =
            streams.entry(name.to_owned()).or_insert_with(|| Stream::new(name, None, since_epoch().as_secs_f64()));
        stream.advance();
        stream
    }

    /// The streams of an account and Region whose names come after this text, ordered by name. Only those that are
    /// taken are brought up to date, so a page of a large fleet costs no more than a page.
    pub fn streams_after(&mut self, caller: &Caller, after: &str) -> impl Iterator<Item = &Stream> {
        let later: (Bound<&str>, Bound<&str>) = (Bound::Excluded(after), Bound::Unbounded);
        let streams = self.streams.get_mut(caller).map(|streams| streams.range_mut::<str, _>(later));
        streams.into_iter().flatten().map(|(_, stream)| {
            stream.advance();
            &*stream
        })
    }

    /// Calls [`Stream::keep_state`] on the stream of this name, without bringing it up to date first.
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

    /// Counts a call against AWS's limit of calls per second. At speed N a second is N times shorter, so bursts are as
    /// large as in AWS.
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

    /// Refuses an access key id with an error code from now on; without a code, accepts it again.
    pub fn refuse_access_key(&mut self, key: String, code: Option<String>) {
        match code {
            Some(code) => self.refused_access_keys.insert(key, code),
            None => self.refused_access_keys.remove(&key),
        };
    }

    /// The refusal of a call that is signed with a refused access key id.
    pub fn refusal_of_access_key(&self, headers: &HeaderMap) -> Option<Refused> {
        let code = self.refused_access_keys.get(&access_key(headers)?)?;
        Some(Refused::new(code, "The security token included in the request is not valid or has expired"))
    }

    /// Takes the fault that is armed for this call, if there is one.
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

/// Counts a call if fewer than `most` came within the window, and returns whether it did.
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
        assert_eq!(
            (second, settings.at_speed(settings.transition)),
            (Duration::from_millis(100), Duration::from_millis(600))
        );
        let mut recent = VecDeque::new();
        let admitted =
            (0..1_000).filter(|millis| admits(&mut recent, start + Duration::from_millis(*millis), 20, second)).count();
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
    fn a_listing_goes_on_after_a_name() {
        let mut world = World::new(Settings { fleet: Some(1_000), ..Settings::default() });
        let names: Vec<&str> =
            world.streams_after(&caller("eu-west-1"), "stream-00998").map(|stream| stream.name.as_str()).collect();
        assert_eq!(names, ["stream-00999", "stream-01000"]);
        assert_eq!(world.streams_after(&caller("eu-west-1"), "").count(), 1_000);
        assert_eq!(world.streams_after(&caller("eu-west-2"), "").count(), 0);
    }

    #[test]
    fn time_passes_for_a_stream_when_it_is_looked_at() {
        let mut world = World::empty(Settings { transition: Duration::ZERO, ..Settings::default() });
        let settings = world.settings.clone();
        world.stream_or_new(&caller("eu-west-1"), "orders").begin(Some("alias/orders".to_owned()), &settings);
        let listed: Vec<(String, Option<String>)> = world
            .streams_after(&caller("eu-west-1"), "")
            .map(|stream| (stream.status.clone(), stream.key.clone()))
            .collect();
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
