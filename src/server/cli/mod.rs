//! The command line: the arguments of `keystream`, and one file per command.

pub mod assemble;
mod audit;
pub mod backup;
pub mod check_config;
mod check_database;
mod check_lines;
mod check_provider;
mod check_services;
mod check_stream;
mod checkpoints;
mod demo;
pub mod health;
mod lifecycle;
pub mod serve;
mod simulate;
mod user;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, error::ErrorKind};
use rustix::fs::Mode;

use super::{
    adapters::telemetry,
    config::{Flags, Settings},
};

/// Shows the encryption state of every Kinesis data stream and changes it safely.
#[derive(Debug, Parser)]
#[command(name = "keystream", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    /// The file to read instead of keystream.toml.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    #[command(flatten)]
    flags: Flags,
    /// Without a command: the same as `serve --demo`.
    #[arg(long)]
    demo: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the portal (the default).
    Serve {
        /// Use the embedded simulator, with sample streams and two users without passwords.
        #[arg(long)]
        demo: bool,
    },
    /// Serve the simulator alone, on loopback.
    Simulate(simulate::SimulateFlags),
    /// Check the configuration, and try the calls of each target that change nothing.
    CheckConfig,
    /// Manage users, also while `serve` runs.
    User {
        #[command(subcommand)]
        command: user::UserCommand,
    },
    /// Check or export the audit chain.
    Audit {
        #[command(subcommand)]
        command: audit::AuditCommand,
    },
    /// Copy the SQLite database to a new file, also while `serve` runs, and verify the copy.
    Backup {
        /// The file to write. Nothing may be there yet.
        path: PathBuf,
    },
    /// Ask the server on this machine whether it is ready, at the address that `serve` is configured to listen on.
    Health {
        /// Ask only whether it is alive.
        #[arg(long)]
        live: bool,
    },
}

/// Lets nobody else read or write the files that this process creates: databases with their logs and locks, and
/// checkpoints.
pub fn keep_files_private() {
    rustix::process::umask(Mode::RWXG | Mode::RWXO);
}

/// Runs the command on the command line.
pub async fn run() -> ExitCode {
    keep_files_private();
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return refuse(&error),
    };
    match dispatch(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: the error and its causes.
            eprintln!("keystream: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// Says what is wrong with the command line, in one line as for every setting; or helps whoever asks for it.
fn refuse(error: &clap::Error) -> ExitCode {
    let is_mistake = error.use_stderr() && error.kind() != ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand;
    if is_mistake {
        eprintln!("keystream: {}", in_one_line(error));
    } else if error.print().is_err() {
        // Whoever reads the help has gone.
        return ExitCode::FAILURE;
    }
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(1))
}

/// Returns what clap says is wrong, and what it takes, without the usage beneath.
fn in_one_line(error: &clap::Error) -> String {
    let text = error.render().to_string();
    let is_of_usage = |line: &str| line.starts_with("Usage:") || line.starts_with("For more information");
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty()).take_while(|line| !is_of_usage(line));
    let line = lines.collect::<Vec<_>>().join("; ").replace(":; ", ": ");
    line.strip_prefix("error: ").map(str::to_owned).unwrap_or(line)
}

async fn dispatch(cli: Cli) -> anyhow::Result<()> {
    if let Some(Command::Simulate(flags)) = cli.command {
        return simulate::run(flags).await;
    }
    let settings = Settings::load(&cli.flags, cli.config.as_deref())?;
    match cli.command {
        None => serve(settings, cli.demo).await,
        Some(Command::Serve { demo }) => serve(settings, demo || cli.demo).await,
        Some(Command::CheckConfig) => check_config::run(&settings, std::io::stdout()).await,
        Some(Command::User { command }) => user::run(&settings, command).await,
        Some(Command::Audit { command }) => audit::run(&settings, command).await,
        Some(Command::Backup { path }) => backup::run(&settings, &path, std::io::stdout()).await,
        Some(Command::Health { live }) => health::run(&settings, live).await,
        Some(Command::Simulate(_)) => Ok(()),
    }
}

async fn serve(settings: Settings, is_demo: bool) -> anyhow::Result<()> {
    let logging = telemetry::start();
    let lost_lines = logging.lost_lines();
    if is_demo { serve::run_demo(settings, lost_lines).await } else { serve::run(settings, lost_lines).await }
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::PermissionsExt;

    use clap::CommandFactory;

    use super::*;
    use crate::server::adapters::store::{Opener, Store};

    fn flags(arguments: &[&str]) -> Vec<(String, String)> {
        let cli = Cli::try_parse_from([&["keystream"], arguments].concat()).unwrap();
        cli.flags.0.into_iter().collect()
    }

    #[tokio::test]
    async fn nobody_else_can_read_the_database_or_what_lies_beside_it() {
        keep_files_private();
        let directory = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}", directory.path().join("keystream.db").display());
        let _store = Store::open(&url, Opener::Server).await.unwrap();
        let files: Vec<_> = std::fs::read_dir(directory.path()).unwrap().map(Result::unwrap).collect();
        assert!(files.len() >= 3, "the database, its log and its lock: {files:?}");
        for file in files {
            let mode = file.metadata().unwrap().permissions().mode();
            assert_eq!(mode & 0o077, 0, "{file:?} has {mode:o}");
        }
    }

    #[test]
    fn a_mistake_on_the_command_line_is_said_in_one_line() {
        let said =
            |arguments: &[&str]| in_one_line(&Cli::try_parse_from([&["keystream"], arguments].concat()).unwrap_err());
        assert_eq!(
            said(&["serve", "--lisen", "x"]),
            "unexpected argument '--lisen' found; tip: a similar argument exists: '--listen'"
        );
        assert_eq!(
            said(&["user", "add", "mira", "--role", "owner"]),
            "invalid value 'owner' for '--role <ROLE>'; [possible values: viewer, operator, auditor, admin]"
        );
        assert!(said(&["user", "add"]).starts_with("the following required arguments were not provided: "));
        assert_eq!(said(&["serve", "--listen"]), "a value is required for '--listen <LISTEN>' but none was supplied");
    }

    #[test]
    fn the_arguments_fit_together() {
        Cli::command().debug_assert();
    }

    #[test]
    fn settings_are_flags_before_and_after_the_command() {
        let expected = [("listen".to_owned(), "nonsense".to_owned()), ("read_only".to_owned(), "true".to_owned())];
        assert_eq!(flags(&["--listen", "nonsense", "serve", "--read-only"]), expected);
        assert_eq!(flags(&["--read-only", "--listen=nonsense"]), expected);
        assert_eq!(flags(&["user", "list", "--listen", "nonsense", "--read-only", "true"]), expected);
        assert_eq!(flags(&["serve"]), [], "a default is no flag");
    }
}
