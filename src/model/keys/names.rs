//! Comparing the names of keys, and the other names of a key.

use super::KeyArn;
use crate::model::stream::{
    StreamArn, StreamId,
    encryption::{KeyId, KeyIdForm},
};

/// Whether two names mean the same key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Same,
    Other,
    /// At least one is an alias, and it isn't known where it points.
    CannotTell,
}

/// A key's name, and the key that the name resolved to.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    pub id: &'a KeyId,
    pub arn: Option<&'a KeyArn>,
}

/// Compares two keys of one stream. Equal names are the same key; otherwise the keys they resolve to decide, if both
/// are known.
pub fn compare(stream: &StreamArn, one: Named<'_>, other: Named<'_>) -> Comparison {
    if one.id == other.id {
        return Comparison::Same;
    }
    match (meant(stream, one), meant(stream, other)) {
        (Some(one), Some(other)) if one == other => Comparison::Same,
        (Some(_), Some(_)) => Comparison::Other,
        _ => Comparison::CannotTell,
    }
}

/// Returns the other forms in which AWS accepts a stream's key, derived from the reported name and the keys it resolved
/// to; without those already tried.
pub fn other_forms(stream: &StreamArn, reported: Option<&KeyId>, seen: &[KeyArn], tried: &[KeyId]) -> Vec<KeyId> {
    let StreamArn { partition, region, account, .. } = stream;
    let own = format!("arn:{partition}:kms:{region}:{account}:");
    let by_itself = reported.and_then(|id| named_by_itself(partition, &StreamId::from(stream), id));
    let keys: Vec<&KeyArn> = by_itself.as_ref().map_or_else(|| seen.iter().collect(), |key| vec![key]);
    let alias = reported.and_then(|id| match id.form() {
        Some(KeyIdForm::AliasName | KeyIdForm::ServiceKey) => Some(format!("{own}{id}")),
        Some(KeyIdForm::AliasArn) => id.as_str().strip_prefix(&own).map(ToOwned::to_owned),
        _ => None,
    });
    let arns = keys.iter().map(ToString::to_string);
    let ids = keys.iter().filter(|key| key.account == *account && key.region == *region).map(|key| key.id.clone());
    let mut forms: Vec<KeyId> = arns.chain(alias).chain(ids).filter_map(|text| text.parse().ok()).collect();
    forms.retain(|form| Some(form) != reported && !tried.contains(form));
    forms
}

/// Returns the key that a name means: from the name itself if it is a key's ARN or id, else as it was resolved.
fn meant(stream: &StreamArn, key: Named<'_>) -> Option<KeyArn> {
    named_by_itself(&stream.partition, &StreamId::from(stream), key.id).or_else(|| key.arn.cloned())
}

/// Returns the key that a stream's KeyId names directly, as a key's ARN or id; `None` for an alias.
pub fn named_by_itself(partition: &str, stream: &StreamId, id: &KeyId) -> Option<KeyArn> {
    match id.form() {
        Some(KeyIdForm::KeyArn) => id.as_str().parse().ok(),
        Some(KeyIdForm::Guid) => Some(KeyArn {
            partition: partition.to_owned(),
            region: stream.region.clone(),
            account: stream.account.clone(),
            id: id.as_str().to_owned(),
        }),
        _ => None,
    }
}
