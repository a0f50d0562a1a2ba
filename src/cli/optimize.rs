use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::alone::run_plan;
use super::failure::Failure;
use super::optimize_args::OptimizeCommand;
use super::output::{complain, print};
use super::progress::{Bars, catch_interrupts};
use super::sweep::MANY;
use super::validate::{load_options, with_known_paths};
use crate::experiment::{Axis, Found, Grid, Measured, Search, Shard, Sweep, in_order, write_durably};
use crate::report::{Measure, OptimumReport};
use crate::scenario::{self, LoadOptions, Optimization, Scenario, Template};

/// File of an optimisation's folder.
const OPTIMUM: &str = "optimum.json";
const BEST: &str = "best.yaml";
const INVOCATIONS: &str = "totals.Invocations";

/// `lambdasim optimize SCENARIO`: the best combination of values that meets all goals.
pub(super) fn optimize(command: &OptimizeCommand) -> Result<ExitCode, Failure> {
    let options = load_options(&command.load)?;
    let template = Template::read(&command.file, &options).map_err(one)?;
    let base = template.resolve(&[], "--set").and_then(with_known_paths).map_err(one)?;
    let wanted = base
        .optimization
        .as_ref()
        .ok_or_else(|| without_section(&command.file))?;
    let grid = grid(wanted, command)?;
    let sweep = Sweep {
        template: &template,
        grid: &grid,
        shard: Shard::WHOLE,
        threads: command.runs.threads,
    };
    sweep.check().map_err(Failure::Scenarios)?;
    let search = Search {
        candidates: usize::try_from(grid.points()).unwrap_or(usize::MAX),
        goals: wanted.goals.iter().map(|goal| (goal.operator, goal.value)).collect(),
        replications: wanted.replications,
        confidence: wanted.confidence,
    };
    let folder = command
        .out
        .clone()
        .unwrap_or_else(|| Path::new("notebooks-out").join(format!("{}-optimize", base.plan.name)));
    prepare(&folder, OPTIMUM)?;
    let found = search_all(&sweep, &search, wanted, command)?;
    let report = OptimumReport {
        name: &base.plan.name,
        seed: base.plan.seed,
        wanted,
        grid: &grid,
        search: &search,
        found: &found,
    };
    write(&folder.join(OPTIMUM), &format!("{:#}\n", report.json()))?;
    if let Some(best) = found.winner.or(found.nearest) {
        write_best(&folder, &template, &base, &grid.settings(best as u64), &options)?;
    }
    if command.json {
        print(&format!("{:#}\n", report.json()))?;
    } else if !command.quiet {
        print(&format!("{}→ {}\n", report.text(), folder.display()))?;
    }
    Ok(ExitCode::from(u8::from(found.winner.is_none())))
}

fn one(problems: scenario::Problems) -> Failure {
    Failure::Scenarios(vec![problems])
}

fn without_section(file: &Path) -> Failure {
    Failure::Usage(format!(
        "{} has no `optimize` section; add one, such as\n\noptimize:\n  variables:\n    functions.checkout.memory_size: \
         512..2048:256\n  goals:\n    - functions.checkout.latency.p99 <= 500 ms\n",
        file.display()
    ))
}

fn grid(wanted: &Optimization, command: &OptimizeCommand) -> Result<Grid, Failure> {
    let axis = |variable: &scenario::Variable| Axis {
        paths: vec![variable.path.clone()],
        values: variable.values.iter().map(|value| vec![value.clone()]).collect(),
    };
    let grid = Grid::new(wanted.variables.iter().map(axis).collect()).map_err(Failure::Usage)?;
    if grid.points() > MANY && !command.yes {
        return Err(Failure::Usage(format!(
            "these are {} candidates; give --yes to search them all, or wider steps",
            grid.points()
        )));
    }
    Ok(grid)
}

/// Makes the folder, unless it holds something but no file `mark` of ours.
pub(super) fn prepare(folder: &Path, mark: &str) -> Result<(), Failure> {
    let foreign = !folder.join(mark).exists() && fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if foreign {
        return Err(Failure::Exists {
            path: folder.to_owned(),
        });
    }
    fs::create_dir_all(folder).map_err(|cause| Failure::Write {
        path: folder.to_owned(),
        cause,
    })
}

fn search_all(
    sweep: &Sweep,
    search: &Search,
    wanted: &Optimization,
    command: &OptimizeCommand,
) -> Result<Found, Failure> {
    catch_interrupts();
    let bars = Bars::new(command.runs.progress);
    let mut round = 0;
    search.run(|pairs| {
        round += 1;
        let bar = bars.count(&format!("round {round}, runs"), pairs.len() as u64, 0);
        let results = in_order(pairs.to_vec(), command.runs.threads, |(candidate, replication)| {
            let measured = evaluate(sweep, wanted, candidate as u64, replication);
            bar.add();
            measured
        });
        results.into_iter().collect()
    })
}

/// One replication of one candidate; nothing where the scenario refuses it.
fn evaluate(
    sweep: &Sweep,
    wanted: &Optimization,
    candidate: u64,
    replication: u64,
) -> Result<Option<Measured>, Failure> {
    let Ok(scenario) = sweep
        .template
        .resolve(&sweep.grid.settings(candidate), "optimize.variables")
    else {
        return Ok(None);
    };
    let plan = scenario.plan.replicated(replication);
    let terms = wanted.objective.iter().map(|term| term.path.as_str());
    let paths = terms
        .chain(wanted.goals.iter().map(|goal| goal.path.as_str()))
        .chain([INVOCATIONS]);
    let values = run_plan(&plan, &Measure::new(&plan, paths))?;
    let (terms, rest) = values.split_at(wanted.objective.len());
    let (goals, invocations) = rest.split_at(wanted.goals.len());
    let weighted = wanted
        .objective
        .iter()
        .zip(terms)
        .map(|(term, value)| term.weight * value.unwrap_or(f64::INFINITY));
    Ok(Some(Measured {
        objective: weighted.sum(),
        goals: goals.iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
        invocations: invocations.first().copied().flatten().unwrap_or(0.0) as u64,
    }))
}

/// The scenario with the best values, beside the numbers.
fn write_best(
    folder: &Path,
    template: &Template,
    base: &Scenario,
    settings: &[(String, String)],
    options: &LoadOptions,
) -> Result<(), Failure> {
    let file = folder.join(BEST);
    let named = (!base.text.contains("\nname:")).then(|| ("name".to_owned(), base.plan.name.clone()));
    let settings: Vec<(String, String)> = settings.iter().cloned().chain(named).collect();
    match template.rewritten(&settings) {
        Ok(text) => write(&file, &text)?,
        Err(wrong) => {
            complain(&format!("{BEST} is not written: {wrong}"));
            return Ok(());
        }
    }
    let plain = LoadOptions {
        set: Vec::new(),
        ..options.clone()
    };
    if scenario::load(&file, &plain).is_err() {
        complain(&format!(
            "{} names files relative to the folder of the scenario: put it there to run it",
            file.display()
        ));
    }
    Ok(())
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let written = write_durably(file, |out| out.write_all(text.as_bytes()));
    written.map_err(|cause| Failure::Write {
        path: PathBuf::from(file),
        cause,
    })
}
