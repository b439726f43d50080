//! The key and the file of the checkpoints, as the commands open them.

use std::{io::Write, path::Path};

use anyhow::Context;
use rustix::fs::{Access, access};

use crate::server::{
    adapters::store::{self, Store},
    config::{CheckpointPlaces, Settings},
    services::audit::checkpoint::{Checkpoints, SigningKey},
};

/// Returns where the key and the checkpoints are.
///
/// # Errors
/// When a place isn't configured and has no default.
pub fn places(settings: &Settings) -> anyhow::Result<CheckpointPlaces> {
    let database = store::file_of(&settings.database.database_url)?;
    Ok(settings.checkpoints.places(database.as_deref())?)
}

/// Reads the key; at its default place it is made if it is missing.
///
/// # Errors
/// When the key can't be read or made.
pub fn open(places: CheckpointPlaces) -> anyhow::Result<Checkpoints> {
    let CheckpointPlaces { key: path, file, is_default_key } = places;
    let key = if is_default_key && !path.try_exists().with_context(|| path.display().to_string())? {
        tracing::info!("the key that signs checkpoints of the audit chain is made: {}", path.display());
        SigningKey::create(&path)
    } else {
        SigningKey::read(&path)
    };
    Ok(Checkpoints { key: key.context("KEYSTREAM_CHECKPOINT_KEY")?, file })
}

/// Checks, for `check-config`, that the key and the file can be used, and that nothing was found with them.
///
/// # Errors
/// When they can't be used, or an alarm is open.
pub async fn check(store: &Store, places: CheckpointPlaces, mut output: impl Write) -> anyhow::Result<()> {
    let (key, file) = (places.key.display(), places.file.display());
    if places.is_default_key && !places.key.try_exists()? {
        writeln!(output, "checkpoint key {key}: will be made at the first start")?;
    } else {
        let made = SigningKey::read(&places.key).context("KEYSTREAM_CHECKPOINT_KEY")?;
        writeln!(output, "checkpoint key {key}: ok, public key {}", made.public())?;
    }
    let directory = places.file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let written = if places.file.try_exists()? { &places.file } else { directory };
    access(written, Access::READ_OK | Access::WRITE_OK)
        .with_context(|| format!("KEYSTREAM_CHECKPOINT_FILE: {} can't be written", written.display()))?;
    if let Some(alarm) = store.newest_chain_alarm().await?.filter(|alarm| alarm.acknowledgement.is_none()) {
        anyhow::bail!("the audit chain doesn't match its checkpoints: {} (found on {})", alarm.finding, alarm.found_at);
    }
    writeln!(output, "checkpoint file {file}: ok")?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use super::*;
    use crate::server::{adapters::store::Opener, config::Flags};

    fn settings(flags: &[(&str, &str)]) -> Settings {
        let flags = flags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        Settings::load(&Flags(flags.collect()), None).unwrap()
    }

    #[tokio::test]
    async fn the_key_and_the_file_are_made_beside_the_database_for_their_owner_only() {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}?mode=rwc", directory.path().join("k.db").display());
        let settings = settings(&[("database_url", &url)]);
        let store = Store::open(&url, Opener::Server).await.unwrap();
        let mut said = Vec::new();
        check(&store, places(&settings).unwrap(), &mut said).await.unwrap();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains("k.db.checkpoint-key.pem: will be made at the first start"), "{said}");
        let checkpoints = open(places(&settings).unwrap()).unwrap();
        checkpoints.add(&store, crate::model::time::Timestamp::from_millis(1)).await.unwrap();
        for file in ["k.db.checkpoint-key.pem", "k.db.checkpoints.jsonl"] {
            let mode = std::fs::metadata(directory.path().join(file)).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600, "{file}");
        }
        assert_eq!(open(places(&settings).unwrap()).unwrap().key.public(), checkpoints.key.public(), "made once");
        let mut said = Vec::new();
        check(&store, places(&settings).unwrap(), &mut said).await.unwrap();
        let said = String::from_utf8(said).unwrap();
        assert!(said.contains(&checkpoints.key.public()) && said.contains("k.db.checkpoints.jsonl: ok"), "{said}");
    }

    #[tokio::test]
    async fn a_place_that_is_missing_is_named() {
        let directory = tempfile::tempdir().unwrap();
        let path = |name: &str| directory.path().join(name).display().to_string();
        let url = format!("sqlite://{}", path("k.db"));
        let store = Store::open(&url, Opener::Server).await.unwrap();
        let key = settings(&[("database_url", &url), ("checkpoint_key", &path("none.pem"))]);
        let error = format!("{:#}", open(places(&key).unwrap()).unwrap_err());
        assert!(error.starts_with("KEYSTREAM_CHECKPOINT_KEY: ") && error.contains("none.pem"), "{error}");
        let error = format!("{:#}", check(&store, places(&key).unwrap(), std::io::sink()).await.unwrap_err());
        assert!(error.starts_with("KEYSTREAM_CHECKPOINT_KEY: ") && error.contains("none.pem"), "{error}");
        let file = settings(&[("database_url", &url), ("checkpoint_file", &path("none/x.jsonl"))]);
        let error = format!("{:#}", check(&store, places(&file).unwrap(), std::io::sink()).await.unwrap_err());
        assert!(error.starts_with("KEYSTREAM_CHECKPOINT_FILE: ") && error.contains("none"), "{error}");
        let postgres = settings(&[("database_url", "postgres://user@127.0.0.1:9/keystream")]);
        let error = places(&postgres).unwrap_err().to_string();
        assert!(error.starts_with("KEYSTREAM_CHECKPOINT_KEY must be set: "), "{error}");
    }
}
