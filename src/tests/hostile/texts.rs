//! Texts that a database can't hold, or that are too long for any field, in every field of every function and in every
//! part of every path.

use axum::http::StatusCode;

use crate::{
    model::access::identity::Role,
    server::web::endpoints::{Kind, REGISTRY, Verb},
    tests::{
        database::Kind as Database,
        support::{Setup, TestApp},
    },
};

/// The fields of all functions.
const FIELDS: [&str; 28] = [
    "account",
    "region",
    "name",
    "request_id",
    "typed_name",
    "reason",
    "key",
    "arn",
    "created",
    "encryption",
    "undo",
    "warned_key",
    "wait_minutes",
    "quota_reason",
    "chosen",
    "page",
    "id",
    "agreed",
    "answer",
    "user_name",
    "password",
    "next",
    "present_password",
    "new_password",
    "role",
    "scope",
    "token",
    "minutes",
];

/// What no field takes.
fn texts() -> [String; 5] {
    ["\0".to_owned(), "a\0b".to_owned(), "\u{feff}\u{202e}".to_owned(), "x".repeat(60_000), "\u{1f600}".repeat(10_000)]
}

#[tokio::test]
async fn no_text_in_any_field_or_path_breaks_either_database() {
    for database in [Database::Sqlite, Database::Postgres] {
        let app = TestApp::with(Setup { database, ..Setup::default() }).await;
        app.known("orders-prod").await;
        let administrator = app.actor(Role::Admin).await;
        for text in texts() {
            let fields: Vec<(&str, &str)> = FIELDS.iter().map(|field| (*field, text.as_str())).collect();
            let functions = REGISTRY.iter().filter(|endpoint| endpoint.kind == Kind::ServerFunction);
            // The session is needed to the end, and two of them would end it.
            for function in functions.filter(|function| function.path != "/api/sign-out") {
                assert_eq!(function.verb, Verb::Post);
                for answer in
                    [administrator.post(function.path, &fields).await, administrator.call(function.path, &fields).await]
                {
                    assert!(answer.status.as_u16() < 500, "{} {:.20}: {}", function.path, text, answer.body);
                }
            }
            let part = percent_encoding::utf8_percent_encode(&text, percent_encoding::NON_ALPHANUMERIC).to_string();
            // Longer heads than this are refused before.
            let part: String = part.chars().take(6_000).collect();
            for page in REGISTRY.iter().filter(|endpoint| endpoint.kind == Kind::Page && endpoint.path.contains('{')) {
                let path = page.path.split('/').map(|piece| if piece.starts_with('{') { &part } else { piece });
                let path = path.collect::<Vec<_>>().join("/");
                let answer = administrator.get(&path).await;
                assert_eq!(answer.status, StatusCode::NOT_FOUND, "{} {:.20}: {}", page.path, text, answer.body);
            }
        }
        // Both databases still answer.
        assert_eq!(administrator.get("/streams").await.status, StatusCode::OK);
        assert_eq!(app.calls("StopStreamEncryption").await + app.calls("StartStreamEncryption").await, 0);
    }
}
