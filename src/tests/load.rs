//! Clients that ask too much, too slowly or too often: they are refused, and everyone else is answered.

use std::{net::SocketAddr, time::Duration};

use axum::http::StatusCode;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use super::support::{Actor, Setup, TestApp};
use crate::{model::access::identity::Role, server::web::listen::Bounds};

/// Everything that a connection receives until it ends.
async fn rest_of(mut stream: TcpStream) -> String {
    let mut said = String::new();
    // A reset connection has already received everything it will.
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_string(&mut said))
        .await
        .expect("the connection ends");
    said
}

/// One request on its own connection.
async fn get(address: SocketAddr, path: &str, cookie: &str) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!(
        "GET {path} HTTP/1.1\r\nhost: 127.0.0.1:3000\r\naccept: text/html\r\ncookie: {cookie}\r\nconnection: \
        close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    rest_of(stream).await
}

#[tokio::test]
async fn heads_that_come_too_slowly_are_cut_off_and_others_are_answered() {
    let app = TestApp::start().await;
    let cookie = app.actor(Role::Viewer).await.cookie.unwrap();
    let (address, _) = app.listen(Bounds { head_timeout: Duration::from_secs(3), ..Bounds::default() }).await;
    let mut slow = Vec::new();
    for _ in 0..500 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET /streams HTTP/1.1\r\nhost: 127.0.0.1").await.unwrap();
        slow.push(stream);
    }
    let answer = get(address, "/streams", &cookie).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    // Sending slowly but steadily doesn't help.
    let mut dripping = slow.pop().unwrap();
    for _ in 0..40 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        if dripping.write_all(b"x").await.is_err() {
            break;
        }
    }
    for stream in [slow.remove(0), slow.pop().unwrap(), dripping] {
        let said = rest_of(stream).await;
        assert!(said.is_empty() || said.starts_with("HTTP/1.1 408 "), "{said}");
    }
}

#[tokio::test]
async fn bodies_that_never_come_keep_nobody_out() {
    let app = TestApp::start().await;
    let cookie = app.actor(Role::Viewer).await.cookie.unwrap();
    let (address, _) = app.listen(Bounds::default()).await;
    let head = "POST /api/sign-in HTTP/1.1\r\nhost: 127.0.0.1:3000\r\norigin: http://127.0.0.1:3000\r\ncontent-type: \
        application/x-www-form-urlencoded\r\ncontent-length: 100\r\n\r\nuser_name=";
    let mut silent = Vec::new();
    for _ in 0..300 {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(head.as_bytes()).await.unwrap();
        silent.push(stream);
    }
    let answer = get(address, "/streams", &cookie).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let mut refused = [0; 12];
    let first = silent.first_mut().unwrap();
    tokio::time::timeout(Duration::from_secs(20), first.read_exact(&mut refused)).await.unwrap().unwrap();
    assert_eq!(&refused, b"HTTP/1.1 408");
}

#[tokio::test]
async fn clients_that_never_read_are_cut_off() {
    // More than the buffers between the two hold.
    const LARGE: usize = 64 * 1024 * 1024;
    let site = tempfile::tempdir().unwrap();
    let pkg = site.path().join("pkg");
    std::fs::create_dir(&pkg).unwrap();
    for name in ["boot.js", "keystream.js", "keystream.wasm", "keystream.css"] {
        std::fs::write(pkg.join(name), "").unwrap();
    }
    std::fs::write(pkg.join("large"), vec![b'x'; LARGE]).unwrap();
    let app = TestApp::with(Setup { site: Some(site.path().to_owned()), ..Setup::default() }).await;
    let bounds = Bounds { write_timeout: Duration::from_secs(1), ..Bounds::default() };
    let (address, _) = app.listen(bounds).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(b"GET /pkg/large HTTP/1.1\r\nhost: 127.0.0.1:3000\r\n\r\n").await.unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    // What was on its way arrives; then the connection is over.
    let got = rest_of(stream).await.len();
    assert!(got > 1_000 && got < LARGE, "{got} bytes");
}

#[tokio::test]
async fn one_network_never_has_all_connections() {
    let app = TestApp::start().await;
    let bounds = Bounds { of_a_network: 5, ..Bounds::default() };
    let (address, _) = app.listen(bounds).await;
    let mut idle = Vec::new();
    for _ in 0..5 {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    let refused = get(address, "/livez", "").await;
    assert!(refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n"), "{refused}");
    // Another network, as far as an address of this machine can be one.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.9.9.9:0".parse().unwrap()).unwrap();
    let mut other = socket.connect(address).await.unwrap();
    other.write_all(b"GET /livez HTTP/1.1\r\nhost: 127.0.0.1:3000\r\nconnection: close\r\n\r\n").await.unwrap();
    let answer = rest_of(other).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    drop(idle);
}

#[tokio::test]
async fn connections_beyond_the_bound_are_refused_until_there_is_room() {
    let app = TestApp::start().await;
    let (address, _) =
        app.listen(Bounds { connections: 10, head_timeout: Duration::from_secs(60), ..Bounds::default() }).await;
    let mut idle = Vec::new();
    for _ in 0..10 {
        idle.push(TcpStream::connect(address).await.unwrap());
    }
    let refused = get(address, "/livez", "").await;
    assert!(
        refused.starts_with("HTTP/1.1 503 Service Unavailable\r\n") && refused.contains("retry-after: 5\r\n"),
        "{refused}"
    );
    drop(idle);
    super::support::until(|| async { get(address, "/livez", "").await.starts_with("HTTP/1.1 200 ").then_some(()) })
        .await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let app = TestApp::start().await;
    let (address, _) = app.listen(Bounds::default()).await;
    let answer = get(address, "/livez", &"x".repeat(500 * 1024)).await;
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
}

#[tokio::test]
async fn a_stopping_server_ends_idle_connections_at_once() {
    let app = TestApp::start().await;
    let (address, serving) = app.listen(Bounds::default()).await;
    let mut idle = TcpStream::connect(address).await.unwrap();
    idle.write_all(b"GET /livez HTTP/1.1\r\nhost: 127.0.0.1:3000\r\n\r\n").await.unwrap();
    let mut some = [0; 15];
    idle.read_exact(&mut some).await.unwrap();
    assert_eq!(&some, b"HTTP/1.1 200 OK");
    app.drain().await;
    tokio::time::timeout(Duration::from_secs(5), serving).await.expect("nothing is waited for").unwrap();
}

#[tokio::test]
async fn a_flood_of_bad_sign_ins_is_refused_and_signed_in_people_are_answered() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let bad = (0..120).map(|number| {
        let app = &app;
        async move {
            app.anonymous()
                .post("/api/sign-in", &[("user_name", &format!("nobody{number}")), ("password", "wrong wrong wrong")])
                .await
        }
    });
    let (answers, list) = tokio::join!(futures_util::future::join_all(bad), viewer.get("/streams"));
    assert_eq!(list.status, StatusCode::OK);
    let refused: Vec<_> = answers.iter().filter(|answer| answer.status == StatusCode::TOO_MANY_REQUESTS).collect();
    assert!((10..=25).contains(&refused.len()), "{} of 120 are beyond the 100 at once", refused.len());
    for answer in refused {
        assert!(answer.header("retry-after").parse::<u64>().unwrap() >= 1);
        assert!(
            answer.body.contains("Too many requests")
                && answer.header("content-security-policy").contains("default-src"),
            "{}",
            answer.body
        );
    }
    assert_eq!(viewer.get("/streams").await.status, StatusCode::OK);
}

#[tokio::test]
async fn what_comes_while_too_much_is_at_work_is_shed() {
    let app = TestApp::start().await;
    let viewer = app.actor(Role::Viewer).await;
    let all = app.take_all_places().await;
    let shed = viewer.get("/streams").await;
    assert_eq!((shed.status, shed.header("retry-after")), (StatusCode::SERVICE_UNAVAILABLE, "5"), "{}", shed.body);
    assert!(shed.body.contains("Keystream is overloaded"), "{}", shed.body);
    let by_wasm = viewer.call("/api/disable", &[]).await;
    assert_eq!((by_wasm.status, by_wasm.body.as_str()), (StatusCode::SERVICE_UNAVAILABLE, "\"Overloaded\""));
    assert_eq!(app.anonymous().get("/livez").await.status, StatusCode::OK);
    drop(all);
    assert_eq!(viewer.get("/streams").await.status, StatusCode::OK);
}

#[tokio::test]
async fn passwords_that_would_wait_too_long_are_not_taken() {
    let app = TestApp::start().await;
    // From as many networks, for as many names, so that no other limit holds them.
    let attempts = (0..200).map(|number| {
        let stranger = Actor { address: [10, number, 0, 1], ..app.anonymous() };
        async move { stranger.sign_in(&format!("nobody{number}"), "not anybody's password").await }
    });
    let answers = futures_util::future::join_all(attempts).await;
    let (shed, checked): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == StatusCode::SERVICE_UNAVAILABLE);
    assert!(!shed.is_empty() && checked.len() >= 68, "{} of {} were refused", shed.len(), answers.len());
    for answer in shed {
        assert_eq!(answer.header("retry-after"), "5");
        assert!(answer.body.contains("Keystream is overloaded"), "{}", answer.body);
    }
    assert!(checked.iter().all(|answer| answer.location().starts_with("/sign-in?problem=sign-in-failed")));
    app.actor(Role::Viewer).await;
}
