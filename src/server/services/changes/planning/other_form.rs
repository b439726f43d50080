//! Another form of the key, for a disable whose reported key AWS doesn't accept.
//!
//! It is offered only then, so that a stream is never left without a way to disable encryption.

use std::sync::Arc;

use crate::{
    model::{
        change::{
            Action, Change, End, Ending,
            plan::{OtherForm, OtherFormReason},
        },
        keys::{self, KeyArn},
        stream::{
            StreamId, StreamReport,
            encryption::{EncryptionReport, KeyId},
            is_same_creation,
        },
    },
    server::{
        adapters::store::{Store, StoreError},
        services::inventory::Inventory,
    },
};

/// Decides when another form of a key is needed, and lists the forms.
#[derive(Debug)]
pub struct OtherForms {
    store: Store,
    inventory: Arc<Inventory>,
}

impl OtherForms {
    pub const fn new(store: Store, inventory: Arc<Inventory>) -> Self {
        Self { store, inventory }
    }

    /// Returns why a disable of the stream may be sent with another form of its key; `None` if it may not.
    ///
    /// # Errors
    /// If the journal cannot be read.
    pub async fn why(&self, report: &StreamReport) -> Result<Option<OtherFormReason>, StoreError> {
        let reported = match &report.encryption {
            EncryptionReport::Encrypted(Some(key)) => key,
            EncryptionReport::Encrypted(None) => return Ok(Some(OtherFormReason::Unnamed)),
            _ => return Ok(None),
        };
        let changes = self.store.changes_of_stream(&StreamId::from(&report.arn)).await?;
        // A refusal by Keystream itself says nothing about AWS.
        let reached_aws = |change: &Change| match &change.end {
            Some(Ending { how: End::Rejected(refusal), .. }) => refusal.is_by_aws(),
            _ => change.evidence.sent_at.is_some(),
        };
        let of_stream = changes
            .into_iter()
            .filter(|change| is_same_creation(change.intent.stream_created, report.created))
            .filter(reached_aws);
        let is_refused =
            |change: &Change| change.intent.action == Action::Disable && change.refused_for_its_key().is_some();
        let refused: Vec<Change> = of_stream.take_while(is_refused).collect();
        let is_offered = refused.iter().any(|change| change.intent.key.as_ref() == Some(reported));
        Ok(is_offered.then_some(OtherFormReason::Refused(refused)))
    }

    /// Returns what the confirmation then asks for; `typed` is what was entered before.
    pub fn form(&self, why: OtherFormReason, report: &StreamReport, typed: &str) -> OtherForm {
        let tried: Vec<KeyId> = match &why {
            OtherFormReason::Unnamed => Vec::new(),
            OtherFormReason::Refused(changes) => {
                changes.iter().filter_map(|change| change.intent.key.clone()).collect()
            }
        };
        let mut seen: Vec<KeyArn> =
            self.inventory.keys_in_use(&StreamId::from(&report.arn)).into_iter().map(|meant| meant.arn).collect();
        if let (true, Some(arn)) = (seen.is_empty(), report.key_arn.as_deref()) {
            seen.push(arn.clone());
        }
        let forms = keys::other_forms(&report.arn, report.key(), &seen, &tried);
        let key = match forms.first() {
            Some(first) if typed.is_empty() => first.to_string(),
            _ => typed.to_owned(),
        };
        OtherForm { why, key, forms }
    }
}
