//! Tests of the count.

use proptest::prelude::*;

use super::*;
use crate::model::change::{
    SentAs, Step,
    tests::{self as changes, requested_change},
};

const NOW: i64 = 10 * DAY_MS;

fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

fn sent(millis: i64) -> Change {
    let mut change = requested_change();
    change.apply(changes::sent(millis));
    change
}

fn accepted(millis: i64, request_id: &str) -> Change {
    let mut change = sent(millis);
    change.apply(Step::Accepted { at: at(millis), request_id: Some(request_id.to_owned()) });
    change
}

fn event(millis: i64, event_id: &str, request_id: Option<&str>) -> TrailEvent {
    TrailEvent {
        event_id: event_id.to_owned(),
        request_id: request_id.map(ToOwned::to_owned),
        at: at(millis),
        action: Action::Disable,
        stream: "orders-prod".to_owned(),
        by: "tf-ci".to_owned(),
    }
}

fn counted(changes: &[Change], trail: &[TrailEvent]) -> (u32, u32) {
    let count = count(Action::Disable, changes, trail, at(NOW));
    (count.least, count.most)
}

#[test]
fn a_call_counts_for_a_day_to_the_millisecond() {
    assert_eq!(counted(&[accepted(NOW - DAY_MS + 1, "a")], &[]), (1, 1));
    assert_eq!(counted(&[accepted(NOW - DAY_MS, "a")], &[]), (0, 0));
    assert_eq!(counted(&[accepted(NOW + 3_600_000, "a")], &[]), (1, 1), "the clock was set back");
}

#[test]
fn a_lost_answer_makes_it_a_range_and_a_refusal_uses_none() {
    let mut lost = sent(NOW - 1_000);
    lost.apply(Step::LostTrack { at: at(NOW - 500), why: "no answer".to_owned() });
    let refusal = Refusal { kind: RefusalKind::ResourceInUse, aws: None, read_after: None };
    let mut refused = sent(NOW - 1_000);
    refused.apply(Step::Ended(Ending { at: at(NOW), how: End::Rejected(refusal) }));
    assert_eq!(counted(&[accepted(NOW - 2_000, "a"), lost.clone(), refused, requested_change()], &[]), (1, 2));
    let count = count(Action::Disable, &[accepted(NOW - 2_000, "a"), lost], &[], at(NOW));
    assert_eq!((count.least, count.most), (1, 2));
    assert_eq!(count.next_frees_at, Some(at(NOW - 2_000 + DAY_MS)));
}

#[test]
fn what_both_know_counts_once() {
    let journal = [accepted(NOW - 1_000, "r1")];
    assert_eq!(counted(&journal, &[event(NOW - 900, "e1", Some("r1")), event(NOW - 900, "e1", Some("r1"))]), (1, 1));
    assert_eq!(counted(&journal, &[event(NOW - 900, "e1", Some("r2")), event(NOW - 800, "e2", None)]), (3, 3));
}

#[test]
fn cloudtrail_settles_a_lost_answer_of_its_own_session_only() {
    let mut lost = sent(NOW - 1_000);
    lost.apply(Step::LostTrack { at: at(NOW - 500), why: "no answer".to_owned() });
    lost.evidence.sent_as =
        Some(SentAs { role: "arn:aws:iam::111122223333:role/change".to_owned(), session: "keystream-mira".to_owned() });
    let by = |event: TrailEvent, by: &str| TrailEvent { by: by.to_owned(), ..event };
    let ours = "arn:aws:sts::111122223333:assumed-role/change/keystream-mira";
    let of_session = |millis| by(event(millis, "e1", Some("r9")), ours);
    assert_eq!(counted(std::slice::from_ref(&lost), &[of_session(NOW - 400)]), (1, 1));
    assert_eq!(counted(std::slice::from_ref(&lost), &[of_session(NOW - 60_000)]), (1, 2), "another call");
    assert_eq!(
        counted(std::slice::from_ref(&lost), &[event(NOW - 400, "e1", Some("r9"))]),
        (1, 2),
        "somebody else's at that moment"
    );
    lost.evidence.sent_as = None;
    assert_eq!(
        counted(std::slice::from_ref(&lost), &[of_session(NOW - 400)]),
        (1, 2),
        "sent without a session of its own"
    );
}

#[test]
fn the_next_one_frees_when_24_are_left() {
    let many =
        |count: i64| (1..=count).map(|number| accepted(NOW - number * 60_000, &number.to_string())).collect::<Vec<_>>();
    let frees = |number| count(Action::Disable, &many(number), &[], at(NOW)).next_frees_at;
    assert_eq!(frees(3), Some(at(NOW - 3 * 60_000 + DAY_MS)), "the oldest");
    assert_eq!(frees(25), Some(at(NOW - 25 * 60_000 + DAY_MS)));
    assert_eq!(frees(28), Some(at(NOW - 25 * 60_000 + DAY_MS)), "27 and 26 make no room");
}

#[test]
fn aws_refusal_stands_in_the_count() {
    let aws = super::super::refusal::AwsWords {
        code: "L".to_owned(),
        message: String::new(),
        request_id: None,
        at: at(NOW - 5),
    };
    let kind = RefusalKind::QuotaUsed { next_frees_at: at(NOW) };
    let mut refused = sent(NOW - 10);
    refused.apply(Step::Ended(Ending {
        at: at(NOW),
        how: End::Rejected(Refusal { kind, aws: Some(aws), read_after: None }),
    }));
    let count = count(Action::Disable, &[refused], &[], at(NOW));
    assert_eq!((count.most, count.refused_at, count.is_warning()), (0, Some(at(NOW - 5)), true));
}

#[test]
fn it_warns_from_twenty_and_is_used_up_at_twenty_five() {
    let many =
        |count: i64| (0..count).map(|number| accepted(NOW - 1 - number, &number.to_string())).collect::<Vec<_>>();
    let of = |number| count(Action::Disable, &many(number), &[], at(NOW));
    assert_eq!((of(19).is_warning(), of(20).is_warning()), (false, true));
    assert_eq!((of(24).is_used_up(), of(25).is_used_up()), (false, true));
    assert_eq!(count(Action::Enable, &many(25), &[], at(NOW)).most, 0, "the other direction has its own 25");
}

fn some_events() -> impl Strategy<Value = Vec<TrailEvent>> {
    prop::collection::vec((0..2 * DAY_MS, 0..40u8, prop::option::of(0..40u8)), 0..40).prop_map(|events| {
        let named = |(age, id, request): (i64, u8, Option<u8>)| {
            event(NOW - age, &id.to_string(), request.map(|id| id.to_string()).as_deref())
        };
        events.into_iter().map(named).collect()
    })
}

proptest! {
    #[test]
    fn the_range_is_a_range_and_never_more_than_what_there_is(
        ages in prop::collection::vec((0..2 * DAY_MS, prop::bool::ANY, 0..40u8), 0..40), events in some_events(),
    ) {
        let changes: Vec<Change> = ages
            .iter()
            .map(|(age, is_accepted, id)| {
                if *is_accepted { accepted(NOW - age, &id.to_string()) } else { sent(NOW - age) }
            })
            .collect();
        let count = count(Action::Disable, &changes, &events, at(NOW));
        prop_assert!(count.least <= count.most);
        prop_assert!(count.most as usize <= changes.len() + events.len());
        prop_assert!(count.next_frees_at.is_none_or(|at_| at_ > at(NOW)));
        prop_assert_eq!(count.most == 0, count.next_frees_at.is_none());
    }

    #[test]
    fn the_order_and_repeats_of_events_change_nothing(events in some_events(), seed in any::<prop::sample::Index>()) {
        let changes = [accepted(NOW - 1_000, "7"), sent(NOW - 90_000)];
        // One id is one event. Of repeats with other contents the earliest counts, so only true repeats are compared.
        let unique: std::collections::BTreeMap<_, _> =
            events.into_iter().map(|event| (event.event_id.clone(), event)).collect();
        let events: Vec<TrailEvent> = unique.into_values().collect();
        let mut shuffled = events.clone();
        shuffled.extend(events.iter().take(3).cloned());
        if !shuffled.is_empty() {
            let middle = seed.index(shuffled.len());
            shuffled.rotate_left(middle);
        }
        prop_assert_eq!(counted(&changes, &events), counted(&changes, &shuffled));
    }

    #[test]
    fn time_only_frees(ages in prop::collection::vec(0..DAY_MS, 0..30), later in 0..DAY_MS) {
        let changes: Vec<Change> =
            ages.iter().enumerate().map(|(id, age)| accepted(NOW - age, &id.to_string())).collect();
        let now = count(Action::Disable, &changes, &[], at(NOW));
        let then = count(Action::Disable, &changes, &[], at(NOW + later));
        prop_assert!(then.most <= now.most);
        prop_assert_eq!(count(Action::Disable, &changes, &[], at(NOW + DAY_MS)).most, 0);
    }
}
