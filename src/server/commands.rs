//! The commands of `keystream` beside `serve`: users, the audit chain, the configuration.

use std::io::{BufRead, Write};

use anyhow::{Context, bail};
use secrecy::{ExposeSecret, SecretString};

use super::{
    audit::{self, AuditEvent, Verified},
    auth::passwords,
    aws::{StreamRef, targets},
    clock::{Clock, SystemClock},
    config::Settings,
    random,
    store::{Opener, Store, User, users, without_password},
};
use crate::model::{
    identity::Role,
    validation::{UserName, check_password_length},
};

/// Adds a user.
///
/// # Errors
/// When the name or the password is not allowed, the name is taken, or the database cannot be written.
pub async fn user_add(settings: &Settings, name: &str, role: Role, password: SecretString) -> anyhow::Result<()> {
    let name = UserName::parse(name).map_err(|mistake| anyhow::anyhow!("{}", mistake.text(None)))?;
    let password_hash = Some(hash(&password)?);
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    let user = User { id: random::id(), name: name.as_str().to_owned(), role, password_hash, is_demo: false, disabled_at: None };
    let now = SystemClock.now();
    let mut tx = store.write().await?;
    if let Err(error) = users::insert(&mut tx, &user, &name, now).await {
        if error.is_unique_violation() {
            bail!("there is a user {} already; nothing was changed", name.as_str());
        }
        return Err(error.into());
    }
    let event = AuditEvent { after: role.word().to_owned(), ..AuditEvent::by_server(now, "user.added", name.as_str()) };
    audit::append(&mut tx, event).await?;
    tx.commit().await?;
    Ok(())
}

/// Sets a user's password and ends the user's sessions.
///
/// # Errors
/// When there is no such user, the password is not allowed, or the database cannot be written.
pub async fn user_passwd(settings: &Settings, name: &str, password: SecretString) -> anyhow::Result<()> {
    let hash = hash(&password)?;
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    let user = find(&store, name).await?;
    let now = SystemClock.now();
    let mut tx = store.write().await?;
    users::set_password(&mut tx, &user.id, &hash, now).await?;
    audit::append(&mut tx, AuditEvent::by_server(now, "user.password-set", &user.name)).await?;
    tx.commit().await?;
    Ok(())
}

/// Disables a user and ends the user's sessions.
///
/// # Errors
/// When there is no such user or the database cannot be written.
pub async fn user_disable(settings: &Settings, name: &str) -> anyhow::Result<()> {
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    let user = find(&store, name).await?;
    let now = SystemClock.now();
    let mut tx = store.write().await?;
    users::disable(&mut tx, &user.id, now).await?;
    audit::append(&mut tx, AuditEvent::by_server(now, "user.disabled", &user.name)).await?;
    tx.commit().await?;
    Ok(())
}

/// Prints all users.
///
/// # Errors
/// When the database cannot be read.
pub async fn user_list(settings: &Settings, mut output: impl Write) -> anyhow::Result<()> {
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    for user in store.users().await? {
        let state = user.disabled_at.map_or_else(|| "active".to_owned(), |at| format!("disabled {}", at.rfc3339()));
        writeln!(output, "{}\t{}\t{state}", user.name, user.role)?;
    }
    Ok(())
}

/// Walks the audit chain; an error names the first row that does not fit.
///
/// # Errors
/// When the chain is broken or the database cannot be read.
pub async fn audit_verify(settings: &Settings, mut output: impl Write) -> anyhow::Result<()> {
    let store = Store::open(&settings.database_url, Opener::Command).await?;
    match audit::verify(&store).await? {
        Verified::Whole { rows, head } => writeln!(output, "The audit chain is whole: {rows} rows, head {head}.")?,
        Verified::Broken { seq, why } => bail!("the audit chain is broken at row {seq}: {why}"),
    }
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

/// Says what the configuration means and tries one cheap read per target.
///
/// # Errors
/// When a target cannot be read, or the database not be opened.
pub async fn check_config(settings: &Settings, mut output: impl Write) -> anyhow::Result<()> {
    Store::open(&settings.database_url, Opener::Command).await?;
    writeln!(output, "database {}: can be opened", without_password(&settings.database_url))?;
    let clock: std::sync::Arc<dyn Clock> = std::sync::Arc::new(SystemClock);
    let mut failed = 0;
    for target in targets::load(&settings.targets, &clock).await? {
        match target.kinesis.list_streams(&super::aws::ListFrom::Start).await {
            Err(failure) => {
                failed += 1;
                writeln!(output, "target {}: kinesis:ListStreams failed: {failure}", target.label())?;
            }
            Ok(page) => match page.streams.first() {
                None => writeln!(output, "target {}: can be listed; it has no streams", target.label())?,
                Some(stream) => match target.kinesis.describe_stream_summary(&StreamRef::Name(stream.name.clone())).await {
                    Ok(report) => writeln!(output, "target {}: can be listed and read (account {})", target.label(), report.arn.account)?,
                    Err(failure) => {
                        failed += 1;
                        writeln!(output, "target {}: can be listed; kinesis:DescribeStreamSummary failed: {failure}", target.label())?;
                    }
                },
            },
        }
    }
    if failed > 0 {
        bail!("{failed} targets cannot be read");
    }
    Ok(())
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

fn hash(password: &SecretString) -> anyhow::Result<String> {
    check_password_length(password.expose_secret()).map_err(|mistake| anyhow::anyhow!("{}", mistake.text(None)))?;
    Ok(passwords::hash_now(password)?)
}

async fn find(store: &Store, name: &str) -> anyhow::Result<User> {
    let parsed = UserName::parse(name).map_err(|mistake| anyhow::anyhow!("{}", mistake.text(None)))?;
    store.user_by_name(&parsed).await?.with_context(|| format!("there is no user {}; nothing was changed", parsed.as_str()))
}
