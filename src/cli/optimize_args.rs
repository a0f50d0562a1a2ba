use std::path::PathBuf;

use clap::Args;

use super::common_args::{LoadArguments, RunsArguments};

pub(super) const AFTER_OPTIMIZE: &str = "\
The scenario says under `optimize` what may vary, what must be met and what is to be small; docs/experiments.md has an example.
Exit codes: 0 found, 1 no candidate meets all goals, 2 wrong usage or scenario, 3 input or output failed, 130 interrupted.";

#[derive(Args, Debug)]
pub(super) struct OptimizeCommand {
    /// Scenario file with an `optimize` section
    #[arg(value_name = "SCENARIO")]
    pub file: PathBuf,

    #[command(flatten)]
    pub load: LoadArguments,

    /// Folder for the results [default: notebooks-out/NAME-optimize]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    #[command(flatten)]
    pub runs: RunsArguments,

    /// Search more than a million candidates without asking
    #[arg(long)]
    pub yes: bool,

    /// Print optimum.json on standard output
    #[arg(long)]
    pub json: bool,

    /// Print nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}
