//! A parsed confirmation form.

use sha2::{Digest, Sha256};

use crate::model::{
    change::{
        Action, ChangeForm,
        arming::Wait,
        confirmation::{Reason, confirm_name},
        preconditions::Shown,
    },
    forms::FormMistake,
    stream::{
        StreamArn, StreamId,
        encryption::{EncryptionReport, InvalidKeyId, KeyId},
    },
    time::Timestamp,
};

/// What a user confirmed.
pub struct ConfirmedForm {
    pub action: Action,
    pub shown: Shown,
    /// The KeyId to send: the one shown for a disable, the one chosen for an enable.
    pub key: KeyId,
    /// Whether a disable uses another KeyId than the one shown.
    pub is_other_form: bool,
    pub reason: Reason,
    pub quota_reason: Option<Reason>,
    pub wait: Option<Wait>,
    wait_minutes: String,
}

impl ConfirmedForm {
    /// Parses a form. Hidden fields are as untrusted as any.
    ///
    /// # Errors
    /// Returns the first mistake in it.
    pub fn parse(action: Action, form: &ChangeForm, stream: &StreamId) -> Result<Self, FormMistake> {
        confirm_name(&form.typed_name, &stream.name)?;
        let reason = Reason::parse(&form.reason)?;
        let wait = Wait::parse(&form.wait_minutes)?;
        let quota_reason = match form.quota_reason.trim() {
            "" => None,
            text => Some(Reason::parse(text)?),
        };
        let (shown, shown_key) = parse_shown(action, form, stream).ok_or(FormMistake::FormIncomplete)?;
        let key = match (action, shown_key) {
            (Action::Disable, Some(shown)) if form.key.trim().is_empty() || form.key.trim() == shown.as_str() => shown,
            _ => form.key.parse().map_err(|InvalidKeyId| FormMistake::KeyInvalid)?,
        };
        let is_other_form =
            action == Action::Disable && shown.encryption != EncryptionReport::Encrypted(Some(key.clone()));
        let wait_minutes = form.wait_minutes.trim().to_owned();
        Ok(Self { action, shown, key, is_other_form, reason, quota_reason, wait, wait_minutes })
    }

    /// Returns a hash of everything that makes two forms the same: the values shown, and what was entered.
    pub fn hash(&self) -> String {
        let shown_key = match &self.shown.encryption {
            EncryptionReport::Encrypted(Some(key)) => key.as_str(),
            _ => self.shown.encryption.type_word(),
        };
        let fields = [
            self.action.slug(),
            &self.shown.arn.to_string(),
            &self.shown.created.as_millis().to_string(),
            shown_key,
            self.key.as_str(),
            self.reason.as_str(),
            self.quota_reason.as_ref().map_or("", Reason::as_str),
            &self.wait_minutes,
        ];
        let mut hasher = Sha256::new();
        for field in fields {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        hex::encode(hasher.finalize())
    }
}

/// Returns the values that the form showed, and the KeyId among them; `None` if a hidden field was tampered with.
fn parse_shown(action: Action, form: &ChangeForm, stream: &StreamId) -> Option<(Shown, Option<KeyId>)> {
    let is_request_id =
        (16..=64).contains(&form.request_id.len()) && form.request_id.bytes().all(|b| b.is_ascii_alphanumeric());
    let arn: StreamArn = form.shown_arn.parse().ok()?;
    let created = Timestamp::from_millis(form.shown_created.parse().ok()?);
    let key = match form.shown_key.as_str() {
        "" => None,
        text => Some(KeyId::as_reported(text).ok()?),
    };
    let encryption = match (action, form.shown_type.as_str()) {
        (Action::Disable, _) | (_, "KMS") => EncryptionReport::Encrypted(key.clone()),
        (Action::Enable, "NONE") => EncryptionReport::NotEncrypted,
        _ => return None,
    };
    (is_request_id && StreamId::from(&arn) == *stream).then_some((Shown { arn, created, encryption }, key))
}
