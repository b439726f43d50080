//! Compares what pages say about the present with AWS's last reports: the list, a stream's page, and the keys still
//! needed.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    log::{Call, Described, Evidence, Read, STREAM},
    oracle::Finding,
    pages::{PresentSaid, dates, greatest_age, short},
};
use crate::model::time::{HOUR_MS, MINUTE_MS, Timestamp};

/// How much too small an age may be: the two clocks, at their pace, under load.
const AGE_SLACK: i64 = 15_000;
/// A read this shortly before a page's request may not be on the page yet.
const UNREAD_MS: i64 = 400;
/// How much later than the first read KMS may resolve a name.
const EXPLAINED_MS: i64 = 10_000;

/// The row of a list or the facts of a stream's page.
pub fn check_present(said: &PresentSaid, evidence: &Evidence) -> Vec<Finding> {
    let mut found = Vec::new();
    found.extend(check_encryption(said, evidence));
    found.extend(check_status(said, evidence));
    found.extend(check_age(said, evidence));
    let recent = evidence.recent(|call| call.described.as_ref().filter(|_| call.is_told));
    if let Some(key) = said.key.as_deref().filter(|key| key.starts_with("alias/") || key.contains(":key/")) {
        let is_said = recent.iter().any(|read| read.key.as_deref().is_some_and(|reported| key.contains(reported)));
        if !is_said {
            found.push(Finding::new("row", format!("the key is said to be {key}, AWS said {recent:?}")));
        }
    }
    if let Some(hours) = said.retention.as_deref().and_then(|words| words.split(' ').next()?.parse::<i64>().ok())
        && !recent.iter().any(|read| read.retention_hours == Some(hours))
    {
        found.push(Finding::new("row", format!("retention is said to be {hours} h, AWS said {recent:?}")));
    }
    found
}

fn check_encryption(said: &PresentSaid, evidence: &Evidence) -> Option<Finding> {
    // If AWS no longer finds the stream, the last known state stays, with its age.
    let recent = evidence.recent(|call| call.described.as_ref().filter(|_| call.is_told));
    let said_by_aws = |state: &str| recent.iter().any(|read| read.encryption.as_deref() == Some(state));
    let all: Vec<&Described> = evidence.reads().map(|read| read.said).collect();
    // Re-created under its name: earlier reads are dropped.
    let is_new = || all.first().is_some_and(|first| all.iter().any(|read| !read.is_same_stream(first)));
    let is_true = match said.encryption.as_str() {
        words if words.starts_with("Encrypted") => said_by_aws("KMS"),
        words if words.starts_with("Not encrypted") => said_by_aws("NONE"),
        words if words.starts_with("Unknown") => {
            all.is_empty()
                || recent.iter().any(|read| read.encryption.is_none())
                || is_new()
                || evidence.calls.iter().any(is_listing_without)
        }
        other => return Some(Finding::new("row", format!("an encryption that says \u{201c}{other}\u{201d}"))),
    };
    (!is_true)
        .then(|| Finding::new("row", format!("\u{201c}{}\u{201d} is said, and AWS said {recent:?}", said.encryption)))
}

fn is_listing_without(call: &Call) -> bool {
    call.operation == "ListStreams" && call.is_told && !call.listed.iter().any(|(name, _)| name == STREAM)
}

fn check_status(said: &PresentSaid, evidence: &Evidence) -> Option<Finding> {
    let mut statuses = evidence.recent(|call| call.described.as_ref().map(|described| described.status.clone()));
    statuses.extend(
        evidence.recent(|call| call.listed.iter().find(|(name, _)| name == STREAM).map(|(_, status)| status.clone())),
    );
    let word = said.status.split(' ').next().unwrap_or_default();
    let is_true = ["Unknown", "Not", "Outcome"].contains(&word) || statuses.iter().any(|said| said == word);
    (!is_true).then(|| {
        Finding::new("row", format!("the status is said to be \u{201c}{}\u{201d}, AWS said {statuses:?}", said.status))
    })
}

/// Nothing may claim to be fresher than AWS's newest report.
fn check_age(said: &PresentSaid, evidence: &Evidence) -> Option<Finding> {
    let (claimed, newest) = (greatest_age(&said.encryption)?, evidence.reads().next_back()?);
    let actual = evidence.asked_at - newest.at;
    (claimed + AGE_SLACK < actual).then(|| {
        Finding::new(
            "age",
            format!("\u{201c}{}\u{201d} is said, and AWS's newest report is {} s old", said.encryption, actual / 1_000),
        )
    })
}

/// A key that stored records may need.
#[derive(Debug, Clone)]
pub struct Need {
    pub key: String,
    /// What the name resolved to while in use, according to KMS.
    pub arns: BTreeSet<String>,
    /// When it was first reported as no longer in use, by the application's clock.
    pub ended: Option<i64>,
    from: usize,
}

impl Need {
    fn until(&self, retention_hours: i64) -> Option<i64> {
        self.ended.map(|ended| ended + 5_000 + retention_hours * HOUR_MS)
    }
}

/// The keys needed according to the reports until a time, and the last reported retention.
fn needs(evidence: &Evidence, until_ms: i64) -> (Vec<Need>, i64) {
    let (mut needs, mut retention): (Vec<Need>, i64) = (Vec::new(), 24);
    let mut former: Option<Read<'_>> = None;
    for read in evidence.reads().filter(|read| evidence.calls[read.index].at_ms <= until_ms) {
        if former.is_some_and(|former| is_other(former.said, read.said) || is_gone(evidence, former.index, read.index))
        {
            needs.clear();
        }
        former = Some(read);
        // Free stays free, even if the retention grows later.
        needs.retain(|need| need.until(retention).is_none_or(|until| until > read.at));
        retention = read.said.retention_hours.unwrap_or(retention);
        let key = match read.said.state() {
            (Some("KMS"), Some(key)) => Some(key),
            (Some("NONE"), _) => None,
            _ => continue,
        };
        let is_open = needs.last().is_some_and(|need| need.ended.is_none());
        let goes_on = is_open && needs.last().is_some_and(|need| Some(need.key.as_str()) == key);
        if is_open && !goes_on && read.said.is_active() {
            close(needs.last_mut(), evidence, read.index, read.at);
        }
        let is_open = needs.last().is_some_and(|need| need.ended.is_none());
        if let Some(key) = key.filter(|_| !is_open) {
            // For a use that has lasted a while, KMS's earlier answers are known: keys are looked up every few seconds.
            let is_explained = evidence.asked_ms - evidence.calls[read.index].at_ms > EXPLAINED_MS;
            let arns =
                evidence.arn_of(key, read.index).filter(|_| is_explained).map(ToOwned::to_owned).into_iter().collect();
            needs.push(Need { key: key.to_owned(), arns, ended: None, from: read.index });
        }
    }
    if former.is_some_and(|last| is_gone(evidence, last.index, evidence.calls.len())) {
        needs.clear();
    }
    if let Some(open) = needs.last_mut().filter(|need| need.ended.is_none()) {
        open.see(evidence, evidence.before);
    }
    (needs, retention)
}

/// Whether a stream may have been re-created, even within the same second.
fn is_other(former: &Described, read: &Described) -> bool {
    (former.created - read.created).abs() > 0.001
}

/// Whether AWS said in between that the stream doesn't exist: its records went with it.
fn is_gone(evidence: &Evidence, from: usize, to: usize) -> bool {
    evidence.calls[from..to]
        .iter()
        .any(|call| call.is_not_found() && call.is_told && call.operation == "DescribeStreamSummary")
}

fn close(need: Option<&mut Need>, evidence: &Evidence, index: usize, at: i64) {
    if let Some(need) = need {
        need.see(evidence, index);
        need.ended = Some(at);
    }
}

impl Need {
    /// Adds KMS's answers about the name until a position in the log.
    fn see(&mut self, evidence: &Evidence, until: usize) {
        let calls = evidence.calls.get(self.from..until).unwrap_or_default();
        let answers = calls.iter().filter(|call| {
            call.operation == "DescribeKey"
                && call.is_told
                // A delayed answer may have come too late.
                && call.held_ms == 0
                && call.key.as_ref() == Some(&self.key)
                && call.at_ms < evidence.asked_ms - UNREAD_MS
        });
        self.arns.extend(answers.filter_map(|call| Some(call.found_key.as_ref()?.arn.clone())));
    }
}

/// Every needed key must be on `/keys`, under each ARN that its name resolved to. A page may be based on any read from
/// just before its request until its response, so keys freed by the last ones may be missing.
pub fn check_keys(page: &str, evidence: &Evidence) -> Vec<Finding> {
    let (needs, retention) = needs(evidence, evidence.asked_ms - UNREAD_MS);
    let (later, later_retention) = self::needs(evidence, i64::MAX);
    let is_needed =
        |need: &Need, hours: i64| need.until(hours).is_none_or(|until| until > evidence.asked_at + MINUTE_MS);
    let still = |need: &&Need| later.iter().any(|other| other.from == need.from && is_needed(other, later_retention));
    let mut found = Vec::new();
    for need in needs.iter().filter(|need| is_needed(need, retention)).filter(still) {
        // If the name resolved to only one key, the name is enough.
        let is_named = need.arns.len() == 1 && page.contains(&need.key);
        let missing = need
            .arns
            .iter()
            .filter(|_| !is_named)
            .find(|arn| !page.contains(arn.rsplit('/').next().unwrap_or(arn)) && !page.contains(&short(arn)));
        if let Some(arn) = missing {
            found.push(Finding::new(
                "keys",
                format!("{arn}, which {} was seen to mean, is missing: {need:?}", need.key),
            ));
        } else if need.arns.is_empty() && !page.contains(&need.key) {
            found.push(Finding::new("keys", format!("{} is missing: {need:?}", need.key)));
        }
    }
    found
}

/// Each key must have one date on a page, none while in use, and the one that the reports give.
pub fn check_dates(text: &str, evidence: &Evidence) -> Vec<Finding> {
    let (needs, retention) = needs(evidence, evidence.asked_ms - UNREAD_MS);
    let (later, _) = self::needs(evidence, i64::MAX);
    let is_of = |need: &Need, key: &str| need.key == key || need.arns.iter().any(|arn| short(arn) == key || arn == key);
    let is_in_use = |needs: &[Need], key: &str| needs.iter().any(|need| need.ended.is_none() && is_of(need, key));
    // A key by itself and by its alias is one, unless the alias was seen to mean several.
    let one_name = |key: &str| {
        let name = needs.iter().find(|need| is_of(need, key)).map_or(key, |need| need.key.as_str());
        if evidence.every_arn_of(name).len() > 1 { key.to_owned() } else { name.to_owned() }
    };
    let mut by_key: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (key, date) in dates(text) {
        by_key.entry(one_name(&key)).or_default().insert(date);
    }
    let mut found = Vec::new();
    for (key, dates) in by_key {
        if dates.len() > 1 {
            found.push(Finding::new("until", format!("{key} is to be kept until {dates:?}, on one page")));
        }
        if is_in_use(&needs, &key) && is_in_use(&later, &key) {
            found.push(Finding::new("in-use", format!("{key} is to be kept until {dates:?}, and it is in use")));
        }
        let Some(need) = needs.iter().rev().find(|need| is_of(need, &key)) else { continue };
        let Some(until) = need.until(retention) else { continue };
        // The page may be based on the previously reported retention.
        let is_fresh = evidence.reads().next_back().is_some_and(|read| read.said.retention_hours == Some(retention));
        let near = (-3..=3).map(|minutes| Timestamp::from_millis(until + minutes * MINUTE_MS).day_and_minute());
        let near: Vec<String> = near.map(|date| date.trim_end_matches(" UTC").to_owned()).collect();
        if is_fresh && !dates.iter().any(|date| near.contains(date)) {
            found.push(Finding::new(
                "until",
                format!("{key} is to be kept until {dates:?}, and by AWS's reports until {}", near[3]),
            ));
        }
    }
    found
}
