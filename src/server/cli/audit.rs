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
    /// Walk the chain, and hold it against the configured checkpoints; names the first row or checkpoint that does not fit.
    Verify {
        /// Who checks and does not sign: what `audit key` printed, instead of the configured key.
        #[arg(long)]
        public_key: Option<String>,
        /// The file of checkpoints, instead of the configured one.
        #[arg(long)]
        checkpoints: Option<PathBuf>,
    },
    /// Write the chain as JSON lines.
    Export,
    /// Add a signed checkpoint to the configured file now, and print it.
    Checkpoint,
    /// Make the key that signs checkpoints, in a new file; prints its public half.
    Key { file: PathBuf },
}

/// Does what a command says.
///
/// # Errors
/// As each command says.
pub async fn run(settings: &Settings, command: AuditCommand) -> anyhow::Result<()> {
    let stdout = std::io::stdout();
    match command {
        AuditCommand::Verify { public_key, checkpoints } => verify(settings, checkpoints, public_key, stdout).await,
        AuditCommand::Export => export(settings, stdout.lock()).await,
        AuditCommand::Checkpoint => checkpoint(settings, stdout).await,
        AuditCommand::Key { file } => make_key(&file, stdout),
    }
}

/// Walks the audit chain, and holds it against a file of checkpoints, if one is configured or named; an error names the
/// first row or line that does not hold.
///
/// # Errors
/// When the chain or a checkpoint does not hold, or something cannot be read.
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
            Verified::Whole { rows, head } => Ok(writeln!(output, "The audit chain is whole: {rows} rows, head {head}.")?),
            Verified::Broken { seq, why } => bail!("the audit chain is broken at row {seq}: {why}"),
        };
    };
    let key = match (public_key, configured) {
        (Some(public), _) => public,
        (None, Some((key, _))) => SigningKey::read(key)?.public(),
        (None, None) => bail!("checkpoints are held against the key that signed them: name it with --public-key"),
    };
    let key = PublicKey::parse(&key).context("--public-key takes the 64 hex digits that `keystream audit key` printed")?;
    let Held { rows, head, checkpoints, last, gaps } = checkpoint::verify(&store, &file, &key).await?;
    writeln!(output, "The audit chain is whole: {rows} rows, head {head}.")?;
    match last {
        Some((at, since)) => writeln!(output, "It holds against {checkpoints} checkpoints, the last of {at}; {since} rows came since.")?,
        None => writeln!(output, "{} has no checkpoint yet: nothing says that the end is there.", file.display())?,
    }
    for (from, to) in gaps {
        writeln!(output, "There is no checkpoint between {from} and {to}: Keystream did not run, or could not write one.")?;
    }
    Ok(())
}

/// Adds a checkpoint to the configured file, and prints it.
///
/// # Errors
/// When none are configured, the database cannot be read, or the file not be written.
async fn checkpoint(settings: &Settings, mut output: impl Write) -> anyhow::Result<()> {
    let configured = settings.checkpoints.key_and_file();
    let (key, file) =
        configured.context("set KEYSTREAM_CHECKPOINT_KEY and KEYSTREAM_CHECKPOINT_FILE; `keystream audit key FILE` makes a key")?;
    let store = Store::open(&settings.database.database_url, Opener::Command).await?;
    let checkpoints = Checkpoints { key: SigningKey::read(key)?, file: file.to_owned() };
    writeln!(output, "{}", checkpoints.add(&store, SystemClock.now()).await?)?;
    Ok(())
}

/// Makes the key that signs checkpoints.
///
/// # Errors
/// When the file is there already or cannot be written.
fn make_key(file: &Path, mut output: impl Write) -> anyhow::Result<()> {
    let key = SigningKey::create(file)?;
    writeln!(output, "{} is made; keep it where the database's writers cannot read it. Its public key is", file.display())?;
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
