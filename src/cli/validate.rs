use std::path::Path;
use std::process::ExitCode;

use serde_json::Value;

use super::args::{ScenarioArguments, ValidateCommand};
use super::common_args::LoadArguments;
use super::failure::Failure;
use super::output::{complain, print};
use super::prices::price_book;
use crate::report;
use crate::scenario::{LoadOptions, Place, ProblemKind, Problems, Scenario, Template, nearest};

/// Unknown paths of one scenario for which the nearest known one is looked up: it takes a while in large ones.
const MOST_SUGGESTIONS: usize = 20;

/// `lambdasim validate SCENARIO…`: every problem, nothing run.
pub(super) fn validate(command: &ValidateCommand) -> Result<ExitCode, Failure> {
    let scenarios = load_all(&command.scenarios)?;
    for (path, scenario) in command.scenarios.files.iter().zip(&scenarios) {
        print(&format!("{}: ok\n", path.display()))?;
        scenario
            .warnings
            .iter()
            .for_each(|warning| complain(&format!("{}: warning: {warning}", path.display())));
    }
    Ok(ExitCode::SUCCESS)
}

/// All scenarios of a command line, or all problems of all of them.
pub(super) fn load_all(arguments: &ScenarioArguments) -> Result<Vec<Scenario>, Failure> {
    let loaded = load_templates(arguments)?;
    Ok(loaded.into_iter().map(|(_, scenario)| scenario).collect())
}

/// The same, each with what it is resolved from.
pub(super) fn load_templates(arguments: &ScenarioArguments) -> Result<Vec<(Template, Scenario)>, Failure> {
    let options = load_options(&arguments.load)?;
    let (mut scenarios, mut problems) = (Vec::new(), Vec::new());
    for path in &arguments.files {
        match load(path, &options) {
            Ok((template, mut scenario)) => {
                scenario.warnings.extend(other_prices(arguments.load.prices.as_deref()));
                scenarios.push((template, scenario));
            }
            Err(found) => problems.push(found),
        }
    }
    if problems.is_empty() {
        Ok(scenarios)
    } else {
        Err(Failure::Scenarios(problems))
    }
}

/// That a bill rests on other prices than the program's own; without the folder of their file, which differs between computers.
fn other_prices(file: Option<&Path>) -> Option<String> {
    let name = file?.file_name().unwrap_or_default().display();
    Some(format!("all prices are those of {name} (--prices), none is built in"))
}

/// What the command line adds to scenario files.
pub(super) fn load_options(arguments: &LoadArguments) -> Result<LoadOptions, Failure> {
    Ok(LoadOptions {
        seed: arguments.seed,
        set: arguments.set.clone(),
        allow_outside: arguments.allow_outside,
        prices: price_book(arguments.prices.as_deref())?,
        name: None,
    })
}

/// A scenario whose expectations all speak of something that its summary has.
fn load(path: &Path, options: &LoadOptions) -> Result<(Template, Scenario), Problems> {
    let template = Template::read(path, options)?;
    let scenario = with_known_paths(template.resolve(&[], "--set")?)?;
    Ok((template, scenario))
}

/// A path of summary.json that a scenario names.
struct Claim<'a> {
    place: &'a Place,
    text: &'a str,
    path: &'a str,
}

/// What a scenario expects, and what it is to be optimised for.
fn claims(scenario: &Scenario) -> Vec<Claim<'_>> {
    let goals = scenario.optimization.iter().flat_map(|wanted| &wanted.goals);
    let expected = scenario.expectations.iter().chain(goals).map(|expectation| Claim {
        place: &expectation.place,
        text: &expectation.text,
        path: &expectation.path,
    });
    let terms = scenario.optimization.iter().flat_map(|wanted| &wanted.objective);
    let terms = terms.map(|term| Claim {
        place: &term.place,
        text: &term.text,
        path: &term.path,
    });
    expected.chain(terms).collect()
}

/// The scenario, if its expectations all speak of something that its summary has.
pub(super) fn with_known_paths(scenario: Scenario) -> Result<Scenario, Problems> {
    let claims = claims(&scenario);
    if claims.is_empty() {
        return Ok(scenario);
    }
    let blank = report::blank_summary(&scenario.plan);
    let unknown = claims.iter().filter(|claim| !report::exists(&blank, claim.path));
    let problem = |(index, claim): (usize, &Claim)| {
        let suggestion = (index < MOST_SUGGESTIONS)
            .then(|| nearest_path(&blank, claim.path))
            .flatten();
        let found = format!("expects something of {}, which summary.json does not have", claim.path);
        scenario.problem(claim.place, claim.text.len(), &found, &remedy(suggestion))
    };
    let list: Vec<_> = unknown.enumerate().map(problem).collect();
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

fn remedy(suggestion: Option<String>) -> String {
    let listed = "take a path of summary.json (docs/outputs.md lists them)";
    match suggestion {
        Some(close) => format!("did you mean {close}? {listed}"),
        None => listed.to_owned(),
    }
}

/// What is wrong with a path that the command line names, if summary.json does not have it.
pub(super) fn check_metric(blank: &Value, path: &str) -> Result<(), String> {
    if report::exists(blank, path) {
        return Ok(());
    }
    let remedy = remedy(nearest_path(blank, path));
    Err(format!("summary.json has no {path}; {remedy}"))
}

/// The path that was probably meant: each unknown step replaced by the nearest one that the summary has there.
fn nearest_path(summary: &Value, path: &str) -> Option<String> {
    let (mut value, mut steps) = (summary, Vec::new());
    for step in path.split('.') {
        let map = value.as_object()?;
        let keys = || map.keys().map(String::as_str);
        let key = keys().find(|key| *key == step).or_else(|| nearest(step, keys()))?;
        steps.push(key);
        value = &map[key];
    }
    let found = steps.join(".");
    report::exists(summary, &found).then_some(found)
}
