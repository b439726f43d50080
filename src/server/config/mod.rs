//! The configuration: flags over `KEYSTREAM_*` variables over `keystream.toml` over defaults.
//!
//! A setting is one field of its concern's struct. The field's name is the key in the file; in capitals it is the
//! variable, with dashes the flag. The field's comment is the flag's help, `default_value` its default, and
//! `deserialize_with` names the function that parses it and says what it takes. Unknown keys and bad values refuse to
//! start, with one line that names the key, the value and what it takes.

mod audit_stream;
#[cfg(test)]
mod audit_stream_tests;
mod checkpoints;
mod database;
mod declared;
mod error;
mod exposed;
mod flags;
mod fleet;
mod given;
mod layers;
mod listening;
mod load;
mod metrics;
mod oidc;
mod oidc_rules;
#[cfg(test)]
mod oidc_tests;
mod origin;
mod proxies;
mod secret_file;
mod settings;
mod site;
mod tags;
mod takes;
mod target;
mod target_table;
#[cfg(test)]
mod tests;

pub use self::{
    audit_stream::{AuditStream, StreamPlace, StreamSettings},
    checkpoints::{CheckpointPlaces, Checkpoints},
    database::{Database, is_postgres, without_password},
    error::ConfigError,
    flags::Flags,
    fleet::Fleet,
    listening::Listening,
    metrics::Metrics,
    oidc::{LocalSignIn, Oidc, ProviderSettings},
    origin::Origin,
    proxies::Proxies,
    settings::Settings,
    site::Site,
    tags::Tags,
    target::{IdentifyBy, TargetSettings, account_of_role},
};
