//! The confirmation's text: who it is about, what happens, what does not, who notices. Page and dialog share it.

use leptos::prelude::*;

use super::{Age, LadderAhead, When};
use crate::{
    client::live::Live,
    model::{
        change::Action,
        stream::{StreamId, StreamReport, encryption::EncryptionReport},
        time::{Timestamp, span},
    },
    view::{
        pages::{Confirmation, EnableFacts, Plan, TargetCard},
        quota,
    },
};

/// Which stream: production mark, target, account, Region.
#[component]
pub fn TargetLine(stream: StreamId, target: TargetCard) -> impl IntoView {
    let place = match target.name {
        Some(name) => format!("{name} ({}) \u{b7} {}", stream.account, stream.region),
        None => format!("{} \u{b7} {}", stream.account, stream.region),
    };
    view! {
        <p class="target-line">
            {target.is_production.then(|| view! { <span class="tag production">"Production"</span> " " }.into_any())}
            <span>{place}</span>
        </p>
    }
}

/// Everything that is said before the form.
#[component]
pub fn ConfirmationText(confirmation: Confirmation, plan: Plan, is_busy: bool) -> impl IntoView {
    let Confirmation { action, stream, target, quota, key_words, key_warning, enable, .. } = confirmation;
    let (count, trail) = (quota.count, quota.trail);
    let is_warning = count.is_warning();
    let quota = format!(
        "{}s of this stream in 24 h: {} ({trail}). AWS's API text names no scope; Keystream counts per stream, AWS \
        decides.",
        capital(action.slug()),
        quota::sentence(&count)
    );
    let command = plan.command.clone();
    let report = plan.report.clone();
    let consequences = match action {
        Action::Disable => view! { <OfDisable plan /> }.into_any(),
        Action::Enable => view! { <OfEnable plan /> }.into_any(),
    };
    view! {
        <Identity stream target report action key_words />
        {key_warning.map(|warning| view! { <p class="alert">{warning}</p> }.into_any())}
        {enable.map(|facts| view! { <Undoing facts /> }.into_any())}
        {is_busy.then(|| view! {
            <p class="alert">
                "The stream is UPDATING (not started by Keystream). The request can be sent as soon as AWS reports \
                ACTIVE, if everything is then as it stands here. Until it is sent it can be cancelled."
            </p>
        }.into_any())}
        <LadderAhead />
        {is_warning.then(|| view! { <p class="alert">{quota.clone()}</p> }.into_any())}
        <details class="consequences" open>
            <summary>"What happens, what does not, who notices"</summary>
            {consequences}
            {(!is_warning).then(|| view! { <p>{quota}</p> }.into_any())}
            <p class="call">"The call that will be sent: "<code>{command}</code></p>
        </details>
    }
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[component]
fn OfDisable(plan: Plan) -> impl IntoView {
    let until = until(&plan);
    let retention = plan.report.retention_hours;
    let key = plan.key.map_or_else(|| "the key".to_owned(), |key| key.to_string());
    view! {
        <h2>"What happens"</h2>
        <ul>
            <li>"Keystream sends one StopStreamEncryption. AWS sets the stream to UPDATING, then to ACTIVE: normally \
                in seconds, possibly in minutes."</li>
            <li>"Reads and writes continue. Resharding and other changes of this stream may be refused until it is \
                ACTIVE."</li>
            <li>"For up to 5 s after ACTIVE new records may still be encrypted. After that Kinesis stores new records \
                unencrypted."</li>
            <li>"It cannot be cancelled once sent."</li>
        </ul>
        <h2>"What does not change"</h2>
        <ul>
            <li>
                "AWS describes no change to records already stored. Plan for them to stay encrypted: readers need this \
                key until at least "
                <strong>{until}</strong> {format!(" ({retention} h retention). Do not disable or delete it earlier.")}
            </li>
            {plan.keys_known_since.map(|since| view! { <Gap since /> }.into_any())}
            <li>"Copies outside this stream keep their own encryption."</li>
        </ul>
        <h2>"Who notices"</h2>
        <ul>
            <li><Consumers report=plan.report /></li>
            <li>"Security Hub Kinesis.1 and Config kinesis-stream-encrypted will report this stream where they are \
                on."</li>
            <li>"Tags that say who manages this stream: not checked."</li>
        </ul>
        <p>
            <strong>"Going back"</strong> {format!(" is a separate change with {key}. Records written meanwhile stay \
                unencrypted. Writers without kms:GenerateDataKey on that key fail after it.")}
        </p>
    }
}

/// Until when the key in use would be needed.
fn until(plan: &Plan) -> String {
    // Only a stream that was never read has no date, and a plan begins with a read.
    plan.key_needed_until.map_or_else(|| "its last record has left".to_owned(), Timestamp::day_and_minute)
}

#[component]
fn Gap(since: Timestamp) -> impl IntoView {
    view! { <li>{format!("This stream's keys are known since {} only. Older records may need \
    others.", since.date_and_clock())}</li> }
}

#[component]
fn OfEnable(plan: Plan) -> impl IntoView {
    let (report, until) = (plan.report.clone(), until(&plan));
    let (happens, stays) = match &report.encryption {
        EncryptionReport::Encrypted(former) => {
            let former = former.as_ref().map_or_else(|| "the present key".to_owned(), ToString::to_string);
            (
                format!(
                    "The stream is encrypted with {former}. This changes its key: an enable over the top, without a \
                    moment in which records are stored unencrypted."
                ),
                format!(
                    "AWS describes no change to records already stored. Plan for them to stay under {former}: readers \
                    need it until at least {until}.",
                ),
            )
        }
        _ => (
            "For up to 5 s after ACTIVE new records may still be stored unencrypted. After that Kinesis encrypts new \
            records."
                .to_owned(),
            "Records already stored stay unencrypted until they leave the stream.".to_owned(),
        ),
    };
    view! {
        <h2>"What happens"</h2>
        <ul>
            <li>"Keystream sends one StartStreamEncryption. AWS sets the stream to UPDATING, then to ACTIVE: normally \
                in seconds, possibly in minutes."</li>
            <li>{happens}</li>
            <li>"It cannot be cancelled once sent."</li>
        </ul>
        <h2>"What can break"</h2>
        <ul>
            <li>
                <strong>"Writers without kms:GenerateDataKey and readers without kms:Decrypt on the key"</strong>
                " start to fail as soon as AWS encrypts. Who they are: not checked."
            </li>
            <li>"Writers and readers in other accounts need it in the key's own policy too: not checked. The policy of \
                alias/aws/kinesis allows only its own account and can't be changed."</li>
            <li><Consumers report=report.clone() /></li>
        </ul>
        <h2>"What does not change"</h2>
        <ul>
            <li>{stays}</li>
            {plan.keys_known_since.map(|since| view! { <Gap since /> }.into_any())}
            <li>"Copies outside this stream keep their own encryption."</li>
        </ul>
    }
}

#[component]
fn Consumers(report: StreamReport) -> impl IntoView {
    let consumers = report.consumers.map_or_else(|| "not checked".to_owned(), |count| count.to_string());
    format!(
        "Registered consumers (enhanced fan-out): {consumers}. Lambda: not checked. Firehose: not checked. Polling \
        readers do not register; GetRecords traffic in 24 h: not checked."
    )
}

/// What is known of the disable that an enable takes back, of how long it has been, and of the key that is filled in.
#[component]
fn Undoing(facts: EnableFacts) -> impl IntoView {
    let live = expect_context::<Live>();
    let EnableFacts { key_words, is_key_bad, undo, unencrypted_since, .. } = facts;
    let since = unencrypted_since.map(|since| {
        view! {
            <p class="unencrypted-for">
                "New records are stored unencrypted since " <When at=since /> {move || format!(" ({}). They stay \
                so.", span(live.now.get().millis_since(since)))}
            </p>
        }
        .into_any()
    });
    let undo = undo.map(|undo| {
        let class = if undo.is_warning { "alert" } else { "undoing" };
        view! {
            <p class=class>
                "This takes back "<a href=format!("/changes/{}", undo.change)>{format!("the change by \
                {}", undo.actor)}</a>", settled " <When at=undo.settled_at /> ". " {undo.words}
            </p>
        }
        .into_any()
    });
    let class = if is_key_bad { "alert" } else { "hint" };
    let key = (!key_words.is_empty()).then(|| view! { <p class=class>{key_words}</p> }.into_any());
    view! { {undo} {since} {key} }
}

/// The stream as AWS reported it just now.
#[component]
fn Identity(
    stream: StreamId,
    target: TargetCard,
    report: StreamReport,
    action: Action,
    key_words: String,
) -> impl IntoView {
    let state = match &report.encryption {
        EncryptionReport::Encrypted(_) => "encrypted",
        EncryptionReport::NotEncrypted => "not encrypted",
        EncryptionReport::Unstated(_) => "encryption not stated",
    };
    let key = report.key().map(|key| {
        let needs = if action == Action::Disable { " A disable does not need it." } else { "" };
        view! { <p>"Key as AWS reports it: " <code>{key.to_string()}</code> ". " {key_words} {needs}</p> }.into_any()
    });
    view! {
        <div class="identity">
            <TargetLine stream target />
            <p class="mono arn">{report.arn.to_string()}" \u{b7} created "{report.created.date()}</p>
            <p>
                "AWS reported " <Age at=Some(report.read_at) of=StreamId::from(&report.arn) /> " (" <When at=report.read_at /> {format!("): {}, {state}.", report.status)}
            </p>
            {key}
        </div>
    }
}
