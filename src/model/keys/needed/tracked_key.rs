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
    /// A key that this was seen to mean while it was in use; `None` where KMS never said.
    pub meant: Option<Meant>,
    pub retention_hours: i32,
    /// `None` while it is in use.
    pub until: Option<Timestamp>,
    /// Since when the stream's keys are known, where that does not cover its retention.
    pub known_since: Option<Timestamp>,
}

/// A key that streams use or still need, and what KMS said of it.
#[derive(Debug, Clone)]
pub struct TrackedKey {
    /// Its ARN; or account, Region and name, where KMS doesn't tell which key the name means.
    pub name: String,
    pub arn: Option<KeyArn>,
    pub look: Option<KeyLook>,
    /// When KMS said so, where it couldn't be asked again since.
    pub as_of: Option<Timestamp>,
    /// At least one.
    pub needs: Vec<StreamNeed>,
}

impl TrackedKey {
    /// When the last stream is done with it; `None` while one uses it.
    pub fn free_at(&self) -> Option<Timestamp> {
        let untils: Option<Vec<Timestamp>> = self.needs.iter().map(|need| need.until).collect();
        untils.and_then(|untils| untils.into_iter().max())
    }

    /// Whether it will not be there as long as records need it, as far as KMS said.
    pub fn is_in_danger(&self) -> bool {
        match &self.look {
            // AWS makes its own key at the first use.
            Some(KeyLook::Missing) => !self.needs.iter().any(|need| need.key.form() == Some(KeyIdForm::ServiceKey)),
            Some(KeyLook::Found(facts)) => facts.endangers_records(self.free_at()),
            Some(KeyLook::Unseen(_)) | None => false,
        }
    }
}
