use std::path::{Path, PathBuf};

use serde_json::Value;

use super::compare_args::CompareCommand;
use super::failure::Failure;
use super::run::VERSION;
use super::validate::{load_options, with_known_paths};
use crate::report::{FinishedRun, blank_summary};
use crate::scenario::{self, LoadOptions, Problems, Scenario, Written};

/// Something that is compared.
pub(super) enum ComparedSide {
    /// A scenario that is still to be run.
    Scenario {
        scenario: Box<Scenario>,
        /// What its summary has, with nothing in it.
        blank: Value,
    },
    /// A run folder.
    Finished(Box<FinishedRun>),
}

impl ComparedSide {
    pub fn name(&self) -> &str {
        match self {
            ComparedSide::Scenario { scenario, .. } => &scenario.plan.name,
            ComparedSide::Finished(run) => &run.scenario,
        }
    }

    pub fn seed(&self) -> u64 {
        match self {
            ComparedSide::Scenario { scenario, .. } => scenario.plan.seed,
            ComparedSide::Finished(run) => run.seed,
        }
    }

    /// A summary with all paths that this side has.
    pub fn summary(&self) -> &Value {
        match self {
            ComparedSide::Scenario { blank, .. } => blank,
            ComparedSide::Finished(run) => &run.summary,
        }
    }

    pub fn written(&self) -> Option<&Written> {
        match self {
            ComparedSide::Scenario { scenario, .. } => Some(&scenario.written),
            ComparedSide::Finished(run) => run.written.as_ref(),
        }
    }

    /// Replications that a folder has.
    pub fn finished(&self) -> Option<u64> {
        match self {
            ComparedSide::Scenario { .. } => None,
            ComparedSide::Finished(run) => Some(run.replications),
        }
    }
}

/// Reads all sides; scenarios get the seed of the first side, unless the command names another.
///
/// # Errors
/// Fewer than two, one of them twice, folders that cannot be used, and all problems of all scenarios.
pub(super) fn load_sides(command: &CompareCommand) -> Result<Vec<ComparedSide>, Failure> {
    check_distinct(&command.sides)?;
    let mut options = load_options(&command.load)?;
    let (mut sides, mut problems) = (Vec::new(), Vec::new());
    for path in &command.sides {
        match load_side(path, &options)? {
            Ok(side) => {
                if sides.is_empty() && problems.is_empty() {
                    options.seed = Some(options.seed.unwrap_or(side.seed()));
                }
                sides.push(side);
            }
            Err(found) => problems.push(found),
        }
    }
    if problems.is_empty() {
        Ok(sides)
    } else {
        Err(Failure::Scenarios(problems))
    }
}

fn check_distinct(paths: &[PathBuf]) -> Result<(), Failure> {
    if let [only] = paths {
        let only = only.display();
        return Err(Failure::Usage(format!(
            "{only} alone cannot be compared; name a second scenario or run folder, such as a file with `include: [{only}]` \
             and what is to be different"
        )));
    }
    let real = |path: &PathBuf| path.canonicalize().unwrap_or_else(|_| path.clone());
    let all: Vec<PathBuf> = paths.iter().map(real).collect();
    let twice = (1..all.len()).find(|place| all[..*place].contains(&all[*place]));
    if let Some(place) = twice {
        return Err(Failure::Usage(format!(
            "{} is named twice; name each scenario or run folder once (`sweep` runs one scenario with other values)",
            paths[place].display()
        )));
    }
    if paths.len() > LABELS.len() {
        return Err(Failure::Usage(format!(
            "these are {} scenarios and folders; compare at most {} at once, or let `sweep` run them",
            paths.len(),
            LABELS.len()
        )));
    }
    Ok(())
}

/// How sides are called.
pub(super) const LABELS: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

fn load_side(path: &Path, options: &LoadOptions) -> Result<Result<ComparedSide, Problems>, Failure> {
    if !path.is_dir() {
        let scenario = scenario::load(path, options).and_then(with_known_paths);
        return Ok(scenario.map(|scenario| ComparedSide::Scenario {
            blank: blank_summary(&scenario.plan),
            scenario: Box::new(scenario),
        }));
    }
    let run = FinishedRun::open(path)?;
    if run.version != VERSION {
        return Err(Failure::Usage(format!(
            "{} was run by version {}, and this is {VERSION}: the two may count differently; run that scenario again",
            path.display(),
            run.version
        )));
    }
    Ok(Ok(ComparedSide::Finished(Box::new(run))))
}
