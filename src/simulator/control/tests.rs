//! What each order does to the simulated world.

use super::{
    super::{
        calls::Named,
        faults::{Fault, merge},
    },
    *,
};

fn caller(account: &str, region: &str) -> Caller {
    Caller { account: account.to_owned(), region: region.to_owned() }
}

fn post(world: &mut World, path: &str, order: &Value) -> StatusCode {
    answer(world, &Method::POST, path, order.to_string().as_bytes()).0
}

#[test]
fn a_fault_of_one_account_and_region_leaves_the_others_alone() {
    let mut world = World::empty(Settings::default());
    let order = json!({
        "operation": "ListStreams", "account": "444455556666", "region": "eu-west-1",
        "times": 1_000_000, "fault": "black-hole",
    });
    assert_eq!(post(&mut world, "/_control/faults", &order), StatusCode::OK);
    assert!(world.take_fault("ListStreams", &caller("111122223333", "eu-west-1"), None).is_none());
    assert!(world.take_fault("ListStreams", &caller("444455556666", "us-east-1"), None).is_none());
    assert!(world.take_fault("GetResources", &caller("444455556666", "eu-west-1"), None).is_none());
    for _ in 0..3 {
        let fault = world.take_fault("ListStreams", &caller("444455556666", "eu-west-1"), None);
        assert!(matches!(fault, Some(Fault::BlackHole)));
    }
    let everywhere = json!({"operation": "GetResources", "fault": {"delay-ms": 5}});
    assert_eq!(post(&mut world, "/_control/faults", &everywhere), StatusCode::OK);
    assert!(matches!(
        world.take_fault("GetResources", &caller("444455556666", "eu-west-1"), None),
        Some(Fault::DelayMs(5))
    ));
    assert!(world.take_fault("GetResources", &caller("444455556666", "eu-west-1"), None).is_none());
}

#[test]
fn pages_of_a_browser_order_nothing() {
    let is_served = |host: &'static str, more: Option<(&'static str, &'static str)>| {
        let given = std::iter::once(("host", host)).chain(more);
        let headers = given.map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        is_from_a_program(&headers)
    };
    for host in ["127.0.0.1:4567", "localhost:4567", "[::1]:4567", "127.0.0.2"] {
        assert!(is_served(host, None), "{host}");
        for more in [("origin", "http://127.0.0.1:4567"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
            assert!(!is_served(host, Some(more)), "{host} {more:?}");
        }
    }
    for host in ["rebound.example:4567", "127.0.0.1.example", "10.0.0.7:4567", "", "local host"] {
        assert!(!is_served(host, None), "{host}");
    }
    assert!(!is_from_a_program(&HeaderMap::new()), "no host");
}

#[test]
fn settings_change_where_they_are_given_and_a_bad_one_changes_nothing() {
    let mut world = World::empty(Settings::default());
    assert_eq!(post(&mut world, "/_control/settings", &json!({"speed": 10, "rtt_ms": 6})), StatusCode::OK);
    assert_eq!((world.settings.speed, world.settings.rtt), (10, Duration::from_millis(6)));
    assert_eq!(world.settings.transition, Settings::default().transition);
    for speed in [0, 101] {
        let order = json!({"speed": speed, "transition_ms": 1});
        assert_eq!(post(&mut world, "/_control/settings", &order), StatusCode::BAD_REQUEST);
    }
    assert_eq!((world.settings.speed, world.settings.transition), (10, Settings::default().transition));
}

#[test]
fn a_fleet_and_tags_are_made_on_order() {
    let mut world = World::empty(Settings::default());
    let order = json!({"account": "111122223333", "region": "eu-west-1", "count": 3});
    assert_eq!(post(&mut world, "/_control/fleet", &order), StatusCode::OK);
    let order = json!({"account": "111122223333", "region": "eu-west-1", "name": "orders", "tags": {"team": "orders"}});
    assert_eq!(post(&mut world, "/_control/streams", &order), StatusCode::OK);
    let order = json!({"account": "111122223333", "region": "eu-west-1", "count": 100_001});
    assert_eq!(post(&mut world, "/_control/fleet", &order), StatusCode::BAD_REQUEST);
    let caller = caller("111122223333", "eu-west-1");
    let names: Vec<&str> = world.streams_after(&caller, "").map(|stream| stream.name.as_str()).collect();
    assert_eq!(names, ["orders", "stream-00001", "stream-00002", "stream-00003"]);
    assert_eq!(world.stream(&caller, "orders").unwrap().tags["team"], "orders");
}

#[test]
fn a_patch_replaces_adds_and_takes_out() {
    let mut value = json!({"a": {"b": 1, "c": 2}, "d": [1]});
    merge(&mut value, &json!({"a": {"b": null, "e": {"f": null, "g": 3}}, "d": "x"}));
    assert_eq!(value, json!({"a": {"c": 2, "e": {"g": 3}}, "d": "x"}));
}

#[test]
fn another_changes_a_stream_as_by_a_call_and_a_new_one_has_the_time_it_is_given() {
    let mut world = World::new(Settings { transition: Duration::ZERO, ..Settings::default() });
    let caller = caller("111122223333", "eu-west-1");
    let mut order =
        json!({"account": "111122223333", "region": "eu-west-1", "name": "orders-prod", "key": "", "is_called": true});
    assert_eq!(post(&mut world, "/_control/streams", &order), StatusCode::OK);
    let stream = world.stream(&caller, "orders-prod").unwrap();
    assert_eq!((stream.used_today(false), stream.status.as_str(), stream.key.as_deref()), (1, "ACTIVE", None));
    let created = stream.created;
    (order["key"], order["is_called"]) = (json!("alias/orders"), json!(false));
    (order["recreate"], order["created"]) = (json!(true), json!(created + 0.4));
    assert_eq!(post(&mut world, "/_control/streams", &order), StatusCode::OK);
    let stream = world.stream(&caller, "orders-prod").unwrap();
    assert!((stream.created - created - 0.4).abs() < 1e-3 && stream.used_today(false) == 0);
}

#[test]
fn calls_are_counted_for_who_asks() {
    let mut world = World::empty(Settings::default());
    world.calls.note("ListStreams", &caller("111122223333", "eu-west-1"), &Named::default(), None, &Ok(None), true);
    let (status, counts) = answer(&mut world, &Method::GET, "/_control/counts", b"");
    assert_eq!((status, counts), (StatusCode::OK, json!({"ListStreams": {"ok": 1, "LimitExceededException": 0}})));
}
