//! The conformance suite of the store: each promise of `server/store`, on SQLite and on Postgres.

/// Runs a test of the suite on both databases.
macro_rules! on_both {
    ($($(#[$attribute:meta])* $name:ident($database:ident, $store:ident) $body:block)*) => {
        $(
            mod $name {
                use super::*;

                async fn check(kind: Kind) {
                    let $database = TestDatabase::new(kind).await;
                    let $store = Store::open(&$database.url, Opener::Server).await.unwrap();
                    $body
                }

                $(#[$attribute])*
                #[tokio::test]
                async fn on_sqlite() {
                    check(Kind::Sqlite).await;
                }

                $(#[$attribute])*
                #[tokio::test]
                async fn on_postgres() {
                    check(Kind::Postgres).await;
                }
            }
        )*
    };
}

mod audit_search;
mod audit_streams;
mod journal;
mod leases;
mod links;
mod matching;
mod opening;
mod people;
mod postgres;
mod readers;
mod upgrades;
mod writing;

use crate::{
    model::{
        access::{credentials::UserName, identity::Role},
        change::{Action, Change, End, Ending, Intent, Step},
        stream::{StreamArn, encryption::EncryptionReport},
        time::{MINUTE_MS, Timestamp},
    },
    server::{
        adapters::store::{
            Inserted, Leased, NewChange, SignInRecord, Store, StoreError, Tx, User, changes, sessions, users,
        },
        services::audit::{self, AuditAction, AuditEvent},
    },
};

const NOW: Timestamp = Timestamp::from_millis(1_780_000_000_000);

fn user(id: &str, role: Role) -> User {
    User { id: id.to_owned(), ..User::new(&UserName::parse(id).unwrap(), role, Some("phc".to_owned())) }
}

async fn add_user(store: &Store, id: &str) {
    let mut tx = store.write().await.unwrap();
    users::insert(&mut tx, &user(id, Role::Operator), &UserName::parse(id).unwrap(), NOW).await.unwrap();
    tx.commit().await.unwrap();
}

fn sign_in_record(id_hash: &str, user_id: &str) -> SignInRecord {
    SignInRecord {
        id_hash: id_hash.to_owned(),
        user_id: user_id.to_owned(),
        at: NOW,
        signed_in_at: NOW,
        sudo_until: Some(NOW.plus_millis(MINUTE_MS)),
        address: "203.0.113.9".to_owned(),
        user_agent: "a browser".to_owned(),
        is_break_glass: false,
        rights_until: None,
        provider_session_hash: None,
    }
}

async fn sign_in(store: &Store, user_id: &str, id_hash: &str) {
    let mut tx = store.write().await.unwrap();
    let record = sign_in_record(id_hash, user_id);
    sessions::insert(&mut tx, &record).await.unwrap();
    tx.commit().await.unwrap();
}

fn change(id: &str, stream: &str) -> Change {
    let arn: StreamArn = format!("arn:aws:kinesis:eu-west-1:111122223333:stream/{stream}").parse().unwrap();
    let intent = Intent {
        action: Action::Disable,
        arn,
        stream_created: NOW,
        key: None,
        resolved: None,
        from: Some(EncryptionReport::Encrypted(None)),
        from_key: None,
        quota_reason: None,
        requested_at: NOW,
        armed_until: None,
        retention_hours: 24,
        actor: "operator".to_owned(),
        reason: "OPS-1 \u{1f512} \u{201c}quoted\u{201d}".to_owned(),
    };
    Change::requested(id.to_owned(), intent)
}

/// Records a change under a request id of its own.
async fn record(store: &Store, mut change: Change) -> Leased {
    let mut tx = store.write().await.unwrap();
    let request_id = format!("request-{}", change.id);
    let new = NewChange { change: &mut change, user_id: "u", request_id: &request_id, form_hash: "h", intent_mac: "" };
    let Inserted::Recorded { fence } = store.insert_change(&mut tx, new).await.unwrap() else { panic!("not recorded") };
    tx.commit().await.unwrap();
    Leased { change, fence, intent_mac: String::new() }
}

async fn apply(store: &Store, leased: &mut Leased, steps: impl IntoIterator<Item = Step>) -> Result<(), StoreError> {
    let mut tx = store.write().await?;
    let mut moved = store.held(&mut tx, &leased.change.id, leased.fence).await?.change;
    steps.into_iter().for_each(|step| moved.apply(step));
    changes::write(&mut tx, &mut moved).await?;
    tx.commit().await?;
    leased.change = moved;
    Ok(())
}

fn sent(minutes: i64) -> Step {
    Step::Sent { at: NOW.plus_millis(minutes * MINUTE_MS), key: "alias/orders".parse().unwrap(), sent_as: None }
}

fn ended(minutes: i64, how: End) -> Step {
    Step::Ended(Ending { at: NOW.plus_millis(minutes * MINUTE_MS), how })
}

fn ids(changes: &[Change]) -> Vec<&str> {
    changes.iter().map(|change| change.id.as_str()).collect()
}

fn event_of(action: &str, target: &str) -> AuditEvent {
    AuditEvent { action: action.into(), ..AuditEvent::by_server(NOW, AuditAction::ServerStarted, target) }
}

async fn append(tx: &mut Tx, action: &str) {
    audit::append(tx, event_of(action, "t")).await.unwrap();
}
