//! The part of `keystream check-config` about the stream of the audit chain: whether the settings and the file can be
//! used, and how far the stream has got. Sends nothing.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::Context;
use rustix::fs::{Access, access};

use crate::server::{
    adapters::store::Store,
    config::{Settings, StreamPlace},
    services::audit::stream::{ChainStream, id_of},
};

/// Checks the stream, if one is configured.
///
/// # Errors
/// When the settings or the file can't be used, or the database can't be read.
pub async fn check(settings: &Settings, store: &Store, mut output: impl Write) -> anyhow::Result<()> {
    let Some(stream) = settings.audit_stream.complete()? else { return Ok(()) };
    let place = &stream.place;
    // This command's standard output isn't the server's.
    if *place != StreamPlace::Stdout {
        ChainStream::new(store.clone(), &stream)?;
    }
    if let StreamPlace::File(path) = place {
        let written = if path.try_exists()? { path.clone() } else { directory_of(path) };
        access(&written, Access::READ_OK | Access::WRITE_OK)
            .with_context(|| format!("KEYSTREAM_AUDIT_STREAM: {} can't be written", written.display()))?;
    }
    let at = store.last_streamed(&id_of(place)).await?.unwrap_or_default().seq;
    let head = store.audit_head().await?.map_or(0, |(seq, _)| seq);
    writeln!(output, "audit stream {place}: {at} of {head} rows have arrived")?;
    Ok(())
}

fn directory_of(path: &Path) -> PathBuf {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new(".")).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::{adapters::store::Opener, config::Flags};

    async fn checked(place: &str, flags: &[(&str, &str)]) -> Result<String, String> {
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("k.db").display());
        let store = Store::open(&url, Opener::Server).await.unwrap();
        let place = place.replace("DIRECTORY", directory.path().to_str().unwrap());
        let flags = [&[("audit_stream", place.as_str())], flags].concat();
        let flags = flags.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        let settings = Settings::load(&Flags(flags.collect()), None).unwrap();
        let mut said = Vec::new();
        match check(&settings, &store, &mut said).await {
            Ok(()) => Ok(String::from_utf8(said).unwrap().replace(directory.path().to_str().unwrap(), "DIRECTORY")),
            Err(error) => Err(format!("{error:#}")),
        }
    }

    #[tokio::test]
    async fn where_the_chain_is_streamed_and_how_far_the_stream_has_got_is_said() {
        let said = checked("file:DIRECTORY/audit.jsonl", &[]).await.unwrap();
        assert_eq!(said, "audit stream file:DIRECTORY/audit.jsonl: 0 of 0 rows have arrived\n");
        let said = checked("http://127.0.0.1:9/secret", &[]).await.unwrap();
        assert_eq!(said, "audit stream http://127.0.0.1:9: 0 of 0 rows have arrived\n");
    }

    #[tokio::test]
    async fn what_cannot_be_used_is_named() {
        let error = checked("file:DIRECTORY/missing/audit.jsonl", &[]).await.unwrap_err();
        assert!(error.starts_with("KEYSTREAM_AUDIT_STREAM: ") && error.contains("missing can't be written"), "{error}");
        let error = checked("https://siem.example/", &[("audit_stream_ca_file", "no/ca.pem")]).await.unwrap_err();
        assert!(error.starts_with("KEYSTREAM_AUDIT_STREAM_CA_FILE: no/ca.pem: "), "{error}");
    }
}
