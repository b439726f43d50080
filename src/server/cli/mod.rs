//! The command line: the arguments of `keystream`, and one file per command.

pub mod assemble;
mod audit;
pub mod check_config;
mod demo;
mod lifecycle;
pub mod serve;
mod simulate;
mod user;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};

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
    /// Check the configuration, and try one cheap read of each target.
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
}

/// Runs the command on the command line.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: the error and its causes.
            eprintln!("keystream: {error:#}");
            ExitCode::FAILURE
        }
    }
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
    use clap::CommandFactory;

    use super::*;

    fn flags(arguments: &[&str]) -> Vec<(String, String)> {
        let cli = Cli::try_parse_from([&["keystream"], arguments].concat()).unwrap();
        cli.flags.0.into_iter().collect()
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
