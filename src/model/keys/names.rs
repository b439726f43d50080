//! Whether two names mean the same key, and the names that one key has.

use super::KeyArn;
use crate::model::stream::{
    StreamArn, StreamId,
    encryption::{KeyId, KeyIdForm},
};

/// Whether a key as AWS reports it is another key by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Comparison {
    Same,
    Other,
    /// At least one of them is an alias of which it is not known where it points.
    CannotTell,
}

/// A key by the name that somebody gave it, and the key that the name was seen to mean.
#[derive(Debug, Clone, Copy)]
pub struct Named<'a> {
    pub id: &'a KeyId,
    pub arn: Option<&'a KeyArn>,
}

/// Compares two keys of one stream. Names that are written the same are the same; otherwise the keys that they mean
/// decide, where both are known.
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

/// The forms in which AWS takes the key of a stream, as far as they follow from the name that AWS reports and from the
/// keys that it was seen to mean; without those that were tried.
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

/// The key that a name means: from the name itself where it is the ARN or the id of a key, else as it was seen.
fn meant(stream: &StreamArn, key: Named<'_>) -> Option<KeyArn> {
    named_by_itself(&stream.partition, &StreamId::from(stream), key.id).or_else(|| key.arn.cloned())
}

/// The key that a stream's KeyId names by itself: not an alias, but the ARN or the id of a key.
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
