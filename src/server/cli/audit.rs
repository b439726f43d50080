//! `keystream audit`: checks, exports and signs the audit chain.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Subcommand;

use super::checkpoints::{open, places};
use crate::server::{
    adapters::{
        clock::{Clock, SystemClock},
        store::{Opener, Store},
    },
    config::Settings,
    services::audit::{
        self, Verified,
        checkpoint::{self, AcknowledgedAlarm, Held, PublicKey, SigningKey},
    },
};

/// The commands of `keystream audit`.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Check the chain against itself and the checkpoints, and name the first row or checkpoint that doesn't match.
    Verify {
        /// The public key that `audit key` printed, for a machine that doesn't have the signing key.
        #[arg(long)]
        public_key: Option<String>,
        /// The checkpoint file to use instead of the configured one.
        #[arg(long)]
        checkpoints: Option<PathBuf>,
    },
    /// Write the chain as JSON lines.
    Export,
    /// Add a signed checkpoint to the configured file, and print it.
    Checkpoint,
    /// Create the key that signs checkpoints in a new file, and print its public key.
    Key { file: PathBuf },
}

/// Runs a command.
///
/// # Errors
/// As documented at each command.
pub async fn run(settings: &Settings, command: AuditCommand) -> anyhow::Result<()> {
    let stdout = std::io::stdout();
    match command {
        AuditCommand::Verify { public_key, checkpoints } => verify(settings, checkpoints, public_key, stdout).await,
        AuditCommand::Export => export(settings, stdout.lock()).await,
        AuditCommand::Checkpoint => checkpoint(settings, stdout).await,
        AuditCommand::Key { file } => make_key(&file, stdout),
    }
}

/// Checks the audit chain, and compares it with the checkpoints that are configured or named. An error names the first
/// row or checkpoint that doesn't match.
///
/// # Errors
/// When the chain or a checkpoint doesn't match, or something can't be read.
async fn verify(
    settings: &Settings,
    checkpoints: Option<PathBuf>,
    public_key: Option<String>,
    mut output: impl Write,
) -> anyhow::Result<()> {
    // Without checkpoints, the chain is checked against itself.
    let places = places(settings).ok();
    let own = places.as_ref().map(|places| places.file.clone()).filter(|file| file.exists());
    let file = checkpoints.or(own);
    let store = Store::open(&settings.database.database_url, Opener::Command).await?;
    let Some(file) = file else {
        return match audit::verify(&store).await? {
            Verified::Whole { rows, head } => {
                Ok(writeln!(output, "The audit chain is whole: {rows} rows, head {head}.")?)
            }
            Verified::Broken { seq, why } => bail!("the audit chain is broken at row {seq}: {why}"),
        };
    };
    let key = match (public_key, places) {
        (Some(public), _) => public,
        (None, Some(places)) => SigningKey::read(&places.key)?.public(),
        (None, None) => bail!("checkpoints are held against the key that signed them: name it with --public-key"),
    };
    let key =
        PublicKey::parse(&key).context("--public-key takes the 64 hex digits that `keystream audit key` printed")?;
    let Held { rows, head, checkpoints, begun_after, last, gaps } = checkpoint::verify(&store, &file, &key).await?;
    match begun_after {
        Some((AcknowledgedAlarm { found_at, finding, at, by, reason, .. }, seq)) => {
            writeln!(output, "On {found_at} this was found: {finding}")?;
            writeln!(output, "{by} acknowledged it on {at}, and checkpoints began anew after row {seq}: {reason}")?;
            writeln!(output, "The audit chain is whole after row {seq}: {rows} rows, head {head}.")?;
        }
        None => writeln!(output, "The audit chain is whole: {rows} rows, head {head}.")?,
    }
    match last {
        Some((at, since)) => {
            writeln!(output, "It holds against {checkpoints} checkpoints, the last of {at}; {since} rows came since.")?;
        }
        None => writeln!(output, "{} has no checkpoint yet: nothing says that the end is there.", file.display())?,
    }
    for (from, to) in gaps {
        writeln!(
            output,
            "There is no checkpoint between {from} and {to}: Keystream did not run, or could not write one."
        )?;
    }
    Ok(())
}

/// Adds a checkpoint to the configured file, and prints it.
///
/// # Errors
/// When the chain doesn't match the last checkpoint, the database can't be read, or the file can't be written.
async fn checkpoint(settings: &Settings, mut output: impl Write) -> anyhow::Result<()> {
    let places = places(settings)?;
    let store = Store::open(&settings.database.database_url, Opener::Command).await?;
    let checkpoints = open(places)?;
    writeln!(output, "{}", checkpoints.add(&store, SystemClock.now()).await?)?;
    Ok(())
}

/// Creates the key that signs checkpoints.
///
/// # Errors
/// When the file exists already or can't be written.
fn make_key(file: &Path, mut output: impl Write) -> anyhow::Result<()> {
    let key = SigningKey::create(file)?;
    writeln!(
        output,
        "{} is made; keep it where the database's writers cannot read it. Its public key is",
        file.display()
    )?;
    writeln!(output, "{}", key.public())?;
    Ok(())
}

/// Writes the audit chain as JSON lines.
///
/// # Errors
/// When the database cannot be read.
async fn export(settings: &Settings, output: impl Write) -> anyhow::Result<()> {
    let store = Store::open(&settings.database.database_url, Opener::Command).await?;
    audit::export(&store, output).await
}
