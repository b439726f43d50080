//! A key with the streams that use or still need it.

use crate::model::{
    keys::{KeyArn, KeyLook, Meant},
    stream::{
        StreamId,
        encryption::{KeyId, KeyIdForm},
    },
    time::Timestamp,
};

/// A key that stored records of a stream need, or that new ones are encrypted with.
#[derive(Debug, Clone)]
pub struct StreamNeed {
    pub stream: StreamId,
    /// The target that reads it.
    pub target: String,
    /// As AWS reported it.
    pub key: KeyId,
    /// A key that this name has resolved to while in use; `None` if KMS never said.
    pub meant: Option<Meant>,
    pub retention_hours: i32,
    /// `None` while it is in use.
    pub until: Option<Timestamp>,
    /// Since when the stream's keys are known, if that doesn't cover its retention.
    pub known_since: Option<Timestamp>,
}

/// A key that streams use or still need, and KMS's answer about it.
#[derive(Debug, Clone)]
pub struct TrackedKey {
    /// Its ARN; or account, Region and name, if KMS doesn't say which key the name means.
    pub name: String,
    pub arn: Option<KeyArn>,
    pub look: Option<KeyLook>,
    /// When KMS answered, if it couldn't be asked again since.
    pub as_of: Option<Timestamp>,
    /// At least one.
    pub needs: Vec<StreamNeed>,
}

impl TrackedKey {
    /// Returns when the last stream no longer needs it; `None` while one uses it.
    pub fn free_at(&self) -> Option<Timestamp> {
        let untils: Option<Vec<Timestamp>> = self.needs.iter().map(|need| need.until).collect();
        untils.and_then(|untils| untils.into_iter().max())
    }

    /// Returns whether it won't be there as long as records need it, according to KMS.
    pub fn is_in_danger(&self) -> bool {
        match &self.look {
            // AWS creates its own key at first use.
            Some(KeyLook::Missing) => !self.needs.iter().any(|need| need.key.form() == Some(KeyIdForm::ServiceKey)),
            Some(KeyLook::Found(facts)) => facts.endangers_records(self.free_at()),
            Some(KeyLook::Unseen(_)) | None => false,
        }
    }
}
