//! The KMS operations that Keystream calls (KMS service model, 2014-11-01).

use serde_json::{Value, json};

use super::{
    caller::Caller,
    keys::{Key, arn},
    outcome::{Outcome, Refused},
    world::World,
};

/// The service's prefix of the operation in `x-amz-target`.
pub const SERVICE: &str = "TrentService";
/// KMS returns at most this many aliases per call, and this many keys.
const PAGE_OF_ALIASES: usize = 100;
const PAGE_OF_KEYS: usize = 1_000;

/// Carries a call out.
pub fn call(world: &mut World, operation: &str, caller: &Caller, input: &Value) -> Outcome {
    match operation {
        "ListAliases" => list(input, "Aliases", PAGE_OF_ALIASES, aliases(world, caller)),
        "ListKeys" => list(input, "Keys", PAGE_OF_KEYS, keys(world, caller)),
        "DescribeKey" => describe(world, caller, input),
        "GetKeyRotationStatus" => {
            let (_, _, key) = found(world, caller, input)?;
            Ok(Some(json!({"KeyRotationEnabled": key.is_rotated})))
        }
        _ => Err(Refused::new("UnknownOperationException", "The operation is not one of the simulator's")),
    }
}

fn aliases(world: &World, caller: &Caller) -> Vec<Value> {
    let of_key = |(id, key): (&String, &Key)| {
        let alias_arn = |alias: &str| arn(caller, "").replace("key/", alias);
        let entry = |alias: &String| json!({"AliasName": alias, "AliasArn": alias_arn(alias), "TargetKeyId": id});
        key.aliases.iter().map(entry).collect::<Vec<_>>()
    };
    let mut listed: Vec<Value> = world.keys.0.get(caller).into_iter().flatten().flat_map(of_key).collect();
    // As in AWS: one of AWS's own aliases that doesn't point to a key yet.
    listed.push(
        json!({"AliasName": "alias/aws/dynamodb", "AliasArn": arn(caller, "").replace("key/", "alias/aws/dynamodb")}),
    );
    listed
}

fn keys(world: &World, caller: &Caller) -> Vec<Value> {
    let of_key = |(id, _): (&String, &Key)| json!({"KeyId": id, "KeyArn": arn(caller, id)});
    world.keys.0.get(caller).into_iter().flatten().map(of_key).collect()
}

fn list(input: &Value, name: &str, most: usize, all: Vec<Value>) -> Outcome {
    let limit = input
        .get("Limit")
        .and_then(Value::as_u64)
        .and_then(|limit| usize::try_from(limit).ok())
        .unwrap_or(most)
        .clamp(1, most);
    let from = match input.get("Marker").and_then(Value::as_str) {
        None => 0,
        Some(marker) => marker
            .parse()
            .map_err(|_| Refused::new("InvalidMarkerException", "The marker is not one of the simulator's"))?,
    };
    let page: Vec<&Value> = all.iter().skip(from).take(limit).collect();
    let next = from + page.len();
    let mut answer = json!({name: page, "Truncated": next < all.len()});
    if next < all.len() {
        answer["NextMarker"] = json!(next.to_string());
    }
    Ok(Some(answer))
}

fn found<'a>(world: &'a World, caller: &Caller, input: &Value) -> Result<(Caller, String, &'a Key), Refused> {
    let name = input.get("KeyId").and_then(Value::as_str).unwrap_or_default();
    let missing = || Refused::new("NotFoundException", format!("Key '{name}' does not exist"));
    let (owner, id, key) = world.keys.find(caller, name).ok_or_else(missing)?;
    if owner.account != caller.account {
        let message = format!("User is not authorized to perform: kms:DescribeKey on resource: {}", arn(&owner, &id));
        return Err(Refused::new("AccessDeniedException", message));
    }
    Ok((owner, id, key))
}

fn describe(world: &World, caller: &Caller, input: &Value) -> Outcome {
    let (owner, id, key) = found(world, caller, input)?;
    let mut metadata = json!({
        "AWSAccountId": owner.account, "KeyId": id, "Arn": arn(&owner, &id),
        "Enabled": key.state() == "Enabled", "KeyState": key.state(),
        "KeyUsage": key.usage, "KeySpec": key.spec, "Origin": "AWS_KMS", "MultiRegion": false,
        "KeyManager": if key.is_aws_managed { "AWS" } else { "CUSTOMER" },
    });
    if let Some(at) = key.deleted_at {
        metadata["DeletionDate"] = json!(at);
    }
    if let Some(at) = key.material_expires_at {
        metadata["Origin"] = json!("EXTERNAL");
        metadata["ExpirationModel"] = json!("KEY_MATERIAL_EXPIRES");
        // Without material there is no expiry date.
        if key.state() != "PendingImport" {
            metadata["ValidTo"] = json!(at);
        }
    }
    Ok(Some(json!({"KeyMetadata": metadata})))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulator::Settings;

    fn caller(account: &str) -> Caller {
        Caller { account: account.to_owned(), region: "eu-west-1".to_owned() }
    }

    fn asked(world: &mut World, operation: &str, key: &str) -> Result<Value, String> {
        let answer = call(world, operation, &caller("111122223333"), &json!({"KeyId": key}));
        answer.map(Option::unwrap_or_default).map_err(|refused| refused.code)
    }

    #[test]
    fn a_key_is_found_by_each_form_of_its_name() {
        let mut world = World::new(Settings::default());
        let by_alias = asked(&mut world, "DescribeKey", "alias/orders").unwrap();
        let (arn, id) =
            (by_alias["KeyMetadata"]["Arn"].as_str().unwrap(), by_alias["KeyMetadata"]["KeyId"].as_str().unwrap());
        assert_eq!(arn, format!("arn:aws:kms:eu-west-1:111122223333:key/{id}"));
        for name in [arn, id, "arn:aws:kms:eu-west-1:111122223333:alias/orders"] {
            assert_eq!(asked(&mut world, "DescribeKey", name).unwrap(), by_alias, "{name}");
        }
        for name in ["alias/none", "arn:aws:kms:us-east-1:111122223333:alias/orders"] {
            assert_eq!(asked(&mut world, "DescribeKey", name), Err("NotFoundException".to_owned()), "{name}");
        }
        let theirs = "arn:aws:kms:eu-west-1:444455556666:key/1d3c5b7a-9e8f-4a6b-8c2d-0f1e2d3c4b5a";
        assert_eq!(asked(&mut world, "DescribeKey", theirs), Err("AccessDeniedException".to_owned()));
    }

    #[test]
    fn imported_material_expires_and_aliases_are_re_pointed() {
        let mut world = World::new(Settings::default());
        let place = json!({"account": "111122223333", "region": "eu-west-1"});
        let order = |world: &mut World, mut order: Value| {
            order["account"] = place["account"].clone();
            order["region"] = place["region"].clone();
            world.keys.order(serde_json::from_value(order).unwrap()).unwrap();
        };
        let described =
            |world: &mut World, name: &str| asked(world, "DescribeKey", name).unwrap()["KeyMetadata"].clone();
        order(&mut world, json!({"alias": "alias/orders", "material_expires_in_s": 3_600}));
        let key = described(&mut world, "alias/orders");
        assert_eq!(
            (key["KeyState"].as_str(), key["ExpirationModel"].as_str()),
            (Some("Enabled"), Some("KEY_MATERIAL_EXPIRES"))
        );
        assert!(key["ValidTo"].as_f64().is_some());
        order(&mut world, json!({"alias": "alias/orders", "material_expires_in_s": 0}));
        assert_eq!(described(&mut world, "alias/orders")["KeyState"], "PendingImport");
        let refused = world.keys.encrypt_with(&caller("111122223333"), "alias/orders").map_err(|refused| refused.code);
        assert_eq!(refused, Err("KMSInvalidStateException".to_owned()));
        order(&mut world, json!({"alias": "alias/orders", "state": "Enabled"}));
        assert_eq!(described(&mut world, "alias/orders")["KeyState"], "Enabled");
        order(&mut world, json!({"alias": "alias/orders", "deletion_in_days": 7}));
        order(&mut world, json!({"alias": "alias/orders", "state": "Updating"}));
        let key = described(&mut world, "alias/orders");
        assert_eq!((key["KeyState"].as_str(), key.get("DeletionDate")), (Some("Updating"), None));

        let former = key["Arn"].clone();
        order(&mut world, json!({"alias": "alias/orders", "id": "0f0e0d0c-0b0a-4a0b-8c0d-0e0f0a0b0c0d"}));
        assert_ne!(described(&mut world, "alias/orders")["Arn"], former);
        assert_eq!(described(&mut world, former.as_str().unwrap())["Arn"], former, "the key itself stays");
    }

    #[test]
    fn lists_come_in_pages() {
        let mut world = World::new(Settings::default());
        let (mut names, mut marker) = (Vec::new(), None::<String>);
        loop {
            let mut input = json!({"Limit": 3});
            if let Some(marker) = &marker {
                input["Marker"] = json!(marker);
            }
            let page = call(&mut world, "ListAliases", &caller("111122223333"), &input).unwrap().unwrap();
            let entries = page["Aliases"].as_array().unwrap();
            assert!(entries.len() <= 3);
            names.extend(entries.iter().map(|entry| entry["AliasName"].as_str().unwrap().to_owned()));
            marker = page["NextMarker"].as_str().map(ToOwned::to_owned);
            if marker.is_none() {
                break;
            }
        }
        names.sort_unstable();
        let whole = names.clone();
        names.dedup();
        assert_eq!(names, whole);
        assert!(
            ["alias/orders", "alias/aws/kinesis", "alias/retired"]
                .iter()
                .all(|name| names.iter().any(|known| known == name))
        );
    }

    #[test]
    fn kinesis_is_refused_what_kms_would_refuse() {
        let world = World::new(Settings::default());
        let refused =
            |name: &str| world.keys.encrypt_with(&caller("111122223333"), name).map_err(|refused| refused.code);
        assert_eq!(refused("alias/orders"), Ok(()));
        assert_eq!(refused("alias/aws/kinesis"), Ok(()));
        assert_eq!(refused("alias/retired"), Err("KMSDisabledException".to_owned()));
        assert_eq!(refused("alias/old-ledger"), Err("KMSInvalidStateException".to_owned()));
        assert_eq!(refused("alias/signing"), Err("KMSInvalidStateException".to_owned()));
        assert_eq!(refused("alias/none"), Err("KMSNotFoundException".to_owned()));
        assert_eq!(
            refused("arn:aws:kms:eu-west-1:444455556666:key/1d3c5b7a-9e8f-4a6b-8c2d-0f1e2d3c4b5a"),
            Ok(()),
            "shared with this account"
        );
    }
}
