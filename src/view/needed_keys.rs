//! Keys that stored records of a stream may need.

use crate::model::{
    inventory::{LeftKey, NeededKey, StreamRow},
    keys::Meant,
    stream::encryption::KeyIdForm,
    time::Timestamp,
};

/// Lists the keys that stored records may need at `now`, each with its date; empty if there are none.
pub fn list(row: &StreamRow, now: Timestamp) -> String {
    joined(&row.needed_at(now))
}

/// Says until when the key that a change left behind is needed: ` Keep alias/orders until 23 Nov 14:03 UTC.` Empty once
/// it is free.
pub fn keep(row: &StreamRow, left: &LeftKey, now: Timestamp) -> String {
    let still = joined(&row.still_needed_of(left, now));
    if still.is_empty() { still } else { format!(" Keep {still}.") }
}

fn joined(keys: &[NeededKey]) -> String {
    keys.iter().map(label).collect::<Vec<_>>().join(", ")
}

/// Returns `key/1234…9012 until 23 Nov 14:03 UTC (alias/orders)`, or only the name if KMS hasn't said which key it
/// meant.
fn label(needed: &NeededKey) -> String {
    let until = needed.until.day_and_minute();
    let meant: Vec<String> = needed.meant.iter().map(|meant| meant.arn.short()).collect();
    let is_alias =
        matches!(needed.key.form(), Some(KeyIdForm::AliasName | KeyIdForm::AliasArn | KeyIdForm::ServiceKey));
    match (meant.is_empty(), is_alias) {
        (true, _) => format!("{} until {until}", needed.key),
        (false, true) => format!("{} until {until} ({})", meant.join(" and "), needed.key),
        (false, false) => format!("{} until {until}", meant.join(" and ")),
    }
}

/// Says since when a stream's keys are known, for when that doesn't cover its retention.
pub fn gap(since: Timestamp) -> String {
    format!("This stream's keys are known only since {}. Older records may need others.", since.date_and_clock())
}

/// Returns `key/1234…9012 since 22 Nov 14:02 UTC`.
pub fn meant(meant: &Meant) -> String {
    let since = meant.seen_from.map_or_else(String::new, |at| format!(" since {}", at.day_and_minute()));
    format!("{}{since}", meant.arn.short())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{inventory::tests::needed, list::tests::row, stream::encryption::EncryptionState};

    #[test]
    fn a_change_keeps_the_key_of_the_use_that_it_ended() {
        let at = Timestamp::from_millis;
        let row = StreamRow::clone(&row("orders-prod", EncryptionState::NotEncrypted, "ACTIVE"));
        let row = StreamRow {
            needed_keys: vec![
                needed("alias/orders", (0, 10_000), 120_000),
                needed("alias/orders", (10_000, 20_000), 180_000),
            ],
            ..row
        };
        let left =
            |sent: i64| LeftKey { key: "alias/orders".parse().unwrap(), sent_at: at(sent), stream_created: at(0) };
        assert_eq!(
            keep(&row, &left(9_000), at(20_000)),
            " Keep alias/orders until 1 Jan 00:03 UTC.",
            "one date for one key"
        );
        assert_eq!(list(&row, at(20_000)), "alias/orders until 1 Jan 00:03 UTC");
        let in_use = StreamRow {
            encryption: EncryptionState::Encrypted,
            key_id: Some("alias/orders".parse().unwrap()),
            ..row.clone()
        };
        assert_eq!(
            (list(&in_use, at(20_000)).as_str(), keep(&in_use, &left(19_000), at(20_000)).as_str()),
            ("", ""),
            "in use"
        );
        assert_eq!(keep(&row, &left(19_000), at(20_000)), " Keep alias/orders until 1 Jan 00:03 UTC.");
        assert_eq!(keep(&row, &left(30_000), at(30_000)), "", "a change that no use is known of");
        let read = StreamRow { read_at: Some(at(130_000)), ..row.clone() };
        assert_eq!(
            keep(&read, &left(9_000), at(130_000)),
            " Keep alias/orders until 1 Jan 00:03 UTC.",
            "for its later use"
        );
        let later = StreamRow { read_at: Some(at(190_000)), ..row.clone() };
        assert_eq!(keep(&later, &left(9_000), at(190_000)), "", "free");
        let other = StreamRow { created: Some(at(5_000)), ..row.clone() };
        assert_eq!(keep(&other, &left(9_000), at(20_000)), "", "another stream of the same name");
        let gone = StreamRow { is_gone: true, ..row };
        assert_eq!(keep(&gone, &left(9_000), at(20_000)), "");
    }

    #[test]
    fn each_key_that_an_alias_meant_has_its_own_date() {
        let at = Timestamp::from_millis;
        let [a, b] = ["aaaaaaaa", "bbbbbbbb"].map(|id| Meant {
            arn: format!("arn:aws:kms:eu-west-1:111122223333:key/{id}-1234-1234-1234-123456789012").parse().unwrap(),
            seen_from: None,
        });
        let row = StreamRow::clone(&row("orders-prod", EncryptionState::NotEncrypted, "ACTIVE"));
        let of = |meant: &[&Meant], used, until| NeededKey {
            meant: meant.iter().copied().cloned().collect(),
            ..needed("alias/orders", used, until)
        };
        let needed_keys = vec![of(&[&a, &b], (0, 10_000), 120_000), of(&[&b], (10_000, 20_000), 180_000)];
        let row = StreamRow { needed_keys, ..row };
        let [a_until, b_until] = ["aaaa", "bbbb"].map(|id| format!("key/{id}\u{2026}9012 until 1 Jan 00:0"));
        assert_eq!(list(&row, at(20_000)), format!("{a_until}2 UTC (alias/orders), {b_until}3 UTC (alias/orders)"));
        let left =
            |sent: i64| LeftKey { key: "alias/orders".parse().unwrap(), sent_at: at(sent), stream_created: at(0) };
        let both = format!(" Keep {a_until}2 UTC (alias/orders), {b_until}3 UTC (alias/orders).");
        assert_eq!(keep(&row, &left(9_000), at(20_000)), both);
        let key_id = Some("alias/orders".parse().unwrap());
        let in_use = StreamRow { encryption: EncryptionState::Encrypted, key_id, meant: vec![b], ..row };
        assert_eq!(list(&in_use, at(20_000)), format!("{a_until}2 UTC (alias/orders)"), "the other one is in use");
    }
}
