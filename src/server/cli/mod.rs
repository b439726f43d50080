//! The command line: the arguments of `keystream`, and one file per command.

mod audit;
pub mod check_config;
mod demo;
mod lifecycle;
pub mod serve;
mod simulate;
mod user;

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use super::{adapters::telemetry, config::Settings};

/// Shows the encryption state of every Kinesis data stream and changes it safely.
#[derive(Debug, Parser)]
#[command(name = "keystream", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: SettingFlags,
    /// With no command: as `serve --demo`.
    #[arg(long)]
    demo: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Serve the portal (the default).
    Serve {
        /// Against the embedded simulator, with sample streams and two users without passwords.
        #[arg(long)]
        demo: bool,
    },
    /// Serve the simulator alone, on loopback.
    Simulate(simulate::SimulateFlags),
    /// Say what the configuration means and try one cheap read per target.
    CheckConfig,
    /// Manage users; works while `serve` runs.
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

/// Each is also an environment variable KEYSTREAM_... and a key of keystream.toml.
#[derive(Debug, Args)]
struct SettingFlags {
    /// The file to read instead of keystream.toml.
    #[arg(long, global = true)]
    config: Option<PathBuf>,
    /// The address to serve on.
    #[arg(long, global = true)]
    listen: Option<String>,
    /// The exact origin that browsers use.
    #[arg(long, global = true)]
    public_url: Option<String>,
    /// Networks whose forwarding headers are believed, by comma.
    #[arg(long, global = true)]
    trusted_proxies: Option<String>,
    /// sqlite://FILE
    #[arg(long, global = true)]
    database_url: Option<String>,
    /// ACCOUNT/REGION, by comma.
    #[arg(long, global = true)]
    targets: Option<String>,
    /// Refuse every change.
    #[arg(long, global = true, num_args = 0..=1, default_missing_value = "true")]
    read_only: Option<String>,
    /// Serve /metrics on this address.
    #[arg(long, global = true)]
    metrics_listen: Option<String>,
    /// The directory of the built site.
    #[arg(long, global = true)]
    site_root: Option<String>,
    /// The file of the key that signs checkpoints of the audit chain.
    #[arg(long, global = true)]
    checkpoint_key: Option<String>,
    /// The file to which checkpoints are added, hourly while serving.
    #[arg(long, global = true)]
    checkpoint_file: Option<String>,
}

impl SettingFlags {
    fn load(self) -> anyhow::Result<Settings> {
        let flags = [
            ("listen", self.listen),
            ("public_url", self.public_url),
            ("trusted_proxies", self.trusted_proxies),
            ("database_url", self.database_url),
            ("targets", self.targets),
            ("read_only", self.read_only),
            ("metrics_listen", self.metrics_listen),
            ("site_root", self.site_root),
            ("checkpoint_key", self.checkpoint_key),
            ("checkpoint_file", self.checkpoint_file),
        ];
        Ok(Settings::load(&flags, self.config.as_ref())?)
    }
}

/// Does what the command line says.
pub async fn run() -> ExitCode {
    let cli = Cli::parse();
    match dispatch(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: the error and what it came from.
            eprintln!("keystream: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn dispatch(cli: Cli) -> anyhow::Result<()> {
    if let Some(Command::Simulate(flags)) = cli.command {
        return simulate::run(flags).await;
    }
    let settings = cli.settings.load()?;
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
    telemetry::start();
    if is_demo { serve::run_demo(settings).await } else { serve::run(settings).await }
}
