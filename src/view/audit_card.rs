//! Audit rows as the audit page shows them.

use super::pages::AuditCard;
use crate::model::{
    access::{audit_event::AuditRow, audit_query::Ignored},
    stream::{StreamArn, StreamId},
};

impl From<AuditRow> for AuditCard {
    fn from(row: AuditRow) -> Self {
        let event = row.event;
        let stream = event.target.parse().ok().map(|arn: StreamArn| StreamId::from(&arn));
        let states = match (event.before.as_str(), event.after.as_str()) {
            ("", after) => after.to_owned(),
            (before, "") => format!("was {before}"),
            (before, after) => format!("{before} \u{2192} {after}"),
        };
        Self {
            seq: row.seq,
            at: event.at,
            actor: event.actor,
            action: event.action.name().to_owned(),
            target: stream.as_ref().map_or(event.target, |stream| stream.name.to_string()),
            stream,
            reason: event.reason,
            states,
            result: event.result,
            aws_request_id: event.aws_request_id,
            address: event.address,
            user_agent: event.user_agent,
        }
    }
}

/// Says which value of the address was ignored.
pub fn ignored(ignored: &Ignored) -> String {
    format!("{} \u{201c}{}\u{201d} was ignored", ignored.parameter, ignored.value)
}
