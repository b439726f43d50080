//! The server: reads calls, carries them out as far as their faults allow, and answers.

use std::{io, iter, net::SocketAddr, sync::Arc, time::Duration};

use anyhow::Context;
use futures_util::stream;
use http_body_util::BodyExt;
use hyper::{
    Method, Request, StatusCode,
    body::{Bytes, Frame, Incoming},
    header,
    http::request::Parts,
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::TokioIo;
use parking_lot::Mutex;
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};

use super::{
    caller::Caller,
    calls::Named,
    clock, cloud_trail, control,
    faults::{self, Fault},
    kinesis, kms, named_stream,
    outcome::{Outcome, Refused},
    reply::{Answer, JSON, refuse, respond, stream_json},
    settings::Settings,
    sts, tagging,
    trail::Entry,
    triggers,
    world::World,
};

/// The largest request accepted.
const LONGEST_REQUEST: usize = 12 * 1024 * 1024;
/// Longer than any caller waits for an answer.
const NEVER: Duration = Duration::from_secs(3_600);

/// Starts the simulator with its streams; it runs until the process ends. Returns the address it bound.
///
/// # Errors
/// When the address cannot be bound or isn't on loopback: the control endpoint is open to anybody who reaches it.
pub async fn start(address: SocketAddr, settings: Settings) -> anyhow::Result<SocketAddr> {
    let (address, serving) = bind(address, settings).await?;
    clock::spawn(serving);
    Ok(address)
}

/// Binds the simulator; the future serves until it is dropped.
///
/// # Errors
/// As [`start`].
pub async fn bind(
    address: SocketAddr,
    settings: Settings,
) -> anyhow::Result<(SocketAddr, impl Future<Output = ()> + Send + 'static)> {
    anyhow::ensure!(address.ip().is_loopback(), "the simulator listens on loopback only, not on {address}");
    let listener =
        TcpListener::bind(address).await.with_context(|| format!("the simulator cannot listen on {address}"))?;
    let address = listener.local_addr()?;
    let world = Arc::new(Mutex::new(World::new(settings)));
    let serving = async move {
        while let Ok((stream, _)) = listener.accept().await {
            clock::spawn(serve_connection(stream, world.clone()));
        }
    };
    Ok((address, serving))
}

async fn serve_connection(stream: TcpStream, world: Arc<Mutex<World>>) {
    // Small answers are sent at once.
    let _ = stream.set_nodelay(true);
    let service = service_fn(move |request| {
        let world = world.clone();
        async move {
            match answer(request, &world).await {
                Answer::Send(response) | Answer::SendWithoutId(response) => Ok(response),
                // An error of the service closes the connection without an answer.
                Answer::Drop => Err(io::Error::other("the answer is dropped by order")),
            }
        }
    });
    // Some tests break connections on purpose.
    let _ = http1::Builder::new().serve_connection(TokioIo::new(stream), service).await;
}

async fn answer(request: Request<Incoming>, world: &Mutex<World>) -> Answer {
    let came_at = clock::now();
    let (head, body) = request.into_parts();
    let body = match http_body_util::Limited::new(body, LONGEST_REQUEST).collect().await {
        Ok(body) => body.to_bytes(),
        Err(_) => return Answer::Send(respond(StatusCode::PAYLOAD_TOO_LARGE, "text/plain", "too large")),
    };
    if head.uri.path().starts_with("/_control/") {
        if !control::is_from_a_program(&head.headers) {
            return Answer::Send(respond(StatusCode::FORBIDDEN, "text/plain", "not for the pages of a browser"));
        }
        let mut world = world.lock();
        let (status, value) = control::ordered(&mut world, &head.method, head.uri.path(), &body);
        return Answer::Send(respond(status, "application/json", value.to_string()));
    }
    let id = world.lock().request_ids.next_id();
    let answer = with_request_id(answer_aws(&head, &body, &id, world).await, &id);
    let rtt = world.lock().settings.rtt;
    if !rtt.is_zero() {
        clock::sleep_until(came_at + rtt).await;
    }
    answer
}

async fn answer_aws(head: &Parts, body: &[u8], id: &str, world: &Mutex<World>) -> Answer {
    let Some(caller) = Caller::of(&head.headers) else {
        return Answer::Send(refuse(&Refused::new(
            "MissingAuthenticationTokenException",
            "Missing Authentication Token",
        )));
    };
    if head.method != Method::POST {
        return Answer::Send(refuse(&Refused::new("UnknownOperationException", "POST only")));
    }
    if let Some(refused) = world.lock().refusal_of_access_key(&head.headers) {
        let is_json = head.headers.contains_key("x-amz-target");
        return Answer::Send(if is_json {
            refuse(&refused)
        } else {
            sts::refuse(StatusCode::FORBIDDEN, &refused.code, &refused.message)
        });
    }
    let target = head.headers.get("x-amz-target").and_then(|target| target.to_str().ok()).unwrap_or_default();
    let session = Caller::session(&head.headers);
    // Some SDKs send the name of CloudTrail's service with its package.
    let target = target.strip_prefix("com.amazonaws.cloudtrail.v20131101.").unwrap_or(target);
    let sender = Sender { caller: &caller, session: session.as_deref(), id };
    match target.split_once('.') {
        Some((kms::SERVICE, operation)) => answer_json(kms::call, operation, &sender, body, world).await,
        Some((cloud_trail::SERVICE, operation)) => {
            answer_json(cloud_trail::call, operation, &sender, body, world).await
        }
        Some((kinesis::SERVICE, operation)) => answer_json(kinesis::call, operation, &sender, body, world).await,
        Some((tagging::SERVICE, operation)) => answer_json(tagging::call, operation, &sender, body, world).await,
        _ => sts::answer(&caller, body, world).await,
    }
}

/// A service that speaks JSON 1.1.
type Service = fn(&mut World, &str, &Caller, &Value) -> Outcome;

/// Who sends a request, and the id that the answer and CloudTrail have it under.
struct Sender<'a> {
    caller: &'a Caller,
    session: Option<&'a str>,
    id: &'a str,
}

async fn answer_json(
    service: Service,
    operation: &str,
    sender: &Sender<'_>,
    body: &[u8],
    world: &Mutex<World>,
) -> Answer {
    let Ok(input) = serde_json::from_slice::<Value>(body) else {
        return Answer::Send(refuse(&Refused::new("SerializationException", "the body is not JSON")));
    };
    let key = input.get("KeyId").and_then(Value::as_str).map(ToOwned::to_owned);
    let named = Named { stream: named_stream::stream_of(&input), is_by_arn: input.get("StreamARN").is_some(), key };
    let fault = world.lock().take_fault(operation, sender.caller, named.stream.as_deref());
    if let Some(Fault::DelayMs(millis)) = fault {
        clock::sleep(Duration::from_millis(millis)).await;
    }
    let call = Call { service, operation, sender, named: &named };
    let outcome = carry_out(&call, input, fault.as_ref(), &mut world.lock());
    match fault {
        Some(Fault::HoldAnswerMs(millis)) => clock::sleep(Duration::from_millis(millis)).await,
        Some(Fault::BlackHole) => clock::sleep(NEVER).await,
        _ => {}
    }
    if let Some(spoiled) = fault.as_ref().and_then(spoiled) {
        return spoiled;
    }
    let response = match patched(outcome, fault.as_ref()) {
        Ok(output) => {
            let mut text = output.map_or_else(String::new, |value| value.to_string());
            if let Some(Fault::PadTo(length)) = fault {
                text.extend(iter::repeat_n(' ', length.saturating_sub(text.len())));
            }
            respond(StatusCode::OK, JSON, text)
        }
        Err(refused) => refuse(&refused),
    };
    if matches!(fault, Some(Fault::NoRequestId)) { Answer::SendWithoutId(response) } else { Answer::Send(response) }
}

/// What is sent instead of the answer, if a fault spoils it.
fn spoiled(fault: &Fault) -> Option<Answer> {
    match fault {
        Fault::BlackHole | Fault::DropAnswer | Fault::DropRequest => Some(Answer::Drop),
        Fault::Error500Before | Fault::Error500After => {
            let body = json!({"__type": "InternalFailureException", "message": "Internal failure"}).to_string();
            Some(Answer::Send(respond(StatusCode::INTERNAL_SERVER_ERROR, JSON, body)))
        }
        Fault::HalfBody => {
            let frames = [
                Ok(Frame::data(Bytes::from_static(b"{\"Stream"))),
                Err(io::Error::other("the body breaks off by order")),
            ];
            Some(Answer::SendWithoutId(stream_json(stream::iter(frames))))
        }
        Fault::EndlessBody => {
            let frames = stream::repeat_with(|| Ok(Frame::data(Bytes::from_static(&[b' '; 64 * 1024]))));
            Some(Answer::SendWithoutId(stream_json(frames)))
        }
        Fault::Html => {
            let page = "<html><body>Welcome to the proxy</body></html>";
            Some(Answer::SendWithoutId(respond(StatusCode::OK, "text/html", page)))
        }
        _ => None,
    }
}

/// A call on its way to its service.
struct Call<'a> {
    service: Service,
    operation: &'a str,
    sender: &'a Sender<'a>,
    named: &'a Named,
}

/// Carries out a call as far as its fault allows, with the orders for the moments before and after it, and logs it.
fn carry_out(call: &Call<'_>, input: Value, fault: Option<&Fault>, world: &mut World) -> Outcome {
    let Call { operation, named, sender: &Sender { caller, session, id }, .. } = *call;
    let stream = named.stream.as_deref();
    triggers::before(world, operation, caller, stream);
    let never_arrives = matches!(fault, Some(Fault::DropRequest | Fault::Error500Before | Fault::BlackHole));
    let outcome = match fault {
        Some(Fault::Refuse { code, message }) => Err(Refused::new(code, message)),
        _ if never_arrives => Err(Refused::new("InternalFailureException", "the request never arrived")),
        _ => (call.service)(world, operation, caller, &input),
    };
    if let (Some(Fault::KeepState), Ok(_), Some(name)) = (fault, &outcome, stream) {
        world.keep_state(caller, name);
    }
    // A spoiled answer tells the caller nothing.
    let is_told = matches!(
        fault,
        None | Some(
            Fault::DelayMs(_) | Fault::HoldAnswerMs(_) | Fault::NoRequestId | Fault::Refuse { .. } | Fault::KeepState
        )
    );
    world.calls.note(operation, caller, named, session, &outcome, is_told);
    if let Some(Fault::HoldAnswerMs(millis)) = fault {
        world.calls.hold_last(*millis);
    }
    if !never_arrives {
        world.trail.note(Entry {
            caller: caller.clone(),
            operation: operation.to_owned(),
            at: clock::since_epoch().as_secs_f64(),
            request_id: id.to_owned(),
            session: session.map(ToOwned::to_owned),
            input,
            error: outcome.as_ref().err().map(|refused| refused.code.clone()),
        });
    }
    triggers::after(world, operation, caller, stream);
    outcome
}

fn patched(outcome: Outcome, fault: Option<&Fault>) -> Outcome {
    let Some(Fault::Patch(patch)) = fault else { return outcome };
    outcome.map(|output| {
        let mut output = output.unwrap_or_else(|| json!({}));
        faults::merge(&mut output, patch);
        Some(output)
    })
}

/// Puts the request id on an answer that carries one.
fn with_request_id(mut answer: Answer, id: &str) -> Answer {
    if let (Answer::Send(response), Ok(id)) = (&mut answer, header::HeaderValue::from_str(id)) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    answer
}
