//! The audit chain: who did what, when, why, from where, with what result. Append-only; each row's hash covers the row
//! before it, so that a changed, removed or inserted row shows. Written inside the caller's transaction: if it cannot be
//! written, what it is about does not happen.

pub mod checkpoint;
mod reader;

use serde::Serialize;
use sha2::{Digest, Sha256};

pub use self::reader::Reader;
use crate::{
    model::{
        stream::{StreamArn, StreamId},
        time::Timestamp,
    },
    server::adapters::store::{Store, StoreError, Tx, audit as table},
    view::pages::AuditCard,
};

/// The actor of what the server does by itself. No user has this name.
pub const SERVER: &str = "keystream";
/// What the first row's `prev_hash` is.
const GENESIS: &str = "0000000000000000000000000000000000000000000000000000000000000000";
/// Rows read at a time when the chain is walked.
const PAGE_SIZE: i64 = 1_000;

/// One event. Fields that do not apply are empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct AuditEvent {
    pub at: Timestamp,
    /// The user's name; `keystream` for what the server does by itself.
    pub actor: String,
    /// The client's address.
    pub address: String,
    pub user_agent: String,
    /// A dotted name such as `change.sent`.
    pub action: String,
    /// What it was done to: an ARN, a user's name.
    pub target: String,
    pub reason: String,
    pub before: String,
    pub after: String,
    pub aws_request_id: String,
    pub result: String,
}

/// An event with its place in the chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct AuditRow {
    pub seq: i64,
    pub prev_hash: String,
    pub hash: String,
    #[serde(flatten)]
    pub event: AuditEvent,
}

/// Who did it, and from where.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Actor {
    /// Empty for people who are not signed in.
    pub name: String,
    pub address: String,
    pub user_agent: String,
}

impl From<AuditRow> for AuditCard {
    fn from(row: AuditRow) -> Self {
        let event = row.event;
        let stream = event.target.parse().ok().map(|arn: StreamArn| StreamId::from(&arn));
        let states = match (event.before.as_str(), event.after.as_str()) {
            ("", after) => after.to_owned(),
            (before, "") => format!("was {before}"),
            (before, after) => format!("{before} \u{2192} {after}"),
        };
        Self {
            seq: row.seq,
            at: event.at,
            actor: event.actor,
            action: event.action,
            target: stream.as_ref().map_or(event.target, |stream| stream.name.to_string()),
            stream,
            reason: event.reason,
            states,
            result: event.result,
            aws_request_id: event.aws_request_id,
            address: event.address,
            user_agent: event.user_agent,
        }
    }
}

impl AuditEvent {
    /// An event of somebody.
    pub fn by(actor: &Actor, at: Timestamp, action: &str, target: &str) -> Self {
        Self {
            at,
            actor: actor.name.clone(),
            address: actor.address.clone(),
            user_agent: actor.user_agent.clone(),
            action: action.to_owned(),
            target: target.to_owned(),
            ..Self::default()
        }
    }

    /// An event of the server itself.
    pub fn by_server(at: Timestamp, action: &str, target: &str) -> Self {
        Self { at, actor: SERVER.to_owned(), action: action.to_owned(), target: target.to_owned(), ..Self::default() }
    }

    /// The event without what a text column does not take: an answer of AWS's may hold anything, and must not keep its
    /// event out of the chain.
    fn storable(mut self) -> Self {
        let texts = [
            &mut self.actor,
            &mut self.address,
            &mut self.user_agent,
            &mut self.action,
            &mut self.target,
            &mut self.reason,
            &mut self.before,
            &mut self.after,
            &mut self.aws_request_id,
            &mut self.result,
        ];
        for text in texts {
            if text.contains('\0') {
                *text = text.replace('\0', "\u{fffd}");
            }
        }
        self
    }

    /// SHA-256 over the number, the hash before and every field, each with its length in front so that no two
    /// different rows have the same bytes.
    fn hash(&self, seq: i64, prev_hash: &str) -> String {
        let mut hasher = Sha256::new();
        hasher.update(seq.to_be_bytes());
        hasher.update(self.at.as_millis().to_be_bytes());
        let fields = [
            prev_hash,
            &self.actor,
            &self.address,
            &self.user_agent,
            &self.action,
            &self.target,
            &self.reason,
            &self.before,
            &self.after,
            &self.aws_request_id,
            &self.result,
        ];
        for field in fields {
            hasher.update((field.len() as u64).to_be_bytes());
            hasher.update(field.as_bytes());
        }
        hex::encode(hasher.finalize())
    }
}

/// Appends an event within the caller's transaction, which holds the write lock: no other row can take the place.
///
/// # Errors
/// When the database cannot be written; the caller must then not go on.
pub async fn append(tx: &mut Tx, event: AuditEvent) -> Result<(), StoreError> {
    let (seq, prev_hash) = table::last(tx).await?.map_or_else(|| (1, GENESIS.to_owned()), |last| (last.seq + 1, last.hash));
    let event = event.storable();
    let hash = event.hash(seq, &prev_hash);
    table::insert(tx, &AuditRow { seq, prev_hash, hash, event }).await
}

/// Appends an event that is about nothing else in the database.
///
/// # Errors
/// When the database cannot be written.
pub async fn append_alone(store: &Store, event: AuditEvent) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    append(&mut tx, event).await?;
    tx.commit().await
}

/// The result of walking the chain.
#[derive(Debug, PartialEq, Eq)]
pub enum Verified {
    /// This many rows, and the hash of the last.
    Whole { rows: i64, head: String },
    /// The first row that does not fit, and why.
    Broken { seq: i64, why: &'static str },
}

/// Walks the chain from its first row.
///
/// # Errors
/// When the database cannot be read.
pub async fn verify(store: &Store) -> Result<Verified, StoreError> {
    walk(store, |_, _| {}).await
}

/// As [`verify`], and shows each row that fits, with its number and its hash.
async fn walk(store: &Store, mut show: impl FnMut(i64, &str)) -> Result<Verified, StoreError> {
    let (mut expected_seq, mut prev_hash) = (1, GENESIS.to_owned());
    // A row slipped in before the first has a number below 1.
    let mut from = i64::MIN;
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
            } else if row.hash != row.event.hash(row.seq, &row.prev_hash) {
                Some("its content was changed")
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

/// Writes the whole chain as JSON lines.
///
/// # Errors
/// When the database cannot be read or the output not written.
pub async fn export(store: &Store, mut output: impl std::io::Write) -> anyhow::Result<()> {
    let mut from = 1;
    loop {
        let rows = store.audit_rows(from, PAGE_SIZE).await?;
        let Some(last) = rows.last() else { return Ok(()) };
        from = last.seq + 1;
        for row in &rows {
            serde_json::to_writer(&mut output, row)?;
            output.write_all(b"\n")?;
        }
    }
}
