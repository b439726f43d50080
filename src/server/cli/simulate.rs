//! `keystream simulate`: the simulator alone, on loopback.

use std::{net::SocketAddr, time::Duration};

use clap::Args;

use crate::simulator;

/// The flags of `keystream simulate`.
#[derive(Debug, Clone, Copy, Args)]
pub struct SimulateFlags {
    /// The port on loopback; 0 takes a free one.
    #[arg(long)]
    port: u16,
    /// How long a stream stays UPDATING after a start or stop, in milliseconds, at speed 1.
    #[arg(long, default_value_t = 6_000)]
    transition_ms: u64,
    /// The number of streams in account 111122223333, eu-west-1, instead of the samples.
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=i64::from(simulator::Settings::LARGEST_FLEET)))]
    streams: Option<u32>,
    /// How many times faster than AWS: raises call-rate limits and shortens transitions.
    #[arg(
        long,
        default_value_t = 1,
        value_parser = clap::value_parser!(u32).range(1..=i64::from(simulator::Settings::FASTEST)),
    )]
    speed: u32,
    /// The latency added to every answer, in milliseconds.
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

/// Serves the simulator until Ctrl-C.
///
/// # Errors
/// When the port can't be bound.
#[expect(clippy::print_stdout, reason = "the line that people and tests wait for")]
pub async fn run(flags: SimulateFlags) -> anyhow::Result<()> {
    let (address, serving) = simulator::bind(SocketAddr::from(([127, 0, 0, 1], flags.port)), flags.into()).await?;
    println!("Simulating on http://{address}");
    tokio::select! {
        () = serving => {}
        _ = tokio::signal::ctrl_c() => {}
    }
    Ok(())
}
