//! `keystream user`: manages users, also while `serve` runs.

use std::io::{BufRead, IsTerminal, Write};

use anyhow::{Context, bail};
use clap::{
    Subcommand,
    builder::{PossibleValuesParser, TypedValueParser},
};
use secrecy::{ExposeSecret, SecretString};
use strum::VariantArray;

use crate::{
    model::{
        access::{credentials::UserName, identity::Role, scope::Scope},
        forms::{FormMistake, Outcome},
    },
    server::{
        adapters::{
            clock::{Clock, SystemClock},
            store::{Opener, Store, User},
        },
        config::Settings,
        services::{
            accounts::{Accounts, NewUser, check_new_password, passwords},
            audit::Actor,
        },
    },
    view::forms,
};

/// The most bytes of a line that is read as a password. The longest password has 128 characters of up to 4 bytes.
const MOST_OF_A_LINE: u64 = 1_024;

/// The commands of `keystream user`.
#[derive(Debug, Subcommand)]
pub enum UserCommand {
    /// Add a user; asks for the password.
    Add {
        name: String,
        #[arg(long, value_parser = role())]
        role: Role,
        /// The streams that the user reaches: `*`, or ACCOUNT/REGION/NAME by comma, with `*` for any characters.
        #[arg(long, default_value = "*")]
        scope: String,
        /// The account for emergencies: its use is announced on every page and in the log.
        #[arg(long)]
        break_glass: bool,
        /// Read the password as one line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Set a user's role or scope, from the user's next request on.
    Rights {
        name: String,
        #[arg(long, value_parser = role(), required_unless_present = "scope")]
        role: Option<Role>,
        #[arg(long)]
        scope: Option<String>,
    },
    /// Set a user's password, and end the user's sessions and the delays of failed sign-ins.
    Passwd {
        name: String,
        /// Read the password as one line of standard input.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Disable a user and end the user's sessions.
    Disable { name: String },
    /// Let a disabled user sign in again, without the delays of failed sign-ins.
    Enable { name: String },
    /// End a user's sign-in delays after failed attempts.
    Unlock { name: String },
    /// List all users.
    List,
}

/// Parses `--role`.
fn role() -> impl TypedValueParser<Value = Role> {
    PossibleValuesParser::new(Role::VARIANTS.iter().map(Role::into_str)).try_map(|word| word.parse())
}

/// Runs a command.
///
/// # Errors
/// As documented at each command.
pub async fn run(settings: &Settings, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add { name, role, scope, break_glass, password_stdin } => {
            let password = read_password(password_stdin)?;
            add(settings, &name, role, &scope, break_glass, password).await
        }
        UserCommand::Rights { name, role, scope } => rights(settings, &name, role, scope).await,
        UserCommand::Passwd { name, password_stdin } => {
            let password = read_password(password_stdin)?;
            passwd(settings, &name, password).await
        }
        UserCommand::Disable { name } => disable(settings, &name).await,
        UserCommand::Enable { name } => enable(settings, &name).await,
        UserCommand::Unlock { name } => unlock(settings, &name).await,
        UserCommand::List => list(settings, std::io::stdout()).await,
    }
}

/// Adds a user.
///
/// # Errors
/// When the name, scope or password is not allowed, the name is taken, or the database cannot be written.
async fn add(
    settings: &Settings,
    name: &str,
    role: Role,
    scope: &str,
    is_break_glass: bool,
    password: SecretString,
) -> anyhow::Result<()> {
    let name = UserName::parse(name).map_err(mistake_error)?;
    let scope = Scope::parse(scope).map_err(mistake_error)?;
    let hash = hash(&password, &name)?;
    let store = Store::open(&settings.database.database_url, Opener::Setup).await?;
    let new = NewUser { name, role, scope, is_break_glass };
    done(accounts(&store).add(new, hash).await?)
}

/// Sets a user's password and ends the user's sessions.
///
/// # Errors
/// When there is no such user, the password is not allowed, or the database cannot be written.
async fn passwd(settings: &Settings, name: &str, password: SecretString) -> anyhow::Result<()> {
    let hash = hash(&password, &UserName::parse(name).map_err(mistake_error)?)?;
    let store = Store::open(&settings.database.database_url, Opener::Setup).await?;
    let user = find(&store, name).await?;
    done(accounts(&store).set_password(&user.id, &hash).await?)
}

/// Sets a user's role or scope, or both.
///
/// # Errors
/// When there is no such user, the scope is not one, or the database cannot be written.
async fn rights(settings: &Settings, name: &str, role: Option<Role>, scope: Option<String>) -> anyhow::Result<()> {
    let scope = scope.map(|scope| Scope::parse(&scope).map_err(mistake_error)).transpose()?;
    let store = Store::open(&settings.database.database_url, Opener::Setup).await?;
    let user = find(&store, name).await?;
    let (role, scope) = (role.unwrap_or(user.role), scope.unwrap_or(user.scope));
    done(accounts(&store).set_rights(&user.id, role, scope).await?)
}

/// Disables a user and ends the user's sessions.
///
/// # Errors
/// When there is no such user or the database cannot be written.
async fn disable(settings: &Settings, name: &str) -> anyhow::Result<()> {
    let store = Store::open(&settings.database.database_url, Opener::Setup).await?;
    let user = find(&store, name).await?;
    done(accounts(&store).disable(&user.id).await?)
}

/// Lets a disabled user sign in again.
///
/// # Errors
/// When there is no such user or the database cannot be written.
async fn enable(settings: &Settings, name: &str) -> anyhow::Result<()> {
    let store = Store::open(&settings.database.database_url, Opener::Setup).await?;
    let user = find(&store, name).await?;
    Ok(accounts(&store).enable(&user.id).await?)
}

/// Ends the delays that failed sign-ins brought to a user. A running server follows at once.
///
/// # Errors
/// When there is no such user or the database cannot be written.
async fn unlock(settings: &Settings, name: &str) -> anyhow::Result<()> {
    let store = Store::open(&settings.database.database_url, Opener::Setup).await?;
    let user = find(&store, name).await?;
    Ok(accounts(&store).unlock(&user.id).await?)
}

/// Prints all users.
///
/// # Errors
/// When the database cannot be read.
async fn list(settings: &Settings, mut output: impl Write) -> anyhow::Result<()> {
    let store = Store::open(&settings.database.database_url, Opener::Setup).await?;
    for user in store.users().await? {
        let state = user.disabled_at.map_or_else(|| "active".to_owned(), |at| format!("disabled {}", at.rfc3339()));
        let kind = match &user.of_provider {
            Some(of) => format!("\tsubject {} of {}", of.subject, of.issuer),
            None if user.is_break_glass => "\tfor emergencies".to_owned(),
            None => String::new(),
        };
        writeln!(output, "{}\t{}\t{state}\t{}{kind}", user.name, user.role, user.scope)?;
    }
    Ok(())
}

/// Reads a password: asked for twice at a terminal, which doesn't show it; otherwise, or with `--password-stdin`, one
/// line of standard input.
///
/// # Errors
/// When the two differ, or when standard input ends first or can't be read.
fn read_password(from_stdin: bool) -> anyhow::Result<SecretString> {
    let stdin = std::io::stdin();
    if from_stdin || !stdin.is_terminal() {
        return password_line(stdin.lock());
    }
    let ask = |prompt: &str| rpassword::prompt_password(prompt).context("the terminal could not be read");
    let password = SecretString::from(ask("Password (15 to 128 characters; it isn't shown): ")?);
    if SecretString::from(ask("The same again: ")?).expose_secret() != password.expose_secret() {
        bail!("the two passwords differ; nothing was changed");
    }
    Ok(password)
}

/// Reads one line as a password, without its line end.
///
/// # Errors
/// When the input ends first or can't be read.
fn password_line(input: impl BufRead) -> anyhow::Result<SecretString> {
    let mut line = String::new();
    let read = input.take(MOST_OF_A_LINE).read_line(&mut line).context("standard input could not be read")?;
    if read == 0 {
        bail!("standard input ended before a password came");
    }
    Ok(SecretString::from(line.trim_end_matches(['\n', '\r']).to_owned()))
}

fn hash(password: &SecretString, user: &UserName) -> anyhow::Result<String> {
    check_new_password(password, user).map_err(mistake_error)?;
    Ok(passwords::hash_now(password)?)
}

/// The accounts, with whoever is at this machine's command line as the actor.
fn accounts(store: &Store) -> Accounts<'_> {
    let user = ["SUDO_USER", "USER", "LOGNAME"].iter().find_map(|name| std::env::var(name).ok()).unwrap_or_default();
    let name = if user.is_empty() { "command line".to_owned() } else { format!("command line ({user})") };
    Accounts { store, actor: Actor { name, ..Actor::default() }, now: SystemClock.now() }
}

fn mistake_error(mistake: FormMistake) -> anyhow::Error {
    anyhow::anyhow!("{}", forms::mistake(mistake, None))
}

fn done(outcome: Outcome) -> anyhow::Result<()> {
    match outcome {
        Outcome::Done(()) => Ok(()),
        Outcome::Mistake(mistake) => Err(mistake_error(mistake)),
    }
}

async fn find(store: &Store, name: &str) -> anyhow::Result<User> {
    // Not parsed as a name: people of the company's provider have names of other characters too.
    let found = store.user_named(name.trim()).await?;
    found.with_context(|| format!("there is no user {name}; nothing was changed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_one_line_and_never_a_very_long_one() {
        let read = |input: &[u8]| password_line(input).map(|password| password.expose_secret().to_owned());
        assert_eq!(read(b"seven quiet herons\r\nmore\n").unwrap(), "seven quiet herons");
        assert_eq!(read(b" with spaces \n").unwrap(), " with spaces ");
        assert_eq!(read(b"no line end").unwrap(), "no line end");
        assert_eq!(read(b"").unwrap_err().to_string(), "standard input ended before a password came");
        assert_eq!(read(&[b'x'; 100_000]).unwrap().len(), 1_024);
    }
}
