//! The command line: one file per command.

mod alone;
mod args;
mod colours;
mod common_args;
mod compare;
mod compare_args;
mod compared_side;
mod explain;
mod explain_args;
mod failure;
mod files;
mod fit;
mod import;
mod known;
mod merge;
mod month;
mod new;
mod optimize;
mod optimize_args;
mod output;
mod plan;
mod plan_args;
mod plan_headroom;
mod plan_limit;
mod plan_memory;
mod plan_provisioned;
mod planner;
mod price;
mod prices;
mod progress;
mod reconcile;
mod replicate;
mod rules;
mod run;
mod shell;
mod sweep;
mod sweep_args;
mod timeline;
mod timeline_args;
mod trials;
mod validate;

use std::panic;
use std::process::ExitCode;

use clap::Parser;

use crate::trace::decodes_parquet;

pub use args::Arguments;
pub use failure::Failure;
pub use output::complain;

/// The arguments of this process; help, version and usage errors end it here.
pub fn arguments() -> Arguments {
    Arguments::parse()
}

/// Does what the arguments ask for.
///
/// # Errors
/// What is wrong with a scenario, an input or an output, with its exit code.
pub fn dispatch(arguments: Arguments) -> Result<ExitCode, Failure> {
    let tell = panic::take_hook();
    panic::set_hook(Box::new(move |found| {
        if !decodes_parquet() {
            tell(found);
        }
    }));
    match arguments.command {
        args::Command::Run(command) => run::run(&command),
        args::Command::Explain(command) => explain::explain(&command),
        args::Command::Sweep(command) => sweep::sweep(&command),
        args::Command::Compare(command) => compare::compare(&command),
        args::Command::Optimize(command) => optimize::optimize(&command),
        args::Command::Plan(command) => plan::plan(&command),
        args::Command::Merge(command) => merge::merge(&command),
        args::Command::Validate(command) => validate::validate(&command),
        args::Command::New(command) => new::new(&command),
        args::Command::Import(command) => import::import(&command),
        args::Command::Fit(command) => fit::fit(&command),
        args::Command::Reconcile(command) => reconcile::reconcile(&command),
        args::Command::Month(command) => month::month(&command),
        args::Command::Price(command) => price::price(&command),
        args::Command::Prices(command) => prices::prices(&command),
        args::Command::Rules(command) => rules::rules(&command),
        args::Command::Schema { file } => shell::schema(file.as_deref()),
        args::Command::Completions { shell } => shell::completions(shell),
        args::Command::Man => shell::man(),
    }
}
