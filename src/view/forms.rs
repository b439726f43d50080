//! What comes of a form: what it did, or the mistake in it.

use crate::model::{
    forms::{FormDone, FormMistake},
    stream::{StreamName, encryption::InvalidKeyId},
};

/// What a form did.
pub const fn done(form: FormDone) -> &'static str {
    match form {
        FormDone::PasswordChanged => "Your password is changed. All your other sessions have ended.",
        FormDone::SessionEnded => "The session has ended.",
        FormDone::OtherSessionsEnded => "All your other sessions have ended.",
        FormDone::UserAdded => "The user is added and may sign in.",
        FormDone::RightsSaved => "Role and streams are saved. They count from the user's next request on.",
        FormDone::PasswordSet => "The password is set. All sessions of this user have ended.",
        FormDone::UserDisabled => "The user is disabled. All sessions of this user have ended.",
        FormDone::UserEnabled => "The user may sign in again.",
        FormDone::TargetPaused => {
            "Background reads of the target are paused. Changes under way are watched on, and a confirmation still \
            reads its stream."
        }
        FormDone::TargetResumed => "The target is read again.",
    }
}

/// The mistake in a form; `name` is the stream's name where the form is about one.
pub fn mistake(mistake: FormMistake, name: Option<&StreamName>) -> String {
    match mistake {
        FormMistake::NameMismatch => format!(
            "The name typed is not {}. Nothing was sent. Type it exactly as shown.",
            name.map_or("the stream's", StreamName::as_str)
        ),
        FormMistake::ReasonMissing => "A reason is missing. Nothing was sent. Say why, with the ticket if there is \
            one."
            .to_owned(),
        FormMistake::ReasonTooLong => {
            "The reason has more than 500 characters. Nothing was sent. Shorten it.".to_owned()
        }
        FormMistake::SignInFailed => "User name or password is wrong, or the account may not sign in.".to_owned(),
        FormMistake::UserNameInvalid => {
            "A user name has 1 to 64 letters, digits, dots, hyphens, underscores or @. Nothing was saved. Choose \
            another."
                .to_owned()
        }
        FormMistake::PasswordLength => "A password has 15 to 128 characters. Nothing was saved. Choose \
            another."
            .to_owned(),
        FormMistake::WaitInvalid => "The time to wait is 1 to 240 minutes. Nothing was sent. Choose one of the \
            times."
            .to_owned(),
        FormMistake::KeyInvalid => format!(
            "This is not a form of key id that AWS takes: {InvalidKeyId}. Nothing was \
            sent."
        ),
        FormMistake::KeyUnseen => {
            "This key cannot be seen from here (it is of another account, or its account does not show it), so \
             whether Kinesis can use \
             it is not known. Nothing was sent. Check the key; to send it all the same, press the button once more."
                .to_owned()
        }
        FormMistake::KeyOther => {
            "This names another key than the one with which the stream was seen to be encrypted. Nothing was sent. \
             Check it; to send it \
             all the same, press the button once more."
                .to_owned()
        }
        FormMistake::QuotaUsed => {
            "Keystream counts 25 of this kind for this stream in 24 h, and AWS refuses the 26th. Nothing was sent. \
             Wait until one frees, or \
             say why it is to be sent all the same."
                .to_owned()
        }
        FormMistake::AnswerInvalid => {
            "This is not a producer's answer: JSON of PutRecord or PutRecords with an EncryptionType of NONE or \
             KMS. Nothing was kept. Paste it \
             whole."
                .to_owned()
        }
        FormMistake::RecordNotAgreed => {
            "That a marked record reaches every consumer was not agreed to. Nothing was written. Tick the box if \
            that may be."
                .to_owned()
        }
        FormMistake::ChangeNotNewest => {
            "A later change of this stream was sent: what records say now is not about this one. Nothing was \
             written or looked at. Ask on the \
             newest change."
                .to_owned()
        }
        FormMistake::ChangeStillJudged => {
            "AWS's reports may still show whether this change took effect, so nothing was closed. Keystream is \
            still reading the stream."
                .to_owned()
        }
        FormMistake::FormIncomplete => "The form arrived incomplete. Nothing was sent. Reload the page and fill it in \
            again."
            .to_owned(),
        FormMistake::TooManyFailures => {
            "Too many attempts failed for this account or from your network. The password was not looked at. Wait, \
            and try again."
                .to_owned()
        }
        FormMistake::PasswordWrong => "The password is wrong. Nothing was changed. Type it again.".to_owned(),
        FormMistake::PasswordCommon => {
            "Many people have this password, or it is little more than a name. Nothing was saved. Choose another, \
             such \
                                 as some words that do not belong together."
                .to_owned()
        }
        FormMistake::UserNameTaken => "There is a user of this name already. Nothing was saved. Choose another \
            name."
            .to_owned(),
        FormMistake::RoleMissing => "A role is missing. Nothing was saved. Choose one.".to_owned(),
        FormMistake::ScopeInvalid => {
            "A scope is *, or up to 20 patterns ACCOUNT/REGION/NAME with * for any characters. Nothing was saved. \
             Write it \
                               like 111122223333/eu-west-1/orders-*."
                .to_owned()
        }
        FormMistake::LastAdmin => {
            "Nobody else could administer Keystream. Nothing was saved. Make another administrator \
            first."
                .to_owned()
        }
    }
}
