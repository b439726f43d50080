//! `GetCallerIdentity`, over AWS's Query protocol.

use hyper::{Response, StatusCode};

use super::{Body, respond, world::Caller};

/// Answers the one action that there is.
pub fn answer(caller: &Caller, body: &[u8]) -> Response<Body> {
    let is_identity = String::from_utf8_lossy(body).split('&').any(|pair| pair == "Action=GetCallerIdentity");
    if !is_identity {
        let refusal = "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error><Type>Sender</Type><Code>InvalidAction</Code>\
                       <Message>The action is not one of the simulator's</Message></Error></ErrorResponse>";
        return respond(StatusCode::BAD_REQUEST, "text/xml", refusal);
    }
    let account = &caller.account;
    let identity = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><GetCallerIdentityResult>\
         <Arn>arn:aws:iam::{account}:user/keystream</Arn><UserId>AIDASIMULATED</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>simulated</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
    );
    respond(StatusCode::OK, "text/xml", identity)
}
