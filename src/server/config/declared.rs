//! The settings that a struct declares.

use clap::{Arg, Args, Command};

/// The settings of a struct, in its order.
pub fn declared<T: Args>() -> Vec<Arg> {
    T::augment_args(Command::new("keystream")).get_arguments().cloned().collect()
}

/// The keys of a struct's settings.
pub fn keys<T: Args>() -> Vec<String> {
    declared::<T>().iter().map(|arg| arg.get_id().to_string()).collect()
}
