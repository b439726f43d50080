//! Open event connections, when this process ends what they rest on.

use std::{net::SocketAddr, time::Duration};

use axum::http::StatusCode;
use tokio::{io::AsyncReadExt, net::TcpStream};

use crate::{
    model::access::identity::Role,
    server::web::listen::Bounds,
    tests::{
        events::{event_is_there, heard},
        support::{Actor, PASSWORD, Setup, TestApp},
    },
};

/// Opens an event connection, which has begun when this returns.
pub async fn open(address: SocketAddr, person: &Actor<'_>) -> TcpStream {
    let cookie = person.cookie.as_deref().unwrap();
    heard(address, cookie, "/events?after=0", None, event_is_there).await.0
}

/// Waits for the end of an event connection: its last chunk, or the socket's end.
pub async fn ends(mut stream: TcpStream, why: &str) {
    let mut some = vec![0; 64 * 1024];
    let mut last = Vec::new();
    let end = async {
        while !last.ends_with(b"\r\n0\r\n\r\n") && last != b"0\r\n\r\n" {
            match stream.read(&mut some).await {
                Ok(0) | Err(_) => return,
                Ok(read) => last = some[..read].to_vec(),
            }
        }
    };
    tokio::time::timeout(Duration::from_secs(60), end).await.unwrap_or_else(|_| panic!("{why}: it goes on"));
}

/// Whether an event connection has ended, as far as has arrived.
fn has_ended(stream: &TcpStream) -> bool {
    let mut some = vec![0; 64 * 1024];
    let read = stream.try_read(&mut some);
    read.is_ok_and(|read| read == 0 || some[..read].ends_with(b"0\r\n\r\n"))
}

/// Here, nothing but a word of this process ends a connection within the test.
async fn without_checks() -> TestApp {
    TestApp::with(Setup { session_check: Some(Duration::from_secs(24 * 3_600)), ..Setup::default() }).await
}

#[tokio::test]
async fn they_end_at_once_with_the_session() {
    let app = without_checks().await;
    let (address, _) = app.listen(Bounds::default()).await;
    let [here, there] = [app.actor(Role::Viewer).await, app.actor(Role::Viewer).await];
    let (tab, other_tab, elsewhere) =
        (open(address, &here).await, open(address, &here).await, open(address, &there).await);
    here.post("/api/sign-out", &[]).await;
    ends(tab, "signed out").await;
    ends(other_tab, "signed out in another tab").await;
    assert!(!has_ended(&elsewhere), "another session goes on");

    let here = app.actor(Role::Viewer).await;
    let page = here.get("/settings").await.body;
    let id = page.split("name=\"id\" value=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
    assert_eq!(here.post("/api/end-session", &[("id", id)]).await.status, StatusCode::SEE_OTHER);
    ends(elsewhere, "ended at the settings").await;

    let others = [app.actor(Role::Viewer).await, app.actor(Role::Viewer).await];
    let (own, first, second) =
        (open(address, &here).await, open(address, &others[0]).await, open(address, &others[1]).await);
    here.post("/api/end-other-sessions", &[]).await;
    ends(first, "the others ended").await;
    ends(second, "the others ended").await;
    assert!(!has_ended(&own), "the own session goes on");

    let again = here.post("/api/sign-in", &[("user_name", "operator"), ("password", PASSWORD)]).await;
    assert_eq!(again.status, StatusCode::SEE_OTHER);
    ends(own, "signed in as somebody else").await;
}

#[tokio::test]
async fn they_end_at_once_with_the_users_rights() {
    let app = without_checks().await;
    let (address, _) = app.listen(Bounds::default()).await;
    let administrator = app.actor(Role::Admin).await;
    let people = app.store.users().await.unwrap();
    let id = |name: &str| people.iter().find(|user| user.name == name).unwrap().id.clone();
    let [viewer, operator, auditor] =
        [app.actor(Role::Viewer).await, app.actor(Role::Operator).await, app.actor(Role::Auditor).await];
    let [viewers, operators, auditors, administrators] = [
        open(address, &viewer).await,
        open(address, &operator).await,
        open(address, &auditor).await,
        open(address, &administrator).await,
    ];
    administrator.post("/api/disable-user", &[("id", &id("viewer"))]).await;
    ends(viewers, "disabled").await;
    let rights = [("id", id("operator")), ("role", "viewer".to_owned()), ("scope", "*".to_owned())];
    administrator.post("/api/set-user-rights", &rights.each_ref().map(|(name, value)| (*name, value.as_str()))).await;
    ends(operators, "of another role").await;
    let passwords = [("present_password", PASSWORD), ("new_password", "a new password of the auditor")];
    assert_eq!(auditor.post("/api/change-password", &passwords).await.status, StatusCode::SEE_OTHER);
    ends(auditors, "with another password").await;
    assert!(!has_ended(&administrators), "others go on");
    administrator.post("/api/confirm-identity", &[("password", PASSWORD)]).await;
    ends(administrators, "with another session in its place").await;
}

#[tokio::test]
async fn they_end_at_once_when_there_are_too_many_sessions() {
    let app = without_checks().await;
    let (address, _) = app.listen(Bounds::default()).await;
    let first = app.actor(Role::Viewer).await;
    app.clock.advance(1_000);
    let oldest = open(address, &first).await;
    for _ in 0..20 {
        app.actor(Role::Viewer).await;
    }
    ends(oldest, "the idlest of 21").await;
}
