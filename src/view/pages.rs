//! What each page shows, as the server hands it to the view: whole, read from memory, with the time and the `rev` of
//! the read.

use serde::{Deserialize, Serialize};

use super::change_card::ChangeCard;
use crate::model::{
    access::{identity::Role, user_card::UserCard},
    change::{
        Action, ChangeForm,
        quota::{Count, QuotaSum},
    },
    forms::{FormDone, FormMistake},
    inventory::{StreamRow, TargetCard, TargetHealth},
    keys::KeyList,
    list::{Counts, FacetGroup, ListQuery, Selection},
    stream::{Account, Region, StreamId, StreamReport, encryption::KeyId},
    time::Timestamp,
};

/// What the frame of every page needs: who is signed in and how the targets are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frame {
    /// `None` on pages that nobody needs to be signed in for.
    pub user: Option<SignedIn>,
    pub is_demo: bool,
    pub is_read_only: bool,
    pub targets: Vec<TargetHealth>,
    /// Everything committed up to here is in the page; the event source asks for what comes after.
    pub rev: i64,
    /// The server's time at the reading: ages count from here.
    pub now: Timestamp,
    /// When the account for emergencies was last signed in, for a day after it.
    pub break_glass_at: Option<Timestamp>,
    /// Keys that will not be there as long as they are needed.
    #[serde(default)]
    pub key_alarms: Vec<KeyAlarm>,
    /// Parts of the server that failed and are started again in a moment.
    #[serde(default)]
    pub parts_down: Vec<String>,
    /// Which build of the browser half is being served.
    #[serde(default)]
    pub version: String,
}

/// The person who is signed in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignedIn {
    pub name: String,
    pub role: Role,
    /// Whether changes may be asked for at all: the role allows it and Keystream is not read-only.
    pub may_change: bool,
    /// Whether all of the audit chain is shown.
    pub sees_whole_audit: bool,
}

/// What a page shows that wasm takes over. One type for all of them, so that the browser half has one machinery for
/// loading and waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PageContent {
    Streams(ListPage),
    Stream(StreamPage),
    Changes(ChangesPage),
    Change(Box<ChangePage>),
    Confirmation(Confirmation),
}

/// `/streams`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListPage {
    /// What was asked for, with the columns that were chosen last where the address does not say.
    pub query: ListQuery,
    /// What of the address was ignored, in sentences.
    pub ignored: Vec<String>,
    pub selection: Selection,
    /// Over everything there is.
    pub counts: Counts,
    pub facets: Vec<FacetGroup>,
}

/// `/streams/{account}/{region}/{name}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamPage {
    pub row: StreamRow,
    pub report: Option<StreamReport>,
    pub target: TargetCard,
    /// Newest first.
    pub changes: Vec<ChangeCard>,
    /// How many of AWS's 25 a day are used.
    pub disables: Quota,
    pub enables: Quota,
}

/// `/streams/.../disable`, as page or dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub stream: StreamId,
    pub target: TargetCard,
    pub now: Timestamp,
    pub action: Action,
    pub plan: PlanOutcome,
    /// How many of AWS's 25 a day are used.
    pub quota: Quota,
    /// What KMS says of the key that AWS reports, in a sentence.
    pub key_words: String,
    /// What of that must not be overlooked.
    pub key_warning: Option<String>,
    /// What only an enable shows.
    pub enable: Option<EnableFacts>,
    /// What a disable asks for when AWS does not take the key as it reports it.
    pub other_form: Option<OtherForm>,
    /// What was typed before a mistake brought the person back.
    pub draft: Option<Draft>,
}

/// How many of AWS's 25 a day are used, and how far CloudTrail is in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quota {
    pub count: Count,
    /// `CloudTrail read at 13:55:02 UTC; it lags by minutes`.
    pub trail: String,
}

/// What the confirmation of an enable shows beside the stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EnableFacts {
    /// What the field "Key" begins with.
    pub key: String,
    /// What KMS says of that, in a sentence; empty without a key.
    pub key_words: String,
    /// Whether those words are a warning.
    pub is_key_bad: bool,
    pub picker: KeyList,
    /// The disable that is to be taken back.
    pub undo: Option<Undo>,
    /// Since when new records are stored unencrypted, where a change of Keystream did it.
    pub unencrypted_since: Option<Timestamp>,
}

/// What is known of the disable that an enable takes back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Undo {
    pub change: String,
    pub actor: String,
    pub settled_at: Timestamp,
    /// The key of then, and what has become of it and of its alias, in sentences.
    pub words: String,
    pub is_warning: bool,
}

/// Another form of the key in use, asked for by a disable.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct OtherForm {
    /// Why it is asked for, in sentences.
    pub why: String,
    /// What is filled in to begin with; empty where nothing is known.
    pub key: String,
    /// All forms that are known.
    pub forms: Vec<String>,
}

/// What the fresh read behind a confirmation returned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PlanOutcome {
    /// The form may be shown.
    Ready(Box<Plan>),
    /// The form may be shown for a change that waits: the stream is UPDATING, not by Keystream.
    Busy(Box<Plan>),
    /// The read worked, and there is nothing to disable or the stream is not ACTIVE: why, and what AWS reported.
    Refused { why: String, report: Box<StreamReport> },
    /// The read failed: why, and what was last known.
    Unread { why: String, last_known: Option<Box<StreamReport>> },
    /// A change is under way; its page is the place to be.
    UnderWay { change: String },
}

/// The values that a confirmation shows and carries; the server compares them with a fresh read before sending.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Makes repeats of one form one change.
    pub request_id: String,
    pub report: StreamReport,
    /// The key in use, as AWS reports it.
    pub key: Option<KeyId>,
    /// The call that will be sent, as an AWS CLI command; of an enable, with a place for the key.
    pub command: String,
    /// Until when stored records may need the key in use, should new ones stop being encrypted with it now.
    pub key_needed_until: Option<Timestamp>,
    /// Since when the stream's keys are known, where records that are older may be stored.
    pub keys_known_since: Option<Timestamp>,
}

impl Plan {
    /// The form of a confirmation as it is shown, with nothing typed.
    pub fn form(&self, stream: &StreamId) -> ChangeForm {
        let report = &self.report;
        ChangeForm {
            account: stream.account.to_string(),
            region: stream.region.to_string(),
            name: stream.name.to_string(),
            request_id: self.request_id.clone(),
            shown_arn: report.arn.to_string(),
            shown_created: report.created.as_millis().to_string(),
            shown_type: report.encryption.type_word().to_owned(),
            shown_key: self.key.as_ref().map(ToString::to_string).unwrap_or_default(),
            ..ChangeForm::default()
        }
    }
}

/// What was typed into a confirmation that is shown again, and the mistake in it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub mistake: Option<FormMistake>,
    pub typed_name: String,
    pub reason: String,
    pub wait_minutes: String,
    pub quota_reason: String,
    /// The key of an enable.
    pub key: String,
}

impl From<&ChangeForm> for Draft {
    /// What a person typed of it.
    fn from(form: &ChangeForm) -> Self {
        Self {
            mistake: None,
            typed_name: form.typed_name.clone(),
            reason: form.reason.clone(),
            wait_minutes: form.wait_minutes.clone(),
            quota_reason: form.quota_reason.clone(),
            key: form.key.clone(),
        }
    }
}

/// The answer to a confirmed form, for browsers with wasm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Requested {
    /// The change is recorded, or the stream already had one under way: its page is here.
    Change { id: String },
    /// A precondition did not hold; the rejected change is recorded here.
    Rejected { id: String, words: String },
}

/// `/changes`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesPage {
    /// Newest first.
    pub changes: Vec<ChangeCard>,
    /// The ids of those that can be taken back now.
    pub undoable: Vec<String>,
    /// From 1.
    pub page: u32,
    pub has_more: bool,
}

/// `/changes/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePage {
    pub change: ChangeCard,
    /// A mistake in one of its forms.
    pub mistake: Option<FormMistake>,
    /// What was typed as the reason to close it, before that mistake.
    pub typed_reason: String,
    /// What is known of its stream; `None` when no target reaches it any more.
    pub row: Option<StreamRow>,
    /// When the stream that it is about was created: the stream of that name may be another one by now.
    pub stream_created: Timestamp,
    pub target: TargetCard,
    /// How long it has taken or took, beside what is usual here; `None` before it was sent.
    pub pace: Option<Pace>,
    /// What to look at while it is slow.
    pub checks: Vec<String>,
    /// Everything that a support case needs, to copy.
    pub support: String,
}

/// How long a change takes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pace {
    pub sent_at: Timestamp,
    pub reached_at: Option<Timestamp>,
    /// The end, where it came without *reached*.
    pub ended_at: Option<Timestamp>,
    /// `usual here 14 s (p95 40 s)`.
    pub usual: String,
}

/// `/sign-in`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SignInPage {
    pub is_demo: bool,
    /// A path of this site.
    pub next: String,
    pub user_name: String,
    pub mistake: Option<FormMistake>,
    /// Until then no attempt is looked at.
    pub wait_until: Option<Timestamp>,
}

/// `/setup/{token}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SetupPage {
    pub token: String,
    pub user_name: String,
    pub mistake: Option<FormMistake>,
}

/// `/confirm-identity`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct IdentityPage {
    /// A path of this site.
    pub next: String,
    pub mistake: Option<FormMistake>,
}

/// `/settings`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SettingsPage {
    /// The streams that there are for this person; `*` for all.
    pub scope: String,
    /// Whether there is a password to change: not in the demo.
    pub has_password: bool,
    pub mistake: Option<FormMistake>,
    pub done: Option<FormDone>,
    /// The own sessions, the one that was used last first.
    pub sessions: Vec<SessionCard>,
    pub may_administer: bool,
    /// Whether background reads of targets may be paused.
    pub may_pause: bool,
    /// What the journal sums up of the last 24 h, per account and Region.
    pub quota: Vec<QuotaSum>,
}

/// One of the own sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionCard {
    /// Names the session and does not open it.
    pub id: String,
    pub is_this: bool,
    pub signed_in_at: Timestamp,
    pub last_used_at: Timestamp,
    pub address: String,
    pub user_agent: String,
}

/// `/settings/users`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UsersPage {
    pub users: Vec<UserCard>,
    pub mistake: Option<FormMistake>,
    pub done: Option<FormDone>,
    /// What was typed into the form for a new user.
    pub typed: UserTyped,
}

/// `/settings/users/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserPage {
    pub user: UserCard,
    pub mistake: Option<FormMistake>,
    pub done: Option<FormDone>,
    /// What the form of role and scope shows: what was typed, else what is.
    pub typed: UserTyped,
}

/// What stands in a form about a user; never a password.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserTyped {
    pub name: String,
    pub role: String,
    pub scope: String,
    pub is_break_glass: bool,
}

/// `/audit`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditPage {
    /// Newest first.
    pub rows: Vec<AuditCard>,
    /// The filters as they were understood, by parameter.
    pub filters: Vec<(String, String)>,
    /// What of the address was not understood.
    pub ignored: Vec<String>,
    /// Where the next older rows are.
    pub older: Option<String>,
    /// Whether these are not the newest rows.
    pub is_later_page: bool,
    /// The query of the exports: the filters, after `?` and the format.
    pub export_query: String,
    /// Whether the person sees all of the chain.
    pub sees_everything: bool,
}

/// One row of the audit chain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AuditCard {
    pub seq: i64,
    pub at: Timestamp,
    pub actor: String,
    pub action: String,
    /// The stream's name, or what else it was done to.
    pub target: String,
    /// The stream.
    pub stream: Option<StreamId>,
    pub reason: String,
    /// The state before and after, where there are any.
    pub states: String,
    pub result: String,
    pub aws_request_id: String,
    /// Address and browser; empty where this person may not see them.
    pub address: String,
    pub user_agent: String,
}

impl PageContent {
    /// The streams that somebody looks at on the page, as a browser names them to the server.
    pub fn rows_in_view(&self) -> String {
        match self {
            Self::Streams(page) => page.selection.rows.iter().map(|row| row.id.digest()).collect::<Vec<_>>().join(","),
            Self::Stream(page) => page.row.id.digest(),
            Self::Change(page) => page.row.as_ref().map(|row| row.id.digest()).unwrap_or_default(),
            _ => String::new(),
        }
    }
}

/// `/keys`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeysPage {
    pub keys: Vec<KeyCard>,
    pub now: Timestamp,
}

/// `/keys/{arn}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyPage {
    pub card: KeyCard,
    /// Those first that use it.
    pub uses: Vec<KeyUseRow>,
}

/// A key that streams use or still need.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyCard {
    /// `key/1234…9012`, or the name as AWS reports it where the key is not known.
    pub title: String,
    pub arn: Option<String>,
    pub path: String,
    /// As AWS reports it for these streams.
    pub names: Vec<String>,
    pub account: Account,
    pub region: Region,
    /// What KMS says of it.
    pub state: String,
    /// What is wrong with it while it is needed.
    pub trouble: Option<String>,
    pub is_bad: bool,
    /// How many streams encrypt with it, and of how many only stored records may need it.
    pub using: u32,
    pub needing: u32,
    /// `None` while a stream uses it.
    pub free_at: Option<Timestamp>,
    /// Of one of these streams the keys are not known for as long as its records are kept.
    pub is_history_short: bool,
}

/// A stream that uses or still needs a key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyUseRow {
    pub stream: StreamId,
    /// As AWS reported it.
    pub key: KeyId,
    /// Since when KMS has said that this means the key, where that is known.
    pub meant_since: Option<Timestamp>,
    pub retention_hours: i32,
    /// `None` while it is in use.
    pub until: Option<Timestamp>,
    /// Since when the stream's keys are known, where that does not cover its retention.
    pub known_since: Option<Timestamp>,
}

/// A key that will not be there as long as it is needed: every page warns of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyAlarm {
    pub text: String,
    pub href: String,
}

/// One frame of the event stream.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventFrame {
    /// Everything committed up to here has been sent.
    pub rev: i64,
    /// Rows that somebody looks at in this tab.
    pub streams: Vec<StreamRow>,
    /// Something besides times has moved, in view or not: order, counts and what is in view may be others now.
    pub is_list_moved: bool,
    pub changes: Vec<ChangeCard>,
    /// How all targets are; empty when none of them moved.
    pub targets: Vec<TargetHealth>,
}
