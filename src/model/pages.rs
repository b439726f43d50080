//! What each page shows, as the server hands it to the view: whole, read from memory, with the time and the `rev` of the read.

use serde::{Deserialize, Serialize};

use super::{
    change_card::ChangeCard,
    encryption::KeyId,
    identity::Role,
    inventory::{StreamRow, TargetHealth},
    list_query::{Counts, FacetGroup, ListQuery, Selection},
    stream::{StreamKey, StreamReport},
    timestamp::Timestamp,
    validation::{FormDone, FormMistake},
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

/// What a page shows that wasm takes over. One type for all of them, so that the browser half has one machinery for loading and waiting.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum PageContent {
    Streams(ListPage),
    Stream(StreamPage),
    Changes(ChangesPage),
    Change(ChangePage),
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
}

/// A target as pages name it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetCard {
    pub name: Option<String>,
    pub is_production: bool,
}

/// `/streams/.../disable`, as page or dialog.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    pub stream: StreamKey,
    pub target: TargetCard,
    pub now: Timestamp,
    pub plan: PlanOutcome,
    /// Disables of this stream that Keystream sent in the last 24 h: at least, at most (unknown outcomes make it a range).
    pub disables_in_24h: (u32, u32),
    /// What was typed before a mistake brought the person back.
    pub draft: Option<Draft>,
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
    pub key: KeyId,
    /// The call that will be sent, as an AWS CLI command.
    pub command: String,
    pub key_needed_until: Timestamp,
}

/// What was typed into a form that had a mistake.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Draft {
    pub mistake: Option<FormMistake>,
    pub typed_name: String,
    pub reason: String,
    pub wait_minutes: String,
}

/// What the confirmation's form sends, hostile until parsed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct DisableForm {
    pub account: String,
    pub region: String,
    pub name: String,
    pub request_id: String,
    /// The values that the form showed: ARN, creation time in milliseconds, KeyId.
    pub shown_arn: String,
    pub shown_created: String,
    pub shown_key: String,
    pub typed_name: String,
    pub reason: String,
    /// How many minutes the change may wait for its stream; empty when it is to be sent at once.
    pub wait_minutes: String,
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
    /// From 1.
    pub page: u32,
    pub has_more: bool,
}

/// `/changes/{id}`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangePage {
    pub change: ChangeCard,
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

/// A user as administrators see it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct UserCard {
    pub id: String,
    pub name: String,
    pub role: Role,
    pub scope: String,
    pub is_break_glass: bool,
    pub disabled_at: Option<Timestamp>,
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
    pub stream: Option<StreamKey>,
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
            Self::Streams(page) => page.selection.rows.iter().map(|row| row.key.digest()).collect::<Vec<_>>().join(","),
            Self::Stream(page) => page.row.key.digest(),
            _ => String::new(),
        }
    }
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
