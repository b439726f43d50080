//! A change as pages show it.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    action, ladder,
    summary::{self, Summary},
};
use crate::model::{
    change::{Action, Change, ChangeState, End, EndKind, Ending, Rung},
    inventory::{ChangeMarks, LeftKey, Mark, StreamRow},
    stream::{StreamArn, StreamId},
    time::Timestamp,
};

/// One change with its ladder, in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChangeCard {
    pub id: String,
    /// The revision of this version in the order of all commits; a later version has a higher one.
    pub rev: i64,
    pub action: Action,
    /// The requested action in words: `Disable encryption`.
    pub what: String,
    pub arn: StreamArn,
    pub actor: String,
    pub reason: String,
    pub requested_at: Timestamp,
    /// The KeyId that was sent, or would have been.
    pub key: Option<String>,
    /// All rungs, in order.
    pub rungs: Vec<RungCard>,
    /// The rung that carries `aria-current`.
    pub current: Option<Rung>,
    /// The end, or the flag on a change that is still active; `None` while all is as expected.
    pub summary: Option<Summary>,
    /// The word for the end.
    pub end: Option<String>,
    /// The state, shown as one word in one color.
    pub state: ChangeState,
    /// The state with its evidence, for the status region; statements about the past are dated.
    pub standing: String,
    /// Whether the change waits for its stream and can be cancelled.
    pub is_waiting: bool,
    /// Whether this is a settled disable that hasn't been undone since.
    pub can_be_undone: bool,
    /// Whether this is a disable whose key AWS didn't accept, so that it can be retried with another form of that key.
    pub asks_for_other_form: bool,
    /// Whether AWS's reports can't judge the change, so that a user may close it.
    pub can_be_closed: bool,
    /// Whether the change has settled, so that proof by records can be requested.
    pub can_be_proven: bool,
    /// The key that the change left behind, once settled. The stream's row says until when that key is needed.
    pub left: Option<Box<LeftKey>>,
}

/// One rung: its mark and the text beneath it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RungCard {
    pub rung: Rung,
    pub mark: Mark,
    pub evidence: String,
}

impl From<&Change> for ChangeCard {
    fn from(change: &Change) -> Self {
        let rung = |rung| RungCard { rung, mark: Mark::from(change.rung(rung)), evidence: ladder::rung(change, rung) };
        Self {
            id: change.id.clone(),
            rev: change.rev,
            action: change.intent.action,
            what: action::label(change.intent.action).to_owned(),
            arn: change.intent.arn.clone(),
            actor: change.intent.actor.clone(),
            reason: change.intent.reason.clone(),
            requested_at: change.intent.requested_at,
            key: change.intent.key.as_ref().map(ToString::to_string),
            rungs: Rung::ALL
                .into_iter()
                .chain(change.evidence.proof.is_some().then_some(Rung::Proven))
                .map(rung)
                .collect(),
            current: change.current_rung(),
            summary: summary::summary(change),
            end: change.end.as_ref().map(|ending| {
                if change.evidence.reverted.is_some() { "Reverted" } else { ending.how.word() }.to_owned()
            }),
            state: ChangeState::from(change),
            standing: standing(change),
            is_waiting: change.is_waiting(),
            can_be_undone: change.can_be_undone(),
            asks_for_other_form: change.intent.action == Action::Disable && change.refused_for_its_key().is_some(),
            can_be_closed: change.can_be_closed(),
            can_be_proven: change.evidence.settled_at.is_some(),
            left: LeftKey::of(change).map(Box::new),
        }
    }
}

impl ChangeCard {
    /// Returns the path of this change's page.
    pub fn path(&self) -> String {
        format!("/changes/{}", self.id)
    }

    /// Returns the path of the confirmation of the enable that undoes this disable.
    pub fn undo_path(&self) -> String {
        self.stream().undo_path(&self.id)
    }

    /// Returns the path of the confirmation of another change like this one, with the same key, if this one took no
    /// effect and the stream's row offers it.
    pub fn again_path(&self, row: &StreamRow) -> Option<String> {
        let had_no_effect =
            matches!(self.state, ChangeState::Ended(EndKind::Rejected | EndKind::Expired | EndKind::NotApplied));
        let (is_possible, query) = match (self.action, &self.key) {
            (Action::Enable, Some(key)) => {
                let query = format!("?key={}", utf8_percent_encode(key, NON_ALPHANUMERIC));
                (row.key_id.as_ref().is_none_or(|present| present.as_str() != key), query)
            }
            (action, _) => (row.offers() == Some(action), String::new()),
        };
        let is_offered = is_possible && row.offers().is_some();
        (had_no_effect && is_offered).then(|| format!("{}{query}", self.stream().confirm_path(self.action)))
    }

    /// Returns the stream of this change.
    pub fn stream(&self) -> StreamId {
        StreamId::from(&self.arn)
    }

    /// Returns whether the change has no end yet.
    pub const fn is_active(&self) -> bool {
        self.end.is_none()
    }

    /// Returns the marks of the ladder, for a row.
    pub fn marks(&self) -> ChangeMarks {
        ChangeMarks {
            id: self.id.clone(),
            marks: self.rungs.iter().filter(|rung| rung.rung != Rung::Proven).map(|rung| rung.mark).collect(),
            current: self.current,
            state: self.state,
        }
    }
}

fn standing(change: &Change) -> String {
    match (&change.end, &change.evidence.reverted) {
        (Some(Ending { how: End::Settled, .. }), Some(reverted)) => {
            let what = match change.intent.action {
                Action::Disable => "encrypted again",
                Action::Enable => "changed again",
            };
            format!("Reverted: AWS reported it {what} by {}.", reverted.at.day_and_minute())
        }
        (Some(Ending { how: End::Settled, at }), None) => {
            let what = match change.intent.action {
                Action::Disable => "not encrypted",
                Action::Enable => "encrypted",
            };
            format!(
                "Settled: AWS reported ACTIVE and {what} at {}.",
                change.evidence.settled_at.unwrap_or(*at).clock_seconds()
            )
        }
        (Some(ending), _) => format!("{}.", ending.how.word()),
        (None, _) if change.is_waiting() => "Recorded. Will be sent when ACTIVE.".to_owned(),
        (None, _) if change.is_unknown() => "Outcome unknown.".to_owned(),
        (None, _) => format!("{}.", change.last_lit().word()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{
        change::{
            refusal::{Precondition, Refusal},
            tests::requested_change,
        },
        list::tests::row,
        stream::encryption::EncryptionState,
    };

    fn ended(action: Action, how: End) -> ChangeCard {
        let mut change = requested_change();
        change.intent.action = action;
        change.end = Some(Ending { at: Timestamp::from_millis(1_000_000), how });
        ChangeCard::from(&change)
    }

    #[test]
    fn a_change_without_effect_leads_to_another_one_like_it() {
        let encrypted = StreamRow::clone(&row("orders-prod", EncryptionState::Encrypted, "ACTIVE"));
        let plain = StreamRow { encryption: EncryptionState::NotEncrypted, key_id: None, ..encrypted.clone() };
        let path = "/streams/111122223333/eu-west-1/orders-prod";
        let disable = ended(Action::Disable, End::NotApplied);
        assert_eq!(disable.again_path(&encrypted), Some(format!("{path}/disable")));
        assert_eq!(disable.again_path(&plain), None, "it isn't encrypted any more");
        let enable = ended(Action::Enable, End::Expired);
        let again = Some(format!("{path}/enable?key=alias%2Forders"));
        assert_eq!(enable.again_path(&plain), again);
        assert_eq!(enable.again_path(&encrypted), again, "under another key");
        let same_key = StreamRow { key_id: Some("alias/orders".parse().unwrap()), ..encrypted.clone() };
        assert_eq!(enable.again_path(&same_key), None, "it has that key");
        let read_only = StreamRow { is_read_only: true, ..plain };
        assert_eq!(enable.again_path(&read_only), None);
        let refused = End::Rejected(Refusal::precondition(Precondition::AlreadyNotEncrypted));
        assert!(ended(Action::Disable, refused).again_path(&encrypted).is_some());
        assert_eq!(ended(Action::Disable, End::Settled).again_path(&encrypted), None, "it took effect");
    }
}
