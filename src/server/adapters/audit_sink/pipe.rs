//! Standard output, mostly a pipe. It has a batch once all of it was written.
//!
//! Nothing waits long for a pipe that is read slowly or not at all: a batch that was written in part goes on there.

use std::{io, os::fd::OwnedFd, sync::Arc, time::Duration};

use parking_lot::Mutex;
use rustix::{
    event::{PollFd, PollFlags, Timespec, poll},
    io::retry_on_intr,
    pipe::PIPE_BUF,
};

use super::{batch::Batch, error::SinkError};
use crate::server::adapters::{
    clock::{Clock, SystemClock},
    tasks,
};

/// How long a pipe may take nothing.
const WITHIN: Timespec = Timespec { tv_sec: 2, tv_nsec: 0 };
/// How long a batch may take.
const ALL_WITHIN: Duration = Duration::from_secs(10);
/// The number of no row: they are numbered from 1.
const NO_ROW: i64 = 0;

/// What batches are written to.
#[derive(Debug, Clone)]
pub struct PipeSink(Arc<Mutex<Pipe>>);

#[derive(Debug)]
struct Pipe {
    out: OwnedFd,
    /// The number of the first row of a batch that was written in part, and how many bytes of it were.
    begun: Option<(i64, usize)>,
    /// How long a batch may take.
    within: Duration,
}

impl PipeSink {
    /// Creates a sink that writes to this.
    pub fn new(out: OwnedFd) -> Self {
        Self(Arc::new(Mutex::new(Pipe { out, begun: None, within: ALL_WITHIN })))
    }

    /// Writes a batch. If a part of it was written before, only the rest.
    ///
    /// # Errors
    /// If nobody takes it, or it can't be written.
    pub async fn deliver(&self, batch: &Batch) -> Result<(), SinkError> {
        let (pipe, first, lines) = (self.0.clone(), batch.first, batch.lines.clone());
        let written = tasks::spawn_blocking(move || pipe.lock().write(first, &lines)).await;
        written.map_err(io::Error::other).flatten().map_err(SinkError::Pipe)
    }
}

impl Pipe {
    fn write(&mut self, first: i64, lines: &[u8]) -> io::Result<()> {
        let begun_at = SystemClock.steady();
        let mut written = match self.begun {
            Some((begun, written)) if begun == first => written,
            Some(_) => {
                // Of another batch: what was begun isn't a row.
                self.take(b"\n")?;
                self.begun = None;
                0
            }
            None => 0,
        };
        while let Some(rest) = lines.get(written..).filter(|rest| !rest.is_empty()) {
            match self.take(piece_of(rest)) {
                Ok(taken) => written += taken,
                Err(error) => {
                    if error.kind() == io::ErrorKind::BrokenPipe && written > 0 {
                        // Whoever reads next lacks what was written: the batch starts over.
                        self.begun = Some((NO_ROW, written));
                    }
                    return Err(error);
                }
            }
            self.begun = Some((first, written));
            if written < lines.len() && SystemClock.steady().saturating_sub(begun_at) >= self.within {
                return Err(io::Error::other("it is read too slowly"));
            }
        }
        self.begun = None;
        Ok(())
    }

    /// Writes some of these bytes, and returns how many.
    fn take(&self, bytes: &[u8]) -> io::Result<usize> {
        let mut ready = [PollFd::new(&self.out, PollFlags::OUT)];
        if retry_on_intr(|| poll(&mut ready, Some(&WITHIN)))? == 0 {
            return Err(io::Error::other("nobody reads it"));
        }
        Ok(rustix::io::write(&self.out, bytes)?)
    }
}

/// Returns how much of these lines is written at once. A pipe that takes anything takes this much, and a line of the
/// log that goes to the same pipe comes before or after it, and not in between; so it ends with a line if it can.
fn piece_of(lines: &[u8]) -> &[u8] {
    let most = lines.get(..PIPE_BUF).unwrap_or(lines);
    let end = most.iter().rposition(|byte| *byte == b'\n').map_or(most.len(), |end| end + 1);
    most.get(..end).unwrap_or(most)
}

#[cfg(test)]
mod tests {
    use std::{
        fs::File,
        io::{Read, Write},
        os::fd::AsRawFd,
    };

    use super::*;
    use crate::model::access::chain_place::ChainPlace;

    fn batch(first: i64, lines: &str) -> Batch {
        Batch { lines: lines.as_bytes().to_vec(), first, last: ChainPlace::default() }
    }

    fn read_all(mut from: io::PipeReader) -> String {
        let mut text = String::new();
        from.read_to_string(&mut text).unwrap();
        text
    }

    #[tokio::test]
    async fn a_pipe_that_nobody_reads_keeps_nobody_waiting_and_goes_on_where_it_was() {
        let (mut reader, writer) = io::pipe().unwrap();
        let sink = PipeSink::new(writer.into());
        // More than a pipe holds.
        let lines = "a row of the audit chain\n".repeat(20_000);
        let said = sink.deliver(&batch(1, &lines)).await.unwrap_err().to_string();
        assert_eq!(said, "standard output can't be written: nobody reads it");
        let reading = tasks::spawn_blocking(move || {
            let mut text = vec![0; 500_000];
            reader.read_exact(&mut text).unwrap();
            (reader, text)
        });
        sink.deliver(&batch(1, &lines)).await.unwrap();
        let (reader, text) = reading.await.unwrap();
        assert!(text == lines.as_bytes(), "each row once");
        sink.deliver(&batch(20_001, "next\n")).await.unwrap();
        drop(sink);
        assert_eq!(read_all(reader), "next\n");
    }

    #[tokio::test]
    async fn what_was_begun_ends_with_its_line_if_another_row_follows() {
        let (reader, writer) = io::pipe().unwrap();
        let sink = PipeSink::new(writer.into());
        sink.0.lock().take(b"{\"seq\":7,").unwrap();
        sink.0.lock().begun = Some((7, 9));
        sink.deliver(&batch(9, "{\"seq\":9}\n")).await.unwrap();
        drop(sink);
        assert_eq!(read_all(reader), "{\"seq\":7,\n{\"seq\":9}\n");
    }

    #[tokio::test]
    async fn a_batch_that_is_read_slowly_goes_on_where_it_was() {
        let (reader, writer) = io::pipe().unwrap();
        let sink = PipeSink::new(writer.into());
        sink.0.lock().within = Duration::ZERO;
        let row = format!("{}\n", "x".repeat(PIPE_BUF / 2 - 1));
        let lines = row.repeat(5);
        for _ in 0..2 {
            let said = sink.deliver(&batch(1, &lines)).await.unwrap_err().to_string();
            assert_eq!(said, "standard output can't be written: it is read too slowly");
        }
        sink.deliver(&batch(1, &lines)).await.unwrap();
        drop(sink);
        assert_eq!(read_all(reader), lines);
    }

    #[tokio::test]
    async fn lines_of_the_log_in_the_same_pipe_tear_no_row() {
        const ROW: &str = "{\"seq\":1,\"reason\":\"a row of the audit chain\"}";
        const LOGGED: &str = "a line of the log";
        let (reader, writer) = io::pipe().unwrap();
        let mut log = writer.try_clone().unwrap();
        let sink = PipeSink::new(writer.into());
        let reading = tasks::spawn_blocking(move || read_all(reader));
        let logging = tasks::spawn_blocking(move || {
            for _ in 0..5_000 {
                log.write_all(format!("{LOGGED}\n").as_bytes()).unwrap();
            }
        });
        sink.deliver(&batch(1, &format!("{ROW}\n").repeat(20_000))).await.unwrap();
        logging.await.unwrap();
        drop(sink);
        let text = reading.await.unwrap();
        assert_eq!(text.lines().filter(|line| *line == ROW).count(), 20_000);
        assert_eq!(text.lines().filter(|line| *line == LOGGED).count(), 5_000);
    }

    #[test]
    fn a_piece_ends_with_a_line_if_it_can() {
        let (long, half) = ("x".repeat(PIPE_BUF), "y".repeat(PIPE_BUF / 2));
        for (lines, piece) in [
            ("a\nb\n".to_owned(), "a\nb\n".to_owned()),
            ("a\nb".to_owned(), "a\n".to_owned()),
            (format!("{half}\n{half}\n"), format!("{half}\n")),
            (format!("a\n{long}\n"), "a\n".to_owned()),
            (format!("{long}\n"), long.clone()),
        ] {
            assert_eq!(piece_of(lines.as_bytes()), piece.as_bytes());
        }
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn whoever_reads_after_another_reader_was_gone_gets_all_of_the_batch() {
        let (mut reader, writer) = io::pipe().unwrap();
        let again = format!("/proc/self/fd/{}", writer.as_raw_fd());
        let sink = PipeSink::new(writer.into());
        sink.0.lock().take(b"{\"seq\":1,").unwrap();
        sink.0.lock().begun = Some((1, 9));
        reader.read_exact(&mut [0; 9]).unwrap();
        drop(reader);
        let lines = "{\"seq\":1}\n{\"seq\":2}\n";
        let said = sink.deliver(&batch(1, lines)).await.unwrap_err().to_string();
        assert!(said.contains("Broken pipe"), "{said}");
        let mut reader = File::open(again).unwrap();
        sink.deliver(&batch(1, lines)).await.unwrap();
        drop(sink);
        let mut text = String::new();
        reader.read_to_string(&mut text).unwrap();
        assert_eq!(text, format!("\n{lines}"));
    }

    #[tokio::test]
    async fn a_full_disk_or_a_closed_pipe_is_an_error() {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let said = PipeSink::new(full.into()).deliver(&batch(1, "a\n")).await.unwrap_err().to_string();
        assert!(said.contains("No space left"), "{said}");
        let (reader, writer) = io::pipe().unwrap();
        drop(reader);
        let said = PipeSink::new(writer.into()).deliver(&batch(1, "a\n")).await.unwrap_err().to_string();
        assert!(said.contains("Broken pipe"), "{said}");
    }
}
