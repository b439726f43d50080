//! KMS's answers about the keys of a change, obtained alongside the read just before sending.

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

/// KMS's answers about the keys of a change.
#[derive(Debug)]
pub struct Looks {
    /// The key that the stream had when the form was shown.
    pub present: Option<KeyLook>,
    /// The key to send.
    pub sent: Option<KeyLook>,
    /// Every key that the current KeyId has resolved to.
    pub meant: Vec<Meant>,
}

impl Looks {
    /// Looks up the current key and the key to send, within 2 s. Only an enable can be refused by the result.
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
                // Its current state, not the one when the form was shown.
                _ => Some(keys.look_now(target, &form.key).await),
            }
        };
        let (present, sent) = tokio::join!(present, sent);
        Self { present, sent, meant: Vec::new() }
    }

    /// Stores KMS's answer about the current key, and adds the keys it resolved to, as far as known.
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
            // Stored records need the key that the name resolves to now, wherever the alias points later.
            inventory.record_key_arn(target, present, arn);
        }
        let looks = Self { meant: inventory.keys_in_use(&StreamId::from(&form.shown.arn)), ..self };
        let present = match looks.meant.as_slice() {
            [] => looks.present.as_ref().and_then(KeyLook::arn),
            [only] => Some(&only.arn),
            // The alias was re-pointed, so nobody can know which key Kinesis uses.
            [_, _, ..] => None,
        };
        let read = read.map(|report| StreamReport { key_arn: present.cloned().map(Box::new), ..report });
        (looks, read)
    }
}
