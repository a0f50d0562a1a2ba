use std::path::PathBuf;

use clap::Args;

use super::common_args::{LoadArguments, RunsArguments};
use crate::experiment::Shard;

pub(super) const AFTER_SWEEP: &str = "\
Example: lambdasim sweep shop.yaml --vary functions.checkout.memory_size=512..2048:512
Ranges: from..to:step, or log from..to:count. All points share the seed: they differ by what varies alone.
A sweep that was interrupted or killed goes on when the same command is given again.";

pub(super) const AFTER_MERGE: &str = "\
Example, as an array job of four: lambdasim sweep shop.yaml --vary ... --shard 3/4 --out part-3
and when all are done: lambdasim merge part-1 part-2 part-3 part-4 --out shop-sweep";

#[derive(Args, Debug)]
pub(super) struct SweepCommand {
    /// Scenario file (YAML or JSON)
    #[arg(value_name = "SCENARIO")]
    pub file: PathBuf,

    #[command(flatten)]
    pub load: LoadArguments,

    /// What varies and its values: a list v1,v2, a range from..to:step or log from..to:count (repeatable; all combinations are run)
    #[arg(long, value_name = "PATH=VALUES")]
    pub vary: Vec<String>,

    /// A CSV file with paths in its first line and one combination of values in each other
    #[arg(long, value_name = "FILE")]
    pub points: Option<PathBuf>,

    /// A path of summary.json to note of each point (repeatable) [default: traffic, throttles, cold starts, latency, cost]
    #[arg(long, value_name = "PATH")]
    pub metric: Vec<String>,

    /// Runs of each point with different luck, the same for all points: rows have means and 95 % intervals
    #[arg(long, value_name = "N", default_value_t = 1, hide_default_value = true,
          value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub replications: u64,

    /// Folder for the results [default: notebooks-out/NAME-sweep]
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Run only the I-th of N parts of the points; `merge` puts them together
    #[arg(long, value_name = "I/N", value_parser = shard)]
    pub shard: Option<Shard>,

    #[command(flatten)]
    pub runs: RunsArguments,

    /// Throw away the points of an earlier sweep in the folder
    #[arg(long)]
    pub restart: bool,

    /// Run more than a million points without asking
    #[arg(long)]
    pub yes: bool,

    /// Draw no plots
    #[arg(long)]
    pub no_plots: bool,

    /// Print nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}

#[derive(Args, Debug)]
pub(super) struct MergeCommand {
    /// Folders of all parts of one sweep
    #[arg(required = true, value_name = "DIR")]
    pub parts: Vec<PathBuf>,

    /// Folder for the whole
    #[arg(long, value_name = "DIR")]
    pub out: PathBuf,

    /// Draw no plots
    #[arg(long)]
    pub no_plots: bool,

    /// Print nothing but errors
    #[arg(long, short)]
    pub quiet: bool,
}

fn shard(text: &str) -> Result<Shard, String> {
    let parts = text
        .split_once('/')
        .and_then(|(number, of)| Some((number.parse::<u64>().ok()?, of.parse::<u64>().ok()?)));
    match parts {
        Some((number, of)) if (1..=of).contains(&number) => Ok(Shard { number: number - 1, of }),
        _ => Err("write it as I/N with I from 1 to N, such as 3/16".to_owned()),
    }
}
