//! The settings as command-line flags.

use std::collections::BTreeMap;

use clap::{Arg, ArgAction, ArgMatches, Args, Command, FromArgMatches, parser::ValueSource, value_parser};

use super::{
    declared::{declared, keys},
    settings::Settings,
};

const HEADING: &str = "Settings (each also a variable KEYSTREAM_... and a key of keystream.toml)";

/// The settings given as flags, by key.
///
/// Values are still texts here: they are checked after merging, in the same way wherever they come from.
#[derive(Debug, Clone, Default)]
pub struct Flags(pub BTreeMap<String, String>);

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let flag = |arg: Arg| {
            arg.action(ArgAction::Set).value_parser(value_parser!(String)).global(true).help_heading(HEADING)
        };
        command.args(declared::<Settings>().into_iter().map(flag))
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let is_given = |key: &String| matches.value_source(key) == Some(ValueSource::CommandLine);
        let given = keys::<Settings>().into_iter().filter(is_given);
        Ok(Self(given.filter_map(|key| Some((key.clone(), matches.get_one::<String>(&key)?.clone()))).collect()))
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}
