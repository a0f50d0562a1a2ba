use std::path::PathBuf;

use clap::Args;

use crate::scenario;
use crate::units::Span;

/// A timeline of a run, and what of the run it shows.
#[derive(Args, Clone, Debug)]
pub(super) struct TimelineArguments {
    /// Write environments, invocations, throttles and concurrency to FILE as trace events, for ui.perfetto.dev; .gz is
    /// compressed
    #[arg(long, value_name = "FILE")]
    pub timeline: Option<PathBuf>,

    /// First instant that the timeline shows, from the start of the run [default: 0 s]
    #[arg(long, value_name = "TIME", requires = "timeline", value_parser = scenario::duration)]
    pub from: Option<Span>,

    /// Where the timeline ends [default: the end of the run]
    #[arg(long, value_name = "TIME", requires = "timeline", value_parser = scenario::duration)]
    pub to: Option<Span>,

    /// Only this function in the timeline (repeatable)
    #[arg(long, value_name = "NAME", requires = "timeline")]
    pub function: Vec<String>,
}
