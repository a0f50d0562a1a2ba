//! What a run leaves behind: the run folder and the summary on the terminal.
//!
//! A caller opens a [`RunFolder`] before the run, hands its [`CsvSink`] and [`Records`] to the simulation, closes them
//! and ends with [`RunFolder::finish`]. Until then nothing of an earlier folder is touched.

mod advice;
mod apply;
mod causes;
mod cell;
mod chains;
mod changes;
mod comparison;
mod comparison_text;
mod control;
mod cost;
mod cross_checks;
mod csv;
mod error;
mod estimate;
mod estimates;
mod expect;
mod finished_run;
mod fit;
mod folder;
mod happenings;
mod headline;
mod headroom;
mod html;
mod inference;
mod input;
mod inspection;
mod json;
mod log_lines;
mod measure;
mod memory_table;
mod notebook;
mod numbers;
mod offered;
mod optimum;
mod parquet;
mod plot;
mod prices;
mod queueing;
mod replicated;
mod replication_rows;
mod schemas;
mod sensitivity;
mod siblings;
mod streamed_file;
mod sweep;
mod tails;
mod terminal;
mod trace_events;
mod verdict;
mod warnings;

#[cfg(test)]
mod sample;

pub use advice::{Advice, Bearing, Change, Complaint, Effect, Tried, complaints, first_refusal};
pub use apply::{fragment, how_to_apply, indented, scheduled_lines};
pub use comparison::{Compared, Comparison, ComparisonReport, Side};
pub use csv::CsvSink;
pub use error::ReportError;
pub use estimate::{MonthReport, estimate_json, estimate_text, month_json, month_text};
pub use expect::{exists, value_at};
pub use finished_run::{FinishedRun, FinishedRunError};
pub use fit::{draw_fit, fit_text};
pub use folder::{ReportOptions, RunFolder};
pub use headline::{Headline, headlines, headlines_of};
pub use input::{ExpectationResult, ReportInput};
pub use inspection::Inspection;
pub use json::{blank_summary, summary_json};
pub use log_lines::LogLines;
pub use measure::Measure;
pub use memory_table::{MemoryRow, memory_table};
pub use optimum::{OptimumReport, measured_goal};
pub use parquet::Records;
pub use prices::{prices_json, prices_table};
pub use replicated::{CONFIDENCE, Observation, Replicated};
pub use replication_rows::ReplicationRows;
pub use schemas::SCHEMAS;
pub use sensitivity::{Assumption, Sensitivity, Swing, assumptions_in_play, busiest_function};
pub use sweep::{SweepReport, csv_rows};
pub use tails::distinct_tails;
pub use terminal::terminal_summary;
pub use trace_events::{TimelineFile, TimelineWindow};
pub use warnings::warnings;
