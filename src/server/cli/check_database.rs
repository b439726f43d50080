//! The part of `keystream check-config` about the database.

use std::io::Write;

use super::{check_stream, checkpoints};
use crate::server::{
    adapters::store::{Opener, Store, StoreError},
    config::{Settings, without_password},
};

/// Checks the database, and what Keystream keeps of its audit chain elsewhere.
///
/// # Errors
/// When the database can't be opened, checkpoints or the stream can't be kept, or an alarm is open.
pub async fn check(settings: &Settings, mut output: impl Write) -> anyhow::Result<()> {
    let url = &settings.database.database_url;
    let places = checkpoints::places(settings)?;
    let store = match Store::open(url, Opener::Setup).await {
        // As before an upgrade.
        Err(StoreError::OlderSchema { found, known }) => {
            let shown = without_password(url);
            writeln!(
                output,
                "database {shown}: has schema {found}, as an older Keystream runs on it; this one brings it to schema \
                {known} at its start. Its audit chain is not checked"
            )?;
            return Ok(());
        }
        opened => opened?,
    };
    writeln!(output, "database {}: can be opened", without_password(url))?;
    checkpoints::check(&store, places, &mut output).await?;
    check_stream::check(settings, &store, &mut output).await
}
