//! The AWS CLI command of a change, for the confirmation and for the page shown when the journal can't be written.

use crate::model::{
    change::Action,
    stream::{StreamArn, encryption::KeyId},
};

/// The key in a command while it is still to be chosen.
pub const KEY_PLACEHOLDER: &str = "KEY";

/// Returns `aws kinesis stop-stream-encryption ...` or `start-...`, ready to paste into a POSIX shell.
pub fn of_change(action: Action, arn: &StreamArn, key: &KeyId) -> String {
    format!("{}{}", without_key(action, arn), shell_word(key.as_str()))
}

/// Returns the same command up to its last word, the key.
pub fn without_key(action: Action, arn: &StreamArn) -> String {
    let call = match action {
        Action::Disable => "stop-stream-encryption",
        Action::Enable => "start-stream-encryption",
    };
    let region = &arn.region;
    format!("aws kinesis {call} --region {region} --stream-arn {arn} --encryption-type KMS --key-id ")
}

/// Returns the text as one word of a POSIX shell: bare if harmless, otherwise in single quotes.
pub fn shell_word(text: &str) -> String {
    let is_harmless = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:=@,+".contains(&b));
    if is_harmless { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_call_names_stream_and_key() {
        let arn = "arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod".parse().unwrap();
        let call = of_change(Action::Disable, &arn, &"alias/orders".parse().unwrap());
        assert_eq!(
            call,
            "aws kinesis stop-stream-encryption --region eu-west-1 --stream-arn \
             arn:aws:kinesis:eu-west-1:111122223333:stream/orders-prod --encryption-type KMS --key-id alias/orders"
        );
    }

    #[test]
    fn what_a_shell_would_read_is_quoted() {
        assert_eq!(shell_word("a b; rm -rf '$HOME'"), r"'a b; rm -rf '\''$HOME'\'''");
    }
}
