use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::common_args::{LoadArguments, RunsArguments};

/// What to plan.
#[derive(Debug, Subcommand)]
pub(super) enum PlanCommand {
    /// The smallest value of a limit with which the scenario keeps what it expects
    Limit {
        #[command(flatten)]
        plan: PlanArguments,

        #[command(flatten)]
        goals: GoalArguments,

        /// The limit: a path with a whole number, such as functions.checkout.reserved_concurrent_executions
        #[arg(long, value_name = "PATH", default_value = "account.concurrent_executions")]
        path: String,

        /// Smallest value to try
        #[arg(long, value_name = "N", default_value_t = 1)]
        from: u64,

        /// Largest value to try
        #[arg(long, value_name = "N", default_value_t = 100_000)]
        to: u64,
    },
    /// Cost and latency of a function by memory size and architecture
    Memory {
        #[command(flatten)]
        plan: PlanArguments,

        #[command(flatten)]
        goals: GoalArguments,

        /// The function
        #[arg(long, value_name = "NAME")]
        function: String,

        /// Memory sizes: a list or a range
        #[arg(long, value_name = "VALUES", default_value = "128,256,512,1024,1536,1769,2048,3008")]
        memory_size: String,
    },
    /// Provisioned concurrency of an alias, hour by hour, with the fewest environments that serve nearly all calls
    Provisioned {
        #[command(flatten)]
        plan: PlanArguments,

        /// The alias, such as checkout:live
        #[arg(long, value_name = "FUNCTION:ALIAS")]
        alias: String,

        /// Share of an hour's calls that may find no provisioned environment
        #[arg(long, value_name = "PERCENT", default_value_t = 1.0)]
        spillover: f64,
    },
    /// How much more traffic the scenario bears before an expectation fails, and which
    Headroom {
        #[command(flatten)]
        plan: PlanArguments,

        #[command(flatten)]
        goals: GoalArguments,

        /// Largest multiple of the traffic to try
        #[arg(long, value_name = "N", default_value_t = 64)]
        to: u64,
    },
}

#[derive(Args, Debug)]
pub(super) struct GoalArguments {
    /// What has to be kept beside the `expect` lines of the scenario, such as "functions.api.latency.p99 <= 500 ms" (repeatable)
    #[arg(long, value_name = "EXPRESSION")]
    pub goal: Vec<String>,
}

#[derive(Args, Debug)]
pub(super) struct PlanArguments {
    /// Scenario file; its `expect` lines are what has to be kept
    #[arg(value_name = "SCENARIO")]
    pub file: PathBuf,

    #[command(flatten)]
    pub load: LoadArguments,

    /// Runs with different luck for each value that is tried, at least 2
    #[arg(long, value_name = "N", default_value_t = 5, value_parser = clap::value_parser!(u64).range(2..=10_000))]
    pub replications: u64,

    #[command(flatten)]
    pub runs: RunsArguments,
}
