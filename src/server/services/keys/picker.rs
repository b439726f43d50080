//! The keys of an account and Region for the enable form, searched and paged here. Each key is looked up only when
//! someone sees its page.

use std::sync::Arc;

use futures_util::future::join_all;

use super::{
    Keys, SHOWN_FOR_MS,
    all_keys::{AllKeys, Key, list},
    counts, within_bounds,
};
use crate::{
    model::{
        keys::{KeyChoice, KeyList, KeyListProblem, KeyLook, KeyProblem},
        stream::{StreamArn, encryption::KeyId},
    },
    server::adapters::{
        aws::{kms, targets::Target},
        clock,
    },
};

/// The number of keys per page.
const PER_PAGE: usize = 10;
/// The most names that the field itself suggests.
const MOST_NAMES: usize = 200;

impl Keys {
    /// Returns a page, counted from 1, of the keys that contain a text, including any problem. Takes 2 s at most.
    pub async fn picker(&self, target: &Target, stream: &StreamArn, search: &str, page: usize) -> KeyList {
        let whole = clock::timeout(kms::TIMEOUT, self.whole_picker(target, stream, search, page)).await;
        whole.unwrap_or_else(|_| KeyList {
            search: search.to_owned(),
            page: 1,
            pages: 1,
            problem: Some(KeyListProblem::NoAnswer),
            ..KeyList::default()
        })
    }

    async fn whole_picker(&self, target: &Target, stream: &StreamArn, search: &str, page: usize) -> KeyList {
        let all = self.all(target).await;
        let wanted = search.trim().to_lowercase();
        let found: Vec<&Key> = all.keys.iter().filter(|key| key.has(&wanted)).collect();
        let pages = found.len().div_ceil(PER_PAGE).max(1);
        let page = page.clamp(1, pages);
        let shown: Vec<Key> =
            found.iter().skip((page - 1) * PER_PAGE).take(PER_PAGE).map(|key| Key::clone(key)).collect();
        let choices = join_all(shown.into_iter().map(|key| self.choice(target, stream, key))).await;
        let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
        KeyList {
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
            choice.problem = Some(KeyProblem::NoForm);
            return choice;
        };
        let look = self.look(target, &id).await;
        choice.problem = match (&look, look.usable(&id, stream)) {
            (_, Err(why)) => Some(KeyProblem::Unusable(why)),
            (KeyLook::Unseen(why), Ok(())) => Some(KeyProblem::Unseen(why.clone())),
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
            None => AllKeys { problem: Some(KeyListProblem::NoKms), ..AllKeys::default() },
            Some(kms) => within_bounds(list(kms.as_ref())).await.unwrap_or_else(|failure| AllKeys {
                problem: Some(KeyListProblem::Failed { why: failure.why }),
                ..AllKeys::default()
            }),
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
