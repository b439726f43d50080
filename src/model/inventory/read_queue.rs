//! Which stream of a target to read next.
//!
//! Viewed streams that were never read come first. Then viewed streams alternate with all others, of which unread ones
//! come first, then the oldest. A stream is never read twice at once.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::model::{stream::StreamName, time::Timestamp};

/// When to read a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Never read.
    Unread,
    At(Timestamp),
    /// The watch of its change reads it.
    Held,
}

/// The streams of one target.
#[derive(Debug, Default)]
pub struct ReadQueue {
    streams: HashMap<StreamName, Entry>,
    /// In order of appearance.
    unread: BTreeSet<(u64, StreamName)>,
    by_age: BTreeSet<(Timestamp, StreamName)>,
    appeared: u64,
    never_read: usize,
    /// How many viewers each has.
    in_view: HashMap<StreamName, usize>,
    /// Those with viewers at other instances.
    viewed_elsewhere: HashSet<StreamName>,
    /// Whether the last turn went to a viewed stream.
    was_in_view: bool,
}

#[derive(Debug)]
struct Entry {
    due: Due,
    number: u64,
    /// A read is in flight; `give_back` ends it.
    is_under_way: bool,
    is_known: bool,
}

impl ReadQueue {
    /// Sets when to read a stream, and whether its state is known. A read in flight continues.
    pub fn set(&mut self, name: &StreamName, due: Due, is_known: bool) {
        let (name, number, is_under_way) = match self.remove_entry(name) {
            Some((name, entry)) => (name, entry.number, entry.is_under_way),
            None => (name.clone(), self.appeared + 1, false),
        };
        self.appeared = self.appeared.max(number);
        self.insert_entry(name, Entry { due, number, is_under_way, is_known });
    }

    /// Ends a read: the stream is read again when it is due.
    pub fn give_back(&mut self, name: &StreamName) {
        if let Some((name, entry)) = self.remove_entry(name) {
            self.insert_entry(name, Entry { is_under_way: false, ..entry });
        }
    }

    /// Forgets a stream.
    pub fn remove(&mut self, name: &StreamName) {
        self.remove_entry(name);
    }

    /// Adds a viewer of a stream.
    pub fn mark_viewed(&mut self, name: &StreamName) {
        *self.in_view.entry(name.clone()).or_default() += 1;
    }

    /// Removes a viewer.
    pub fn look_away(&mut self, name: &StreamName) {
        if let Some(count) = self.in_view.get_mut(name) {
            *count -= 1;
            if *count == 0 {
                self.in_view.remove(name);
            }
        }
    }

    /// Sets which streams have viewers at other instances.
    pub fn set_viewed_elsewhere(&mut self, names: HashSet<StreamName>) {
        self.viewed_elsewhere = names;
    }

    /// Takes the next stream to read; the read is in flight until it is given back.
    ///
    /// `latest` is the furthest that a due time can lie ahead. A later one was written before the clock was set back,
    /// and is due.
    pub fn take(&mut self, now: Timestamp, latest: Timestamp) -> Option<StreamName> {
        let looked_at = self.first_in_view(now, latest);
        let is_unread = |name: &StreamName| self.streams.get(name).is_some_and(|entry| entry.due == Due::Unread);
        let (name, is_in_view) = match (looked_at, self.first_of_all(now, latest)) {
            (Some(name), _) if is_unread(&name) => (name, self.was_in_view),
            (Some(name), other) if other.is_none() || !self.was_in_view => (name, true),
            (_, Some(name)) => (name, false),
            (looked_at, None) => (looked_at?, true),
        };
        self.was_in_view = is_in_view;
        if let Some((name, mut entry)) = self.remove_entry(&name) {
            entry.is_under_way = true;
            self.insert_entry(name, entry);
        }
        Some(name)
    }

    /// Returns when the next stream is due; `None` if none is waiting.
    pub fn next_at(&self, now: Timestamp, latest: Timestamp) -> Option<Timestamp> {
        if !self.unread.is_empty() || self.by_age.last().is_some_and(|(at, _)| *at > latest) {
            return Some(now);
        }
        self.by_age.first().map(|(at, _)| *at)
    }

    /// Returns the number of streams, and of those whose state isn't known.
    pub fn counts(&self) -> (usize, usize) {
        (self.streams.len(), self.never_read)
    }

    /// Returns the streams with viewers at this instance.
    pub fn in_view(&self) -> HashSet<&StreamName> {
        self.in_view.keys().collect()
    }

    fn first_in_view(&self, now: Timestamp, latest: Timestamp) -> Option<StreamName> {
        let waiting = self
            .in_view
            .keys()
            .chain(&self.viewed_elsewhere)
            .filter_map(|name| self.streams.get_key_value(name))
            .filter(|(_, entry)| !entry.is_under_way);
        let due = waiting.filter_map(|(name, entry)| match entry.due {
            Due::Unread => Some((None, entry.number, name)),
            Due::At(at) if at <= now || at > latest => Some((Some(at), entry.number, name)),
            Due::At(_) | Due::Held => None,
        });
        due.min_by_key(|(at, number, _)| (*at, *number)).map(|(_, _, name)| name.clone())
    }

    fn first_of_all(&self, now: Timestamp, latest: Timestamp) -> Option<StreamName> {
        let unread = self.unread.first().map(|(_, name)| name);
        let oldest = self
            .by_age
            .first()
            .filter(|(at, _)| *at <= now)
            .or_else(|| self.by_age.last().filter(|(at, _)| *at > latest));
        unread.or(oldest.map(|(_, name)| name)).cloned()
    }

    fn insert_entry(&mut self, name: StreamName, entry: Entry) {
        match entry.due {
            _ if entry.is_under_way => {}
            Due::Unread => _ = self.unread.insert((entry.number, name.clone())),
            Due::At(at) => _ = self.by_age.insert((at, name.clone())),
            Due::Held => {}
        }
        self.never_read += usize::from(!entry.is_known);
        self.streams.insert(name, entry);
    }

    fn remove_entry(&mut self, name: &StreamName) -> Option<(StreamName, Entry)> {
        let (name, entry) = self.streams.remove_entry(name)?;
        self.never_read -= usize::from(!entry.is_known);
        match entry.due {
            Due::Unread => _ = self.unread.remove(&(entry.number, name.clone())),
            Due::At(at) => _ = self.by_age.remove(&(at, name.clone())),
            Due::Held => {}
        }
        Some((name, entry))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn name(text: &str) -> StreamName {
        text.parse().unwrap()
    }

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_millis(seconds * 1_000)
    }

    /// Takes at this second; due times are at most 30 s ahead.
    fn take(queue: &mut ReadQueue, second: i64) -> Option<String> {
        queue.take(at(second), at(second + 30)).map(|name| name.to_string())
    }

    #[test]
    fn what_is_looked_at_comes_first_then_the_unread_then_the_oldest() {
        let mut queue = ReadQueue::default();
        for (stream, due) in [
            ("old", Due::At(at(1))),
            ("older", Due::At(at(0))),
            ("new-b", Due::Unread),
            ("new-a", Due::Unread),
            ("held", Due::Held),
        ] {
            queue.set(&name(stream), due, due != Due::Unread);
        }
        queue.mark_viewed(&name("new-a"));
        assert_eq!(queue.counts(), (5, 2));
        let order: Vec<_> = std::iter::from_fn(|| take(&mut queue, 5)).collect();
        assert_eq!(order, ["new-a", "new-b", "older", "old"]);
        assert_eq!(take(&mut queue, 100), None, "all are under way or held");
        queue.set(&name("new-b"), Due::At(at(35)), true);
        assert_eq!(take(&mut queue, 35), None, "a read that is under way stays so, whatever is noted meanwhile");
        queue.give_back(&name("new-b"));
        assert_eq!((take(&mut queue, 34), queue.next_at(at(34), at(64))), (None, Some(at(35))));
        assert_eq!(take(&mut queue, 35).unwrap(), "new-b");
        assert_eq!(queue.counts(), (5, 1));
    }

    #[test]
    fn viewers_of_many_rows_leave_every_second_turn_to_the_rest() {
        let mut queue = ReadQueue::default();
        for index in 0..10 {
            queue.set(&name(&format!("seen-{index}")), Due::At(at(0)), true);
            queue.mark_viewed(&name(&format!("seen-{index}")));
            queue.set(&name(&format!("unread-{index}")), Due::Unread, false);
        }
        let order: Vec<_> = (0..10).map(|_| take(&mut queue, 60).unwrap()).collect();
        let seen = order.iter().filter(|name| name.starts_with("seen")).count();
        assert_eq!(seen, 5, "{order:?}");
    }

    #[test]
    fn looking_away_ends_the_preference() {
        let mut queue = ReadQueue::default();
        queue.set(&name("a"), Due::Unread, false);
        queue.set(&name("b"), Due::Unread, false);
        queue.mark_viewed(&name("b"));
        queue.mark_viewed(&name("b"));
        queue.look_away(&name("b"));
        assert_eq!(queue.in_view().len(), 1, "another looks on");
        queue.look_away(&name("b"));
        assert_eq!(take(&mut queue, 1).unwrap(), "a");
    }

    #[test]
    fn what_is_viewed_elsewhere_comes_first_too() {
        let mut queue = ReadQueue::default();
        for stream in ["a", "b", "c"] {
            queue.set(&name(stream), Due::Unread, false);
        }
        queue.set_viewed_elsewhere([name("c"), name("unknown")].into());
        assert!(queue.in_view().is_empty(), "nobody views it here");
        assert_eq!(take(&mut queue, 1).unwrap(), "c");
        queue.set_viewed_elsewhere(HashSet::new());
        assert_eq!(take(&mut queue, 1).unwrap(), "a");
    }

    #[test]
    fn a_clock_that_was_set_back_holds_nothing_up() {
        let mut queue = ReadQueue::default();
        queue.set(&name("a"), Due::At(at(10_000)), true);
        assert_eq!(queue.next_at(at(0), at(30)), Some(at(0)));
        assert_eq!(take(&mut queue, 0).unwrap(), "a");
    }

    proptest! {
        /// Whatever happens: nothing is lost or read twice at once, and everything due is read in the end.
        #[test]
        fn every_stream_is_read_in_turn_and_never_twice_at_once(
            steps in proptest::collection::vec((0u8..6, 0u8..8), 1..120),
        ) {
            let mut queue = ReadQueue::default();
            let mut under_way: HashSet<String> = HashSet::new();
            let mut known: HashSet<String> = HashSet::new();
            let mut second = 0;
            for (what, which) in steps {
                second += 1;
                let stream = name(&format!("s{which}"));
                match what {
                    0 => { queue.set(&stream, Due::Unread, false); known.insert(stream.to_string()); }
                    1 => { queue.set(&stream, Due::At(at(second + 30)), true); known.insert(stream.to_string()); }
                    2 => { queue.remove(&stream); known.remove(stream.as_str()); under_way.remove(stream.as_str()); }
                    3 => queue.mark_viewed(&stream),
                    4 => { queue.give_back(&stream); under_way.remove(stream.as_str()); }
                    _ => if let Some(taken) = take(&mut queue, second) {
                        prop_assert!(known.contains(&taken));
                        prop_assert!(under_way.insert(taken), "read twice at once");
                    },
                }
            }
            let mut rest = HashSet::new();
            while let Some(taken) = take(&mut queue, second + 60) {
                prop_assert!(rest.insert(taken));
            }
            rest.extend(under_way);
            prop_assert_eq!(rest, known);
        }
    }
}
