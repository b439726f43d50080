//! Every key of an account and Region, as KMS lists them.

use std::collections::BTreeMap;

use crate::{
    model::keys::KeyListProblem,
    server::adapters::aws::{
        ReadFailure,
        kms::{Alias, Kms},
    },
};

/// The most pages of aliases and of keys to request: users with more type the name.
const MOST_PAGES: usize = 50;
/// AWS's own key for Kinesis, which exists only from its first use on.
const SERVICE_KEY: &str = "alias/aws/kinesis";

/// Every key of an account and Region with its aliases, as far as KMS listed them.
#[derive(Debug, Default)]
pub struct AllKeys {
    /// AWS's own key for Kinesis first, then keys with aliases, then the others, each by name.
    pub keys: Vec<Key>,
    pub problem: Option<KeyListProblem>,
}

/// A key and its aliases.
#[derive(Debug, Clone)]
pub struct Key {
    pub id: String,
    pub aliases: Vec<String>,
}

impl Key {
    /// Returns the value that a form fills in: the first alias, else the id.
    pub fn name(&self) -> &str {
        self.aliases.first().unwrap_or(&self.id)
    }

    /// Returns whether its id or one of its aliases contains a lower-case text.
    pub fn has(&self, wanted: &str) -> bool {
        self.id.contains(wanted) || self.aliases.iter().any(|alias| alias.to_lowercase().contains(wanted))
    }
}

/// Lists keys and their aliases by name: AWS's own key for Kinesis first, without keys that AWS manages for other
/// services.
pub async fn list(kms: &dyn Kms) -> Result<AllKeys, ReadFailure> {
    let (aliases, keys) = tokio::join!(every_alias(kms), every_key(kms));
    let (aliases, no_keys) = (aliases?, keys.as_ref().err().map(|failure| failure.why.clone()));
    Ok(AllKeys {
        keys: merged(aliases, keys.unwrap_or_default()),
        problem: no_keys.map(|why| KeyListProblem::NoKeys { why }),
    })
}

async fn every_alias(kms: &dyn Kms) -> Result<Vec<Alias>, ReadFailure> {
    let (mut items, mut marker) = (Vec::new(), None::<String>);
    for _ in 0..MOST_PAGES {
        let page = kms.list_aliases(marker.as_deref()).await?;
        items.extend(page.items);
        marker = page.next;
        if marker.is_none() {
            break;
        }
    }
    Ok(items)
}

async fn every_key(kms: &dyn Kms) -> Result<Vec<String>, ReadFailure> {
    let (mut items, mut marker) = (Vec::new(), None::<String>);
    for _ in 0..MOST_PAGES {
        let page = kms.list_keys(marker.as_deref()).await?;
        items.extend(page.items);
        marker = page.next;
        if marker.is_none() {
            break;
        }
    }
    Ok(items)
}

fn merged(aliases: Vec<Alias>, ids: Vec<String>) -> Vec<Key> {
    let mut by_id: BTreeMap<String, Vec<String>> = ids.into_iter().map(|id| (id, Vec::new())).collect();
    let mut service_id = String::new();
    for Alias { name, key } in aliases {
        if name == SERVICE_KEY {
            service_id.clone_from(&key);
        }
        by_id.entry(key).or_default().push(name);
    }
    by_id.remove(&service_id);
    let mut keys: Vec<Key> = by_id
        .into_iter()
        .filter(|(_, aliases)| !aliases.iter().any(|alias| alias.starts_with("alias/aws/")))
        .map(|(id, mut aliases)| {
            aliases.sort_unstable();
            Key { id, aliases }
        })
        .collect();
    // Named keys first: an id means nothing to users.
    keys.sort_by(|one, other| (one.aliases.is_empty(), one.name()).cmp(&(other.aliases.is_empty(), other.name())));
    keys.insert(0, Key { id: service_id, aliases: vec![SERVICE_KEY.to_owned()] });
    keys
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_go_by_name_with_kinesis_own_first_and_those_of_other_services_left_out() {
        let alias = |name: &str, key: &str| Alias { name: name.to_owned(), key: key.to_owned() };
        let aliases = vec![
            alias("alias/zebra", "k1"),
            alias("alias/aws/s3", "k2"),
            alias("alias/orders", "k3"),
            alias("alias/orders-old", "k3"),
            alias("alias/aws/kinesis", "k4"),
        ];
        let ids = ["k5", "k4", "k3", "k2", "k1"].map(str::to_owned).to_vec();
        let keys = merged(aliases, ids);
        let names: Vec<(&str, &str)> = keys.iter().map(|key| (key.name(), key.id.as_str())).collect();
        assert_eq!(names, [("alias/aws/kinesis", "k4"), ("alias/orders", "k3"), ("alias/zebra", "k1"), ("k5", "k5")]);
        assert_eq!(merged(Vec::new(), Vec::new()).len(), 1, "AWS makes its key at the first use");
    }
}
