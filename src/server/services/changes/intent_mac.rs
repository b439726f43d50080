//! The MAC of what a change sends, made when a user's request is recorded and checked before anything is sent: a row
//! that something else wrote to the journal is never sent.

use crate::{
    model::change::{Change, Intent, refusal::Flaw},
    server::services::audit::checkpoint::MacKey,
};

/// Names what the MAC covers. A version that covers something else has another name.
const FORM: &str = "keystream intent 1";

/// Makes and checks the MACs of changes, with a key outside the database.
#[derive(Debug, Clone)]
pub struct IntentMacs(MacKey);

impl IntentMacs {
    pub const fn new(key: MacKey) -> Self {
        Self(key)
    }

    /// Returns what is stored with a change that is about to be recorded: the number of the audit chain's last row
    /// before it, and the MAC of both.
    ///
    /// # Errors
    /// If a value can't be written as JSON.
    pub fn of(&self, change: &Change, after: i64) -> Result<String, serde_json::Error> {
        Ok(format!("{after}:{}", self.0.mac(&(after, covered(change)))?))
    }

    /// Returns the number of the audit row after which a change was recorded, if it is as it was recorded.
    ///
    /// # Errors
    /// Returns what shows that it isn't.
    pub fn check(&self, stored: &str, change: &Change) -> Result<i64, Flaw> {
        if stored.is_empty() {
            return Err(Flaw::NoMac);
        }
        let (after, mac) = stored.split_once(':').ok_or(Flaw::WrongMac)?;
        let after: i64 = after.parse().map_err(|_| Flaw::WrongMac)?;
        if self.0.has_made(mac, &(after, covered(change))) { Ok(after) } else { Err(Flaw::WrongMac) }
    }
}

/// Everything that was requested: it decides what is sent, where, as whom, and until when.
fn covered(change: &Change) -> impl serde::Serialize {
    let Intent {
        action,
        arn,
        stream_created,
        key,
        resolved,
        from,
        from_key,
        retention_hours,
        actor,
        reason,
        quota_reason,
        requested_at,
        armed_until,
    } = &change.intent;
    (
        (FORM, &change.id, action, arn, stream_created, key, resolved),
        (from, from_key, retention_hours),
        (actor, reason, quota_reason, requested_at, armed_until),
    )
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::{model::change::tests::requested_change, server::services::audit::checkpoint::SigningKey};

    fn macs() -> (tempfile::TempDir, IntentMacs) {
        let directory = tempfile::tempdir().unwrap();
        let key = SigningKey::create(&directory.path().join("key.pem")).unwrap();
        (directory, IntentMacs::new(key.intents))
    }

    #[test]
    fn every_value_that_a_user_requested_is_covered() {
        let (_directory, macs) = macs();
        let change = requested_change();
        let mac = macs.of(&change, 7).unwrap();
        let mut row = serde_json::to_value(&change).unwrap();
        let check = |row: &Value| macs.check(&mac, &serde_json::from_value(row.clone()).unwrap());
        assert_eq!(check(&row), Ok(7), "as it comes back from the journal");
        let arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-test";
        let key = "arn:aws:kms:eu-west-1:111122223333:key/12345678-1234-1234-1234-123456789012";
        let others = [
            ("id", json!("c2")),
            ("action", json!("enable")),
            ("arn", json!(arn)),
            ("stream_created", json!(5_001)),
            ("key", json!("alias/other")),
            ("resolved", json!({"arn": key, "at": 1})),
            ("from", json!("NotEncrypted")),
            ("from_key", json!(key)),
            ("retention_hours", json!(25)),
            ("actor", json!("tom")),
            ("reason", json!("OPS-2")),
            ("quota_reason", json!("because")),
            ("requested_at", json!(999_001)),
            ("armed_until", json!(2_000_000)),
        ];
        for (field, other) in others {
            let was = std::mem::replace(&mut row[field], other);
            assert_eq!(check(&row), Err(Flaw::WrongMac), "{field}");
            row[field] = was;
        }
        assert_eq!(macs.check("", &change), Err(Flaw::NoMac));
        let hex = mac.strip_prefix("7:").unwrap();
        for other in [hex, "7:", ":", "x", &format!("8:{hex}"), &format!("7:{}", &hex[2..])] {
            assert_eq!(macs.check(other, &change), Err(Flaw::WrongMac), "{other}");
        }
        assert_eq!(self::macs().1.check(&mac, &change), Err(Flaw::WrongMac), "another key");
    }

    #[test]
    fn the_progress_of_a_change_leaves_its_mac_valid() {
        let (_directory, macs) = macs();
        let mut change = requested_change();
        let mac = macs.of(&change, 1).unwrap();
        change.rev = 9;
        change.apply(crate::model::change::tests::sent(1_000_000));
        assert_eq!(macs.check(&mac, &change), Ok(1));
    }
}
