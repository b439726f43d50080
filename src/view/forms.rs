//! The outcome of a form: what it did, or the mistake in it.

use super::pages::Draft;
use crate::model::{
    change::confirmation::Reason,
    forms::{FormDone, FormMistake},
    stream::StreamName,
};

/// A field of a confirmation that a mistake can be about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ConfirmField {
    Name,
    Reason,
    Key,
    QuotaReason,
    Wait,
}

/// Returns the field of a confirmation that the draft's mistake is about; `None` without a mistake, or for one that is
/// about no field.
pub fn field_of(draft: &Draft) -> Option<ConfirmField> {
    match draft.mistake? {
        FormMistake::NameMismatch => Some(ConfirmField::Name),
        // Both reasons are checked alike, the change's own first.
        FormMistake::ReasonTooLong if Reason::parse(&draft.reason).is_ok() => Some(ConfirmField::QuotaReason),
        FormMistake::ReasonMissing | FormMistake::ReasonTooLong => Some(ConfirmField::Reason),
        FormMistake::KeyInvalid | FormMistake::KeyUnseen | FormMistake::KeyOther => Some(ConfirmField::Key),
        FormMistake::QuotaUsed => Some(ConfirmField::QuotaReason),
        FormMistake::WaitInvalid => Some(ConfirmField::Wait),
        _ => None,
    }
}

/// Returns whether a mistake is about a new password.
const fn is_about_new_password(mistake: FormMistake) -> bool {
    matches!(mistake, FormMistake::PasswordLength | FormMistake::PasswordCommon | FormMistake::PasswordWeak)
}

/// Returns the mistake if it is about a new password, and if it is about anything else.
pub fn split(mistake: Option<FormMistake>) -> (Option<FormMistake>, Option<FormMistake>) {
    let is_of_password = mistake.is_some_and(is_about_new_password);
    if is_of_password { (mistake, None) } else { (None, mistake) }
}

/// Says what a form did.
pub const fn done(form: FormDone) -> &'static str {
    match form {
        FormDone::PasswordChanged => "Password changed. All your other sessions have ended.",
        FormDone::SessionEnded => "Session ended.",
        FormDone::OtherSessionsEnded => "All your other sessions have ended.",
        FormDone::UserAdded => "User added. They can sign in once they have set a password with the link below.",
        FormDone::RightsSaved => "Role and streams saved. They apply from the user's next request.",
        FormDone::PasswordSet => "Password set. Your sessions have ended; sign in with the new password.",
        FormDone::LinkMade => "Link made. It's shown below, this once.",
        FormDone::LinkRevoked => "Link revoked. It no longer works.",
        FormDone::UserDisabled => "User disabled. All their sessions have ended.",
        FormDone::UserEnabled => "User enabled. They can sign in again.",
        FormDone::UserUnlocked => "Sign-in unlocked. The delay after failed attempts is cleared.",
        FormDone::TargetPaused => {
            "Background reads of this target are paused. They resume by themselves at the time shown below. Active \
            changes are still watched, and a confirmation still reads its stream."
        }
        FormDone::TargetResumed => "Background reads of this target have resumed.",
        FormDone::AlarmAcknowledged => "Acknowledged. Checkpoints start over, and the alarm is cleared.",
        FormDone::ShortcutsSaved => "Keyboard shortcuts saved for this browser.",
    }
}

/// Says what the mistake in a form is; `name` is the stream's name if the form is about a stream.
pub fn mistake(mistake: FormMistake, name: Option<&StreamName>) -> String {
    if let (FormMistake::NameMismatch, Some(name)) = (mistake, name) {
        return format!("That isn't {name}. Type the name exactly as shown. Nothing was sent.");
    }
    sentence(mistake).to_owned()
}

#[expect(clippy::too_many_lines, reason = "a table")]
const fn sentence(mistake: FormMistake) -> &'static str {
    match mistake {
        FormMistake::NameMismatch => "That isn't the stream's name. Type it exactly as shown. Nothing was sent.",
        FormMistake::ReasonMissing => "Enter a reason, with the ticket if there is one. Nothing was sent.",
        FormMistake::ReasonTooLong => "The reason is longer than 500 characters. Shorten it. Nothing was sent.",
        FormMistake::SignInFailed => "User name or password is wrong, or the account can't sign in.",
        FormMistake::UserNameInvalid => {
            "A user name takes 1 to 64 letters, digits, dots, hyphens, underscores or @. Choose another. Nothing was \
            saved."
        }
        FormMistake::PasswordLength => "A password takes 15 to 128 characters. Choose another. Nothing was saved.",
        FormMistake::WaitInvalid => "A change can wait for 1 to 240 minutes. Choose a time. Nothing was sent.",
        FormMistake::KeyInvalid => {
            "AWS doesn't accept this form of key id (it takes: a key ARN, an alias ARN, a key's id, alias/NAME or \
            alias/aws/kinesis, of at most 2,048 characters). Nothing was sent."
        }
        FormMistake::KeyUnseen => {
            "Keystream can't see this key: it's in another account, or its account doesn't allow it. Whether Kinesis \
            can use it isn't known. Check the key. To send it anyway, press the button again. Nothing was sent."
        }
        FormMistake::KeyOther => {
            "This isn't the key that the stream was seen to be encrypted with. Check it. To send it anyway, press the \
            button again. Nothing was sent."
        }
        FormMistake::QuotaUsed => {
            "Keystream counts 25 changes of this kind for this stream in 24 hours, and AWS refuses the 26th. Wait \
            until the next one is available, or say why to send it anyway. Nothing was sent."
        }
        FormMistake::AnswerInvalid => {
            "That isn't a producer's response. Paste all of the JSON that PutRecord or PutRecords returned, with an \
            EncryptionType of NONE or KMS. Nothing was saved."
        }
        FormMistake::RecordNotAgreed => {
            "Tick the box to agree that a test record will reach every consumer. Nothing was written."
        }
        FormMistake::ChangeNotNewest => {
            "A later change of this stream was sent, so its records say nothing about this one. Check the newest \
            change instead. Nothing was read or written."
        }
        FormMistake::ChangeStillJudged => {
            "AWS's reports may still show whether this change took effect. Keystream is still reading the stream. \
            Nothing was closed."
        }
        FormMistake::FormIncomplete => {
            "The form arrived incomplete. Reload the page and fill it in again. Nothing was sent."
        }
        FormMistake::TooManyFailures => {
            "Too many failed attempts for this account or from your network. Wait, then try again. The password \
            wasn't checked."
        }
        FormMistake::PasswordWrong => "That password is wrong. Type it again. Nothing was changed.",
        FormMistake::PasswordCommon => {
            "Many people use this password, or it's little more than a name. Choose another, such as a few unrelated \
            words. Nothing was saved."
        }
        FormMistake::PasswordWeak => {
            "This password is too easy to guess, so nothing was saved: choose another, such as four or more unrelated \
            words."
        }
        FormMistake::UserNameTaken => "There's already a user with this name. Choose another. Nothing was saved.",
        FormMistake::RoleMissing => "Choose a role. Nothing was saved.",
        FormMistake::ScopeInvalid => {
            "A scope is *, or up to 20 patterns like 111122223333/eu-west-1/orders-*, with * for any characters. \
            Nothing was saved."
        }
        FormMistake::PauseInvalid => "A pause lasts 1 to 240 minutes. Choose a time. Nothing was paused.",
        FormMistake::AlarmOther => {
            "Something else was found meanwhile. Read what it is, then acknowledge that. Nothing was acknowledged."
        }
        FormMistake::LastAdmin => {
            "This would leave nobody to administer Keystream. Make another user an administrator first. Nothing was \
            saved."
        }
        FormMistake::UserOfProvider => {
            "This user signs in with your company's provider, whose groups decide the role and the streams. Nothing \
            was saved."
        }
        FormMistake::ProviderDown => {
            "The sign-in didn't finish: your company's provider can't be reached. Try again in a minute; if it keeps \
            failing, tell whoever runs Keystream."
        }
        FormMistake::ProviderRefused => {
            "The sign-in didn't finish: your company's provider refused, or the sign-in was canceled. Try again; if \
            it keeps failing, ask whoever manages your company account."
        }
        FormMistake::ProviderAnswerInvalid => {
            "The sign-in didn't finish: your company's provider sent an invalid response. Try again; if it keeps \
            failing, tell whoever runs Keystream."
        }
        FormMistake::ProviderUserDisabled => {
            "The sign-in didn't finish: your user is disabled in Keystream. Ask a Keystream administrator."
        }
        FormMistake::NotInGroup => {
            "The sign-in didn't finish: none of your company's groups that you're in gives access to Keystream. Ask \
            whoever manages access."
        }
        FormMistake::OtherPerson => {
            "The sign-in didn't finish: somebody else is signed in at your company's provider in this browser. Sign \
            out there, then try again."
        }
        FormMistake::SignInAgain => "Your sign-in at your company's provider has ended. Sign in again to go on.",
        FormMistake::SignInStale => {
            "The sign-in didn't finish: it took more than 10 minutes, was already used, or was started in another \
            browser. Try again."
        }
        FormMistake::SignInElsewhere => "Another site started this sign-in, so it was blocked. Start it here.",
    }
}
