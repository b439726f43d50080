//! The keys of an account and Region for the enable form, searched and paged here. Each key is looked up only when
//! someone sees its page.

use std::{collections::BTreeMap, sync::Arc};

use futures_util::future::join_all;

use super::{Keys, SHOWN_FOR_MS, counts, within_bounds};
use crate::{
    model::{
        keys::{KeyChoice, KeyLook},
        stream::{StreamArn, encryption::KeyId},
    },
    server::adapters::{
        aws::{
            ReadFailure,
            kms::{self, Alias, Kms},
            targets::Target,
        },
        clock,
    },
    view::pages::KeyPicker,
};

/// The number of keys per page.
const PER_PAGE: usize = 10;
/// The most names that the field itself suggests.
const MOST_NAMES: usize = 200;
/// The most pages of aliases and keys to list. With more than that, people type the name.
const MOST_PAGES: usize = 50;
/// AWS's own key for Kinesis, which exists from its first use on.
const SERVICE_KEY: &str = "alias/aws/kinesis";

/// Every key of an account and Region with its aliases, as far as KMS listed them.
#[derive(Debug, Default)]
pub struct AllKeys {
    /// Sorted by the value that a form fills in.
    keys: Vec<Key>,
    problem: Option<String>,
}

#[derive(Debug, Clone)]
struct Key {
    id: String,
    aliases: Vec<String>,
}

impl Key {
    /// The value that a form fills in: the first alias, else the id.
    fn name(&self) -> &str {
        self.aliases.first().unwrap_or(&self.id)
    }

    fn has(&self, wanted: &str) -> bool {
        self.id.contains(wanted) || self.aliases.iter().any(|alias| alias.to_lowercase().contains(wanted))
    }
}

impl Keys {
    /// A page, from 1, of the keys that contain a text. Includes any problem. Takes at most 2 s.
    pub async fn picker(&self, target: &Target, stream: &StreamArn, search: &str, page: usize) -> KeyPicker {
        let whole = clock::timeout(kms::TIMEOUT, self.whole_picker(target, stream, search, page)).await;
        whole.unwrap_or_else(|_| KeyPicker {
            search: search.to_owned(),
            page: 1,
            pages: 1,
            problem: Some("KMS did not answer within 2 s".to_owned()),
            ..KeyPicker::default()
        })
    }

    async fn whole_picker(&self, target: &Target, stream: &StreamArn, search: &str, page: usize) -> KeyPicker {
        let all = self.all(target).await;
        let wanted = search.trim().to_lowercase();
        let found: Vec<&Key> = all.keys.iter().filter(|key| key.has(&wanted)).collect();
        let pages = found.len().div_ceil(PER_PAGE).max(1);
        let page = page.clamp(1, pages);
        let shown: Vec<Key> =
            found.iter().skip((page - 1) * PER_PAGE).take(PER_PAGE).map(|key| Key::clone(key)).collect();
        let choices = join_all(shown.into_iter().map(|key| self.choice(target, stream, key))).await;
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        KeyPicker {
            search: search.to_owned(),
            page: number(page),
            pages: number(pages),
            found: number(found.len()),
            names: all.keys.iter().take(MOST_NAMES).map(|key| key.name().to_owned()).collect(),
            choices,
            problem: all.problem.clone(),
        }
    }

    async fn choice(&self, target: &Target, stream: &StreamArn, key: Key) -> KeyChoice {
        let fill_in = key.name().to_owned();
        let mut choice = KeyChoice {
            fill_in,
            aliases: key.aliases.clone(),
            id: key.id.clone(),
            facts: None,
            is_rotated: None,
            problem: None,
        };
        let Ok(id) = choice.fill_in.parse::<KeyId>() else {
            choice.problem = Some("its name is in none of the forms that AWS takes".to_owned());
            return choice;
        };
        let look = self.look(target, &id).await;
        choice.problem = match (&look, look.usable(&id, stream)) {
            (_, Err(why)) => Some(why.to_string()),
            (KeyLook::Unseen { why }, Ok(())) => Some(format!("its state could not be read: {why}")),
            _ => None,
        };
        if let KeyLook::Found(facts) = look {
            choice.is_rotated = self.is_rotated(target, &facts.arn).await;
            choice.facts = Some(facts);
        }
        choice
    }

    async fn all(&self, target: &Target) -> Arc<AllKeys> {
        let now = self.clock.now();
        if let Some((at, known)) = self.lists.get(&target.id).await
            && counts(at, now)
        {
            return known;
        }
        let all = Arc::new(match &target.kms {
            None => AllKeys { problem: Some("there is no KMS to ask".to_owned()), ..AllKeys::default() },
            Some(kms) => within_bounds(list(kms.as_ref()))
                .await
                .unwrap_or_else(|failure| AllKeys { problem: Some(failure.why), ..AllKeys::default() }),
        });
        // After a problem, ask again.
        if all.problem.is_none() {
            self.lists.insert(target.id.clone(), (now, all.clone())).await;
        }
        all
    }
}

// The form must not use an answer older than a minute.
const _: () = assert!(SHOWN_FOR_MS <= 60_000);

/// Lists aliases and keys by name: AWS's own key for Kinesis first, and no keys that AWS manages for other services.
async fn list(kms: &dyn Kms) -> Result<AllKeys, ReadFailure> {
    let (aliases, keys) = tokio::join!(every_alias(kms), every_key(kms));
    let (aliases, no_keys) = (aliases?, keys.as_ref().err().map(|failure| failure.why.clone()));
    Ok(AllKeys {
        keys: merged(aliases, keys.unwrap_or_default()),
        problem: no_keys.map(|why| format!("keys without an alias are missing: {why}")),
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
    // Named keys first: people don't recognize ids.
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
