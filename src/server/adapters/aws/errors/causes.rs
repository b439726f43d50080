//! The causes of an SDK error.

use std::error::Error as StdError;

use aws_smithy_types::error::metadata::ErrorMetadata;

use super::super::bounded_client::{AnswerTooLong, LONGEST_MIB};

/// An error and its causes, outermost first.
pub fn chain<'a>(error: &'a (dyn StdError + 'static)) -> impl Iterator<Item = &'a (dyn StdError + 'static)> {
    std::iter::successors(Some(error), |error: &&'a (dyn StdError + 'static)| (*error).source())
}

pub fn find_source<'a, T: StdError + 'static>(error: &'a (dyn StdError + 'static)) -> Option<&'a T> {
    chain(error).find_map(|error| error.downcast_ref())
}

/// The innermost cause in its own words: "Connection refused (os error 111)" rather than "dispatch failure". AWS's
/// words come without the request id, so that the same trouble reads the same each time.
pub fn root_cause(error: &(dyn StdError + 'static)) -> String {
    let innermost = chain(error).last();
    match innermost.and_then(|error| error.downcast_ref::<ErrorMetadata>()) {
        Some(refused) => format!("{}{}", refused.code().unwrap_or("no error code"), said(refused.message())),
        None => innermost.map_or_else(String::new, ToString::to_string),
    }
}

/// What is wrong with an answer that was given up for its length, in words; `None` for any other error.
pub fn too_long(error: &(dyn StdError + 'static)) -> Option<String> {
    find_source::<AnswerTooLong>(error).map(|_| format!("is longer than {LONGEST_MIB} MiB"))
}

pub fn said(message: Option<&str>) -> String {
    message.map_or_else(String::new, |message| format!(" ({message})"))
}
