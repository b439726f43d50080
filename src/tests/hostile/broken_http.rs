//! Broken HTTP, and requests hidden behind others.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::{
    model::access::identity::Role,
    server::web::listen::Bounds,
    tests::support::{ORIGIN, TestApp},
};

/// What a connection is answered to these bytes, to its end.
async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // A server that has heard enough closes while the rest is still being written.
    let _ = stream.write_all(bytes).await;
    let mut said = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(5), stream.read_to_end(&mut said)).await;
    String::from_utf8_lossy(&said).into_owned()
}

#[tokio::test]
async fn broken_http_is_refused_and_nothing_is_smuggled_behind_it() {
    let app = TestApp::start().await;
    let cookie = app.actor(Role::Admin).await.cookie.unwrap();
    let (address, _) = app.listen(Bounds { head_timeout: Duration::from_secs(2), ..Bounds::default() }).await;
    let smuggled = format!(
        "POST /api/end-other-sessions HTTP/1.1\r\nhost: 127.0.0.1:3000\r\norigin: {ORIGIN}\r\ncookie: \
        {cookie}\r\ncontent-type: application/x-www-form-urlencoded\r\ncontent-length: 0\r\n\r\n"
    );
    let host = "host: 127.0.0.1:3000\r\n";
    let post = format!("POST /csp-report HTTP/1.1\r\n{host}");
    let header_lines = |count: usize| (0..count).map(|number| format!("x-{number}: y\r\n")).collect::<String>();
    for (what, bytes) in [
        ("two lengths", format!("{post}content-length: 0\r\ncontent-length: 5\r\n\r\n{smuggled}")),
        ("a length that is none", format!("{post}content-length: +5\r\n\r\n12345{smuggled}")),
        ("a negative length", format!("{post}content-length: -1\r\n\r\n{smuggled}")),
        ("chunks of no number", format!("{post}transfer-encoding: chunked\r\n\r\nzz\r\n{smuggled}")),
        ("chunks that are not last", format!("{post}transfer-encoding: chunked, identity\r\n\r\n0\r\n\r\n{smuggled}")),
        ("a folded header", format!("GET /livez HTTP/1.1\r\n{host}x: a\r\n b\r\n\r\n")),
        ("space before the colon", format!("GET /livez HTTP/1.1\r\n{host}x : a\r\n\r\n")),
        ("a bare control character", format!("GET /livez HTTP/1.1\r\n{host}x: a\u{1}b\r\n\r\n")),
        ("no version", format!("GET /livez\r\n{host}\r\n")),
        ("a version of the future", format!("GET /livez HTTP/9.9\r\n{host}\r\n")),
        ("too many headers", format!("GET /livez HTTP/1.1\r\n{host}{}\r\n", header_lines(300))),
        ("a null in the path", format!("GET /livez\0 HTTP/1.1\r\n{host}\r\n")),
        ("no request at all", "\x16\x03\x01\x02\x00\x01\x00\x01\u{fc}\x03\x03".to_owned()),
    ] {
        let said = raw(address, bytes.as_bytes()).await;
        let status = said.split(' ').nth(1).unwrap_or_default();
        assert!(said.is_empty() || status.starts_with('4') || status.starts_with('5'), "{what}: {said}");
        assert!(said.matches("HTTP/1.1 ").count() <= 1, "{what}: a second answer: {said}");
    }
    // Both ways of saying how long a body is: the chunks count, and the connection ends.
    let both = format!(
        "{post}content-length: 4\r\ntransfer-encoding: chunked\r\nconnection: close\r\n\r\n0\r\n\r\n{smuggled}"
    );
    let said = raw(address, both.as_bytes()).await;
    assert!(said.matches("HTTP/1.1 ").count() <= 1, "{said}");
    // Two hosts, and a host in the request line that is another one.
    for (what, bytes) in [
        ("two hosts", format!("GET /streams HTTP/1.1\r\n{host}host: evil.example\r\nconnection: close\r\n\r\n")),
        (
            "two hosts the other way round",
            format!("GET /streams HTTP/1.1\r\nhost: evil.example\r\n{host}connection: close\r\n\r\n"),
        ),
        ("no host", "GET /streams HTTP/1.1\r\nconnection: close\r\n\r\n".to_owned()),
        (
            "another host in the line",
            format!("GET http://evil.example/streams HTTP/1.1\r\n{host}connection: close\r\n\r\n"),
        ),
        ("the old protocol", "GET /streams HTTP/1.0\r\n\r\n".to_owned()),
    ] {
        let said = raw(address, bytes.as_bytes()).await;
        let status = said.split(' ').nth(1).unwrap_or_default();
        assert!(matches!(status, "400" | "421"), "{what}: {said}");
    }
    let rows = app.store.audit_rows(0, 100).await.unwrap();
    assert!(rows.iter().all(|row| row.event.action.name() == "session.signed-in"));
}

/// hyper refuses what isn't HTTP before Keystream sees a request. These answers lack the security headers, and have
/// nothing that would need them: they are empty and repeat nothing.
#[tokio::test]
async fn what_is_not_http_gets_a_bare_refusal_and_the_connection_ends() {
    let app = TestApp::start().await;
    let (address, _) = app.listen(Bounds::default()).await;
    let host = "host: 127.0.0.1:3000\r\n";
    let header_lines = |count: usize| (0..count).map(|number| format!("x-{number}: marker\r\n")).collect::<String>();
    for (what, status, bytes) in [
        ("no request line", "400 Bad Request", "marker\r\n\r\n".to_owned()),
        ("no version", "400 Bad Request", format!("GET /marker\r\n{host}\r\n")),
        ("a version of the future", "400 Bad Request", format!("GET /marker HTTP/9.9\r\n{host}\r\n")),
        ("a null in the path", "400 Bad Request", format!("GET /marker\0 HTTP/1.1\r\n{host}\r\n")),
        ("a method that is none", "400 Bad Request", format!("<marker> /livez HTTP/1.1\r\n{host}\r\n")),
        ("a folded header", "400 Bad Request", format!("GET /livez HTTP/1.1\r\n{host}x: a\r\n marker\r\n\r\n")),
        ("space before the colon", "400 Bad Request", format!("GET /livez HTTP/1.1\r\n{host}marker : a\r\n\r\n")),
        ("a bare carriage return", "400 Bad Request", format!("GET /livez HTTP/1.1\r\n{host}x: marker\rb\r\n\r\n")),
        (
            "two lengths",
            "400 Bad Request",
            format!("POST /csp-report HTTP/1.1\r\n{host}content-length: 0\r\ncontent-length: 5\r\n\r\n"),
        ),
        (
            "too many headers",
            "431 Request Header Fields Too Large",
            format!("GET /livez HTTP/1.1\r\n{host}{}\r\n", header_lines(200)),
        ),
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(bytes.as_bytes()).await.unwrap();
        let mut said = String::new();
        let end = tokio::time::timeout(Duration::from_secs(60), stream.read_to_string(&mut said)).await;
        end.unwrap_or_else(|_| panic!("{what}: the connection stays open: {said}")).unwrap();
        let (head, body) = said.split_once("\r\n\r\n").unwrap_or_else(|| panic!("{what}: {said}"));
        let mut lines = head.split("\r\n");
        assert_eq!((lines.next(), body), (Some(format!("HTTP/1.1 {status}").as_str()), ""), "{what}");
        let names: Vec<&str> = lines.filter_map(|line| Some(line.split_once(": ")?.0)).collect();
        assert_eq!(names, ["connection", "content-length", "date"], "{what}: {said}");
    }
    // A head that is too large may not be read to its end, so its refusal may be lost with the rest.
    let large = format!("GET /livez HTTP/1.1\r\n{host}x: {}\r\n\r\n", "marker".repeat(20_000));
    let said = raw(address, large.as_bytes()).await;
    assert!(said.is_empty() || (said.starts_with("HTTP/1.1 431 ") && said.ends_with("\r\n\r\n")), "{said}");
    assert!(!said.contains("marker"), "{said}");
}
