//! The keys that streams use or still need, as pages show them.

use std::{cmp::Reverse, collections::HashSet};

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use super::{
    capitalized, key_state,
    pages::{KeyAlarm, KeyCard, KeyPage, KeyUseRow},
};
use crate::model::{
    keys::{
        KeyArn, KeyListProblem, KeyLook, KeyProblem, Unseen,
        needed::{StreamNeed, TrackedKey},
    },
    stream::StreamId,
};

/// Returns the cards of keys: keys in danger first, then keys in use, then the rest, those needed longest first;
/// otherwise by name, keys without one last.
pub fn cards(keys: &[TrackedKey]) -> Vec<KeyCard> {
    let mut cards: Vec<KeyCard> = keys.iter().map(card).collect();
    let name = |card: &KeyCard| (card.names.is_empty(), card.names.clone(), card.title.clone());
    let order = |card: &KeyCard| (!card.is_bad, card.free_at.is_some(), Reverse(card.free_at), name(card));
    cards.sort_by_key(order);
    cards
}

/// Returns the page of a key.
pub fn page(key: TrackedKey) -> KeyPage {
    let card = card(&key);
    let row = |need: StreamNeed| KeyUseRow {
        stream: need.stream,
        key: need.key,
        meant_since: need.meant.and_then(|meant| meant.seen_from),
        retention_hours: need.retention_hours,
        until: need.until,
        known_since: need.known_since,
    };
    let mut uses: Vec<KeyUseRow> = key.needs.into_iter().map(row).collect();
    uses.sort_by(|one, other| (one.until.is_some(), &one.stream).cmp(&(other.until.is_some(), &other.stream)));
    KeyPage { card, uses }
}

/// Returns the warning about a key in danger, for every page.
pub fn alarm(key: &TrackedKey) -> Option<KeyAlarm> {
    trouble(key).map(|trouble| KeyAlarm { text: format!("{} {trouble}", title(key)), href: path(key) })
}

/// Says why a key can't be seen.
pub fn unseen(why: &Unseen) -> &str {
    match why {
        Unseen::NoKms => "this target has no KMS",
        Unseen::OfOtherAccount => "it's in another account that doesn't share it",
        Unseen::Failed { why } => why,
    }
}

/// Says why Kinesis can't use a key, or why the key's state couldn't be read.
pub fn problem(problem: &KeyProblem) -> String {
    match problem {
        KeyProblem::NoForm => "its name isn't in a form that AWS accepts".to_owned(),
        KeyProblem::Unusable(why) => key_state::unusable(why),
        KeyProblem::Unseen(why) => format!("its state couldn't be read: {}", unseen(why)),
    }
}

/// Says why a list of keys is empty or incomplete.
pub fn list_problem(problem: &KeyListProblem) -> String {
    match problem {
        KeyListProblem::NoKms => "this target has no KMS".to_owned(),
        KeyListProblem::NoAnswer => "KMS didn't answer within 2 s".to_owned(),
        KeyListProblem::Failed { why } => why.clone(),
        KeyListProblem::NoKeys { why } => format!("keys without an alias are missing: {why}"),
    }
}

/// Returns the path of a key's page.
fn path(key: &TrackedKey) -> String {
    format!("/keys/{}", utf8_percent_encode(&key.name, NON_ALPHANUMERIC))
}

fn title(key: &TrackedKey) -> String {
    key.arn.as_ref().map_or_else(|| key.name.clone(), KeyArn::short)
}

/// Says what is wrong with a key while it is needed, if anything is.
fn trouble(key: &TrackedKey) -> Option<String> {
    if !key.is_in_danger() {
        return None;
    }
    let state = match &key.look {
        Some(KeyLook::Missing) => "is gone: KMS doesn't find it".to_owned(),
        Some(KeyLook::Found(facts)) => key_state::trouble(facts, key.free_at())?,
        Some(KeyLook::Unseen(_)) | None => return None,
    };
    let streams: HashSet<&StreamId> = key.needs.iter().map(|need| &need.stream).collect();
    let needed = match (key.free_at(), streams.len()) {
        (None, 1) => "1 stream uses or still needs it".to_owned(),
        (None, count) => format!("{count} streams use or still need it"),
        (Some(until), 1) => format!("1 stream needs it until {}", until.day_and_minute()),
        (Some(until), count) => format!("{count} streams need it until {}", until.day_and_minute()),
    };
    let as_of = key.as_of.map_or_else(String::new, |at| format!(" (as of {})", at.day_and_minute()));
    Some(format!("{state}{as_of}, and {needed}."))
}

/// Says what KMS reports about a key.
fn state(key: &TrackedKey) -> String {
    match (&key.look, key.as_of) {
        (None, _) => "not checked yet".to_owned(),
        (Some(KeyLook::Found(facts)), None) => key_state::label(facts),
        (Some(KeyLook::Found(facts)), Some(at)) => {
            format!("{} as of {}; KMS couldn't be asked since", key_state::label(facts), at.day_and_minute())
        }
        (Some(KeyLook::Missing), _) => "KMS doesn't find it".to_owned(),
        (Some(KeyLook::Unseen(why)), _) => format!("not known: {}", unseen(why)),
    }
}

fn card(key: &TrackedKey) -> KeyCard {
    let arn = key.arn.as_ref().map(ToString::to_string);
    let mut names: Vec<String> = key.needs.iter().map(|need| need.key.to_string()).collect();
    names.retain(|name| arn.as_ref() != Some(name));
    names.sort_unstable();
    names.dedup();
    let streams = |is_in_use: bool| {
        let needs = key.needs.iter().filter(|need| need.until.is_none() == is_in_use);
        let streams: HashSet<&StreamId> = needs.map(|need| &need.stream).collect();
        u32::try_from(streams.len()).unwrap_or(u32::MAX)
    };
    let first = &key.needs[0].stream;
    KeyCard {
        title: title(key),
        arn,
        path: path(key),
        names,
        account: key.arn.as_ref().map_or_else(|| first.account.clone(), |arn| arn.account.clone()),
        region: first.region.clone(),
        state: capitalized(&state(key)),
        trouble: trouble(key),
        is_bad: key.is_in_danger(),
        using: streams(true),
        needing: streams(false),
        free_at: key.free_at(),
        is_history_short: key.needs.iter().any(|need| need.known_since.is_some()),
    }
}
