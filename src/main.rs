//! The `keystream` program: reads the command and the configuration, and runs.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Parser, Subcommand, ValueEnum};
use keystream::{
    model::access::identity::Role,
    server::{adapters::telemetry, check_config, commands, config::Settings, serve},
    simulator,
};

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

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
    Simulate(SimulateFlags),
    /// Say what the configuration means and try one cheap read per target.
    CheckConfig,
    /// Manage users; works while `serve` runs.
    User {
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Check or export the audit chain.
    Audit {
        #[command(subcommand)]
        command: AuditCommand,
    },
}

#[derive(Debug, Clone, Copy, Args)]
struct SimulateFlags {
    /// 0 takes a free port.
    #[arg(long)]
    port: u16,
    /// How long a stop or start stays UPDATING, in milliseconds, at speed 1.
    #[arg(long, default_value_t = 6_000)]
    transition_ms: u64,
    /// So many streams in account 111122223333 and eu-west-1, instead of the samples.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(simulator::Settings::LARGEST_FLEET)))]
    streams: Option<u32>,
    /// AWS's call-rate limits times so much, and transitions so much shorter.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=i64::from(simulator::Settings::FASTEST)))]
    speed: u32,
    /// How much later every call of AWS is answered, in milliseconds.
    #[arg(long, default_value_t = 0)]
    rtt_ms: u64,
}

impl From<SimulateFlags> for simulator::Settings {
    fn from(flags: SimulateFlags) -> Self {
        Self {
            transition: Duration::from_millis(flags.transition_ms),
            speed: flags.speed,
            rtt: Duration::from_millis(flags.rtt_ms),
            fleet: flags.streams,
            ..Self::default()
        }
    }
}

#[derive(Debug, Subcommand)]
enum UserCommand {
    /// Add a user; asks for the password.
    Add {
        name: String,
        #[arg(long)]
        role: RoleWord,
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
        #[arg(long, required_unless_present = "scope")]
        role: Option<RoleWord>,
        #[arg(long)]
        scope: Option<String>,
    },
    /// Set a user's password and end the user's sessions.
    Passwd {
        name: String,
        #[arg(long)]
        password_stdin: bool,
    },
    /// Disable a user and end the user's sessions.
    Disable { name: String },
    /// Let a disabled user sign in again.
    Enable { name: String },
    /// List all users.
    List,
}

#[derive(Debug, Subcommand)]
enum AuditCommand {
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

#[derive(Debug, Clone, Copy, ValueEnum)]
enum RoleWord {
    Viewer,
    Operator,
    Auditor,
    Admin,
}

impl From<RoleWord> for Role {
    fn from(word: RoleWord) -> Self {
        match word {
            RoleWord::Viewer => Self::Viewer,
            RoleWord::Operator => Self::Operator,
            RoleWord::Auditor => Self::Auditor,
            RoleWord::Admin => Self::Admin,
        }
    }
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

#[tokio::main]
async fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // One line: the error and what it came from.
            eprintln!("keystream: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(cli: Cli) -> anyhow::Result<()> {
    if let Some(Command::Simulate(flags)) = cli.command {
        return simulate(flags).await;
    }
    let settings = cli.settings.load()?;
    match cli.command {
        None => serve(settings, cli.demo).await,
        Some(Command::Serve { demo }) => serve(settings, demo || cli.demo).await,
        Some(Command::CheckConfig) => check_config::run(&settings, std::io::stdout()).await,
        Some(Command::User { command }) => user(&settings, command).await,
        Some(Command::Audit { command }) => audit(&settings, command).await,
        Some(Command::Simulate(_)) => Ok(()),
    }
}

async fn serve(settings: Settings, is_demo: bool) -> anyhow::Result<()> {
    telemetry::start();
    if is_demo { serve::run_demo(settings).await } else { serve::run(settings).await }
}

#[expect(clippy::print_stdout, reason = "the line that people and tests wait for")]
async fn simulate(flags: SimulateFlags) -> anyhow::Result<()> {
    let (address, serving) = simulator::bind(SocketAddr::from(([127, 0, 0, 1], flags.port)), flags.into()).await?;
    println!("Simulating on http://{address}");
    tokio::select! {
        () = serving => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}

async fn audit(settings: &Settings, command: AuditCommand) -> anyhow::Result<()> {
    let stdout = std::io::stdout();
    match command {
        AuditCommand::Verify { public_key, checkpoints } => commands::audit_verify(settings, checkpoints, public_key, stdout).await,
        AuditCommand::Export => commands::audit_export(settings, stdout.lock()).await,
        AuditCommand::Checkpoint => commands::audit_checkpoint(settings, stdout).await,
        AuditCommand::Key { file } => commands::audit_key(&file, stdout),
    }
}

async fn user(settings: &Settings, command: UserCommand) -> anyhow::Result<()> {
    match command {
        UserCommand::Add { name, role, scope, break_glass, password_stdin } => {
            let password = commands::read_password(password_stdin)?;
            commands::user_add(settings, &name, role.into(), &scope, break_glass, password).await
        }
        UserCommand::Rights { name, role, scope } => commands::user_rights(settings, &name, role.map(Role::from), scope).await,
        UserCommand::Passwd { name, password_stdin } => {
            let password = commands::read_password(password_stdin)?;
            commands::user_passwd(settings, &name, password).await
        }
        UserCommand::Disable { name } => commands::user_disable(settings, &name).await,
        UserCommand::Enable { name } => commands::user_enable(settings, &name).await,
        UserCommand::List => commands::user_list(settings, std::io::stdout()).await,
    }
}
