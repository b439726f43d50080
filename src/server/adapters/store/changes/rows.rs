//! Rows of the journal as SQL returns them, and the changes in them.

use crate::{
    model::change::Change,
    server::adapters::store::{StoreError, database::from_row},
};

pub(super) struct ChangeRow {
    pub(super) rev: i64,
    pub(super) body: String,
}
from_row!(ChangeRow { rev, body });

pub(super) struct ListedRow {
    pub(super) id: String,
    pub(super) requested_at: i64,
    pub(super) rev: i64,
    pub(super) body: String,
}
from_row!(ListedRow { id, requested_at, rev, body });

pub(super) struct LatestRow {
    pub(super) rev: i64,
    pub(super) body: String,
    pub(super) owner: String,
    pub(super) fence: i64,
    pub(super) intent_mac: String,
}
from_row!(LatestRow { rev, body, owner, fence, intent_mac });

pub(super) struct FormRow {
    pub(super) rev: i64,
    pub(super) body: String,
    pub(super) form_hash: String,
}
from_row!(FormRow { rev, body, form_hash });

pub(super) fn change_of(rev: i64, body: &str) -> Result<Change, StoreError> {
    let mut change: Change = serde_json::from_str(body)?;
    change.rev = rev;
    Ok(change)
}

/// A change, unless only a newer version can read it: that is no reason to stop beside a newer instance.
pub(in crate::server::adapters::store) fn readable(rev: i64, body: &str) -> Option<Change> {
    match change_of(rev, body) {
        Ok(change) => Some(change),
        Err(error) => {
            tracing::error!(%error, rev, "a change of a newer version is left to the instances that know it: {error}");
            None
        }
    }
}

pub(super) fn readable_of(rows: &[ChangeRow]) -> Vec<Change> {
    rows.iter().filter_map(|row| readable(row.rev, &row.body)).collect()
}
