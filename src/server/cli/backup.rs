//! `keystream backup`: copies the SQLite database to a new file, also while `serve` runs, and verifies the copy.

use std::{fs::File, io::Write, path::Path};

use anyhow::{Context, bail};
use tempfile::NamedTempFile;

use super::checkpoints;
use crate::server::{
    adapters::store::{self, Counts, Store},
    config::{CheckpointPlaces, Settings},
    services::audit::{self, Verified},
};

/// What to do instead.
const POSTGRES: &str = "`keystream backup` is for SQLite; back up Postgres with pg_dump, and, in another place, the \
    checkpoint key (KEYSTREAM_CHECKPOINT_KEY) and every instance's checkpoint file (KEYSTREAM_CHECKPOINT_FILE)";

/// Copies the database to `path`, which only its owner can read, and says what the copy has and what it lacks.
///
/// The file appears there when it is complete, verified and on disk.
///
/// # Errors
/// When the database isn't a file, something is at `path` already, the copy can't be written or is damaged, or its
/// audit chain is broken. Only in the last case is the copy kept: it is what the database holds.
pub async fn run(settings: &Settings, path: &Path, mut output: impl Write) -> anyhow::Result<()> {
    let Some(database) = store::file_of(&settings.database.database_url)? else { bail!(POSTGRES) };
    let CheckpointPlaces { key, file, .. } = checkpoints::places(settings)?;
    if !database.exists() {
        bail!("there is no database {}; nothing was copied", database.display());
    }
    if path.symlink_metadata().is_ok() {
        bail!("{} exists, and a backup replaces nothing; name another file", path.display());
    }
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let named = || path.display().to_string();
    // For its owner only, from the beginning, and removed if something fails.
    let copy = NamedTempFile::with_prefix_in(".keystream-backup-", directory).with_context(named)?;
    let copy_path = copy.path().to_str().context("the directory's name isn't UTF-8")?;
    Store::copy(&database, copy_path).await.with_context(named)?;
    let Verification { counts, chain } = verify(copy.path()).await.with_context(named)?;
    copy.as_file().sync_all().with_context(named)?;
    let bytes = copy.as_file().metadata().with_context(named)?.len();
    copy.persist_noclobber(path).map_err(|refused| refused.error).with_context(named)?;
    // Its name must outlive a power loss too.
    File::open(directory).and_then(|directory| directory.sync_all()).with_context(named)?;

    let Counts { changes, users, streams } = counts;
    writeln!(output, "{}: {bytes} bytes; changes {changes}, users {users}, streams {streams}", path.display())?;
    writeln!(output, "It doesn't hold the checkpoint key {} and file {}.", key.display(), file.display())?;
    writeln!(output, "Keep copies of both elsewhere, out of reach of people who can write to the database.")?;
    match chain {
        Verified::Whole { rows, head } => {
            writeln!(output, "The audit chain in it is whole: {rows} rows, head {head}.")?;
            Ok(())
        }
        Verified::Broken { seq, why } => {
            bail!("{} is written, but its audit chain, like the database's, is broken at row {seq}: {why}", named())
        }
    }
}

/// What a copy has.
struct Verification {
    counts: Counts,
    chain: Verified,
}

async fn verify(copy: &Path) -> anyhow::Result<Verification> {
    let copy = Store::open_copy(copy).await?;
    copy.check_integrity().await?;
    Ok(Verification { counts: copy.counts().await?, chain: audit::verify(&copy).await? })
}
