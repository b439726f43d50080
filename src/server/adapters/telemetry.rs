//! Logs to standard error: each line makes sense on its own, identifiers are also fields, and the fields of the
//! enclosing spans (which request, which change) are on it. `RUST_LOG` chooses what is logged.
//!
//! Nothing waits for the log: a separate thread writes it, and lines are dropped while too many are queued.

use std::io::{IsTerminal, Write};

use tracing::Subscriber;
use tracing_appender::non_blocking::{ErrorCounter, NonBlocking, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::{EnvFilter, fmt::MakeWriter, util::SubscriberInitExt};

/// The most lines that wait to be written.
const WAITING_LINES: usize = 8_192;

/// Logging, until this is dropped: then what still waits is written, for at most a second.
#[derive(Debug)]
#[must_use = "lines that wait are lost when it is dropped"]
pub struct Logging {
    lost: ErrorCounter,
    _writing: WorkerGuard,
}

impl Logging {
    /// Counts the lines that were lost because nothing took those before them.
    pub fn lost_lines(&self) -> LostLines {
        LostLines(Some(self.lost.clone()))
    }
}

/// The lines that were lost since the start; none without a log.
#[derive(Debug, Clone, Default)]
pub struct LostLines(Option<ErrorCounter>);

impl LostLines {
    pub fn count(&self) -> u64 {
        let lost = self.0.as_ref().map_or(0, ErrorCounter::dropped_lines);
        u64::try_from(lost).unwrap_or(u64::MAX)
    }
}

/// Starts logging: for people on a terminal, JSON lines otherwise.
pub fn start() -> Logging {
    let filter = EnvFilter::try_from_default_env()
        .unwrap_or_else(|_| EnvFilter::new("info,aws_config=warn,hyper=warn,sqlx=warn,tower_sessions=warn"));
    let (writer, logging) = writing_to(std::io::stderr());
    subscriber(std::io::stderr().is_terminal(), filter, writer).init();
    logging
}

fn writing_to(out: impl Write + Send + 'static) -> (NonBlocking, Logging) {
    let builder = NonBlockingBuilder::default().lossy(true).buffered_lines_limit(WAITING_LINES).thread_name("log");
    let (writer, writing) = builder.finish(out);
    let logging = Logging { lost: writer.error_counter(), _writing: writing };
    (writer, logging)
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
    use crate::tests::support::Written;

    /// A pipe that nobody reads, until it is let go.
    struct Stuck(Arc<Mutex<()>>, Written);

    impl io::Write for Stuck {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let _stuck = self.0.lock();
            self.1.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_log_that_nobody_reads_stops_nothing_and_what_is_lost_is_counted() {
        let (stuck, written) = (Arc::new(Mutex::new(())), Written::default());
        let (writer, logging) = writing_to(Stuck(stuck.clone(), written.clone()));
        let not_read = stuck.lock();
        let subscriber = subscriber(false, EnvFilter::new("info"), writer);
        tracing::subscriber::with_default(subscriber, || {
            for number in 0..3 * WAITING_LINES {
                tracing::info!(number, "a line");
            }
        });
        let lost = logging.lost_lines();
        let at_least = 2 * WAITING_LINES as u64 - 2;
        assert!((at_least..3 * WAITING_LINES as u64).contains(&lost.count()), "{} lost", lost.count());
        drop(not_read);
        drop(logging);
        let text = written.text();
        assert_eq!(text.lines().count() as u64 + lost.count(), 3 * WAITING_LINES as u64, "the rest was written");
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
            let line = written.text();
            for part in ["the journal cannot be written", "request_id", "0a1b2c3d", "change_id", "9z8y7x6w"] {
                assert_eq!(line.matches(part).count(), 1, "{part} in {line}");
            }
        }
    }
}
