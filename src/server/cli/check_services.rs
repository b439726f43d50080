//! The part of `keystream check-config` about what Keystream can do without: records, keys, CloudTrail and tags. A call
//! that doesn't work is reported with what users won't see, and isn't a failure.

use std::io::Write;

use crate::{
    model::{
        change::Action,
        stream::{StreamName, encryption::KeyId},
        time::DAY_MS,
    },
    server::{
        adapters::{
            aws::{ReadFailure, ReadFailureKind, kms::Kms, records::FIRST_SHARD, targets::Target},
            clock::{Clock, SystemClock},
        },
        cli::check_lines::{Lines, at, missing},
    },
};

/// AWS's own key for Kinesis, to ask about where no stream has one.
const AWS_KEY: &str = "alias/aws/kinesis";
const NO_PICKER: &str = "keys cannot be picked from a list";

/// What the reads of the target found to try the other calls with.
#[derive(Debug, Default)]
pub struct Seen {
    /// A stream.
    pub stream: Option<StreamName>,
    /// Its key.
    pub key: Option<KeyId>,
}

/// Tries each call once. `no_stream` stands in for a stream where there is none.
///
/// # Errors
/// When nothing can be written.
pub async fn check<W: Write>(
    target: &Target,
    lines: &mut Lines<'_, W>,
    seen: &Seen,
    no_stream: &StreamName,
) -> anyhow::Result<()> {
    check_records(target, lines, seen, no_stream).await?;
    if let Some(kms) = &target.kms {
        check_keys(kms.as_ref(), lines, seen.key.as_ref()).await?;
    }
    if let Some(trail) = &target.trail {
        let since = SystemClock.now().plus_millis(-DAY_MS);
        let call = Call::new("cloudtrail:LookupEvents", "changes made elsewhere will not be counted");
        call.tell(lines, trail.lookup(Action::Disable, since, None).await)?;
    }
    let call = Call::new("tag:GetResources", "tags will not be shown");
    call.tell(lines, target.kinesis.get_resources(None).await)?;
    Ok(())
}

/// What checks of records by reading need; those by writing would write.
async fn check_records<W: Write>(
    target: &Target,
    lines: &mut Lines<'_, W>,
    seen: &Seen,
    no_stream: &StreamName,
) -> anyhow::Result<()> {
    let Some(records) = target.kinesis.records() else { return Ok(()) };
    let stream = target.stream_ref(seen.stream.as_ref().unwrap_or(no_stream));
    let call = |permission: &'static str| Call {
        is_of_something: seen.stream.is_some(),
        ..Call::new(permission, "records cannot be checked by reading")
    };
    let shards = call("kinesis:ListShards").tell(lines, records.open_shards(&stream, None).await)?;
    let shard = shards.and_then(|page| page.shards.into_iter().next());
    let shard = shard.map_or_else(|| FIRST_SHARD.to_owned(), |shard| shard.id);
    let tip = call("kinesis:GetShardIterator").tell(lines, records.tip(&stream, &shard).await)?;
    if let Some(tip) = tip {
        call("kinesis:GetRecords").tell(lines, records.look(&stream, &tip).await)?;
    }
    Ok(())
}

async fn check_keys<W: Write>(kms: &dyn Kms, lines: &mut Lines<'_, W>, key: Option<&KeyId>) -> anyhow::Result<()> {
    Call::new("kms:ListAliases", NO_PICKER).tell(lines, kms.list_aliases(None).await)?;
    Call::new("kms:ListKeys", NO_PICKER).tell(lines, kms.list_keys(None).await)?;
    let call = |permission: &'static str, without: &'static str| Call {
        is_of_something: key.is_some(),
        ..Call::new(permission, without)
    };
    let key = match key {
        Some(key) => key.clone(),
        None => AWS_KEY.parse()?,
    };
    let described = call("kms:DescribeKey", "the states of keys will not be known");
    if let Some(facts) = described.tell(lines, kms.describe_key(&key).await)? {
        let rotated = call("kms:GetKeyRotationStatus", "whether keys are rotated will not be known");
        rotated.tell(lines, kms.is_rotated(&facts.arn).await)?;
    }
    Ok(())
}

/// A call that Keystream can do without.
struct Call {
    permission: &'static str,
    /// What users won't see without it.
    without: &'static str,
    /// Whether it was tried with something of the account. If not, a policy that names streams or keys refuses it, and
    /// the permission may be there.
    is_of_something: bool,
}

impl Call {
    const fn new(permission: &'static str, without: &'static str) -> Self {
        Self { permission, without, is_of_something: true }
    }

    /// Reports whether it works. Returns its answer.
    fn tell<T, W: Write>(&self, lines: &mut Lines<'_, W>, answer: Result<T, ReadFailure>) -> anyhow::Result<Option<T>> {
        let host = lines.hosts.take();
        let failure = match answer {
            Ok(answer) => {
                lines.worked(self.permission, "", host)?;
                return Ok(Some(answer));
            }
            Err(failure) => failure,
        };
        if failure.kind == ReadFailureKind::NotFound {
            lines.worked(self.permission, "AWS answers; there is nothing to try it with", host)?;
            return Ok(None);
        }
        let said = if failure.kind == ReadFailureKind::Denied && !self.is_of_something {
            format!("AWS answers, and there is nothing to try the permission with: {failure}")
        } else {
            format!("{}: {failure}{}", self.without, missing(self.permission, &failure))
        };
        lines.tell(self.permission, &format!("{said}{}", at(host.as_ref())))?;
        Ok(None)
    }
}
