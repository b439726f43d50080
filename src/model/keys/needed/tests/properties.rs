//! What holds for any history of keys.

use proptest::prelude::*;

use super::*;
use crate::model::time::HOUR_MS;

proptest! {
    #[test]
    fn what_a_confirmation_says_is_what_comes_of_it(begun in 1..100i64, lasts in 1..1_000i64, hours in -1..8_760i32) {
        let history = history(&[(begun * HOUR_MS, Some("alias/a"), hours)]);
        let end = (begun + lasts) * HOUR_MS;
        let said = history.if_ended_at(at(end));
        let ended = history.after(&read(end, None, hours));
        prop_assert_eq!(said, ended.needed_until(&ended.uses[0]));
        prop_assert!(said >= Some(at(end)), "never before AWS's 5 s");
    }

    #[test]
    fn no_key_that_was_seen_is_lost_to_an_enable(
        notes in prop::collection::vec((0..3u8, any::<bool>()), 1..20),
    ) {
        // 0: KMS says A or B; 1: an enable with the same name settles, its key seen or not; 2: AWS is read.
        let name: KeyId = "alias/a".parse().unwrap();
        let mut history = history(&[(HOUR_MS, Some("alias/a"), 8_760)]);
        let mut seen = std::collections::BTreeSet::new();
        for (hour, (what, is_b)) in (2i64..).zip(notes) {
            let (now, arn) = (hour * HOUR_MS, if is_b { KEY_B } else { KEY_A });
            match what {
                0 => {
                    history.record_meant(&name, &arn.parse().unwrap(), at(now));
                    seen.insert(arn);
                }
                1 => {
                    let settled = enabled(&format!("c{hour}"), "alias/a", is_b.then_some(KEY_B), now);
                    history = history.after_enable(&settled);
                    if is_b {
                        seen.insert(KEY_B);
                    }
                }
                _ => history = history.after(&read(now, Some("alias/a"), 8_760)),
            }
            let needed: std::collections::BTreeSet<String> = history
                .needed(at(now))
                .flat_map(|known| known.meant.iter().map(|meant| meant.arn.to_string()))
                .collect();
            prop_assert_eq!(&needed, &seen.iter().map(ToString::to_string).collect());
            prop_assert_eq!(history.uses.iter().filter(|known| known.ended.is_none()).count(), 1);
        }
    }

    #[test]
    fn no_key_is_forgotten_while_its_records_may_be_there(
        reads in prop::collection::vec(
            (0..60i64, prop::option::of(prop::sample::select(vec!["alias/a", "alias/b", "alias/c"])), 1..6i32),
            1..40,
        ),
    ) {
        // Hours in order; what each read showed is written until the next read.
        let mut hours: Vec<_> = reads.clone();
        hours.sort_by_key(|(hour, ..)| *hour);
        let mut history = KeyHistory::default();
        let mut written: Vec<(&str, i64)> = Vec::new();
        let mut least_retention_since: Vec<i64> = Vec::new();
        let mut before: Option<&str> = None;
        for (hour, key, retention) in &hours {
            let now = hour * HOUR_MS;
            // Up to this read, new records were encrypted with what the previous read showed.
            if let Some(before) = before {
                written.push((before, now));
                least_retention_since.push(i64::MAX);
            }
            history = history.after(&read(now, *key, *retention));
            least_retention_since.iter_mut().for_each(|least| *least = (*least).min(i64::from(*retention)));
            before = *key;
            for ((name, until), least) in written.iter().zip(&least_retention_since) {
                // Records of that time are certainly still there if even the shortest retention since then keeps them.
                if until + least * HOUR_MS > now {
                    let is_needed = history.needed(at(now)).any(|known| known.key.as_str() == *name);
                    prop_assert!(is_needed, "{} at {}", name, hour);
                }
            }
        }
    }

    #[test]
    fn at_most_one_use_goes_on(
        reads in prop::collection::vec(
            (prop::option::of(prop::sample::select(vec!["alias/a", "alias/b"])), 1..100i32),
            0..30,
        ),
    ) {
        let mut history = KeyHistory::default();
        for (hour, (key, retention)) in (1i64..).zip(&reads) {
            history = history.after(&read(hour * HOUR_MS, *key, *retention));
            prop_assert!(history.uses.iter().filter(|known| known.ended.is_none()).count() <= 1);
            prop_assert_eq!(history.uses.last().is_some_and(|known| known.ended.is_none()), key.is_some());
        }
    }
}
