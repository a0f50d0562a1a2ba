use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use comfy_table::{CellAlignment, Table, presets};

use super::failure::Failure;
use super::output::{complain, print};
use crate::reconcile::{self, Pair, Reconciliation};

pub(super) const AFTER_RECONCILE: &str = "\
Example: lambdasim reconcile notebooks-out/shop --metrics shop.log.gz --metrics bill.csv
Both should cover the same time: counts are compared as they are.
Exit codes: 0 done, 2 a file is none of these or the folder none of a run, 3 a file cannot be read.";

#[derive(Args, Debug)]
pub(super) struct ReconcileCommand {
    /// The folder of a run
    pub run: PathBuf,

    /// CloudWatch metrics (get-metric-data, the console's CSV), logs, or usage lines of a bill (repeatable)
    #[arg(long, required = true, value_name = "FILE")]
    pub metrics: Vec<PathBuf>,
}

/// `lambdasim reconcile RUN --metrics FILE`: predicted against actual, and what could explain the largest difference.
pub(super) fn reconcile(command: &ReconcileCommand) -> Result<ExitCode, Failure> {
    let result = reconcile::reconcile(&command.run, &command.metrics)?;
    result.remarks.iter().for_each(|remark| complain(remark));
    if result.pairs.is_empty() {
        let words = "nothing to compare: the run has none of the functions and usage types in these files";
        return Err(Failure::Usage(words.to_owned()));
    }
    print(&text(&result))?;
    Ok(ExitCode::SUCCESS)
}

fn text(result: &Reconciliation) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING);
    table.set_header(["Function", "Quantity", "Predicted", "Actual", "Difference"]);
    for pair in &result.pairs {
        let function = if pair.function.is_empty() {
            "(bill)"
        } else {
            &pair.function
        };
        table.add_row([
            function.to_owned(),
            pair.quantity.clone(),
            number(pair.predicted),
            number(pair.actual),
            difference(pair),
        ]);
    }
    for column in table.column_iter_mut().skip(2) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let explained = match result.largest() {
        None => "Everything agrees.\n".to_owned(),
        Some((pair, assumption)) => {
            let of = if pair.function.is_empty() {
                String::new()
            } else {
                format!(" of {}", pair.function)
            };
            format!(
                "Largest difference: {}{of}, {}.\nIt rests on: {assumption}.\n",
                pair.quantity,
                difference(pair)
            )
        }
    };
    format!("{table}\n\n{explained}")
}

fn difference(pair: &Pair) -> String {
    match pair.difference() {
        part if part.is_infinite() => "none measured".to_owned(),
        part => format!("{:+.1} %", part * 100.0),
    }
}

/// Whole numbers whole, others with three decimals.
fn number(value: f64) -> String {
    if value.fract() == 0.0 {
        format!("{value:.0}")
    } else {
        format!("{value:.3}")
    }
}
