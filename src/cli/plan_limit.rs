use std::process::ExitCode;

use super::failure::Failure;
use super::output::print;
use super::planner::Planner;
use super::sweep::check_paths;
use crate::experiment::smallest;
use crate::report::{how_to_apply, within_80_columns};

/// The smallest value at `path` with which all expectations are kept.
pub(super) fn limit(planner: &Planner, path: &str, from: u64, to: u64) -> Result<ExitCode, Failure> {
    planner.need_expectations()?;
    check_paths(&planner.template, &planner.base, [path].into_iter())?;
    let with = |number: u64| [(path.to_owned(), number.to_string())];
    let Some(found) = smallest(from, to, |number| planner.attempt(&with(number)))? else {
        let failing = planner.tell_failing(&with(to))?;
        print(&within_80_columns(&format!(
            "{path}: no value from {from} to {to} keeps what is expected; with {to}\n{failing}"
        )))?;
        return Ok(ExitCode::from(1));
    };
    let mut text = format!("{path}: {found} keeps all that is expected\n");
    if let Some(below) = found.checked_sub(1).filter(|below| *below >= from) {
        text.push_str(&format!("with {below}\n{}", planner.tell_failing(&with(below))?));
    }
    print(&format!("{}{}", within_80_columns(&text), how_to_apply(&with(found))))?;
    Ok(ExitCode::SUCCESS)
}
