use std::path::PathBuf;

use clap::Args;

use super::common_args::{LoadArguments, RunsArguments};

pub(super) const AFTER_COMPARE: &str = "\
Example: lambdasim compare shop.yaml shop-arm.yaml
Scenarios are run with the seed of the first one, replication by replication with the same luck for all.
Folders of `run --replications N` are compared as they are. Each interval holds the truth 95 times in 100 by itself.";

#[derive(Args, Debug)]
pub(super) struct CompareCommand {
    /// Scenario files and run folders, two at least; the others are compared with the first
    #[arg(required = true, value_name = "SCENARIO|FOLDER")]
    pub sides: Vec<PathBuf>,

    #[command(flatten)]
    pub load: LoadArguments,

    /// Runs of each scenario with different luck; of folders as many as they hold
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub replications: u64,

    /// A path of summary.json to compare (repeatable) [default: cost, latency, throttles, cold starts, errors, concurrency]
    #[arg(long, value_name = "PATH")]
    pub metric: Vec<String>,

    /// Write compare.json, compare.csv, compare.svg and compare.png into this folder
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    #[command(flatten)]
    pub runs: RunsArguments,

    /// Print compare.json on standard output
    #[arg(long)]
    pub json: bool,

    /// Print nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}
