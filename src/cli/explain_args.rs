use std::path::PathBuf;

use clap::{ArgGroup, Args, ValueEnum};

use super::common_args::{LoadArguments, When};

pub(super) const AFTER_EXPLAIN: &str = "\
Examples: lambdasim explain shop.yaml --invocation shoppers/1493
          lambdasim explain shop.yaml --first throttle --reason reserved_concurrency
          lambdasim explain scenarios/lesson-reserved.yaml --narrate 20 --reveal
The scenario is run again: nothing has to be recorded before. `lambdasim rules ID` says what a rule says.
Exit codes: 0 done, 1 the run has nothing of what --first or --slowest look for, 2 wrong usage or scenario,
3 input or output failed, 130 interrupted.";

#[derive(Args, Debug)]
#[command(group(ArgGroup::new("which").required(true)))]
pub(super) struct ExplainCommand {
    /// Scenario file (YAML or JSON)
    #[arg(value_name = "SCENARIO")]
    pub file: PathBuf,

    /// Arrival, batch or message, counted from 0 by its sender, such as shoppers/1493
    #[arg(long, value_name = "TRAFFIC/ORDINAL", group = "which")]
    pub invocation: Option<String>,

    /// The first of its kind in the run
    #[arg(long, value_enum, value_name = "KIND", group = "which")]
    pub first: Option<First>,

    /// The N arrivals that took longest to their final answer, the slowest first
    #[arg(long, value_name = "N", group = "which", value_parser = clap::value_parser!(u16).range(1..=1_000))]
    pub slowest: Option<u16>,

    /// The first N events of the run as prose, with the question of the scenario's lesson
    #[arg(long, value_name = "N", group = "which", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub narrate: Option<u32>,

    /// Reveal the answer of the lesson
    #[arg(long, requires = "narrate")]
    pub reveal: bool,

    /// Only throttles for this Reason, such as ConcurrentInvocationLimitExceeded, or by this cause, such as scaling_rate
    #[arg(long, value_name = "REASON", requires = "first")]
    pub reason: Option<String>,

    /// Only invocations of this function
    #[arg(long, value_name = "NAME", conflicts_with_all = ["invocation", "narrate"])]
    pub function: Option<String>,

    /// Print JSON
    #[arg(long)]
    pub json: bool,

    /// Progress bar on standard error
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub progress: When,

    #[command(flatten)]
    pub load: LoadArguments,
}

/// What `--first` looks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum First {
    /// An attempt that was throttled
    Throttle,
    /// An event or message that went to a dead-letter queue
    DeadLetter,
}
