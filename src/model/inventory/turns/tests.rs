//! Tests of turns.

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

#[test]
fn several_instances_borrow_no_more_than_one_and_the_reader_pays() {
    let paces = [true, false, false].map(|is_reader| {
        let mut turns = Turns::new(5.0, 12.0);
        turns.share_among(3, is_reader);
        let tickets: Vec<(u64, &str)> = (0..41).map(|_| (turns.join(person("ann")), "ann")).collect();
        let served = order(&mut turns, tickets, 0);
        f64::from(40_000) / f64::from(served[40].1)
    });
    assert_eq!(paces, [5.0, 4.0, 4.0], "the reader's own pace, and a third each");
    let mut reader = Turns::new(5.0, 12.0);
    reader.share_among(3, true);
    for _ in 0..10 {
        reader.called_elsewhere(Duration::ZERO);
    }
    let collector = reader.join(Asker::Collector);
    assert_eq!(order(&mut reader, vec![(collector, "collector")], 0), [("collector", 2_000)]);
    reader.share_among(1, true);
    let tickets = (0..13).map(|_| (reader.join(person("ann")), "ann")).collect();
    let served = order(&mut reader, tickets, 10_000);
    assert!((11_000..11_050).contains(&served[12].1), "alone again, twelve a second: {served:?}");
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
