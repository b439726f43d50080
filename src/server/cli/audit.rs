//! `keystream audit`: checks, exports and signs the audit chain.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use clap::Subcommand;

use crate::server::{
    adapters::{
        clock::{Clock, SystemClock},
        store::{Opener, Store},
    },
    config::Settings,
    services::audit::{
        self, Verified,
        checkpoint::{self, Checkpoints, Held, PublicKey, SigningKey},
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
    let configured = settings.checkpoints.key_and_file();
    let file = checkpoints.or_else(|| configured.map(|(_, file)| file.to_owned()));
    let store = Store::open(&settings.database.database_url, Opener::Command).await?;
    let Some(file) = file else {
        return match audit::verify(&store).await? {
            Verified::Whole { rows, head } => {
                Ok(writeln!(output, "The audit chain is whole: {rows} rows, head {head}.")?)
            }
            Verified::Broken { seq, why } => bail!("the audit chain is broken at row {seq}: {why}"),
        };
    };
    let key = match (public_key, configured) {
        (Some(public), _) => public,
        (None, Some((key, _))) => SigningKey::read(key)?.public(),
        (None, None) => bail!("checkpoints are held against the key that signed them: name it with --public-key"),
    };
    let key =
        PublicKey::parse(&key).context("--public-key takes the 64 hex digits that `keystream audit key` printed")?;
    let Held { rows, head, checkpoints, last, gaps } = checkpoint::verify(&store, &file, &key).await?;
    writeln!(output, "The audit chain is whole: {rows} rows, head {head}.")?;
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
/// When checkpoints aren't configured, the database can't be read, or the file can't be written.
async fn checkpoint(settings: &Settings, mut output: impl Write) -> anyhow::Result<()> {
    let configured = settings.checkpoints.key_and_file();
    let (key, file) = configured.context(
        "set KEYSTREAM_CHECKPOINT_KEY and KEYSTREAM_CHECKPOINT_FILE; `keystream audit key FILE` makes a key",
    )?;
    let store = Store::open(&settings.database.database_url, Opener::Command).await?;
    let checkpoints = Checkpoints { key: SigningKey::read(key)?, file: file.to_owned() };
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
