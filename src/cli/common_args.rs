//! Arguments that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

/// How scenario files are read.
#[derive(Args, Clone, Debug)]
pub(super) struct LoadArguments {
    /// Seed of all draws, instead of the file's
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,

    /// Set a value of the scenario, such as functions.checkout.memory_size=512 (repeatable)
    #[arg(long, value_name = "PATH=VALUE", value_parser = path_and_value)]
    pub set: Vec<(String, String)>,

    /// Prices in place of the built-in ones: a table as `lambdasim prices --csv` prints it
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,

    /// Let a scenario name data files outside its folder
    #[arg(long)]
    pub allow_outside: bool,
}

/// How many runs are made.
#[derive(Args, Clone, Copy, Debug)]
pub(super) struct RunsArguments {
    /// Runs at once; results do not depend on it [default: one per core]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,

    /// Progress bar on standard error
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub progress: When,
}

/// When to show a progress bar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum When {
    /// On a terminal, for runs over about a second
    Auto,
    /// From the start
    Always,
    /// Not at all
    Never,
}

fn path_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((path, value)) if !path.trim().is_empty() => Ok((path.trim().to_owned(), value.to_owned())),
        _ => Err("write it as path=value, such as functions.checkout.memory_size=512".to_owned()),
    }
}
