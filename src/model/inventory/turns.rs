//! Who may call an operation next, and when: the read before a change is sent comes first, then people, in fair shares,
//! then active changes, then the collector.
//!
//! People may borrow: while somebody waits for a call, calls follow each other faster than the target's own pace, up to
//! a limit of its own. The background pays that back by waiting. Active changes borrow a little, so that their reads
//! don't wait for each other or for what people borrowed. Streams that AWS never listed, whose names may be
//! invented, share one turn a second, and only while nobody waits for a listed one.

use std::{collections::HashMap, time::Duration};

use super::pace::Pace;

/// The most that people can borrow: how long the background waits at most until it goes on.
const LONGEST_DEBT: Duration = Duration::from_secs(5);
/// How long before its own turn an active change is read. In the long run, changes keep to the target's pace.
const AHEAD_OF_TIME: Duration = Duration::from_secs(2);
/// Turns per second for streams that AWS never listed.
const UNLISTED: f64 = 1.0;
/// People whose last turn is remembered while they don't wait.
const REMEMBERED: usize = 1_000;

/// Who asks for a turn.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Asker {
    /// The read just before a change is sent, for this user.
    Sending(String),
    /// A page that this user opened, or a proof that they asked for.
    Person(String),
    /// As these two, for a stream that AWS never listed.
    Unlisted(String),
    /// The watch of an active change.
    Watch,
    Collector,
}

/// The answer to somebody who waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Turn {
    Now,
    /// Next, at this time.
    At(Duration),
    /// After somebody else.
    Behind,
}

/// The turns at one operation. Times count from any fixed point and never go back.
#[derive(Debug)]
pub struct Turns {
    /// The target's own pace.
    own: Pace,
    /// The pace of those who borrow, which nobody exceeds.
    fastest: Pace,
    /// The pace for streams that were never listed.
    unlisted: Pace,
    waiting: Vec<Waiting>,
    next_ticket: u64,
    /// The ticket of each person's last turn.
    served: HashMap<String, u64>,
}

#[derive(Debug)]
struct Waiting {
    ticket: u64,
    asker: Asker,
}

impl Asker {
    const fn rank(&self) -> u8 {
        match self {
            Self::Sending(_) => 0,
            Self::Person(_) => 1,
            Self::Unlisted(_) => 2,
            Self::Watch => 3,
            Self::Collector => 4,
        }
    }

    fn person(&self) -> Option<&String> {
        match self {
            Self::Sending(person) | Self::Person(person) | Self::Unlisted(person) => Some(person),
            Self::Watch | Self::Collector => None,
        }
    }
}

impl Turns {
    /// Creates turns at this pace, in calls per second, and at most `fastest` per second for people.
    pub fn new(per_second: f64, fastest: f64) -> Self {
        Self {
            own: Pace::new(per_second),
            fastest: Pace::new(fastest.max(per_second)),
            unlisted: Pace::new(UNLISTED),
            waiting: Vec::new(),
            next_ticket: 0,
            served: HashMap::new(),
        }
    }

    /// Begins to wait. Returns the ticket to ask with.
    pub fn join(&mut self, asker: Asker) -> u64 {
        self.next_ticket += 1;
        self.waiting.push(Waiting { ticket: self.next_ticket, asker });
        self.next_ticket
    }

    /// Stops waiting; does nothing after a turn.
    pub fn leave(&mut self, ticket: u64) {
        self.waiting.retain(|waiting| waiting.ticket != ticket);
    }

    /// Asks whether it is this ticket's turn. `Now` takes it.
    pub fn ask(&mut self, ticket: u64, now: Duration) -> Turn {
        let Some(next) = self.next(now).filter(|next| self.waiting[*next].ticket == ticket) else {
            return Turn::Behind;
        };
        let is_unlisted = matches!(self.waiting[next].asker, Asker::Unlisted(_));
        let own = match &self.waiting[next].asker {
            Asker::Sending(_) | Asker::Person(_) => now,
            Asker::Unlisted(_) => self.unlisted.ready_at(now),
            Asker::Watch => self.own.ready_at(now).saturating_sub(AHEAD_OF_TIME).max(now),
            Asker::Collector => self.own.ready_at(now),
        };
        let at = self.fastest.ready_at(now).max(own);
        if at > now {
            return Turn::At(at);
        }
        if is_unlisted {
            self.unlisted.take(now);
        }
        let served = self.waiting.swap_remove(next);
        if let Some(person) = served.asker.person() {
            self.remember(person);
        }
        self.fastest.take(now);
        self.own.owe(now, LONGEST_DEBT);
        Turn::Now
    }

    /// Slows down after a throttled call.
    pub fn throttled(&mut self, now: Duration) {
        self.own.throttled(now);
        self.fastest.throttled(now);
    }

    /// Returns the percentage of the full rate in use.
    pub fn percent(&mut self, now: Duration) -> u8 {
        self.own.percent(now)
    }

    /// Returns the target's own turns per second without throttling.
    pub const fn full(&self) -> f64 {
        self.own.full()
    }

    /// Returns the place in `waiting` of who is next: among people, whoever had no turn for the longest time.
    fn next(&mut self, now: Duration) -> Option<usize> {
        let is_unlisted_ready = self.unlisted.ready_at(now) <= now;
        let order = |waiting: &Waiting| {
            let last = waiting.asker.person().and_then(|person| self.served.get(person)).copied().unwrap_or_default();
            let is_early = matches!(waiting.asker, Asker::Unlisted(_)) && !is_unlisted_ready;
            (is_early, waiting.asker.rank(), last, waiting.ticket)
        };
        (0..self.waiting.len()).min_by_key(|place| order(&self.waiting[*place]))
    }

    fn remember(&mut self, person: &str) {
        // Counted like tickets, so that the order of turns is the order of the numbers.
        self.next_ticket += 1;
        self.served.insert(person.to_owned(), self.next_ticket);
        if self.served.len() > REMEMBERED {
            let waiting = &self.waiting;
            self.served.retain(|person, _| waiting.iter().any(|waiting| waiting.asker.person() == Some(person)));
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const MILLI: Duration = Duration::from_millis(1);

    fn person(name: &str) -> Asker {
        Asker::Person(name.to_owned())
    }

    /// Who gets the turns of these, and when, in milliseconds.
    fn order(turns: &mut Turns, mut tickets: Vec<(u64, &'static str)>, from: u32) -> Vec<(&'static str, u32)> {
        let mut served = Vec::new();
        for ms in from..from + 60_000 {
            let now = ms * MILLI;
            while let Some(place) = tickets.iter().position(|(ticket, _)| turns.ask(*ticket, now) == Turn::Now) {
                served.push((tickets.remove(place).1, ms));
            }
        }
        served
    }

    #[test]
    fn sending_comes_first_then_people_then_changes_then_the_collector() {
        let mut turns = Turns::new(5.0, 10.0);
        let collector = turns.join(Asker::Collector);
        let watch = turns.join(Asker::Watch);
        let ann = turns.join(person("ann"));
        let send = turns.join(Asker::Sending("ben".to_owned()));
        let tickets = vec![(collector, "collector"), (watch, "watch"), (ann, "ann"), (send, "send")];
        // They follow each other at the fastest pace; the collector then pays it back.
        let expected = [("send", 0), ("ann", 100), ("watch", 200), ("collector", 600)];
        assert_eq!(order(&mut turns, tickets, 0), expected);
    }

    #[test]
    fn one_person_with_many_requests_keeps_nobody_waiting() {
        let mut turns = Turns::new(5.0, 10.0);
        let mut tickets: Vec<(u64, &str)> = (0..12).map(|_| (turns.join(person("mallory")), "mallory")).collect();
        tickets.push((turns.join(person("ann")), "ann"));
        tickets.push((turns.join(person("ben")), "ben"));
        let served = order(&mut turns, tickets, 0);
        assert_eq!(served[..4].iter().map(|(who, _)| *who).collect::<Vec<_>>(), ["mallory", "ann", "ben", "mallory"]);
        // Ann comes back while the others of Mallory wait.
        let again = vec![(turns.join(person("mallory")), "mallory"), (turns.join(person("ann")), "ann")];
        assert_eq!(order(&mut turns, again, 90_000)[0].0, "ann");
    }

    #[test]
    fn invented_names_take_one_turn_a_second_and_none_of_others() {
        let mut turns = Turns::new(5.0, 10.0);
        let unlisted = Asker::Unlisted("mallory".to_owned());
        let mut tickets: Vec<(u64, &str)> = (0..3).map(|_| (turns.join(unlisted.clone()), "invented")).collect();
        tickets.extend((0..3).map(|_| (turns.join(person("ann")), "ann")));
        tickets.extend((0..4).map(|_| (turns.join(Asker::Collector), "collector")));
        let served = order(&mut turns, tickets, 0);
        assert_eq!(served[..4], [("ann", 0), ("ann", 100), ("ann", 200), ("invented", 300)]);
        let at = |who: &str| served.iter().filter(|(served, _)| *served == who).map(|(_, at)| *at).collect::<Vec<_>>();
        assert_eq!(at("invented"), [300, 1_300, 2_300]);
        assert_eq!(at("collector"), [800, 1_000, 1_200, 1_600]);
    }

    #[test]
    fn what_people_borrow_is_bounded() {
        let mut turns = Turns::new(5.0, 10.0);
        let mut tickets: Vec<(u64, &str)> = (0..100).map(|_| (turns.join(person("ann")), "ann")).collect();
        tickets.push((turns.join(Asker::Collector), "collector"));
        let served = order(&mut turns, tickets, 0);
        let (last, collector) = (served[99], served[100]);
        assert_eq!((last, collector.0), (("ann", 9_900), "collector"));
        assert_eq!(collector.1, 9_900 + 5_000, "after the longest debt");
    }

    #[test]
    fn changes_borrow_two_seconds_and_then_keep_to_the_pace() {
        let mut turns = Turns::new(5.0, 10.0);
        let mut tickets: Vec<(u64, &str)> = (0..100).map(|_| (turns.join(Asker::Watch), "watch")).collect();
        tickets.push((turns.join(Asker::Collector), "collector"));
        let served = order(&mut turns, tickets, 0);
        assert_eq!(served[..3].iter().map(|(_, at)| *at).collect::<Vec<_>>(), [0, 100, 200]);
        assert_eq!(served[99], ("watch", 99 * 200 - 2_000));
        assert_eq!(served[100], ("collector", 100 * 200));
    }

    #[test]
    fn whoever_leaves_keeps_nobody_waiting_and_a_throttle_slows_all() {
        let mut turns = Turns::new(5.0, 10.0);
        let (first, second) = (turns.join(person("ann")), turns.join(Asker::Collector));
        assert_eq!(turns.ask(second, Duration::ZERO), Turn::Behind);
        turns.leave(first);
        assert_eq!(turns.ask(second, Duration::ZERO), Turn::Now);
        turns.throttled(Duration::ZERO);
        assert_eq!(turns.percent(Duration::ZERO), 50);
        let third = turns.join(person("ann"));
        assert_eq!(turns.ask(third, 150 * MILLI), Turn::At(200 * MILLI));
    }

    proptest! {
        #[test]
        fn no_second_has_more_turns_than_the_fastest_pace_and_one(
            own in 0.5f64..20.0,
            more in 1.0f64..4.0,
            steps in proptest::collection::vec((0u64..300, 0u8..6), 1..300),
        ) {
            let fastest = own * more;
            let mut turns = Turns::new(own, fastest);
            let mut now = Duration::ZERO;
            let (mut tickets, mut times): (Vec<u64>, Vec<Duration>) = (Vec::new(), Vec::new());
            for (passed, what) in steps {
                now += Duration::from_millis(passed);
                tickets.push(turns.join(match what {
                    0 => Asker::Sending("ann".to_owned()),
                    1 => person("ann"),
                    2 => person("ben"),
                    3 => Asker::Watch,
                    _ => Asker::Collector,
                }));
                let before = tickets.len();
                tickets.retain(|ticket| turns.ask(*ticket, now) != Turn::Now);
                times.extend(std::iter::repeat_n(now, before - tickets.len()));
                let in_a_second = times.iter().filter(|at| **at + Duration::from_secs(1) > now).count();
                #[expect(clippy::cast_precision_loss, reason = "at most 300")]
                let in_a_second = in_a_second as f64;
                prop_assert!(in_a_second <= fastest.ceil() + 1.0, "{in_a_second} turns at {fastest} a second");
            }
            // Nobody waits for ever.
            for _ in 0..2_000 {
                now += Duration::from_secs(1);
                tickets.retain(|ticket| turns.ask(*ticket, now) != Turn::Now);
            }
            prop_assert!(tickets.is_empty());
        }
    }
}
