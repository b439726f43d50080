//! Several instances on one Postgres: one of them streams, and another one if it dies.

use super::{add_rows, caught_up, receiver::Receiver, streaming};
use crate::tests::{
    database::Kind,
    support::{Setup, TestApp},
};

#[tokio::test]
async fn one_instance_streams_and_another_one_when_it_dies() {
    let receiver = Receiver::start().await;
    let settings = receiver.settings();
    let first = TestApp::with(Setup { database: Kind::Postgres, ..streaming(settings.clone()) }).await;
    let second = first.another().await;
    for _ in 0..5 {
        add_rows(&first.store, 5).await;
        add_rows(&second.store, 5).await;
        caught_up(&first, &settings.place).await;
    }
    let (head, _) = first.store.audit_head().await.unwrap().unwrap();
    assert_eq!(receiver.taken(), (1..=head).collect::<Vec<_>>(), "each row once, from one of them");
    // Whichever streams: one dies, then the other beside a new one.
    let third = first.another().await;
    drop(first);
    add_rows(&second.store, 5).await;
    caught_up(&second, &settings.place).await;
    drop(second);
    add_rows(&third.store, 5).await;
    caught_up(&third, &settings.place).await;
    let (head, _) = third.store.audit_head().await.unwrap().unwrap();
    assert_eq!(receiver.kept(), (1..=head).collect::<Vec<_>>());
}
