use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use super::alone::run_plan;
use super::failure::Failure;
use super::output::{complain, print};
use super::progress::{Bars, catch_interrupts};
use super::run::VERSION;
use super::sweep_args::SweepCommand;
use super::validate::{check_metric, load_options, with_known_paths};
use crate::experiment::{Axis, Grid, Identity, Journal, Sample, Shard, Stopped, Sweep};
use crate::report::{Measure, SweepReport, blank_summary, exists, mean_and_ends};
use crate::scenario::{Scenario, Template};
use crate::simulation::Plan;

/// File of a sweep's folder that holds its points while it runs, and afterwards for `merge`.
pub(super) const JOURNAL: &str = "points.tsv";
/// Points that run only with `--yes`.
pub(super) const MANY: u64 = 1_000_000;
/// Largest list file, in bytes.
const LARGEST_LIST: u64 = 64 << 20;
/// Traffic entries whose latency is noted by default.
const MOST_TRAFFIC: usize = 6;

/// `lambdasim sweep SCENARIO --vary …`: one run for each point, each kept as soon as it is known.
pub(super) fn sweep(command: &SweepCommand) -> Result<ExitCode, Failure> {
    let grid = grid(command)?;
    let template = Template::read(&command.file, &load_options(&command.load)?)
        .map_err(|problems| Failure::Scenarios(vec![problems]))?;
    let base = template.resolve(&[], "--vary").and_then(with_known_paths);
    let base = base.map_err(|problems| Failure::Scenarios(vec![problems]))?;
    check_paths(&template, &base, grid.paths())?;
    let metrics = metrics(&base, &command.metric)?;
    let sweep = Sweep {
        template: &template,
        grid: &grid,
        shard: command.shard.unwrap_or(Shard::WHOLE),
        threads: command.runs.threads,
    };
    if grid.points() > MANY && !command.yes {
        return Err(Failure::Usage(format!(
            "these are {} points; give --yes to run them all, or wider steps",
            grid.points()
        )));
    }
    sweep.check().map_err(Failure::Scenarios)?;
    for warning in &base.warnings {
        complain(&format!("{}: warning: {warning}", command.file.display()));
    }
    let identity = Identity {
        lambdasim: VERSION.to_owned(),
        scenario: base.plan.name.clone(),
        seed: base.plan.seed,
        plan: Identity::of_plan(&base.plan),
        axes: grid.axes().to_vec(),
        metrics,
        replications: command.replications,
        shard: sweep.shard,
    };
    let folder = folder(command, &base.plan.name);
    let journal = open_journal(&folder, &identity, command.restart)?;
    run_points(&sweep, &journal, &identity.metrics, command)?;
    let plots = !command.no_plots && sweep.shard == Shard::WHOLE;
    let text = finish(&folder, &identity, &grid, journal, plots)?;
    if !command.quiet {
        print(&text)?;
    }
    Ok(ExitCode::SUCCESS)
}

/// What varies, from `--vary` and `--points`.
fn grid(command: &SweepCommand) -> Result<Grid, Failure> {
    let mut axes = Vec::new();
    if let Some(file) = &command.points {
        axes.push(listed(file)?);
    }
    for text in &command.vary {
        axes.push(Axis::parse(text).map_err(|wrong| Failure::Usage(format!("--vary {wrong}")))?);
    }
    let grid = Grid::new(axes).map_err(Failure::Usage)?;
    if command.load.seed.is_some() && grid.paths().any(|path| path == "seed") {
        return Err(Failure::Usage(
            "`seed` varies and --seed is given; take one of them".to_owned(),
        ));
    }
    Ok(grid)
}

/// The combinations of a list file.
fn listed(file: &Path) -> Result<Axis, Failure> {
    let wrong = |line: u64, what: String| Failure::Usage(format!("{}:{line}: {what}", file.display()));
    let mut text = String::new();
    let read = File::open(file).and_then(|opened| opened.take(LARGEST_LIST + 1).read_to_string(&mut text));
    read.map_err(|cause| Failure::Read {
        path: file.to_owned(),
        cause,
    })?;
    if text.len() as u64 > LARGEST_LIST {
        return Err(wrong(1, "the list is larger than 64 MB; run it in parts".to_owned()));
    }
    let (heads, rows) = crate::report::csv_rows(&text).map_err(|(line, what)| wrong(line, what))?;
    if rows.is_empty() || heads.iter().any(String::is_empty) {
        return Err(wrong(
            1,
            "paths belong into the first line and their values into the others".to_owned(),
        ));
    }
    Ok(Axis {
        paths: heads,
        values: rows,
    })
}

/// All paths that lead nowhere, at once.
pub(super) fn check_paths<'p>(
    template: &Template,
    base: &Scenario,
    paths: impl Iterator<Item = &'p str>,
) -> Result<(), Failure> {
    let wrong: Vec<String> = paths.filter_map(|path| template.check_path(base, path).err()).collect();
    if wrong.is_empty() {
        return Ok(());
    }
    Err(Failure::Usage(wrong.join("\n")))
}

/// What is noted of each point: what was asked for, or what most people look at.
fn metrics(base: &Scenario, asked: &[String]) -> Result<Vec<String>, Failure> {
    let blank = blank_summary(&base.plan);
    if !asked.is_empty() {
        let wrong: Vec<String> = asked
            .iter()
            .filter_map(|path| check_metric(&blank, path).err())
            .collect();
        return if wrong.is_empty() {
            Ok(without_repeats(asked.to_vec()))
        } else {
            Err(Failure::Usage(wrong.join("\n")))
        };
    }
    let traffic = base.plan.entries().take(MOST_TRAFFIC);
    let latency =
        traffic.flat_map(|entry| ["p50", "p99"].map(|quantile| format!("traffic.{}.latency.{quantile}", entry.name)));
    let first = ["cost.monthly_estimate", "totals.Throttles"].map(str::to_owned);
    let last = [
        "cost.total",
        "totals.arrivals",
        "totals.failed",
        "totals.cold_starts",
        "account.ConcurrentExecutions.max",
    ];
    let expected = base.expectations.iter().map(|expectation| expectation.path.clone());
    let all = first
        .into_iter()
        .chain(expected)
        .chain(latency)
        .chain(last.map(str::to_owned));
    Ok(without_repeats(all.filter(|path| exists(&blank, path)).collect()))
}

fn without_repeats(mut paths: Vec<String>) -> Vec<String> {
    let mut seen = std::collections::BTreeSet::new();
    paths.retain(|path| seen.insert(path.clone()));
    paths
}

fn folder(command: &SweepCommand, name: &str) -> PathBuf {
    let part = command
        .shard
        .map_or_else(String::new, |shard| format!("-{}-of-{}", shard.number + 1, shard.of));
    let default = || Path::new("notebooks-out").join(format!("{name}-sweep{part}"));
    command.out.clone().unwrap_or_else(default)
}

/// The journal of a folder, which is made where it is missing.
pub(super) fn open_journal(folder: &Path, identity: &Identity, restart: bool) -> Result<Journal, Failure> {
    let failed = |cause: io::Error| Failure::Write {
        path: folder.to_owned(),
        cause,
    };
    let path = folder.join(JOURNAL);
    let foreign =
        !path.exists() && fs::read_dir(folder).is_ok_and(|mut entries| entries.any(|entry| !left_over(entry)));
    if foreign {
        return Err(Failure::Usage(format!(
            "{} exists and holds no sweep; choose another --out, or remove the folder yourself",
            folder.display()
        )));
    }
    fs::create_dir_all(folder).map_err(failed)?;
    let compare = |found: &str, wanted: &str| match (Identity::parse(found), Identity::parse(wanted)) {
        (Some(found), Some(wanted)) => found.difference(&wanted),
        _ => Some("its first line cannot be read".to_owned()),
    };
    if restart && path.exists() {
        fs::remove_file(&path).map_err(failed)?;
    }
    Ok(Journal::open(
        &path,
        &identity.line(),
        identity.columns().len(),
        compare,
    )?)
}

/// Whether an entry of a folder is what a kill can leave before the journal is there.
fn left_over(entry: io::Result<fs::DirEntry>) -> bool {
    entry.is_ok_and(|entry| entry.file_name().to_str() == Some(&format!(".{JOURNAL}.tmp")))
}

fn run_points(sweep: &Sweep, journal: &Journal, metrics: &[String], command: &SweepCommand) -> Result<(), Failure> {
    catch_interrupts();
    let points = sweep.open_points(journal);
    let all = sweep.shard.share_of(sweep.grid.points());
    let done = all - points.len() as u64;
    if done > 0 && !command.quiet {
        complain(&format!("{done} of {all} points are there already"));
    }
    let bars = Bars::new(command.runs.progress);
    let bar = bars.count("points", all, done);
    let ran = sweep.run(points, journal, |scenario| {
        let measure = Measure::new(&scenario.plan, metrics.iter().map(String::as_str));
        let values = run_point(&scenario.plan, &measure, metrics, command.replications);
        bar.add();
        values
    });
    drop(bar);
    ran.map_err(|stopped| match stopped {
        Stopped::Journal(error) => Failure::Journal(error),
        Stopped::Run(Failure::Interrupted) => Failure::SweepInterrupted {
            done: journal.points().len(),
            points: all,
        },
        Stopped::Run(failure) => failure,
    })
}

/// What stands in the row of a point: the metrics of its run, or mean and interval of each over all its replications.
fn run_point(
    plan: &Plan,
    measure: &Measure,
    metrics: &[String],
    replications: u64,
) -> Result<Vec<Option<f64>>, Failure> {
    if replications == 1 {
        return run_plan(plan, measure);
    }
    let mut samples = vec![Sample::default(); metrics.len()];
    for replication in 0..replications {
        let values = run_plan(&plan.replicated(replication), measure)?;
        for (sample, value) in samples.iter_mut().zip(values) {
            value.into_iter().for_each(|value| sample.add(value));
        }
    }
    let row = metrics
        .iter()
        .zip(samples)
        .flat_map(|(metric, sample)| mean_and_ends(metric, sample));
    Ok(row.collect())
}

/// Writes all files of the folder, the sorted points last; returns what to print.
pub(super) fn finish(
    folder: &Path,
    identity: &Identity,
    grid: &Grid,
    journal: Journal,
    plots: bool,
) -> Result<String, Failure> {
    let report = SweepReport {
        name: &identity.scenario,
        seed: identity.seed,
        version: VERSION,
        grid,
        metrics: &identity.metrics,
        replications: identity.replications,
        journal: &journal,
    };
    let failed = |(file, cause): (String, io::Error)| Failure::Write {
        path: folder.join(file),
        cause,
    };
    report.write(folder, plots).map_err(failed)?;
    let table = report.table().map_err(|cause| failed((JOURNAL.to_owned(), cause)))?;
    let each = match identity.replications {
        1 => String::new(),
        replications => format!(", {replications} runs of each"),
    };
    let text = format!(
        "{} points of {}{each}\n\n{table}\n→ {}\n",
        journal.points().len(),
        identity.scenario,
        folder.display()
    );
    journal.sort(&identity.line())?;
    Ok(text)
}
