//! A stream to a URL: in order, from the database, and again until the receiver has said that it has it.

use super::{
    add_rows, caught_up, exported, killed_while_rows_are_streamed,
    receiver::{Fault, Receiver},
    streaming,
};
use crate::{
    server::config::StreamSettings,
    tests::{
        database::TestDatabase,
        support::{TestApp, until},
    },
};

fn up_to(head: i64) -> Vec<i64> {
    (1..=head).collect()
}

#[tokio::test]
async fn rows_arrive_in_order_with_what_tells_them_apart() {
    let receiver = Receiver::start().await;
    let authorization = Some("Splunk 0123-abcd".into());
    let settings = StreamSettings { authorization, ..receiver.settings() };
    let app = TestApp::with(streaming(settings.clone())).await;
    add_rows(&app.store, 450).await;
    caught_up(&app, &settings.place).await;
    assert_eq!(receiver.taken(), up_to(450));
    let posted = receiver.posted();
    assert_eq!(posted.iter().map(|posted| posted.body.as_str()).collect::<String>(), exported(&app).await);
    for posted in posted {
        let (first, last) = (posted.seqs[0], *posted.seqs.last().unwrap());
        assert!(posted.head.starts_with("post /collect http/1.1\r\n"), "{}", posted.head);
        assert_eq!(posted.header("content-type"), "application/x-ndjson");
        assert_eq!(posted.header("authorization"), "splunk 0123-abcd");
        assert_eq!(posted.header("keystream-first-seq"), first.to_string());
        assert_eq!(posted.header("keystream-last-seq"), last.to_string());
        let row: serde_json::Value = serde_json::from_str(posted.body.lines().last().unwrap()).unwrap();
        let hash = row["hash"].as_str().unwrap();
        assert_eq!(posted.header("idempotency-key"), format!("{first}-{last}-{hash}"));
        assert!(posted.seqs.len() <= 200);
    }
}

#[tokio::test]
async fn a_receiver_that_fails_gets_the_same_rows_until_it_has_them() {
    let receiver = Receiver::start().await;
    let settings = receiver.settings();
    receiver.fail([Fault::Status(500), Fault::Cut, Fault::Status(302)]);
    let app = TestApp::with(streaming(settings.clone())).await;
    add_rows(&app.store, 3).await;
    caught_up(&app, &settings.place).await;
    assert_eq!(receiver.taken(), up_to(3));
    let posted = receiver.posted();
    let of_first: Vec<_> = posted.iter().take(4).collect();
    assert!(of_first.iter().all(|each| each.body == of_first[0].body), "{posted:?}");
    let key = of_first[0].header("idempotency-key");
    assert!(of_first.iter().all(|each| each.header("idempotency-key") == key), "{posted:?}");
    // The answer counts, and not what comes after its head.
    receiver.fail([Fault::Endless]);
    add_rows(&app.store, 1).await;
    caught_up(&app, &settings.place).await;
    add_rows(&app.store, 1).await;
    caught_up(&app, &settings.place).await;
    assert_eq!(receiver.taken(), up_to(5));
}

#[tokio::test]
async fn a_receiver_that_hangs_keeps_neither_the_portal_nor_later_rows() {
    let receiver = Receiver::start().await;
    let settings = receiver.settings();
    receiver.fail([Fault::Hang]);
    let app = TestApp::with(streaming(settings.clone())).await;
    add_rows(&app.store, 1).await;
    until(|| async { (receiver.posted().len() == 1).then_some(()) }).await;
    assert_eq!(app.anonymous().get("/readyz").await.status, axum::http::StatusCode::OK);
    add_rows(&app.store, 5).await;
    caught_up(&app, &settings.place).await;
    assert_eq!(receiver.taken(), up_to(6));
}

#[tokio::test]
async fn no_row_is_left_out_however_often_keystream_is_killed() {
    let receiver = Receiver::start().await;
    let settings = receiver.settings();
    receiver.fail([Fault::Status(503), Fault::Cut, Fault::Status(429), Fault::Cut]);
    let app = TestApp::with(streaming(settings.clone())).await;
    let app = killed_while_rows_are_streamed(app).await;
    caught_up(&app, &settings.place).await;
    let (head, _) = app.store.audit_head().await.unwrap().unwrap();
    assert_eq!(receiver.kept(), up_to(head), "in order, once repeats are left out");
}

#[tokio::test]
async fn if_the_chain_is_another_one_all_of_it_is_sent() {
    let receiver = Receiver::start().await;
    let settings = receiver.settings();
    let app = TestApp::with(streaming(settings.clone())).await;
    add_rows(&app.store, 5).await;
    caught_up(&app, &settings.place).await;
    let cut_off = async |database: &TestDatabase| database.run("DELETE FROM audit WHERE seq > 3").await;
    let app = app.killed_and_started_after(cut_off).await;
    until(|| async { (receiver.taken() == [1, 2, 3, 4, 5, 1, 2, 3]).then_some(()) }).await;
    add_rows(&app.store, 1).await;
    caught_up(&app, &settings.place).await;
    assert_eq!(receiver.taken(), [1, 2, 3, 4, 5, 1, 2, 3, 4]);
}
