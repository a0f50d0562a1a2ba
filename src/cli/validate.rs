use std::path::Path;
use std::process::ExitCode;

use super::args::{ScenarioArguments, ValidateCommand};
use super::failure::Failure;
use super::output::print;
use crate::report;
use crate::scenario::{self, Expectation, LoadOptions, ProblemKind, Problems, Scenario};

/// `lambdasim validate SCENARIO…`: every problem, nothing run.
pub(super) fn validate(command: &ValidateCommand) -> Result<ExitCode, Failure> {
    let scenarios = load_all(&command.scenarios)?;
    for (path, scenario) in command.scenarios.files.iter().zip(&scenarios) {
        print(&format!("{}: ok\n", path.display()))?;
        scenario
            .warnings
            .iter()
            .for_each(|warning| eprintln!("{}: warning: {warning}", path.display()));
    }
    Ok(ExitCode::SUCCESS)
}

/// All scenarios of a command line, or all problems of all of them.
pub(super) fn load_all(arguments: &ScenarioArguments) -> Result<Vec<Scenario>, Failure> {
    let options = LoadOptions {
        seed: arguments.seed,
        set: arguments.set.clone(),
        allow_outside: arguments.allow_outside,
        name: None,
    };
    let (mut scenarios, mut problems) = (Vec::new(), Vec::new());
    for path in &arguments.files {
        match load(path, &options) {
            Ok(scenario) => scenarios.push(scenario),
            Err(found) => problems.push(found),
        }
    }
    if problems.is_empty() {
        Ok(scenarios)
    } else {
        Err(Failure::Scenarios(problems))
    }
}

/// A scenario whose expectations all speak of something that its summary has.
fn load(path: &Path, options: &LoadOptions) -> Result<Scenario, Problems> {
    let scenario = scenario::load(path, options)?;
    let blank = report::blank_summary(&scenario.plan);
    let unknown = scenario
        .expectations
        .iter()
        .filter(|expectation| !report::exists(&blank, &expectation.path));
    let problem = |expectation: &Expectation| {
        let found = format!(
            "expects something of {}, which summary.json does not have",
            expectation.path
        );
        let remedy = "take a path of summary.json (docs/outputs.md lists them)";
        scenario.problem(&expectation.place, expectation.text.len(), &found, remedy)
    };
    let list: Vec<_> = unknown.map(problem).collect();
    if list.is_empty() {
        Ok(scenario)
    } else {
        Err(Problems {
            list,
            kind: ProblemKind::Scenario,
            omitted: 0,
        })
    }
}
