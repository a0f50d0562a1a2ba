use std::collections::BTreeSet;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use super::alone::run_plan;
use super::compare_args::CompareCommand;
use super::compared_side::{ComparedSide, LABELS, load_sides};
use super::failure::Failure;
use super::optimize::prepare;
use super::output::{complain, print};
use super::progress::{Bars, catch_interrupts};
use super::run::VERSION;
use super::validate::check_metric;
use crate::experiment::{Difference, in_order, write_durably};
use crate::report::{
    Compared, Comparison, ComparisonReport, Headline, Measure, Side, distinct_tails, exists, headlines_of,
};

/// The file that tells a folder of a comparison from others.
const COMPARE: &str = "compare.json";

/// The values of each metric in each replication of one side.
type Values = Vec<Vec<Option<f64>>>;

/// `lambdasim compare A B …`: what differs, and how sure that is.
pub(super) fn compare(command: &CompareCommand) -> Result<ExitCode, Failure> {
    let sides = load_sides(command)?;
    let metrics = metrics(&sides, &command.metric)?;
    if let Some(folder) = &command.out {
        prepare(folder, COMPARE)?;
    }
    for (path, side) in command.sides.iter().zip(&sides) {
        if let ComparedSide::Scenario { scenario, .. } = side {
            let warnings = scenario.warnings.iter();
            warnings.for_each(|warning| complain(&format!("{}: warning: {warning}", path.display())));
        }
    }
    catch_interrupts();
    let values = run_all(&sides, &metrics, command)?;
    let report = report(command, &sides, &metrics, &values);
    if let Some(folder) = &command.out {
        write_folder(folder, &report)?;
    }
    if command.json {
        print(&format!("{:#}\n", report.json()))?;
    } else if !command.quiet {
        let folder = command
            .out
            .as_deref()
            .map(|folder| format!("\n→ {}\n", folder.display()));
        print(&format!("{}{}", report.text(), folder.unwrap_or_default()))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What is compared: what was asked for, or the headlines of every side, those of the first side first.
fn metrics(sides: &[ComparedSide], asked: &[String]) -> Result<Vec<Headline>, Failure> {
    let mut known = BTreeSet::new();
    let mut all: Vec<Headline> = sides.iter().flat_map(|side| headlines_of(side.summary())).collect();
    all.retain(|headline| known.insert(headline.path.clone()));
    if asked.is_empty() {
        return Ok(all);
    }
    let wrong = |path: &String| {
        let known = |side: &ComparedSide| check_metric(side.summary(), path).err();
        // What did not occur may be left out of the summary of a finished run.
        let errors: Vec<String> = sides.iter().filter_map(known).collect();
        (errors.len() == sides.len()).then(|| format!("--metric: {}", errors[0]))
    };
    let wrong: Vec<String> = asked.iter().filter_map(wrong).collect();
    if !wrong.is_empty() {
        return Err(Failure::Usage(wrong.join("\n")));
    }
    let mut seen = BTreeSet::new();
    let distinct = asked.iter().filter(|path| seen.insert(path.as_str()));
    let headline = |path: &String| all.iter().find(|headline| headline.path == *path).cloned();
    Ok(distinct
        .map(|path| headline(path).unwrap_or_else(|| Headline::plain(path)))
        .collect())
}

/// Runs what is no folder, and reads what is one.
fn run_all(sides: &[ComparedSide], metrics: &[Headline], command: &CompareCommand) -> Result<Vec<Values>, Failure> {
    let paths = || metrics.iter().map(|metric| metric.path.as_str());
    let wanted: Vec<u64> = (0..sides.len())
        .map(|side| runs(sides, side, command.replications))
        .collect();
    let jobs: Vec<(usize, u64)> = wanted
        .iter()
        .enumerate()
        .flat_map(|(side, runs)| (0..*runs).map(move |replication| (side, replication)))
        .collect();
    let measures: Vec<Option<Measure>> = sides
        .iter()
        .map(|side| match side {
            ComparedSide::Scenario { scenario, .. } => Some(Measure::new(&scenario.plan, paths())),
            ComparedSide::Finished(_) => None,
        })
        .collect();
    let bars = Bars::new(command.runs.progress);
    let bar = bars.count("runs", jobs.len() as u64, 0);
    let results = in_order(jobs, command.runs.threads, |(side, replication)| {
        let values = match (&sides[side], &measures[side]) {
            (ComparedSide::Scenario { scenario, .. }, Some(measure)) => {
                run_plan(&scenario.plan.replicated(replication), measure)
            }
            _ => Ok(Vec::new()),
        };
        bar.add();
        values.map(|values| (side, values))
    });
    drop(bar);
    let mut all: Vec<Values> = sides
        .iter()
        .map(|side| match side {
            ComparedSide::Scenario { .. } => vec![Vec::new(); metrics.len()],
            ComparedSide::Finished(run) => paths().map(|path| run.values(path)).collect(),
        })
        .collect();
    for result in results {
        let (side, values) = result?;
        let of_side = all[side].iter_mut().zip(values);
        of_side.for_each(|(of_metric, value)| of_metric.push(value));
    }
    Ok(all)
}

/// How many runs of a scenario are of use: beside folders no more than they hold; none of a folder.
fn runs(sides: &[ComparedSide], side: usize, replications: u64) -> u64 {
    if sides[side].finished().is_some() {
        return 0;
    }
    let base = &sides[0];
    let with = |one: &ComparedSide, other: &ComparedSide| match (one.seed() == other.seed(), other.finished()) {
        (true, Some(held)) => held.min(replications),
        _ => replications,
    };
    match side {
        0 => sides[1..]
            .iter()
            .map(|other| with(base, other))
            .max()
            .unwrap_or(replications),
        _ => with(&sides[side], base),
    }
}

fn report(
    command: &CompareCommand,
    sides: &[ComparedSide],
    metrics: &[Headline],
    values: &[Values],
) -> ComparisonReport {
    let paths: Vec<String> = command.sides.iter().map(|path| path.display().to_string()).collect();
    let names = distinct_tails(&paths, '/', 0);
    let side = |place: usize| Side {
        label: label(place),
        name: names[place].clone(),
        scenario: sides[place].name().to_owned(),
        finished: sides[place].finished().is_some(),
        seed: sides[place].seed(),
        replications: sides[place]
            .finished()
            .unwrap_or_else(|| runs(sides, place, command.replications)),
    };
    let all: Vec<Side> = (0..sides.len()).map(side).collect();
    let against = |other: usize| Comparison {
        other,
        changes: written_of(sides, other),
        paired: sides[0].seed() == sides[other].seed(),
        remarks: remarks(&all, sides, other, metrics, values),
        metrics: compared(sides, other, metrics, values),
    };
    ComparisonReport {
        version: VERSION.to_owned(),
        comparisons: (1..sides.len()).map(against).collect(),
        sides: all,
    }
}

fn label(place: usize) -> String {
    LABELS.chars().skip(place).take(1).collect()
}

fn written_of(sides: &[ComparedSide], other: usize) -> Option<Vec<crate::scenario::WrittenDifference>> {
    Some(sides[0].written()?.differences(sides[other].written()?))
}

/// The metrics that both sides have.
fn compared(sides: &[ComparedSide], other: usize, metrics: &[Headline], values: &[Values]) -> Vec<Compared> {
    let paired = sides[0].seed() == sides[other].seed();
    let both = metrics.iter().enumerate().filter(|(_, metric)| {
        let has = |side: &ComparedSide| exists(side.summary(), &metric.path);
        has(&sides[0]) && has(&sides[other])
    });
    let difference = |place: usize| {
        let (base, other) = (&values[0][place], &values[other][place]);
        match paired {
            true => Difference::paired(base, other),
            false => Difference::independent(base, other),
        }
    };
    both.map(|(place, metric)| Compared {
        headline: metric.clone(),
        difference: difference(place),
    })
    .collect()
}

/// What to know of a comparison.
fn remarks(all: &[Side], sides: &[ComparedSide], other: usize, metrics: &[Headline], values: &[Values]) -> Vec<String> {
    let (base, side) = (&all[0], &all[other]);
    let mut remarks = Vec::new();
    if base.seed != side.seed {
        remarks.push(format!(
            "Not paired: the seeds are {} and {}, so that luck differs as well; intervals are those of independent runs.",
            base.seed, side.seed
        ));
    } else if base.replications != side.replications {
        remarks.push(format!(
            "{} has {} replications and {} has {}: the first {} of both are compared.",
            base.label,
            base.replications,
            side.label,
            side.replications,
            base.replications.min(side.replications)
        ));
    }
    let single: Vec<&Side> = [base, side].into_iter().filter(|side| side.replications == 1).collect();
    if let [first, ..] = single.as_slice() {
        let how = match first.finished {
            true => "`run --replications 10` makes a folder with more",
            false => "--replications asks for more",
        };
        remarks.push(format!("Without intervals: {} is a single run; {how}.", first.label));
    }
    for place in [0, other] {
        if sides[place].written().is_none() {
            let label = &all[place].label;
            remarks.push(format!(
                "{label} has no scenario.json, which tells what was run: run it again to see that."
            ));
        }
    }
    for (one, another) in [(0, other), (other, 0)] {
        let missing = only_in(&sides[one], &sides[another]);
        if !missing.is_empty() {
            remarks.push(format!("Only in {}: {}.", all[one].label, missing.join(", ")));
        }
    }
    let kept_once = |place: usize| {
        let short = metrics.iter().zip(&values[place]).filter(|(metric, values)| {
            all[place].replications > 1 && values.len() == 1 && exists(sides[place].summary(), &metric.path)
        });
        let paths: Vec<&str> = short.map(|(metric, _)| metric.path.as_str()).collect();
        (!paths.is_empty() && sides[place].finished().is_some()).then(|| {
            format!(
                "{} keeps only the first run's {}: run its scenario itself for intervals.",
                all[place].label,
                paths.join(", ")
            )
        })
    };
    remarks.extend([0, other].into_iter().filter_map(kept_once));
    remarks
}

/// Functions, queues and streams that one side has alone.
fn only_in(one: &ComparedSide, other: &ComparedSide) -> Vec<String> {
    let names = |part: &str| {
        one.summary()[part]
            .as_object()
            .into_iter()
            .flat_map(|map| map.keys().cloned())
            .collect()
    };
    let missing = |part: &str| {
        let names: Vec<String> = names(part);
        let alone = names
            .into_iter()
            .filter(|name| other.summary()[part].get(name).is_none());
        alone.map(|name| format!("{part}.{name}")).collect::<Vec<_>>()
    };
    ["functions", "queues", "streams"]
        .into_iter()
        .flat_map(missing)
        .collect()
}

/// All files of the folder, the one that marks it last.
fn write_folder(folder: &Path, report: &ComparisonReport) -> Result<(), Failure> {
    let failed = |file: &str| {
        let path = folder.join(file);
        move |cause| Failure::Write { path, cause }
    };
    let write =
        |file: &str, bytes: &[u8]| write_durably(&folder.join(file), |out| out.write_all(bytes)).map_err(failed(file));
    let mut rows = Vec::new();
    report.write_csv(&mut rows).map_err(failed("compare.csv"))?;
    write("compare.csv", &rows)?;
    write("compare.svg", report.svg().map_err(failed("compare.svg"))?.as_bytes())?;
    let drawn = folder.join(".compare.tmp.png");
    let png = report
        .draw_png(&drawn)
        .and_then(|()| fs::rename(&drawn, folder.join("compare.png")));
    png.map_err(failed("compare.png"))?;
    write(COMPARE, format!("{:#}\n", report.json()).as_bytes())
}
