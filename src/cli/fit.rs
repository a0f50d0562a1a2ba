use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::output::{complain, print};
use crate::fit::{self, Samples};
use crate::report::{draw_fit, fit_text};

pub(super) const AFTER_FIT: &str = "\
Example: lambdasim fit requests.csv --column duration_ms --plot fit.svg
Values are milliseconds, unless the column's name ends in _s, seconds or _us.
Exit codes: 0 done, 2 wrong usage or too few values, 3 input or output failed.";

#[derive(Args, Debug)]
pub(super) struct FitCommand {
    /// A CSV file, plain or gzip, with or without a header; - is standard input
    pub file: PathBuf,

    /// Name or number (from 1) of the column; may be left out where there is only one
    #[arg(long, value_name = "NAME")]
    pub column: Option<String>,

    /// Draw the values against the best families; .svg or .png; an existing file is left alone
    #[arg(long, value_name = "FILE", value_parser = plot_file)]
    pub plot: Option<PathBuf>,
}

/// `lambdasim fit FILE`: which distribution measured values have, as a line for a scenario.
pub(super) fn fit(command: &FitCommand) -> Result<ExitCode, Failure> {
    if let Some(path) = command.plot.as_ref().filter(|path| path.exists()) {
        return Err(Failure::Exists { path: path.clone() });
    }
    let samples = fit::read_samples(&command.file, command.column.as_deref())?;
    samples.remarks.iter().for_each(|remark| complain(remark));
    let key = if samples.column.contains("init") {
        "init"
    } else {
        "duration"
    };
    let Some(comparison) = fit::compare(&samples.milliseconds) else {
        print(&format!(
            "All {} values are the same; no distribution is needed:\n\n  {key}: {} ms\n",
            samples.milliseconds.len(),
            samples.milliseconds[0]
        ))?;
        return Ok(ExitCode::SUCCESS);
    };
    if let Some(path) = &command.plot {
        draw_fit(&comparison, &caption(&samples, &command.file), path).map_err(|cause| Failure::Write {
            path: path.clone(),
            cause,
        })?;
    }
    print(&fit_text(&comparison, key))?;
    Ok(ExitCode::SUCCESS)
}

/// The column and its file.
fn caption(samples: &Samples, file: &Path) -> String {
    let file = file.file_name().unwrap_or_default().to_string_lossy();
    match samples.column.as_str() {
        "" => file.into_owned(),
        column => format!("{column} of {file}"),
    }
}

fn plot_file(text: &str) -> Result<PathBuf, String> {
    match text.ends_with(".svg") || text.ends_with(".png") {
        true => Ok(text.into()),
        false => Err("a name that ends in .svg or .png is allowed".to_owned()),
    }
}
