//! Who may call an operation next, and when: the read before a change is sent comes first, then people, in fair shares,
//! then active changes, then the collector.
//!
//! People may borrow: while somebody waits for a call, calls follow each other faster than the target's own pace, up to
//! a limit of its own. The background pays that back by waiting. Active changes borrow a little, so that their reads
//! don't wait for each other or for what people borrowed. Streams that AWS never listed, whose names may be
//! invented, share one turn a second, and only while nobody waits for a listed one.
//!
//! Instances that share a target share what can be borrowed, in equal parts. The background, which one of them reads,
//! pays for all.

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
    /// What those who borrow may use in all, in calls per second.
    most: f64,
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
            most: fastest,
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

    /// Shares what can be borrowed among so many instances. The one that reads the background keeps the target's own
    /// pace.
    pub fn share_among(&mut self, instances: u32, is_reader: bool) {
        let part = self.most / f64::from(instances.max(1));
        self.fastest.set_full(if is_reader { part.max(self.own.full()) } else { part });
    }

    /// Counts a call of another instance: the background waits one turn longer.
    pub fn called_elsewhere(&mut self, now: Duration) {
        self.own.owe(now, LONGEST_DEBT);
    }

    /// Slows down after a throttled call.
    pub fn throttled(&mut self, now: Duration) {
        self.own.throttled(now);
        self.fastest.throttled(now);
    }

    /// Returns how many wait.
    pub const fn waiting(&self) -> usize {
        self.waiting.len()
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
mod tests;
