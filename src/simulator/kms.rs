//! The operations of KMS that Keystream calls (KMS service model, 2014-11-01), and what Kinesis asks of KMS at a start.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::{Value, json};

use super::{
    Outcome, Refused,
    clock::since_epoch,
    world::{Caller, World},
};
use crate::model::keys::KeyArn;

/// What stands before the operation in `x-amz-target`.
pub const SERVICE: &str = "TrentService";
const SERVICE_KEY: &str = "alias/aws/kinesis";
/// KMS returns at most so many aliases a call, and so many keys.
const PAGE_OF_ALIASES: usize = 100;
const PAGE_OF_KEYS: usize = 1_000;

/// A key. Its aliases stand beside it: an alias points to one key.
#[derive(Debug, Clone)]
pub struct Key {
    pub aliases: Vec<String>,
    pub state: String,
    pub spec: String,
    pub usage: String,
    /// Seconds since 1970, for a key that is pending deletion.
    pub deleted_at: Option<f64>,
    /// Seconds since 1970, for imported key material that expires. From then on the key is `PendingImport`.
    pub material_expires_at: Option<f64>,
    pub is_rotated: bool,
    pub is_aws_managed: bool,
}

impl Default for Key {
    fn default() -> Self {
        Self {
            aliases: Vec::new(),
            state: "Enabled".to_owned(),
            spec: "SYMMETRIC_DEFAULT".to_owned(),
            usage: "ENCRYPT_DECRYPT".to_owned(),
            deleted_at: None,
            material_expires_at: None,
            is_rotated: true,
            is_aws_managed: false,
        }
    }
}

impl Key {
    /// AWS's word for its state now.
    fn state(&self) -> &str {
        let has_expired = self.material_expires_at.is_some_and(|at| at <= since_epoch().as_secs_f64());
        if has_expired && self.state == "Enabled" { "PendingImport" } else { &self.state }
    }
}

/// The keys of all accounts and Regions, by id.
#[derive(Debug, Default)]
pub struct Keys(BTreeMap<Caller, BTreeMap<String, Key>>);

/// An order for the control endpoint: makes a key, or changes the one that has this id or this alias. With both, the alias
/// points to the key of this id from then on, whatever it pointed to before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyOrder {
    account: String,
    region: String,
    id: Option<String>,
    alias: Option<String>,
    /// One of KMS's states, or a word that KMS doesn't have yet. Any but `PendingDeletion` cancels a deletion; `Enabled` also
    /// imports expired material again, for good.
    state: Option<String>,
    spec: Option<String>,
    usage: Option<String>,
    /// Makes it pending deletion, so many days from now.
    deletion_in_days: Option<u32>,
    /// Its material was imported, and expires so many seconds from now.
    material_expires_in_s: Option<u32>,
    #[serde(default)]
    delete: bool,
}

impl Keys {
    /// The keys that streams name, each with the alias under which they name it.
    pub fn name(&mut self, caller: &Caller, key: &str) {
        let keys = self.0.entry(caller.clone()).or_default();
        let id = match key.parse::<KeyArn>() {
            Ok(arn) => arn.id,
            Err(_) if key.starts_with("alias/") => id_of(caller, key),
            Err(_) => key.to_owned(),
        };
        let known = keys.entry(id).or_default();
        known.is_aws_managed = key == SERVICE_KEY;
        if key.starts_with("alias/") && !known.aliases.iter().any(|alias| alias == key) {
            known.aliases.push(key.to_owned());
        }
    }

    /// Keys that nobody can encrypt a stream with, for the demo.
    pub fn add_unusable(&mut self, caller: &Caller) {
        let month = f64::from(30 * 24 * 3_600);
        let of = |alias: &str, key: Key| (id_of(caller, alias), Key { aliases: vec![alias.to_owned()], ..key });
        let unusable = [
            of("alias/retired", Key { state: "Disabled".to_owned(), ..Key::default() }),
            of(
                "alias/old-ledger",
                Key { state: "PendingDeletion".to_owned(), deleted_at: Some(since_epoch().as_secs_f64() + month), ..Key::default() },
            ),
            of("alias/signing", Key { spec: "RSA_2048".to_owned(), usage: "SIGN_VERIFY".to_owned(), ..Key::default() }),
        ];
        self.0.entry(caller.clone()).or_default().extend(unusable);
    }

    pub fn order(&mut self, order: KeyOrder) -> Result<(), String> {
        let caller = Caller { account: order.account, region: order.region };
        let keys = self.0.entry(caller.clone()).or_default();
        let by_alias = |alias: &String| keys.iter().find(|(_, key)| key.aliases.contains(alias)).map(|(id, _)| id.clone());
        let known = order.alias.as_ref().and_then(by_alias);
        let id = match (&order.id, &order.alias) {
            (Some(id), _) => id.clone(),
            (None, Some(alias)) => known.clone().unwrap_or_else(|| id_of(&caller, alias)),
            (None, None) => return Err("an id or an alias is needed".to_owned()),
        };
        if order.delete {
            keys.remove(&id);
            return Ok(());
        }
        if let (Some(alias), Some(former)) = (&order.alias, known.filter(|former| *former != id)) {
            // The alias points elsewhere from now on.
            if let Some(key) = keys.get_mut(&former) {
                key.aliases.retain(|known| known != alias);
            }
        }
        let key = keys.entry(id).or_default();
        if let Some(alias) = order.alias.filter(|alias| !key.aliases.contains(alias)) {
            key.aliases.push(alias);
        }
        match order.state.as_deref() {
            None | Some("PendingDeletion") => {}
            Some(state) => {
                key.deleted_at = None;
                key.material_expires_at = key.material_expires_at.filter(|_| state != "Enabled");
            }
        }
        for (slot, value) in [(&mut key.state, order.state), (&mut key.spec, order.spec), (&mut key.usage, order.usage)] {
            if let Some(value) = value {
                *slot = value;
            }
        }
        if let Some(days) = order.deletion_in_days {
            key.state = "PendingDeletion".to_owned();
            key.deleted_at = Some(since_epoch().as_secs_f64() + f64::from(days) * 86_400.0);
        }
        if let Some(seconds) = order.material_expires_in_s {
            "Enabled".clone_into(&mut key.state);
            key.material_expires_at = Some(since_epoch().as_secs_f64() + f64::from(seconds));
        }
        Ok(())
    }

    /// A key by any form of its name; another account's by its ARN only.
    fn find(&self, caller: &Caller, name: &str) -> Option<(Caller, String, &Key)> {
        let (owner, name) = match name.strip_prefix("arn:") {
            None => (caller.clone(), name),
            Some(rest) => {
                let parts: Vec<&str> = rest.splitn(5, ':').collect();
                let [_, "kms", region, account, resource] = parts.as_slice() else { return None };
                let owner = Caller { account: (*account).to_owned(), region: (*region).to_owned() };
                (owner, resource.strip_prefix("key/").unwrap_or(resource))
            }
        };
        let keys = self.0.get(&owner).filter(|_| owner.region == caller.region)?;
        let found = keys.iter().find(|(id, key)| *id == name || key.aliases.iter().any(|alias| alias == name));
        found.map(|(id, key)| (owner, id.clone(), key))
    }

    /// The ARN of a key by any form of its name.
    pub fn arn(&self, caller: &Caller, name: &str) -> Option<String> {
        self.find(caller, name).map(|(owner, id, _)| arn(&owner, &id))
    }

    /// What Kinesis meets when it asks KMS for a data key under this name.
    pub fn encrypt_with(&self, caller: &Caller, name: &str) -> Result<(), Refused> {
        if name == SERVICE_KEY {
            return Ok(());
        }
        let refused = |code: &str, message: String| Err(Refused::new(code, message));
        let Some((owner, id, key)) = self.find(caller, name) else {
            return refused("KMSNotFoundException", format!("Key '{name}' does not exist"));
        };
        match key.state() {
            // KMS goes on encrypting while the primary Region of a multi-Region key is updated.
            "Enabled" | "Updating" if key.spec == "SYMMETRIC_DEFAULT" => Ok(()),
            "Enabled" | "Updating" => refused("KMSInvalidStateException", format!("{} key usage is {}", arn(&owner, &id), key.usage)),
            "Disabled" => refused("KMSDisabledException", format!("{} is disabled.", arn(&owner, &id))),
            state => refused("KMSInvalidStateException", format!("{} is {state}.", arn(&owner, &id))),
        }
    }
}

/// An id of a key that is the same at every start.
fn id_of(caller: &Caller, name: &str) -> String {
    let text = format!("{}/{}/{name}", caller.account, caller.region);
    let hash = |basis: u64| text.bytes().fold(basis, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let (high, low) = (hash(0xcbf2_9ce4_8422_2325), hash(0x8422_2325_cbf2_9ce4));
    let text = format!("{high:016x}{low:016x}");
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

fn arn(owner: &Caller, id: &str) -> String {
    format!("arn:{}:kms:{}:{}:key/{id}", owner.partition(), owner.region, owner.account)
}

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
    // As at AWS: one of AWS's aliases that points to no key yet.
    listed.push(json!({"AliasName": "alias/aws/dynamodb", "AliasArn": arn(caller, "").replace("key/", "alias/aws/dynamodb")}));
    listed
}

fn keys(world: &World, caller: &Caller) -> Vec<Value> {
    let of_key = |(id, _): (&String, &Key)| json!({"KeyId": id, "KeyArn": arn(caller, id)});
    world.keys.0.get(caller).into_iter().flatten().map(of_key).collect()
}

fn list(input: &Value, name: &str, most: usize, all: Vec<Value>) -> Outcome {
    let limit = input.get("Limit").and_then(Value::as_u64).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(most).clamp(1, most);
    let from = match input.get("Marker").and_then(Value::as_str) {
        None => 0,
        Some(marker) => marker.parse().map_err(|_| Refused::new("InvalidMarkerException", "The marker is not one of the simulator's"))?,
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
        "AWSAccountId": owner.account, "KeyId": id, "Arn": arn(&owner, &id), "Enabled": key.state() == "Enabled", "KeyState": key.state(),
        "KeyUsage": key.usage, "KeySpec": key.spec, "Origin": "AWS_KMS", "MultiRegion": false,
        "KeyManager": if key.is_aws_managed { "AWS" } else { "CUSTOMER" },
    });
    if let Some(at) = key.deleted_at {
        metadata["DeletionDate"] = json!(at);
    }
    if let Some(at) = key.material_expires_at {
        metadata["Origin"] = json!("EXTERNAL");
        metadata["ExpirationModel"] = json!("KEY_MATERIAL_EXPIRES");
        // Without material there is no date for it.
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
        let (arn, id) = (by_alias["KeyMetadata"]["Arn"].as_str().unwrap(), by_alias["KeyMetadata"]["KeyId"].as_str().unwrap());
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
        let described = |world: &mut World, name: &str| asked(world, "DescribeKey", name).unwrap()["KeyMetadata"].clone();
        order(&mut world, json!({"alias": "alias/orders", "material_expires_in_s": 3_600}));
        let key = described(&mut world, "alias/orders");
        assert_eq!((key["KeyState"].as_str(), key["ExpirationModel"].as_str()), (Some("Enabled"), Some("KEY_MATERIAL_EXPIRES")));
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
        assert!(["alias/orders", "alias/aws/kinesis", "alias/retired"].iter().all(|name| names.iter().any(|known| known == name)));
    }

    #[test]
    fn kinesis_is_refused_what_kms_would_refuse() {
        let world = World::new(Settings::default());
        let refused = |name: &str| world.keys.encrypt_with(&caller("111122223333"), name).map_err(|refused| refused.code);
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
