//! Properties that hold for all reads in any order.

use proptest::prelude::*;

use super::*;
use crate::model::change::{Rung, RungState, tests::sent_change};

fn observations() -> impl Strategy<Value = Vec<(i64, Observation)>> {
    let status = prop_oneof![Just("ACTIVE"), Just("UPDATING"), Just("CREATING"), Just("DELETING"), Just("NEW")];
    let encryption = prop_oneof![Just(Some("KMS")), Just(Some("NONE")), Just(None), Just(Some("NEW"))];
    let one = (0i64..20_000, 0u8..12, status, encryption, -3_000i64..3_000, prop::bool::weighted(0.05));
    prop::collection::vec(one, 1..60).prop_map(|steps| {
        let mut now = SENT - 2_000;
        steps
            .into_iter()
            .map(|(wait, kind, status, encryption, lag, is_replaced)| {
                now += wait;
                let observed = match kind {
                    0 => Observation::NotFound { asked_at: Timestamp::from_millis(now) },
                    1 => Observation::Failed { why: "x".to_owned() },
                    _ => {
                        let mut seen = report(now, status, encryption);
                        seen.asked_at = Timestamp::from_millis(now - lag.abs());
                        if is_replaced {
                            seen.created = Timestamp::from_millis(1_000_000);
                        }
                        Observation::Report(seen)
                    }
                };
                (now, observed)
            })
            .collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    /// For all observations in any order: no rung is lit without evidence or unlit again, and an end is final.
    #[test]
    fn no_rung_is_lit_without_evidence(observations in observations()) {
        let mut change = sent_change();
        let sent = Timestamp::from_millis(SENT);
        let (mut saw_updating, mut saw_wanted_at, mut saw_other_key_or_gone) = (false, Vec::new(), false);
        for (now, observed) in observations {
            let before = change.clone();
            see(&mut change, &observed, now);
            if let Observation::Report(seen) = &observed
                && seen.asked_at >= sent
            {
                saw_updating |= seen.status == StreamStatus::Updating;
                if seen.status == StreamStatus::Active && seen.encryption == EncryptionReport::NotEncrypted {
                    saw_wanted_at.push(seen.asked_at);
                }
                saw_other_key_or_gone |= seen.created != change.intent.stream_created;
            }
            saw_other_key_or_gone |= matches!(observed, Observation::NotFound { .. });

            for rung in Rung::ALL {
                if let RungState::Lit(at) = before.rung(rung) {
                    prop_assert_eq!(change.rung(rung), RungState::Lit(at), "a lit rung stays as it was");
                }
            }
            if !before.is_active() {
                prop_assert_eq!(&change, &before, "an ended change does not move");
            }
        }
        prop_assert!(change.evidence.updating_at.is_none() || saw_updating);
        prop_assert!(change.evidence.reached_at.is_none() || !saw_wanted_at.is_empty());
        if let Some(Ending { how, .. }) = &change.end {
            match how {
                End::Settled => {
                    let first = saw_wanted_at.first().copied().unwrap();
                    let last = saw_wanted_at.last().copied().unwrap();
                    prop_assert!(last.millis_since(first) >= SETTLING_MS, "settled needs a second read after 5 s");
                    prop_assert!(change.evidence.reached_at.is_some());
                }
                End::NotApplied => {
                    prop_assert!(change.tallies.old_state.reads >= NOT_APPLIED_READS);
                    prop_assert!(change.evidence.reached_at.is_none());
                }
                End::Superseded { observed: Observed::NotFound } | End::Replaced { .. } => {
                    prop_assert!(saw_other_key_or_gone);
                }
                End::Superseded { .. } => {
                    let saw_contrary = change.tallies.contrary.reads >= NOT_APPLIED_READS;
                    prop_assert!(change.evidence.reached_at.is_some() || saw_contrary);
                }
                End::Rejected(_) | End::Expired | End::NotEstablished { .. } => prop_assert!(false, "reading decides \
                    none of these"),
            }
        }
    }
}
