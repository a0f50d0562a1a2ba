use std::path::PathBuf;
use std::process::ExitCode;

use super::args::NewCommand;
use super::failure::Failure;
use super::output::{print, write_new};
use crate::scenario;

const DEFAULT_NAME: &str = "my-scenario";

/// `lambdasim new [NAME]`: prints a starter scenario, or writes NAME.yaml unless that exists.
pub(super) fn new(command: &NewCommand) -> Result<ExitCode, Failure> {
    let Some(name) = &command.name else {
        print(&scenario::starter(DEFAULT_NAME))?;
        return Ok(ExitCode::SUCCESS);
    };
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if name.is_empty() || !name.chars().all(allowed) {
        return Err(Failure::Usage(format!(
            "\"{name}\" is no name for a scenario; use letters, digits, - and _"
        )));
    }
    let path = PathBuf::from(format!("{name}.yaml"));
    write_new(&path, scenario::starter(name).as_bytes())?;
    print(&format!("wrote {0}; next: lambdasim run {0}\n", path.display()))?;
    Ok(ExitCode::SUCCESS)
}
