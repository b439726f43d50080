//! Another form of the key, for a disable whose reported key AWS doesn't accept.
//!
//! It is offered then and only then, so that a stream is never left without a way to disable encryption.

use crate::{
    model::{
        change::{Action, Change, End, Ending},
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
    view::pages::OtherForm,
};
use std::sync::Arc;

/// Why another form is needed.
#[derive(Debug)]
pub enum Why {
    /// AWS reports the stream as encrypted, but names no key.
    Unnamed,
    /// AWS refused the key as reported, and possibly other forms after that; the newest first.
    Refused(Vec<Change>),
}

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

    /// Why a disable of the stream may be sent with another form of its key, if it may.
    ///
    /// # Errors
    /// When the journal can't be read.
    pub async fn why(&self, report: &StreamReport) -> Result<Option<Why>, StoreError> {
        let reported = match &report.encryption {
            EncryptionReport::Encrypted(Some(key)) => key,
            EncryptionReport::Encrypted(None) => return Ok(Some(Why::Unnamed)),
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
        Ok(is_offered.then_some(Why::Refused(refused)))
    }

    /// The confirmation's field for the form; `typed` is its previous value.
    pub fn form(&self, why: &Why, report: &StreamReport, typed: &str) -> OtherForm {
        let tried: Vec<KeyId> = match why {
            Why::Unnamed => Vec::new(),
            Why::Refused(changes) => changes.iter().filter_map(|change| change.intent.key.clone()).collect(),
        };
        let mut seen: Vec<KeyArn> =
            self.inventory.keys_in_use(&StreamId::from(&report.arn)).into_iter().map(|meant| meant.arn).collect();
        if let (true, Some(arn)) = (seen.is_empty(), report.key_arn.as_deref()) {
            seen.push(arn.clone());
        }
        let forms = keys::other_forms(&report.arn, report.key(), &seen, &tried);
        let forms: Vec<String> = forms.iter().map(ToString::to_string).collect();
        let key = if typed.is_empty() { forms.first().cloned().unwrap_or_default() } else { typed.to_owned() };
        OtherForm { why: why.words(), key, forms }
    }
}

impl Why {
    fn words(&self) -> String {
        let refused = |change: &Change| {
            let key = change.intent.key.as_ref().map_or("the key", |key| key.as_str());
            let aws = change.refused_for_its_key();
            aws.map_or_else(|| key.to_owned(), |aws| format!("{key} ({}, {})", aws.code, aws.at.date_and_clock()))
        };
        match self {
            Self::Unnamed => {
                "AWS reports the stream as encrypted and names no key, and the call needs one. Fill in the key."
                    .to_owned()
            }
            Self::Refused(changes) => format!(
                "AWS did not take {}. Fill in another form of the same key.",
                changes.iter().map(refused).collect::<Vec<_>>().join(", nor ")
            ),
        }
    }
}
