use std::collections::BTreeMap;
use std::path::Path;
use std::process::ExitCode;

use super::args::{ImportCommand, ImportSource};
use super::failure::Failure;
use super::output::{complain, print, write_new};
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
        ImportSource::PowerTuning(source) => {
            let imported = import::import_power_tuning(&source.file, &source.function)?;
            hand_over(&imported, source.out.as_deref())
        }
    }
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
