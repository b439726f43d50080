//! Orders that wait for a call. Each is carried out right before or after the Nth call of an operation, under the same
//! lock, so that a race ends the same way every time.

use hyper::Method;

use super::{
    caller::Caller,
    control,
    orders::{Moment, Trigger},
    world::World,
};

/// Counts a call that is about to be carried out, and carries out the orders for the moment before it.
pub fn before(world: &mut World, operation: &str, caller: &Caller, stream: Option<&str>) {
    for trigger in world.orders.waiting.iter_mut().filter(|trigger| trigger.applies_to(operation, caller, stream)) {
        trigger.seen += 1;
    }
    carry_out(world, Moment::Before, operation, caller, stream);
}

/// Carries out the orders for the moment after a call.
pub fn after(world: &mut World, operation: &str, caller: &Caller, stream: Option<&str>) {
    carry_out(world, Moment::After, operation, caller, stream);
}

fn carry_out(world: &mut World, moment: Moment, operation: &str, caller: &Caller, stream: Option<&str>) {
    let is_due = |trigger: &Trigger| {
        trigger.moment == moment && trigger.seen >= trigger.nth && trigger.applies_to(operation, caller, stream)
    };
    let (due, waiting): (Vec<_>, Vec<_>) = std::mem::take(&mut world.orders.waiting).into_iter().partition(is_due);
    world.orders.waiting = waiting;
    for Trigger { path, order, .. } in due {
        control::ordered(world, &Method::POST, &format!("/_control/{path}"), order.to_string().as_bytes());
    }
}

#[cfg(test)]
mod tests {
    use hyper::StatusCode;
    use serde_json::{Value, json};

    use super::*;
    use crate::simulator::{Settings, kinesis};

    fn caller() -> Caller {
        Caller { account: "111122223333".to_owned(), region: "eu-west-1".to_owned() }
    }

    fn order(world: &mut World, path: &str, order: &Value) -> StatusCode {
        control::ordered(world, &Method::POST, &format!("/_control/{path}"), order.to_string().as_bytes()).0
    }

    /// Reads a stream as a caller does, and returns its encryption.
    fn read(world: &mut World, name: &str) -> Value {
        before(world, "DescribeStreamSummary", &caller(), Some(name));
        let answer =
            kinesis::call(world, "DescribeStreamSummary", &caller(), &json!({"StreamName": name})).unwrap().unwrap();
        after(world, "DescribeStreamSummary", &caller(), Some(name));
        answer["StreamDescriptionSummary"]["EncryptionType"].clone()
    }

    #[test]
    fn an_order_waits_for_its_call() {
        let mut world = World::new(Settings { enforces_rates: false, ..Settings::default() });
        let disables = json!({"account": "111122223333", "region": "eu-west-1", "name": "orders-prod", "key": ""});
        let trigger = |moment: &str, nth: u32| {
            json!({
                "operation": "DescribeStreamSummary", "stream": "orders-prod", "nth": nth, "moment": moment,
                "path": "streams", "order": disables,
            })
        };
        assert_eq!(order(&mut world, "triggers", &trigger("before", 2)), StatusCode::OK);
        assert_eq!(read(&mut world, "ledger-entries"), "KMS", "another stream's reads don't count");
        assert_eq!([read(&mut world, "orders-prod"), read(&mut world, "orders-prod")], ["KMS", "NONE"]);

        let encrypts =
            json!({"account": "111122223333", "region": "eu-west-1", "name": "orders-prod", "key": "alias/orders"});
        assert_eq!(order(&mut world, "streams", &encrypts), StatusCode::OK);
        assert_eq!(order(&mut world, "triggers", &trigger("after", 1)), StatusCode::OK);
        assert_eq!([read(&mut world, "orders-prod"), read(&mut world, "orders-prod")], ["KMS", "NONE"]);
        let acts: Vec<&str> = world.orders.acts().iter().map(|act| act.path.as_str()).collect();
        assert_eq!(acts, ["triggers", "streams", "streams", "triggers", "streams"]);
        assert!(world.orders.acts().iter().all(|act| act.error.is_none()));
    }

    #[test]
    fn an_order_that_cannot_wait_is_refused() {
        let mut world = World::empty(Settings::default());
        let trigger =
            |path: &str, nth: u32| json!({"operation": "X", "moment": "before", "nth": nth, "path": path, "order": {}});
        assert_eq!(order(&mut world, "triggers", &trigger("triggers", 1)), StatusCode::BAD_REQUEST);
        assert_eq!(order(&mut world, "triggers", &trigger("streams", 0)), StatusCode::BAD_REQUEST);
        // Mistakes in the order itself show when it is carried out.
        assert_eq!(order(&mut world, "triggers", &trigger("streams", 1)), StatusCode::OK);
        before(&mut world, "X", &caller(), None);
        assert!(world.orders.acts().last().unwrap().error.is_some());
    }
}
