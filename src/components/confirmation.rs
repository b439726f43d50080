//! The confirmation's text: who it is about, what happens, what does not, who notices. Page and dialog share it.

use leptos::prelude::*;

use super::{Age, LadderAhead, When};
use crate::model::{
    encryption::EncryptionReport,
    pages::{Confirmation, Plan, TargetCard},
    stream::{StreamKey, StreamReport},
};

/// Which stream: production mark, target, account, Region.
#[component]
pub fn TargetLine(stream: StreamKey, target: TargetCard) -> impl IntoView {
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
    let until = plan.key_needed_until.day_and_minute();
    let retention = plan.report.retention_hours;
    let key = plan.key.to_string();
    let consumers = plan.report.consumers.map_or_else(|| "not checked".to_owned(), |count| count.to_string());
    let disables = match confirmation.disables_in_24h {
        (least, most) if least == most => format!("{most} of 25"),
        (least, most) => format!("{least} to {most} of 25"),
    };
    view! {
        <Identity stream=confirmation.stream target=confirmation.target report=plan.report.clone() />
        {is_busy.then(|| view! {
            <p class="alert">
                "The stream is UPDATING, not by Keystream. The request can be sent as soon as AWS reports ACTIVE, if everything is then as it stands here. Until it is sent it can be cancelled."
            </p>
        }.into_any())}
        <LadderAhead />
        <details class="consequences" open>
            <summary>"What happens, what does not, who notices"</summary>
            <h2>"What happens"</h2>
            <ul>
                <li>"Keystream sends one StopStreamEncryption. AWS sets the stream to UPDATING, then to ACTIVE: normally in seconds, possibly in minutes."</li>
                <li>"Reading and writing go on. Resharding and other changes of this stream may be refused until it is ACTIVE."</li>
                <li>"For up to 5 s after ACTIVE new records may still be encrypted. After that Kinesis stores new records unencrypted."</li>
                <li>"It cannot be cancelled once sent."</li>
            </ul>
            <h2>"What does not change"</h2>
            <ul>
                <li>
                    "AWS describes no change to records already stored. Plan for them to stay encrypted: readers need this key until at least "
                    <strong>{until}</strong> {format!(" ({retention} h retention). Do not disable or delete it earlier.")}
                </li>
                <li>"Copies outside this stream keep their own encryption."</li>
            </ul>
            <h2>"Who notices"</h2>
            <ul>
                <li>
                    {format!("Registered consumers (enhanced fan-out): {consumers}. Lambda: not checked. Firehose: not checked. Polling readers do not register; GetRecords traffic in 24 h: not checked.")}
                </li>
                <li>"Security Hub Kinesis.1 and Config kinesis-stream-encrypted will report this stream where they are on."</li>
                <li>"Tags that say who manages this stream: not checked."</li>
            </ul>
            <p>
                <strong>"Going back"</strong> {format!(" is a separate change with {key}. Records written meanwhile stay unencrypted. Writers without kms:GenerateDataKey on that key fail after it.")}
            </p>
            <p>
                {format!("Disables of this stream in 24 h: {disables} (CloudTrail not checked). AWS's API text names no scope; Keystream counts per stream, AWS decides.")}
            </p>
            <p class="call">"The call that will be sent: "<code>{plan.command}</code></p>
        </details>
    }
}

/// The stream as AWS reported it just now.
#[component]
fn Identity(stream: StreamKey, target: TargetCard, report: StreamReport) -> impl IntoView {
    let state = match &report.encryption {
        EncryptionReport::Encrypted(_) => "encrypted",
        EncryptionReport::NotEncrypted => "not encrypted",
        EncryptionReport::Unstated(_) => "encryption not stated",
    };
    let key = report.key().map_or_else(|| "none".to_owned(), ToString::to_string);
    view! {
        <div class="identity">
            <TargetLine stream target />
            <p class="mono arn">{report.arn.to_string()}" \u{b7} created "{report.created.date()}</p>
            <p>
                "AWS reported " <Age at=Some(report.read_at) of=StreamKey::from(&report.arn) /> " (" <When at=report.read_at /> {format!("): {}, {state}.", report.status)}
            </p>
            <p>"Key as AWS reports it: " <code>{key}</code> ". Its state in KMS: not checked. A disable does not need it."</p>
        </div>
    }
}
