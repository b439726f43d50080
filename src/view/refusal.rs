//! Why a change was rejected: what happened, what did not, and what to do next.

use super::{action, precondition};
use crate::model::change::{
    Change, Observed,
    refusal::{KeyTrouble, Obstacle, Refusal, RefusalKind},
};

const CHANGED_NOTHING: &str = "This request changed nothing.";

/// The words for this refusal of `change`: what happened, what did not, and what to do next.
pub fn sentence(refusal: &Refusal, change: &Change) -> String {
    let (account, region) = (&change.intent.arn.account, &change.intent.arn.region);
    let key = change.intent.key.as_ref().map_or("none", |key| key.as_str());
    match &refusal.kind {
        RefusalKind::Precondition(precondition) => precondition::sentence(precondition, change),
        RefusalKind::NotSent { obstacle: obstacle @ Obstacle::RoleNotAssumed, detail } => format!(
            "Keystream could not assume the role that sends changes in {account}, {region}: {detail}. Nothing was \
            sent. Next: {}",
            remedy(*obstacle)
        ),
        RefusalKind::NotSent { obstacle, detail } => format!(
            "Keystream could not reach AWS for {account}, {region}: {} ({detail}). Nothing was sent. Next: {}",
            obstacle.name(),
            remedy(*obstacle)
        ),
        RefusalKind::InvalidArgument => format!(
            "AWS did not accept a value in the request. {CHANGED_NOTHING} Sent: {}, type KMS, key {key}. Most \
             often the key no longer \
             resolves. Next: reload the stream, then try another form of the same key.",
            change.intent.arn
        ),
        RefusalKind::Key(trouble) => {
            let (happened, next) = key_trouble(*trouble);
            format!("{happened} ({key}). {CHANGED_NOTHING} Next: {next}")
        }
        RefusalKind::TooFast => format!(
            "AWS is throttling requests in {account}, {region}. {CHANGED_NOTHING} Try again in a minute; other \
            tools share this limit."
        ),
        RefusalKind::QuotaUsed { next_frees_at } => format!(
            "Keystream counts 25 {} of this stream in 24 h, and AWS refused another. {CHANGED_NOTHING} The next \
            one frees at {}.",
            action::plural(change.intent.action),
            next_frees_at.day_and_minute()
        ),
        RefusalKind::LimitUnclear { counted } => format!(
            "AWS reported a limit and did not say which: request rate, concurrent requests, or 25 {} in 24 h \
             (counted: {counted}). \
             {CHANGED_NOTHING} Wait a minute and try once; if refused again, wait for other changes in this \
             account to finish.",
            action::plural(change.intent.action)
        ),
        RefusalKind::ResourceInUse => format!(
            "The stream was not ACTIVE when the request arrived. {CHANGED_NOTHING}{} Next: open the confirmation \
             again, where \u{201c}Send \
             when ACTIVE\u{201d} is offered while it is UPDATING, or wait.",
            read_just_now(refusal)
        ),
        RefusalKind::ResourceNotFound => {
            let suspect = match refusal.read_after {
                Some(Observed::State { .. }) => {
                    " The stream is there: suspect the key or alias, and try another form of the key."
                }
                _ => "",
            };
            format!(
                "AWS could not find what the request named. {CHANGED_NOTHING} The stream may be deleted, or the \
                 Region or account may be \
                 wrong.{}{suspect}",
                read_just_now(refusal)
            )
        }
        RefusalKind::AccessDenied => format!(
            "AWS refused {} (operator {}). {CHANGED_NOTHING} Needed: kinesis:{} on the \
             stream and on key {key}. The refusal may come from the role, a permissions boundary, the session \
             policy, an SCP or the VPC \
             endpoint policy; AWS's sentence below usually says which.",
            change.evidence.sent_as.as_ref().map_or_else(
                || format!("the credentials of {account}, {region}"),
                |sent_as| format!("role {}, session {}", sent_as.role, sent_as.session)
            ),
            change.intent.actor,
            change.intent.action.call()
        ),
        RefusalKind::CredentialsExpired => format!(
            "Credentials expired. AWS refused the credentials. {CHANGED_NOTHING} Next: renew them for {account}, \
             {region}; Keystream picks \
             up new ones within a minute."
        ),
        RefusalKind::CredentialsNotValid => format!(
            "Credentials not valid here. AWS does not recognize the credentials in this Region. {CHANGED_NOTHING} \
             Either they are wrong, \
             or the Region is not enabled for this account."
        ),
        RefusalKind::ClockDiffers { minutes } => {
            let by = minutes.map_or_else(String::new, |minutes| format!(" by about {minutes} min"));
            format!(
                "AWS refused the request's time; this server's clock differs{by}. {CHANGED_NOTHING} Next: set the \
                clock."
            )
        }
        RefusalKind::Other => {
            format!("AWS refused the request. {CHANGED_NOTHING} Next: read AWS's words below, then reload the stream.")
        }
    }
}

/// ` Read just now: ACTIVE, KMS.`
fn read_just_now(refusal: &Refusal) -> String {
    refusal.read_after.as_ref().map_or_else(String::new, |saw| format!(" Read just now: {}.", saw))
}

/// What happened, and what to do next.
const fn key_trouble(trouble: KeyTrouble) -> (&'static str, &'static str) {
    match trouble {
        KeyTrouble::AccessDenied => (
            "KMS did not allow the use of the key",
            "allow kms:GenerateDataKey and kms:Decrypt to this role, in IAM and in the key's own policy (a key of \
            another account needs both), then start again.",
        ),
        KeyTrouble::Disabled => {
            ("The key is disabled in KMS", "enable the key in KMS, or choose another, then start again.")
        }
        KeyTrouble::InvalidState => (
            "The key is in a state in which KMS does not let it be used (pending deletion or import, for example)",
            "look at its state in KMS, or choose another key, then start again.",
        ),
        KeyTrouble::NotFound => (
            "KMS does not find the key or the alias",
            "check its name, account and Region; a key of another account is given as its ARN. Then start again.",
        ),
        KeyTrouble::OptInRequired => (
            "The account is not subscribed to KMS",
            "let the account's administrator sign up for KMS, then start again.",
        ),
        KeyTrouble::Throttling => {
            ("KMS is throttling requests", "try again in a minute; other tools share this limit.")
        }
    }
}

/// What removes an obstacle.
const fn remedy(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NoCredentials => {
            "give this target credentials (profile, environment or instance role) and start again."
        }
        Obstacle::NameNotResolved => "check the endpoint's name and this server's DNS, then start again.",
        Obstacle::ConnectionRefused => "check the endpoint, the network and the VPC endpoint, then start again.",
        Obstacle::TlsFailed => "check the endpoint's certificate and any proxy in between, then start again.",
        Obstacle::RoleNotAssumed => {
            "check the role's trust policy, its external id and this server's sts:AssumeRole, then start again."
        }
        Obstacle::HeldUp => "look at the load of this server and its database, then start again.",
        Obstacle::Other => "check the network and the endpoint of this target, then start again.",
    }
}
