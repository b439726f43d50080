//! The commands of `keystream` beside `serve` and `check-config`: users and the audit chain.

use std::{
    io::{BufRead, Write},
    path::{Path, PathBuf},
};

use anyhow::{Context, bail};
use secrecy::SecretString;

use super::{
    adapters::{
        clock::{Clock, SystemClock},
        store::{Opener, Store, User},
    },
    config::{CheckpointSettings, Settings},
    services::{
        accounts::{AccountError, Accounts, NewUser, check_new_password, passwords},
        audit::{
            self, Actor, Verified,
            checkpoint::{self, Checkpoints, Held, PublicKey, SigningKey},
        },
    },
};
use crate::model::{
    access::{credentials::UserName, identity::Role, scope::Scope},
    forms::FormMistake,
};

/// Adds a user.
///
/// # Errors
/// When the name, scope or password is not allowed, the name is taken, or the database cannot be written.
pub async fn user_add(
    settings: &Settings,
    name: &str,
    role: Role,
    scope: &str,
    is_break_glass: bool,
    password: SecretString,
) -> anyhow::Result<()> {
    let name = UserName::parse(name).map_err(in_words)?;
    let scope = Scope::parse(scope).map_err(in_words)?;
    let hash = hash(&password, &name)?;
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    let new = NewUser { name, role, scope, is_break_glass };
    accounts(&store).add(new, hash).await.map_err(told)
}

/// Sets a user's password and ends the user's sessions.
///
/// # Errors
/// When there is no such user, the password is not allowed, or the database cannot be written.
pub async fn user_passwd(settings: &Settings, name: &str, password: SecretString) -> anyhow::Result<()> {
    let hash = hash(&password, &UserName::parse(name).map_err(in_words)?)?;
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    let user = find(&store, name).await?;
    accounts(&store).set_password(&user.id, &hash).await.map_err(told)
}

/// Sets a user's role and scope; what is not given stays.
///
/// # Errors
/// When there is no such user, the scope is not one, or the database cannot be written.
pub async fn user_rights(settings: &Settings, name: &str, role: Option<Role>, scope: Option<String>) -> anyhow::Result<()> {
    let scope = scope.map(|scope| Scope::parse(&scope).map_err(in_words)).transpose()?;
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    let user = find(&store, name).await?;
    accounts(&store).set_rights(&user.id, role.unwrap_or(user.role), scope.unwrap_or(user.scope)).await.map_err(told)
}

/// Disables a user and ends the user's sessions.
///
/// # Errors
/// When there is no such user or the database cannot be written.
pub async fn user_disable(settings: &Settings, name: &str) -> anyhow::Result<()> {
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    let user = find(&store, name).await?;
    accounts(&store).disable(&user.id).await.map_err(told)
}

/// Lets a disabled user sign in again.
///
/// # Errors
/// When there is no such user or the database cannot be written.
pub async fn user_enable(settings: &Settings, name: &str) -> anyhow::Result<()> {
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    let user = find(&store, name).await?;
    accounts(&store).enable(&user.id).await.map_err(told)
}

/// Prints all users.
///
/// # Errors
/// When the database cannot be read.
pub async fn user_list(settings: &Settings, mut output: impl Write) -> anyhow::Result<()> {
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    for user in store.users().await? {
        let state = user.disabled_at.map_or_else(|| "active".to_owned(), |at| format!("disabled {}", at.rfc3339()));
        let emergencies = if user.is_break_glass { "\tfor emergencies" } else { "" };
        writeln!(output, "{}\t{}\t{state}\t{}{emergencies}", user.name, user.role, user.scope)?;
    }
    Ok(())
}

/// Walks the audit chain, and holds it against a file of checkpoints, if one is configured or named; an error names the
/// first row or line that does not hold.
///
/// # Errors
/// When the chain or a checkpoint does not hold, or something cannot be read.
pub async fn audit_verify(
    settings: &Settings,
    checkpoints: Option<PathBuf>,
    public_key: Option<String>,
    mut output: impl Write,
) -> anyhow::Result<()> {
    let configured = settings.checkpoints.as_ref();
    let file = checkpoints.or_else(|| configured.map(|checkpoints| checkpoints.file.clone()));
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    let Some(file) = file else {
        return match audit::verify(&store).await? {
            Verified::Whole { rows, head } => Ok(writeln!(output, "The audit chain is whole: {rows} rows, head {head}.")?),
            Verified::Broken { seq, why } => bail!("the audit chain is broken at row {seq}: {why}"),
        };
    };
    let key = match (public_key, configured) {
        (Some(public), _) => public,
        (None, Some(checkpoints)) => SigningKey::read(&checkpoints.key)?.public(),
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
pub async fn audit_checkpoint(settings: &Settings, mut output: impl Write) -> anyhow::Result<()> {
    let configured = settings.checkpoints.as_ref();
    let CheckpointSettings { key, file } =
        configured.context("set KEYSTREAM_CHECKPOINT_KEY and KEYSTREAM_CHECKPOINT_FILE; `keystream audit key FILE` makes a key")?;
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    let checkpoints = Checkpoints { key: SigningKey::read(key)?, file: file.clone() };
    writeln!(output, "{}", checkpoints.add(&store, SystemClock.now()).await?)?;
    Ok(())
}

/// Makes the key that signs checkpoints.
///
/// # Errors
/// When the file is there already or cannot be written.
pub fn audit_key(file: &Path, mut output: impl Write) -> anyhow::Result<()> {
    let key = SigningKey::create(file)?;
    writeln!(output, "{} is made; keep it where the database's writers cannot read it. Its public key is", file.display())?;
    writeln!(output, "{}", key.public())?;
    Ok(())
}

/// Writes the audit chain as JSON lines.
///
/// # Errors
/// When the database cannot be read.
pub async fn audit_export(settings: &Settings, output: impl Write) -> anyhow::Result<()> {
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    audit::export(&store, output).await
}

/// Reads a password: one line of standard input without its line end, or typed twice at the terminal's prompt.
///
/// # Errors
/// When standard input ends first or cannot be read.
pub fn read_password(from_stdin: bool) -> anyhow::Result<SecretString> {
    if !from_stdin {
        eprint_prompt("Password (15 to 128 characters; it shows while you type): ")?;
    }
    let mut line = String::new();
    let read = std::io::stdin().lock().read_line(&mut line).context("standard input could not be read")?;
    if read == 0 {
        bail!("standard input ended before a password came");
    }
    Ok(SecretString::from(line.trim_end_matches(['\n', '\r']).to_owned()))
}

fn eprint_prompt(text: &str) -> anyhow::Result<()> {
    let mut stderr = std::io::stderr();
    stderr.write_all(text.as_bytes())?;
    stderr.flush()?;
    Ok(())
}

fn hash(password: &SecretString, user: &UserName) -> anyhow::Result<String> {
    check_new_password(password, user).map_err(told)?;
    Ok(passwords::hash_now(password)?)
}

/// The users, as whoever is at this machine's command line manages them now.
fn accounts(store: &Store) -> Accounts<'_> {
    let user = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
    let name = if user.is_empty() { "command line".to_owned() } else { format!("command line ({user})") };
    Accounts { store, actor: Actor { name, ..Actor::default() }, now: SystemClock.now() }
}

fn in_words(mistake: FormMistake) -> anyhow::Error {
    anyhow::anyhow!("{}", mistake.text(None))
}

fn told(error: AccountError) -> anyhow::Error {
    match error {
        AccountError::Mistake(mistake) => in_words(mistake),
        error => error.into(),
    }
}

async fn find(store: &Store, name: &str) -> anyhow::Result<User> {
    let parsed = UserName::parse(name).map_err(in_words)?;
    store.user_by_name(&parsed).await?.with_context(|| format!("there is no user {}; nothing was changed", parsed.as_str()))
}
