//! Logs to standard error: a line reads alone, identifiers are fields too, and the fields of the spans around it (which
//! request, which change) stand on it. `RUST_LOG` chooses what is logged.

use std::io::IsTerminal;

use tracing::Subscriber;
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::SubscriberInitExt};

/// Starts logging: for people on a terminal, JSON lines otherwise.
pub fn start() {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,aws_config=warn,hyper=warn,sqlx=warn,tower_sessions=warn"));
    subscriber(std::io::stderr().is_terminal(), filter, std::io::stderr).init();
}

fn subscriber<W>(is_terminal: bool, filter: EnvFilter, writer: W) -> Box<dyn Subscriber + Send + Sync>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let logs = tracing_subscriber::fmt().with_env_filter(filter).with_writer(writer);
    // The innermost span is in the list of spans already.
    if is_terminal {
        Box::new(logs.compact().finish())
    } else {
        Box::new(logs.json().with_current_span(false).finish())
    }
}

#[cfg(test)]
mod tests {
    use std::{io, sync::Arc};

    use parking_lot::Mutex;

    use super::*;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn each_line_carries_the_fields_of_the_spans_around_it() {
        for is_terminal in [true, false] {
            let written = Written::default();
            let writer = written.clone();
            // Whatever level is asked for.
            let subscriber = subscriber(is_terminal, EnvFilter::new("error"), move || writer.clone());
            tracing::subscriber::with_default(subscriber, || {
                let request = tracing::error_span!("request", request_id = "0a1b2c3d").entered();
                let change = tracing::error_span!("change", change_id = "9z8y7x6w").entered();
                tracing::error!("the journal cannot be written");
                drop((change, request));
            });
            let line = String::from_utf8(written.0.lock().clone()).unwrap();
            for part in ["the journal cannot be written", "request_id", "0a1b2c3d", "change_id", "9z8y7x6w"] {
                assert_eq!(line.matches(part).count(), 1, "{part} in {line}");
            }
        }
    }
}
