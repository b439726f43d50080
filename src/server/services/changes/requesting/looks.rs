//! What KMS says of the keys of a change, beside the read just before sending.

use super::confirmed_form::ConfirmedForm;
use crate::{
    model::{
        change::Action,
        keys::{KeyLook, Meant},
        stream::{StreamId, StreamReport, encryption::EncryptionReport},
    },
    server::{
        adapters::aws::{ReadFailure, targets::Target},
        services::{inventory::Inventory, keys::Keys},
    },
};

/// The read just before sending.
pub type Read = Result<StreamReport, ReadFailure>;

/// What KMS says of the keys that a change is about.
#[derive(Debug)]
pub struct Looks {
    /// The key that the stream had when the form was shown.
    pub present: Option<KeyLook>,
    /// The key that is to be sent.
    pub sent: Option<KeyLook>,
    /// Every key that the key in use was seen to mean.
    pub meant: Vec<Meant>,
}

impl Looks {
    /// Looks at the key in use and at the one that is to be sent, at most 2 s. Only an enable can be refused by it.
    pub async fn take(keys: &Keys, target: &Target, form: &ConfirmedForm) -> Self {
        let present = async {
            match &form.shown.encryption {
                EncryptionReport::Encrypted(Some(key)) => Some(keys.look(target, key).await),
                _ => None,
            }
        };
        let sent = async {
            match form.action {
                Action::Disable if !form.is_other_form => None,
                // Now, not as it was when the form was shown.
                _ => Some(keys.look_now(target, &form.key).await),
            }
        };
        let (present, sent) = tokio::join!(present, sent);
        Self { present, sent, meant: Vec::new() }
    }

    /// Keeps what KMS said of the key in use, and adds which key that is, as far as is known.
    pub fn with_keys_in_use(
        self,
        inventory: &Inventory,
        target: &Target,
        form: &ConfirmedForm,
        read: Read,
    ) -> (Self, Read) {
        if let (EncryptionReport::Encrypted(Some(present)), Some(arn)) =
            (&form.shown.encryption, self.present.as_ref().and_then(KeyLook::arn))
        {
            // Stored records need the key that the name means now, wherever an alias points later.
            inventory.record_key_arn(target, present, arn);
        }
        let looks = Self { meant: inventory.keys_in_use(&StreamId::from(&form.shown.arn)), ..self };
        let present = match looks.meant.as_slice() {
            [] => looks.present.as_ref().and_then(KeyLook::arn),
            [only] => Some(&only.arn),
            // Its alias was re-pointed: which key Kinesis uses can't be known.
            [_, _, ..] => None,
        };
        let read = read.map(|report| StreamReport { key_arn: present.cloned().map(Box::new), ..report });
        (looks, read)
    }
}
