//! Any of the receivers.

use std::{io::stdout, os::fd::AsFd};

use anyhow::{Context, ensure};
use rustix::fs::{FileType, fstat, stat};

use super::{batch::Batch, error::SinkError, file::FileSink, http::HttpSink, pipe::PipeSink};
use crate::{
    model::access::chain_place::ChainPlace,
    server::config::{StreamPlace, StreamSettings},
};

/// What receives the audit chain.
#[derive(Debug, Clone)]
pub enum Sink {
    Stdout(PipeSink),
    File(FileSink),
    Http(Box<HttpSink>),
}

impl Sink {
    /// Prepares a receiver. Neither connects to it nor opens it yet: Keystream starts without it.
    ///
    /// # Errors
    /// If standard output leads nowhere, or certificate authorities are missing or can't be read.
    pub fn new(settings: &StreamSettings) -> anyhow::Result<Self> {
        Ok(match &settings.place {
            StreamPlace::Stdout => {
                let out = stdout().as_fd().try_clone_to_owned().context("KEYSTREAM_AUDIT_STREAM")?;
                ensure!(!is_null(&out), "KEYSTREAM_AUDIT_STREAM: standard output is closed or /dev/null");
                Self::Stdout(PipeSink::new(out))
            }
            StreamPlace::File(path) => Self::File(FileSink(path.clone())),
            StreamPlace::Https(url) => Self::Http(Box::new(HttpSink::new(url, settings)?)),
        })
    }

    /// Delivers a batch that follows the row `after`. When this returns, the receiver has it for sure.
    ///
    /// # Errors
    /// If it doesn't, or that isn't known.
    pub async fn deliver(&self, after: &ChainPlace, batch: &Batch) -> Result<(), SinkError> {
        match self {
            Self::Stdout(sink) => sink.deliver(batch).await,
            Self::File(sink) => sink.deliver(after, batch).await,
            Self::Http(sink) => sink.deliver(batch).await,
        }
    }
}

/// Returns whether this is `/dev/null`, which a closed standard output becomes when a program starts.
fn is_null(out: impl AsFd) -> bool {
    let (Ok(out), Ok(null)) = (fstat(out), stat("/dev/null")) else { return false };
    FileType::from_raw_mode(out.st_mode) == FileType::CharacterDevice && out.st_rdev == null.st_rdev
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io};

    use super::*;

    #[test]
    fn only_the_null_device_leads_nowhere() {
        let open = |path| File::options().write(true).open(path).unwrap();
        assert!(is_null(open("/dev/null")));
        assert!(!is_null(open("/dev/full")));
        assert!(!is_null(tempfile::tempfile().unwrap()));
        let (_reader, writer) = io::pipe().unwrap();
        assert!(!is_null(writer));
    }
}
