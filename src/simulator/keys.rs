//! KMS keys, and what Kinesis asks of KMS when encryption is started.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{caller::Caller, clock::since_epoch, outcome::Refused};
use crate::model::keys::KeyArn;

const SERVICE_KEY: &str = "alias/aws/kinesis";

/// A key. Its aliases are kept separately: an alias points to one key.
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
    /// AWS's name for its current state.
    pub fn state(&self) -> &str {
        let has_expired = self.material_expires_at.is_some_and(|at| at <= since_epoch().as_secs_f64());
        if has_expired && self.state == "Enabled" { "PendingImport" } else { &self.state }
    }
}

/// The keys of all accounts and Regions, by id.
#[derive(Debug, Default)]
pub struct Keys(pub(super) BTreeMap<Caller, BTreeMap<String, Key>>);

/// An order for the control endpoint: creates a key, or changes the one with this id or alias. With both, the alias
/// then points to the key with this id, whatever it pointed to before.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyOrder {
    account: String,
    region: String,
    id: Option<String>,
    alias: Option<String>,
    /// One of KMS's states, or one that KMS doesn't have yet. Any but `PendingDeletion` cancels a deletion; `Enabled`
    /// also imports expired material again, this time without an expiry.
    state: Option<String>,
    spec: Option<String>,
    usage: Option<String>,
    /// Schedules its deletion in this many days.
    deletion_in_days: Option<u32>,
    /// Its material is imported and expires in this many seconds.
    material_expires_in_s: Option<u32>,
    #[serde(default)]
    delete: bool,
}

impl Keys {
    /// Creates the keys that streams use, each with the alias under which they use it.
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

    /// Adds keys that can't encrypt streams, for the demo.
    pub fn add_unusable(&mut self, caller: &Caller) {
        let month = f64::from(30 * 24 * 3_600);
        let of = |alias: &str, key: Key| (id_of(caller, alias), Key { aliases: vec![alias.to_owned()], ..key });
        let unusable = [
            of("alias/retired", Key { state: "Disabled".to_owned(), ..Key::default() }),
            of(
                "alias/old-ledger",
                Key {
                    state: "PendingDeletion".to_owned(),
                    deleted_at: Some(since_epoch().as_secs_f64() + month),
                    ..Key::default()
                },
            ),
            of("alias/signing", Key { spec: "RSA_2048".to_owned(), usage: "SIGN_VERIFY".to_owned(), ..Key::default() }),
        ];
        self.0.entry(caller.clone()).or_default().extend(unusable);
    }

    pub fn order(&mut self, order: KeyOrder) -> Result<(), String> {
        let caller = Caller { account: order.account, region: order.region };
        let keys = self.0.entry(caller.clone()).or_default();
        let by_alias =
            |alias: &String| keys.iter().find(|(_, key)| key.aliases.contains(alias)).map(|(id, _)| id.clone());
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
            // From now on the alias points elsewhere.
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
        for (slot, value) in [(&mut key.state, order.state), (&mut key.spec, order.spec), (&mut key.usage, order.usage)]
        {
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

    /// Finds a key by any form of its name; one of another account only by its ARN.
    pub fn find(&self, caller: &Caller, name: &str) -> Option<(Caller, String, &Key)> {
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

    /// The ARN of the key that any form of its name means.
    pub fn arn(&self, caller: &Caller, name: &str) -> Option<String> {
        self.find(caller, name).map(|(owner, id, _)| arn(&owner, &id))
    }

    /// What KMS answers when Kinesis requests a data key under this name.
    pub fn encrypt_with(&self, caller: &Caller, name: &str) -> Result<(), Refused> {
        if name == SERVICE_KEY {
            return Ok(());
        }
        let refused = |code: &str, message: String| Err(Refused::new(code, message));
        let Some((owner, id, key)) = self.find(caller, name) else {
            return refused("KMSNotFoundException", format!("Key '{name}' does not exist"));
        };
        match key.state() {
            // KMS keeps encrypting while the primary Region of a multi-Region key is being updated.
            "Enabled" | "Updating" if key.spec == "SYMMETRIC_DEFAULT" => Ok(()),
            "Enabled" | "Updating" => {
                refused("KMSInvalidStateException", format!("{} key usage is {}", arn(&owner, &id), key.usage))
            }
            "Disabled" => refused("KMSDisabledException", format!("{} is disabled.", arn(&owner, &id))),
            state => refused("KMSInvalidStateException", format!("{} is {state}.", arn(&owner, &id))),
        }
    }
}

/// A key id that is the same at every start.
fn id_of(caller: &Caller, name: &str) -> String {
    let text = format!("{}/{}/{name}", caller.account, caller.region);
    let hash =
        |basis: u64| text.bytes().fold(basis, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
    let (high, low) = (hash(0xcbf2_9ce4_8422_2325), hash(0x8422_2325_cbf2_9ce4));
    let text = format!("{high:016x}{low:016x}");
    [&text[..8], &text[8..12], &text[12..16], &text[16..20], &text[20..]].join("-")
}

/// The ARN of a key.
pub fn arn(owner: &Caller, id: &str) -> String {
    format!("arn:{}:kms:{}:{}:key/{id}", owner.partition(), owner.region, owner.account)
}
