use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use super::args::{ImportAzure, ImportCommand, ImportLogs, ImportSource};
use super::failure::Failure;
use super::output::{complain, print, write_new};
use crate::import::logs::{self, LogOptions};
use crate::import::metrics;
use crate::import::{self, Imported};
use crate::scenario::{self, LoadOptions};

/// `lambdasim import KIND …`: a scenario from what the user has; what was not used goes to standard error.
pub(super) fn import(command: &ImportCommand) -> Result<ExitCode, Failure> {
    match &command.source {
        ImportSource::Sam(source) | ImportSource::Cloudformation(source) => {
            let parameters: BTreeMap<String, String> = source.parameter.iter().cloned().collect();
            hand_over(
                &import::import_template(&source.file, &parameters)?,
                source.out.as_deref(),
            )
        }
        ImportSource::Logs(source) => import_logs(source),
        ImportSource::Metrics(source) => {
            let metrics = metrics::read_metrics(&source.files, source.function.as_deref())?;
            hand_over(&metrics::import_metrics(&source.files, &metrics), source.out.as_deref())
        }
        ImportSource::Azure(source) => azure(source),
        ImportSource::PowerTuning(source) => {
            let imported = import::import_power_tuning(&source.file, &source.function)?;
            hand_over(&imported, source.out.as_deref())
        }
    }
}

fn import_logs(source: &ImportLogs) -> Result<ExitCode, Failure> {
    let options = LogOptions {
        function: source.function.clone(),
        keeps_arrivals: source.trace.is_some(),
    };
    let mut logs = logs::read_logs(&source.files, &options)?;
    let mut name = None;
    if let Some(path) = &source.trace {
        if logs.recorded.is_empty() {
            return Err(Failure::Usage(
                "--trace needs lines with their times, and these have none".to_owned(),
            ));
        }
        let mut text = Vec::new();
        // Writing into memory cannot fail.
        let _ = logs::write_trace(&mut text, &logs);
        write_new(path, &text)?;
        name = Some(beside(path, source.out.as_deref()));
    }
    hand_over(
        &logs::import_logs(&source.files, &mut logs, name.as_deref()),
        source.out.as_deref(),
    )
}

/// How a scenario at `out` names the file: from its own folder, where the file lies in there.
fn beside(file: &Path, out: Option<&Path>) -> String {
    let folder = out.and_then(Path::parent).unwrap_or(Path::new(""));
    file.strip_prefix(folder).unwrap_or(file).display().to_string()
}

/// A scenario that replays a trace; that of 2021 comes with a file of arrivals.
fn azure(source: &ImportAzure) -> Result<ExitCode, Failure> {
    let out = source.out.as_deref();
    let named_after = |out: &Path| {
        out.with_file_name(format!(
            "{}-arrivals.csv",
            out.file_stem().unwrap_or_default().display()
        ))
    };
    let trace = source.trace.clone().or_else(|| out.map(named_after));
    let folder = out.and_then(Path::parent).unwrap_or(Path::new(""));
    let import = import::import_azure(&source.folder, folder, trace.as_deref())?;
    if let (Some(arrivals), Some(trace)) = (&import.arrivals, &trace) {
        write_new(trace, arrivals)?;
    }
    hand_over(&import.imported, out)
}

/// Prints the scenario, or writes it to a file that must not exist yet.
fn hand_over(imported: &Imported, out: Option<&Path>) -> Result<ExitCode, Failure> {
    match out {
        Some(path) => {
            write_new(path, imported.scenario.as_bytes())?;
            let options = LoadOptions {
                allow_outside: true,
                ..LoadOptions::default()
            };
            match scenario::load(path, &options) {
                Ok(_) => print(&format!("wrote {0}; next: lambdasim run {0}\n", path.display()))?,
                // A template that AWS would refuse as well, for the most part.
                Err(problems) => print(&format!(
                    "wrote {}, of which this is to be corrected:\n\n{problems}\n",
                    path.display()
                ))?,
            }
        }
        None => print(&imported.scenario)?,
    }
    imported.remarks.iter().for_each(|remark| complain(remark));
    Ok(ExitCode::SUCCESS)
}
