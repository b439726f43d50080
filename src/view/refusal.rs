//! Why a change was rejected: what happened, what didn't, and what to do next.

use super::{action, precondition};
use crate::model::change::{
    Change, Observed, SentAs,
    refusal::{KeyTrouble, Obstacle, Refusal, RefusalKind},
};

const CHANGED_NOTHING: &str = "This request changed nothing.";

/// Returns the text for this refusal of `change`: what happened, what didn't, and what to do next.
pub fn sentence(refusal: &Refusal, change: &Change) -> String {
    let (account, region) = (&change.intent.arn.account, &change.intent.arn.region);
    let key = change.intent.key.as_ref().map_or("none", |key| key.as_str());
    match &refusal.kind {
        RefusalKind::Precondition(precondition) => precondition::sentence(precondition, change),
        RefusalKind::NotSent { obstacle, detail } => not_sent(*obstacle, detail, change),
        RefusalKind::InvalidArgument => format!(
            "AWS did not accept a value in the request. {CHANGED_NOTHING} Sent: stream ARN {}, type KMS, key {key}. \
            Most often the key no longer resolves. Next: reload the stream, then try another form of the same key.",
            change.intent.arn
        ),
        RefusalKind::Key(trouble) => {
            let (happened, next) = key_trouble(*trouble);
            format!("{happened} ({key}). {CHANGED_NOTHING} Next: {next}")
        }
        RefusalKind::TooFast => format!(
            "AWS is throttling requests in {account}, {region}. {CHANGED_NOTHING} Try again in a minute; other tools \
            share this limit."
        ),
        RefusalKind::QuotaUsed { next_frees_at } => format!(
            "Keystream counts 25 {} of this stream in 24 hours, and AWS refused another. {CHANGED_NOTHING} The next \
            one is available at {}.",
            action::plural(change.intent.action),
            next_frees_at.day_and_minute()
        ),
        RefusalKind::LimitUnclear { counted } => format!(
            "AWS reported a limit without saying which: request rate, concurrent requests, or 25 {} in 24 hours \
            (counted: {counted}). {CHANGED_NOTHING} Wait a minute and try once; if it is refused again, wait for other \
            changes in this account to finish.",
            action::plural(change.intent.action)
        ),
        RefusalKind::ResourceInUse => format!(
            "The stream was not ACTIVE when the request arrived. {CHANGED_NOTHING}{} Next: open the confirmation \
            again and choose \u{201c}Send when ACTIVE\u{201d}, or wait.",
            read_just_now(refusal)
        ),
        RefusalKind::ResourceNotFound => not_found(refusal),
        RefusalKind::AccessDenied => denied(key, change),
        RefusalKind::CredentialsExpired => format!(
            "Credentials expired. AWS refused the credentials. {CHANGED_NOTHING} Next: renew them for {account}, \
            {region}; Keystream picks up new ones within a minute."
        ),
        RefusalKind::CredentialsNotValid => format!(
            "Credentials not valid here. AWS does not recognize the credentials in this Region. {CHANGED_NOTHING} \
            Either they are wrong, or the Region is not enabled for this account."
        ),
        RefusalKind::ClockDiffers { minutes } => {
            let by = minutes.map_or_else(String::new, |minutes| format!(" by about {minutes} min"));
            format!(
                "AWS refused the request's time; this server's clock is off{by}. {CHANGED_NOTHING} Next: set the clock."
            )
        }
        RefusalKind::Other => format!(
            "AWS refused the request. {CHANGED_NOTHING} Next: read what AWS said below, then reload the stream."
        ),
    }
}

/// Returns the text for a request of which no byte can have left.
fn not_sent(obstacle: Obstacle, detail: &str, change: &Change) -> String {
    let (account, region) = (&change.intent.arn.account, &change.intent.arn.region);
    let happened = match obstacle {
        Obstacle::RoleNotAssumed => {
            format!("Keystream could not assume the role that sends changes in {account}, {region}: {detail}.")
        }
        _ => format!("Keystream could not reach AWS for {account}, {region}: {} ({detail}).", obstacle.name()),
    };
    format!("{happened} Nothing was sent. Next: {}", remedy(obstacle))
}

fn not_found(refusal: &Refusal) -> String {
    let suspect = match refusal.read_after {
        Some(Observed::State { .. }) => {
            " The stream exists, so suspect the key or alias and try another form of the key."
        }
        _ => "",
    };
    format!(
        "AWS could not find what the request named. {CHANGED_NOTHING} The stream may be deleted, or the Region or \
        account may be wrong.{}{suspect}",
        read_just_now(refusal)
    )
}

fn denied(key: &str, change: &Change) -> String {
    let (account, region) = (&change.intent.arn.account, &change.intent.arn.region);
    let (actor, call) = (&change.intent.actor, change.intent.action.call());
    let who = match &change.evidence.sent_as {
        Some(SentAs { role, session }) => format!("role {role} (session {session}, operator {actor})"),
        None => format!("a request made with the credentials for {account}, {region} (operator {actor})"),
    };
    format!(
        "AWS refused {who}. {CHANGED_NOTHING} Needed: kinesis:{call} on the stream and on key {key}. The refusal may \
        come from the role, a permissions boundary, the session policy, an SCP or the VPC endpoint policy; AWS's \
        sentence below usually says which."
    )
}

/// Returns ` Read just now: ACTIVE, KMS.`
fn read_just_now(refusal: &Refusal) -> String {
    refusal.read_after.as_ref().map_or_else(String::new, |saw| format!(" Read just now: {saw}."))
}

/// Returns what happened, and what to do next.
const fn key_trouble(trouble: KeyTrouble) -> (&'static str, &'static str) {
    match trouble {
        KeyTrouble::AccessDenied => (
            "KMS denied the use of the key",
            "allow kms:GenerateDataKey and kms:Decrypt for this role, in IAM and in the key policy (a key in another \
            account needs both), then start again.",
        ),
        KeyTrouble::Disabled => {
            ("The key is disabled in KMS", "enable the key in KMS or choose another, then start again.")
        }
        KeyTrouble::InvalidState => (
            "The key's state doesn't allow its use (for example, pending deletion or import)",
            "check its state in KMS or choose another key, then start again.",
        ),
        KeyTrouble::NotFound => (
            "KMS does not find the key or the alias",
            "check its name, account and Region, then start again. Enter a key in another account as its ARN.",
        ),
        KeyTrouble::OptInRequired => (
            "The account is not subscribed to KMS",
            "ask the account's administrator to sign up for KMS, then start again.",
        ),
        KeyTrouble::Throttling => {
            ("KMS is throttling requests", "try again in a minute; other tools share this limit.")
        }
    }
}

/// Says what removes an obstacle.
const fn remedy(obstacle: Obstacle) -> &'static str {
    match obstacle {
        Obstacle::NoCredentials => {
            "give this target credentials (profile, environment or instance role), then start again."
        }
        Obstacle::NameNotResolved => "check the endpoint's name and this server's DNS, then start again.",
        Obstacle::ConnectionRefused => "check the endpoint, the network and the VPC endpoint, then start again.",
        Obstacle::TlsFailed => "check the endpoint's certificate and any proxy in between, then start again.",
        Obstacle::RoleNotAssumed => {
            "check the role's trust policy and external id, and this server's sts:AssumeRole, then start again."
        }
        Obstacle::HeldUp => "check the load on this server and its database, then start again.",
        Obstacle::Other => "check the network and this target's endpoint, then start again.",
    }
}
