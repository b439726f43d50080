//! What spans may say, declared once. Nothing else gets out: no reasons, no names of people, no secrets, no records.

use strum::{IntoStaticStr, VariantArray};

/// An attribute of a span.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, VariantArray)]
pub enum Attribute {
    /// The id of the change.
    #[strum(serialize = "keystream.change.id")]
    ChangeId,
    /// `disable` or `enable`.
    #[strum(serialize = "keystream.change.action")]
    ChangeAction,
    /// How the change ended, such as `settled`.
    #[strum(serialize = "keystream.change.end")]
    ChangeEnd,
    /// The last rung with evidence, such as `accepted`.
    #[strum(serialize = "keystream.change.rung")]
    ChangeRung,
    /// The stream's account.
    #[strum(serialize = "cloud.account.id")]
    Account,
    /// The stream's Region.
    #[strum(serialize = "cloud.region")]
    Region,
    /// The stream's name.
    #[strum(serialize = "aws.kinesis.stream_name")]
    StreamName,
    /// `aws-api`.
    #[strum(serialize = "rpc.system")]
    RpcSystem,
    /// `Kinesis`.
    #[strum(serialize = "rpc.service")]
    RpcService,
    /// The call, such as `StopStreamEncryption`.
    #[strum(serialize = "rpc.method")]
    RpcMethod,
    /// The id that AWS gave the call.
    #[strum(serialize = "aws.request_id")]
    AwsRequestId,
    /// AWS's error code, or `outcome_unknown`.
    #[strum(serialize = "error.type")]
    ErrorType,
}

impl Attribute {
    /// Returns its name, from OpenTelemetry's conventions where they have one.
    pub fn name(self) -> &'static str {
        self.into()
    }
}
