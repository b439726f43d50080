//! The audit chain: who did what, when, why, from where, with what result.
//!
//! It is append-only, and each row's hash covers the row before it, so changed, removed or inserted rows show. Rows are
//! written in the caller's transaction: what can't be recorded doesn't happen.

mod chain;
pub mod checkpoint;
mod reader;
mod searches;
pub mod stream;

use std::io;

use sha2::{Digest, Sha256};

pub use self::{
    chain::{Chain, SearchError},
    reader::{Newest, Next, Older, Reader},
    searches::{NoPlace, SearchPlace, Searches},
};
pub use crate::model::access::{
    actor::Actor,
    audit_action::AuditAction,
    audit_event::{AuditEvent, AuditRow, SERVER},
};
use crate::{
    model::shorten::shorten,
    server::adapters::store::{Store, StoreError, Tx, audit as table},
};

/// The first row's `prev_hash`.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// The number of rows read at a time.
const PAGE_SIZE: i64 = 1_000;

/// What is wrong with a row whose hash isn't that of its content.
const CHANGED: &str = "its content was changed";

/// The longest text of an event whose length nothing else limits: a path, a request id.
const LONGEST_TEXT: usize = 500;
/// The longest text of an event that may hold two reasons, a key id, a scope, or a sentence of AWS.
const LONGEST_SENTENCE: usize = 5_000;

/// Returns the event without the characters that a text column refuses, and with long texts shortened. A request may
/// ask for any path and a response of AWS may contain anything: neither must keep its event out of the chain, nor fill
/// the database.
fn storable(mut event: AuditEvent) -> AuditEvent {
    let texts = [
        (&mut event.actor, LONGEST_TEXT),
        (&mut event.address, LONGEST_TEXT),
        (&mut event.user_agent, LONGEST_TEXT),
        (&mut event.target, LONGEST_TEXT),
        (&mut event.reason, LONGEST_SENTENCE),
        (&mut event.before, LONGEST_SENTENCE),
        (&mut event.after, LONGEST_SENTENCE),
        (&mut event.aws_request_id, LONGEST_TEXT),
        (&mut event.result, LONGEST_SENTENCE),
    ];
    for (text, most) in texts {
        *text = shorten(std::mem::take(text), most);
        if text.contains('\0') {
            *text = text.replace('\0', "\u{fffd}");
        }
    }
    event
}

/// Returns the SHA-256 of the number, the previous hash and every field, each preceded by its length so that different
/// rows never have the same bytes.
fn hash_of(event: &AuditEvent, seq: i64, prev_hash: &str) -> String {
    let mut hasher = Sha256::new();
    hasher.update(seq.to_be_bytes());
    hasher.update(event.at.as_millis().to_be_bytes());
    let fields = [
        prev_hash,
        &event.actor,
        &event.address,
        &event.user_agent,
        event.action.name(),
        &event.target,
        &event.reason,
        &event.before,
        &event.after,
        &event.aws_request_id,
        &event.result,
    ];
    for field in fields {
        hasher.update((field.len() as u64).to_be_bytes());
        hasher.update(field.as_bytes());
    }
    hex::encode(hasher.finalize())
}

/// Appends an event in the caller's transaction, whose write lock keeps other rows from taking the same number.
///
/// # Errors
/// If the database can't be written; the caller must then not continue.
pub async fn append(tx: &mut Tx, event: AuditEvent) -> Result<(), StoreError> {
    let (seq, prev_hash) =
        table::last(tx).await?.map_or_else(|| (1, GENESIS.to_owned()), |last| (last.seq + 1, last.hash));
    let event = storable(event);
    let hash = hash_of(&event, seq, &prev_hash);
    table::insert(tx, &AuditRow { seq, prev_hash, hash, event }).await
}

/// Returns the number of the last row, as a transaction sees it; 0 if there is none.
///
/// # Errors
/// If the database can't be read.
pub async fn last_seq(tx: &mut Tx) -> Result<i64, StoreError> {
    Ok(table::last(tx).await?.map_or(0, |last| last.seq))
}

/// Returns whether a change of a stream was sent or ended after a row of the chain.
///
/// # Errors
/// If the database can't be read.
pub async fn has_change_over(tx: &mut Tx, after: i64, stream: &str) -> Result<bool, StoreError> {
    let ends = [
        AuditAction::ChangeSent,
        AuditAction::ChangeRejected,
        AuditAction::ChangeCancelled,
        AuditAction::ChangeExpired,
        AuditAction::ChangeEnded,
        AuditAction::ChangeClosed,
    ];
    table::has_any_after(tx, after, stream, ends).await
}

/// Appends an event that has no other effect in the database.
///
/// # Errors
/// If the database can't be written.
pub async fn append_alone(store: &Store, event: AuditEvent) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    append(&mut tx, event).await?;
    tx.commit().await
}

/// The result of verifying the chain.
#[derive(Debug, PartialEq, Eq)]
pub enum Verified {
    /// The number of rows, and the hash of the last.
    Whole { rows: i64, head: String },
    /// The first row that doesn't fit, and why.
    Broken { seq: i64, why: &'static str },
}

/// Verifies the chain from its first row.
///
/// # Errors
/// If the database can't be read.
pub async fn verify(store: &Store) -> Result<Verified, StoreError> {
    walk(store, None, |_, _| {}).await
}

/// Like [`verify`], and calls `show` with the number and hash of each row that fits. With the number and hash of a row
/// in `begin`, only that row and those after it are verified.
async fn walk(
    store: &Store,
    begin: Option<(i64, String)>,
    mut show: impl FnMut(i64, &str),
) -> Result<Verified, StoreError> {
    // A row inserted before the first has a number below 1.
    let (mut expected_seq, mut prev_hash, mut from) = (1, GENESIS.to_owned(), i64::MIN);
    if let Some((seq, hash)) = begin.filter(|(seq, _)| *seq > 0) {
        match store.audit_rows(seq, 1).await?.pop().filter(|row| row.seq == seq) {
            Some(row) if row.hash != hash_of(&row.event, row.seq, &row.prev_hash) => {
                return Ok(Verified::Broken { seq, why: CHANGED });
            }
            Some(row) => show(seq, &row.hash),
            None => {
                let rows = store.audit_head().await?.map_or(0, |(last, _)| last);
                return Ok(Verified::Whole { rows, head: prev_hash });
            }
        }
        (expected_seq, prev_hash, from) = (seq + 1, hash, seq + 1);
    }
    loop {
        let rows = store.audit_rows(from, PAGE_SIZE).await?;
        if rows.is_empty() {
            return Ok(Verified::Whole { rows: expected_seq - 1, head: prev_hash });
        }
        for row in rows {
            let why = if row.seq != expected_seq {
                Some("a row before it is missing")
            } else if row.prev_hash != prev_hash {
                Some("it does not follow the row before it")
            } else if row.hash != hash_of(&row.event, row.seq, &row.prev_hash) {
                Some(CHANGED)
            } else {
                None
            };
            if let Some(why) = why {
                return Ok(Verified::Broken { seq: row.seq, why });
            }
            show(row.seq, &row.hash);
            expected_seq += 1;
            from = expected_seq;
            prev_hash = row.hash;
        }
    }
}

/// Writes a row as a line of JSON, in exports and streams alike; `docs/audit-event.schema.json` describes it.
///
/// # Errors
/// If the output can't be written.
pub fn write_line(row: &AuditRow, mut output: impl io::Write) -> io::Result<()> {
    serde_json::to_writer(&mut output, row)?;
    output.write_all(b"\n")
}

/// Writes the whole chain as JSON lines.
///
/// # Errors
/// If the database can't be read or the output can't be written.
pub async fn export(store: &Store, mut output: impl io::Write) -> anyhow::Result<()> {
    let mut from = 1;
    loop {
        let rows = store.audit_rows(from, PAGE_SIZE).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        from = last.seq + 1;
        for row in &rows {
            write_line(row, &mut output)?;
        }
    }
}
