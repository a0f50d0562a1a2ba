use std::path::PathBuf;

use clap::builder::PossibleValuesParser;
use clap::{Args, Parser, Subcommand};
use clap_complete::Shell;

use super::common_args::{LoadArguments, When};
use super::compare_args::{AFTER_COMPARE, CompareCommand};
use super::explain_args::{AFTER_EXPLAIN, ExplainCommand};
use super::fit::{AFTER_FIT, FitCommand};
use super::optimize_args::{AFTER_OPTIMIZE, OptimizeCommand};
use super::plan_args::PlanCommand;
use super::reconcile::{AFTER_RECONCILE, ReconcileCommand};
use super::sweep_args::{AFTER_MERGE, AFTER_SWEEP, MergeCommand, SweepCommand};
use super::timeline_args::TimelineArguments;
use crate::report::SCHEMAS;
use crate::scenario::is_function_name;

const AFTER_HELP: &str = "\
First steps: `lambdasim new shop`, then `lambdasim run shop.yaml`.
Exit codes: 0 done, 1 an expectation failed, 2 wrong usage or scenario, 3 input or output failed, 130 interrupted.";

const AFTER_RUN: &str = "\
An earlier run folder of the same name is replaced, any other folder is left alone (exit 3).
Exit codes: 0 done, 1 an expectation failed, 2 wrong usage or scenario, 3 input or output failed, 130 interrupted.";

const AFTER_MONTH: &str = "\
Example: lambdasim month weekday.yaml=21 weekend.yaml=8 black-friday.yaml=1
The usage of the runs is combined, each scaled to its days; then free tier and price tiers apply once.";

const AFTER_IMPORT: &str = "\
What the source does not tell is marked FILL IN in the written scenario and has a safe value: it runs as it is.
What was not used is listed on standard error. docs/import.md describes every source.";

const AFTER_PRICE: &str = "\
Example: lambdasim price --requests 3000000 --duration 120ms --memory-size 1536MB --free-tier
For several functions write a FILE; docs/prices.md has its keys, which are these options with underscores.
Exit codes: 0 done, 2 wrong usage or workload, 3 input or output failed.";

/// A deterministic simulator of AWS Lambda: from a scenario file to a cost and latency report.
#[derive(Debug, Parser)]
#[command(name = "lambdasim", version, max_term_width = 100, after_help = AFTER_HELP)]
pub struct Arguments {
    #[command(subcommand)]
    pub(super) command: Command,
}

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Simulate scenarios, print a summary and write a run folder for each
    #[command(after_help = AFTER_RUN)]
    Run(RunCommand),
    /// Tell why: one invocation's story, with the numbers that every check saw
    #[command(after_help = AFTER_EXPLAIN)]
    Explain(ExplainCommand),
    /// Run a scenario once for every combination of values, and compare what comes of it
    #[command(after_help = AFTER_SWEEP)]
    Sweep(SweepCommand),
    /// Tell in what scenarios or finished runs differ, and how sure that is
    #[command(after_help = AFTER_COMPARE)]
    Compare(CompareCommand),
    /// Find the best combination of values that meets all goals
    #[command(after_help = AFTER_OPTIMIZE)]
    Optimize(OptimizeCommand),
    /// Answer a planner's question: a limit, memory, provisioned concurrency, headroom
    #[command(subcommand)]
    Plan(PlanCommand),
    /// Put the parts of a sweep that ran with --shard together
    #[command(after_help = AFTER_MERGE)]
    Merge(MergeCommand),
    /// Report every problem of scenarios without running them
    Validate(ValidateCommand),
    /// Write a commented starter scenario
    New(NewCommand),
    /// Write a scenario from what you have: templates, traces, measurements
    #[command(after_help = AFTER_IMPORT)]
    Import(ImportCommand),
    /// Find the distribution of measured values, as a line for a scenario
    #[command(after_help = AFTER_FIT)]
    Fit(FitCommand),
    /// Hold a run against what was measured: metrics, logs, a bill
    #[command(after_help = AFTER_RECONCILE)]
    Reconcile(ReconcileCommand),
    /// Simulate kinds of days and bill a month of them
    #[command(after_help = AFTER_MONTH)]
    Month(MonthCommand),
    /// Bill a month of known usage without a simulation, step by step
    #[command(after_help = AFTER_PRICE)]
    Price(Box<PriceCommand>),
    /// Print the price book: every price that bills are made of, with its source
    Prices(PricesCommand),
    /// Print the JSON Schema of scenario files, for editors, or of a file that a command writes
    Schema {
        /// A file that a command writes, instead of scenario files
        #[arg(value_parser = PossibleValuesParser::new(SCHEMAS.iter().map(|(file, _)| *file)))]
        file: Option<String>,
    },
    /// Print the behaviour rules: what they say, where from, documented or assumed
    Rules(RulesCommand),
    /// Print completions for a shell
    Completions {
        /// Which shell
        shell: Shell,
    },
    /// Print the manual page (roff)
    Man,
}

#[derive(Args, Debug)]
pub(super) struct RunCommand {
    #[command(flatten)]
    pub scenarios: ScenarioArguments,

    /// Run folder [default: notebooks-out/NAME]; for several scenarios, the folder that holds one folder for each
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// Independent replications, each with its own luck: numbers get 95 % intervals. With --precision at most so many
    /// [default: 1; with --precision 1000]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..=1_000_000))]
    pub replications: Option<u64>,

    /// Replications until the interval of a number is this narrow, such as functions.checkout.latency.p99=1%
    /// (repeatable); without a path: cost, and p50 and p99 of every function
    #[arg(long, value_name = "[PATH=]SHARE", value_parser = precision)]
    pub precision: Vec<PrecisionGoal>,

    /// Threads for several scenarios or replications, or for one large account; results do not depend on it [default: one
    /// per core]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    pub threads: usize,

    /// Write records.parquet: one row per attempt
    #[arg(long)]
    pub records: bool,

    /// Write START, END and REPORT lines of every invocation to FILE, as CloudWatch Logs has them; .gz is compressed
    #[arg(long, value_name = "FILE")]
    pub emit_logs: Option<PathBuf>,

    #[command(flatten)]
    pub timeline: TimelineArguments,

    /// Print summary.json on standard output instead of the table
    #[arg(long)]
    pub json: bool,

    /// Print nothing but errors
    #[arg(long, short)]
    pub quiet: bool,

    /// Draw no plots
    #[arg(long)]
    pub no_plots: bool,

    /// Run the scenario again with a low and a high value of each undocumented parameter that it uses
    #[arg(long)]
    pub sensitivity: bool,

    /// Do not run the scenario again to see what helps against throttling and how much more traffic it bears
    #[arg(long)]
    pub no_advice: bool,

    /// See what helps in a large run as well, which takes as long again for each change that is tried
    #[arg(long, conflicts_with = "no_advice")]
    pub advice: bool,

    /// Progress bar on standard error
    #[arg(long, value_enum, default_value_t = When::Auto, value_name = "WHEN")]
    pub progress: When,
}

#[derive(Args, Debug)]
pub(super) struct ValidateCommand {
    #[command(flatten)]
    pub scenarios: ScenarioArguments,
}

#[derive(Args, Debug)]
pub(super) struct ScenarioArguments {
    /// Scenario files (YAML or JSON)
    #[arg(required = true, value_name = "SCENARIO")]
    pub files: Vec<PathBuf>,

    #[command(flatten)]
    pub load: LoadArguments,
}

#[derive(Args, Debug)]
pub(super) struct PriceCommand {
    /// A workload file for several functions, instead of the options of one
    #[arg(value_name = "FILE")]
    pub file: Option<PathBuf>,

    /// Attempts that run in the month, retries included
    #[arg(long, value_name = "N")]
    pub requests: Option<String>,

    /// Duration of each, such as 120ms
    #[arg(long, value_name = "TIME")]
    pub duration: Option<String>,

    /// Configured memory [default: 128MB]
    #[arg(long, value_name = "SIZE")]
    pub memory_size: Option<String>,

    /// x86_64 or arm64 [default: x86_64]
    #[arg(long, value_name = "NAME")]
    pub architectures: Option<String>,

    /// Size of /tmp [default: 512MB]
    #[arg(long, value_name = "SIZE")]
    pub ephemeral_storage: Option<String>,

    /// INIT of each cold start
    #[arg(long, value_name = "TIME")]
    pub init: Option<String>,

    /// Share of the requests that start cold [default: 0 %]
    #[arg(long, value_name = "SHARE")]
    pub cold_start_share: Option<String>,

    /// Zip or Image [default: Zip]
    #[arg(long, value_name = "TYPE")]
    pub package_type: Option<String>,

    /// Size of the event of an asynchronous request
    #[arg(long, value_name = "SIZE")]
    pub payload: Option<String>,

    /// Size of the streamed response of each request
    #[arg(long, value_name = "SIZE")]
    pub streamed_response: Option<String>,

    /// Provisioned concurrent executions
    #[arg(long, value_name = "N")]
    pub provisioned: Option<String>,

    /// For how long they are enabled [default: 730 h]
    #[arg(long, value_name = "TIME")]
    pub provisioned_for: Option<String>,

    /// Share of the requests that they serve [default: 100 %]
    #[arg(long, value_name = "SHARE")]
    pub provisioned_share: Option<String>,

    /// Published versions with SnapStart, Python or .NET
    #[arg(long, value_name = "N")]
    pub snap_start_versions: Option<String>,

    /// For how long each is kept [default: 730 h]
    #[arg(long, value_name = "TIME")]
    pub snap_start_for: Option<String>,

    /// SnapStart restores; each is one of the requests
    #[arg(long, value_name = "N")]
    pub restores: Option<String>,

    /// Billed Restore Duration of each
    #[arg(long, value_name = "TIME")]
    pub billed_restore: Option<String>,

    /// Environments created for one tenant each
    #[arg(long, value_name = "N")]
    pub tenant_environments: Option<String>,

    /// Operations of durable executions
    #[arg(long, value_name = "N")]
    pub durable_operations: Option<String>,

    /// What durable executions write, in decimal GB
    #[arg(long, value_name = "SIZE")]
    pub durable_written: Option<String>,

    /// For how long that is kept
    #[arg(long, value_name = "TIME")]
    pub durable_retention: Option<String>,

    /// Provisioned pollers of Kafka mappings of one group; ten are a unit
    #[arg(long, value_name = "N")]
    pub kafka_pollers: Option<String>,

    /// Provisioned pollers of SQS mappings
    #[arg(long, value_name = "N")]
    pub sqs_pollers: Option<String>,

    /// For how long the pollers are there [default: 730 h]
    #[arg(long, value_name = "TIME")]
    pub pollers_for: Option<String>,

    /// EC2's hourly on-demand price of managed instances
    #[arg(long, value_name = "USD")]
    pub instance_price: Option<String>,

    /// Hours of all managed instances together [default: 730 h]
    #[arg(long, value_name = "TIME")]
    pub instance_for: Option<String>,

    /// What is taken off EC2's price [default: 0 %]
    #[arg(long, value_name = "SHARE")]
    pub instance_discount: Option<String>,

    /// Runs on Lambda@Edge
    #[arg(long)]
    pub edge: bool,

    /// AWS region [default: us-east-1]
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Selects dated prices and rules [default: 2026-11-20]
    #[arg(long, value_name = "DATE")]
    pub model_date: Option<String>,

    /// The monthly free tier applies
    #[arg(long)]
    pub free_tier: bool,

    /// exact, or page: round each line to cents before adding up, as AWS's pricing page does [default: exact]
    #[arg(long, value_name = "MODE")]
    pub rounding: Option<String>,

    /// Taken off the whole bill last
    #[arg(long, value_name = "SHARE")]
    pub custom_discount: Option<String>,

    #[command(flatten)]
    pub month_to_date: MonthToDateArguments,

    /// A Compute Savings Plan: what is paid for every hour, such as "1.50 USD/h"
    #[arg(long, value_name = "USD/H")]
    pub savings_plan_commitment: Option<String>,

    /// Its term: "1y no upfront" or "3y all upfront" [default: 1y no upfront]
    #[arg(long, value_name = "TERM", requires = "savings_plan_commitment")]
    pub savings_plan_term: Option<String>,

    /// Prices in place of the built-in ones: a table as `lambdasim prices --csv` prints it
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

/// What the account has used of the month already.
#[derive(Args, Debug)]
pub(super) struct MonthToDateArguments {
    /// Requests of the account in the month so far: they count towards free tier and tiers
    #[arg(id = "month_to_date_requests", long = "month-to-date-requests", value_name = "N")]
    pub requests: Option<String>,

    /// GB-seconds in the month so far, on the architecture that is billed; a file tells those of both
    #[arg(
        id = "month_to_date_gb_seconds",
        long = "month-to-date-gb-seconds",
        value_name = "N",
        conflicts_with = "file"
    )]
    pub gb_seconds: Option<String>,

    /// Streamed GB in the month so far, beyond the first 6 MB of each response
    #[arg(
        id = "month_to_date_streamed_gb",
        long = "month-to-date-streamed-gb",
        value_name = "GB"
    )]
    pub streamed_gb: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct MonthCommand {
    /// A scenario of a kind of day, and how many such days the month has
    #[arg(required = true, value_name = "SCENARIO=DAYS", value_parser = file_and_days)]
    pub days: Vec<(PathBuf, u32)>,

    #[command(flatten)]
    pub load: LoadArguments,

    /// As JSON
    #[arg(long)]
    pub json: bool,
}

#[derive(Args, Debug)]
pub(super) struct ImportCommand {
    #[command(subcommand)]
    pub source: ImportSource,
}

#[derive(Debug, Subcommand)]
pub(super) enum ImportSource {
    /// A template of the Serverless Application Model
    Sam(ImportTemplate),
    /// A template of CloudFormation
    Cloudformation(ImportTemplate),
    /// CloudWatch logs of functions, plain or gzip, in any form they are exported in
    Logs(ImportLogs),
    /// CloudWatch metrics: output of `get-metric-data`, the console's CSV, a metrics.csv of a run
    Metrics(ImportMetrics),
    /// A folder of Azure Functions traces, in the format of 2019 or of 2021
    Azure(ImportAzure),
    /// The output of Lambda Power Tuning: how duration depends on memory
    PowerTuning(ImportPowerTuning),
}

#[derive(Args, Debug)]
pub(super) struct ImportTemplate {
    /// The template (YAML or JSON)
    pub file: PathBuf,

    /// Value of a parameter of the template, of another stack's export, or of AWS::Region (repeatable)
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub parameter: Vec<(String, String)>,

    /// Write the scenario to this file instead of printing it; an existing file is left alone
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct ImportAzure {
    /// The folder (2019: invocations, durations and memory; 2021: invocations), or the file of 2021
    pub folder: PathBuf,

    /// Write the arrivals of 2021 to this file [default: beside --out]; an existing file is left alone
    #[arg(long, value_name = "FILE")]
    pub trace: Option<PathBuf>,

    /// Write the scenario to this file instead of printing it; an existing file is left alone
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct ImportMetrics {
    /// Files of metrics
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Name of the function where metrics name none [default: the file's name]
    #[arg(long, value_name = "NAME", value_parser = function_name)]
    pub function: Option<String>,

    /// Write the scenario to this file instead of printing it; an existing file is left alone
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct ImportLogs {
    /// Text lines, JSON lines, exports of Logs Insights (CSV, JSON), output of `aws logs filter-log-events`
    #[arg(required = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,

    /// Name of the function where lines name none [default: the file's name]
    #[arg(long, value_name = "NAME", value_parser = function_name)]
    pub function: Option<String>,

    /// Write every arrival with its duration to this file (.csv), which the scenario then replays
    #[arg(long, value_name = "FILE", value_parser = trace_file)]
    pub trace: Option<PathBuf>,

    /// Write the scenario to this file instead of printing it; an existing file is left alone
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct ImportPowerTuning {
    /// The state machine's output, or what `aws stepfunctions describe-execution` prints (JSON)
    pub file: PathBuf,

    /// Name of the function in the scenario
    #[arg(long, value_name = "NAME", default_value = "tuned", value_parser = function_name)]
    pub function: String,

    /// Write the scenario to this file instead of printing it; an existing file is left alone
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
}

#[derive(Args, Debug)]
pub(super) struct PricesCommand {
    /// Only the prices of this region, those that stand in for unlisted ones included
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,

    /// Only the prices of this item
    #[arg(long, value_name = "ITEM")]
    pub item: Option<String>,

    /// Prices in place of the built-in ones: checks the file and prints what it says
    #[arg(long, value_name = "FILE")]
    pub prices: Option<PathBuf>,

    /// As JSON
    #[arg(long)]
    pub json: bool,

    /// As the table that --prices reads
    #[arg(long, conflicts_with = "json")]
    pub csv: bool,
}

#[derive(Args, Debug)]
pub(super) struct NewCommand {
    /// Name of the scenario; writes NAME.yaml. Without it the scenario is printed
    pub name: Option<String>,
}

#[derive(Args, Debug)]
pub(super) struct RulesCommand {
    /// Rules such as CONC-3, or families such as CONC [default: all]
    #[arg(value_name = "ID")]
    pub ids: Vec<String>,

    /// Only the rules of this topic, such as concurrency
    #[arg(long)]
    pub topic: Option<String>,

    /// List the parameters that belong to the rules, with their defaults
    #[arg(long)]
    pub parameters: bool,

    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

fn name_and_value(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it as NAME=VALUE, such as Stage=prod".to_owned()),
    }
}

/// How narrow an interval has to be.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct PrecisionGoal {
    /// Of which number of the summary.
    pub path: Option<String>,
    /// Half its width, as a share of the mean.
    pub at_most: f64,
}

fn precision(text: &str) -> Result<PrecisionGoal, String> {
    let (path, share) = match text.rsplit_once('=') {
        Some((path, share)) => (Some(path.trim().to_owned()), share.trim()),
        None => (None, text.trim()),
    };
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let at_most = match share.strip_suffix('%') {
        Some(percent) => number(percent).map(|percent| percent / 100.0),
        None => number(share),
    };
    match at_most.filter(|share| *share > 0.0 && *share < 1.0) {
        Some(at_most) if path.as_deref() != Some("") => Ok(PrecisionGoal { path, at_most }),
        _ => Err("write it as 1% or functions.checkout.latency.p99=1%, a share between 0 and 100 %".to_owned()),
    }
}

fn function_name(text: &str) -> Result<String, String> {
    match is_function_name(text) {
        true => Ok(text.to_owned()),
        false => Err("1 to 140 letters, digits, hyphens and underscores are allowed".to_owned()),
    }
}

fn trace_file(text: &str) -> Result<PathBuf, String> {
    match text.ends_with(".csv") {
        true => Ok(text.into()),
        false => Err("a name that ends in .csv is allowed".to_owned()),
    }
}

fn file_and_days(text: &str) -> Result<(PathBuf, u32), String> {
    let parts = text
        .rsplit_once('=')
        .and_then(|(file, days)| Some((file, days.parse::<u32>().ok()?)));
    match parts {
        Some((file, days)) if !file.is_empty() && (1..=31).contains(&days) => Ok((file.into(), days)),
        _ => Err("write it as SCENARIO=DAYS with 1 to 31 days, such as weekday.yaml=21".to_owned()),
    }
}
