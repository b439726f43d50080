//! `GetCallerIdentity` and `AssumeRole`, over AWS's Query protocol.

use std::time::Duration;

use hyper::{Response, StatusCode};
use parking_lot::Mutex;

use super::{
    caller::{Caller, SESSION_KEY},
    calls::Named,
    clock,
    faults::Fault,
    outcome::Refused,
    reply::{Answer, Body, respond},
    triggers,
    world::World,
};

/// Answers one of the two actions. `AssumeRole` supports the faults that refuse, delay, hold and drop.
pub async fn answer(caller: &Caller, body: &[u8], world: &Mutex<World>) -> Answer {
    let fields: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    let field =
        |name: &str| fields.iter().find(|(key, _)| key == name).map(|(_, value)| value.clone()).unwrap_or_default();
    match field("Action").as_str() {
        "GetCallerIdentity" => Answer::Send(identity(caller)),
        "AssumeRole" => {
            let request = RoleRequest {
                role: &field("RoleArn"),
                session: &field("RoleSessionName"),
                external_id: &field("ExternalId"),
                source_identity: &field("SourceIdentity"),
            };
            assume_role(caller, &request, world).await
        }
        _ => Answer::Send(refuse(StatusCode::BAD_REQUEST, "InvalidAction", "The action is not one of the simulator's")),
    }
}

/// The parameters of `AssumeRole`.
struct RoleRequest<'a> {
    role: &'a str,
    session: &'a str,
    external_id: &'a str,
    source_identity: &'a str,
}

async fn assume_role(caller: &Caller, request: &RoleRequest<'_>, world: &Mutex<World>) -> Answer {
    let fault = world.lock().take_fault("AssumeRole", caller, None);
    if let Some(Fault::DelayMs(millis)) = fault {
        clock::sleep(Duration::from_millis(millis)).await;
    }
    let response = {
        let mut world = world.lock();
        triggers::before(&mut world, "AssumeRole", caller, None);
        let response = session(caller, request, fault.as_ref(), &mut world);
        triggers::after(&mut world, "AssumeRole", caller, None);
        response
    };
    match fault {
        Some(Fault::HoldAnswerMs(millis)) => clock::sleep(Duration::from_millis(millis)).await,
        Some(Fault::DropAnswer | Fault::DropRequest) => return Answer::Drop,
        _ => {}
    }
    Answer::Send(response)
}

fn identity(caller: &Caller) -> Response<Body> {
    let (partition, account) = (caller.partition(), &caller.account);
    let identity = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:{partition}:iam::{account}:user/keystream</Arn><UserId>AIDASIMULATED</UserId>\
         <Account>{account}</Account></GetCallerIdentityResult>\
         <ResponseMetadata><RequestId>simulated</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    );
    respond(StatusCode::OK, "text/xml", identity)
}

/// Assumes a role. Roles whose name contains `guarded` require the external id `keystream-external`; those whose name
/// contains `plain` don't allow a source identity.
fn session(caller: &Caller, request: &RoleRequest<'_>, fault: Option<&Fault>, world: &mut World) -> Response<Body> {
    let RoleRequest { role, session, external_id, source_identity } = *request;
    let refused = match fault {
        Some(Fault::Refuse { code, message }) => Some(Refused::new(code, message)),
        _ if role.contains("guarded") && external_id != "keystream-external" => {
            let message = format!("User is not authorized to perform: sts:AssumeRole on resource: {role}");
            Some(Refused::new("AccessDenied", message))
        }
        _ if role.contains("plain") && !source_identity.is_empty() => {
            let message = format!("User is not authorized to perform: sts:SetSourceIdentity on resource: {role}");
            Some(Refused::new("AccessDenied", message))
        }
        _ => None,
    };
    let outcome = refused.clone().map_or(Ok(None), Err);
    world.calls.note("AssumeRole", caller, &Named::default(), Some(session), &outcome, false);
    world.calls.name_source(source_identity);
    if let Some(Refused { code, message }) = refused {
        return refuse(StatusCode::FORBIDDEN, &code, &message);
    }
    let account = role.split(':').nth(4).unwrap_or_default();
    let answer = format!(
        "<AssumeRoleResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><AssumeRoleResult>\
         <AssumedRoleUser><Arn>{role}/{session}</Arn><AssumedRoleId>AROASIMULATED:{session}</AssumedRoleId>\
         </AssumedRoleUser>\
         <Credentials><AccessKeyId>{SESSION_KEY}{account}</AccessKeyId><SecretAccessKey>simulated</SecretAccessKey>\
         <SessionToken>{session}</SessionToken><Expiration>2099-01-01T00:00:00Z</Expiration></Credentials>\
         </AssumeRoleResult>\
         <ResponseMetadata><RequestId>simulated</RequestId></ResponseMetadata></AssumeRoleResponse>"
    );
    respond(StatusCode::OK, "text/xml", answer)
}

/// A refusal in the Query protocol.
pub fn refuse(status: StatusCode, code: &str, message: &str) -> Response<Body> {
    let refusal = format!(
        "<ErrorResponse \
         xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>{code}</Code>\
         <Message>{message}</Message></Error><RequestId>simulated</RequestId></ErrorResponse>"
    );
    respond(status, "text/xml", refusal)
}
