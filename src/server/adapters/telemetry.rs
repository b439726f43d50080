//! Logs to standard error. Each line stands alone, and identifiers are fields too. `RUST_LOG` chooses what is logged.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// Starts logging: for people on a terminal, JSON lines otherwise.
pub fn start() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,aws_config=warn,hyper=warn,sqlx=warn,tower_sessions=warn"));
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    if std::io::stderr().is_terminal() { logs.compact().init() } else { logs.json().init() }
}
