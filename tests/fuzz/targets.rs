//! Everything that reads bytes from outside, each as a plain function that must neither panic, nor take long, nor take much
//! memory, whatever the bytes are. Bounded tests, the long driver and the coverage-guided fuzzer all call these.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};

use lambdasim::experiment::{Axis, Grid, Identity, Journal};
use lambdasim::import::logs::{LogOptions, import_logs, read_logs};
use lambdasim::import::metrics::{import_metrics, read_metrics};
use lambdasim::import::{import_azure, import_power_tuning, import_template};
use lambdasim::pricing::PriceBook;
use lambdasim::scenario::{LoadOptions, Scenario, Template, expand_values, load};
use lambdasim::simulation::{Pace, RunResult, simulate};
use lambdasim::trace::{CsvTrace, load_azure, load_azure_invocations, load_empirical};
use lambdasim::units::{SimTime, Span, Timestamp};
use lambdasim::workload::TraceFile;
use lambdasim::{fit, reconcile, report};
use tempfile::TempDir;

use crate::support;

/// Parts of an input that becomes several files, or several words.
pub const BETWEEN_PARTS: u8 = 0x1e;
/// A start for traces.
const NOVEMBER: Timestamp = Timestamp(1_795_132_800_000_000);
/// The longest stretch of a scenario that is run.
const LONGEST_RUN: Span = Span::from_secs(30);
/// Looks at the pace after which a run is given up: 16,384 arrivals each.
const LOOKS: u32 = 4;

/// Something that reads bytes.
pub struct Target {
    /// Its name, also of its folder of seeds.
    pub name: &'static str,
    /// What it stands for, for the table of results.
    pub reads: &'static str,
    /// Gives it one input.
    pub run: fn(&Desk, &[u8]),
}

const fn target(name: &'static str, reads: &'static str, run: fn(&Desk, &[u8])) -> Target {
    Target { name, reads, run }
}

/// All of them.
pub const TARGETS: [Target; 20] = [
    target(
        "scenario",
        "scenario files, YAML and JSON; the run of those that are right",
        scenario,
    ),
    target("include", "scenario files with two includes", include),
    target(
        "value",
        "single values: durations, rates, sizes, shares, distributions, addresses",
        value,
    ),
    target("schedule", "cron, rate and at expressions with time zones", schedule),
    target("grid", "values of sweeps, and list files", grid),
    target("prices", "price files", prices),
    target("trace_csv", "recorded arrivals as CSV", |desk, bytes| {
        trace(desk, "t.csv", bytes)
    }),
    target("trace_gz", "recorded arrivals as gzip", |desk, bytes| {
        trace(desk, "t.csv.gz", bytes)
    }),
    target("trace_zst", "recorded arrivals as Zstandard", |desk, bytes| {
        trace(desk, "t.csv.zst", bytes)
    }),
    target("trace_parquet", "recorded arrivals as Parquet", |desk, bytes| {
        trace(desk, "t.parquet", bytes)
    }),
    target("azure", "traces of Azure Functions of 2019: three tables", azure),
    target("invocations", "traces of Azure Functions of 2021", invocations),
    target("samples", "measured values: empirical distributions and `fit`", samples),
    target("logs", "CloudWatch logs; what is imported has to load", logs),
    target("metrics", "CloudWatch metrics; what is imported has to load", metrics),
    target(
        "template",
        "templates of SAM and CloudFormation, and the scenarios made of them",
        template,
    ),
    target(
        "power_tuning",
        "Lambda Power Tuning's output; what is imported has to load",
        power_tuning,
    ),
    target(
        "run_folder",
        "summary.json and cost.csv read back by `reconcile`, and bills",
        run_folder,
    ),
    target("journal", "journals of sweeps, read by `sweep` and `merge`", journal),
    target("engine", "random valid plans, run with assertions on", engine),
];

/// A folder for the files of one input at a time.
pub struct Desk {
    folder: TempDir,
    /// The scenario whose values are replaced, read once.
    base: OnceCell<Template>,
}

impl Desk {
    /// In memory, where there is such a place.
    pub fn new() -> Desk {
        let shared_memory = Path::new("/dev/shm");
        let folder = if shared_memory.is_dir() {
            tempfile::tempdir_in(shared_memory)
        } else {
            tempfile::tempdir()
        };
        Desk {
            folder: folder.expect("a folder"),
            base: OnceCell::new(),
        }
    }

    fn put(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.folder.path().join(name);
        fs::write(&path, bytes).expect("a file");
        path
    }

    /// One file for each name; parts that are missing are empty.
    fn put_parts<const N: usize>(&self, names: [&str; N], bytes: &[u8]) -> [PathBuf; N] {
        let mut parts = bytes.splitn(N, |byte| *byte == BETWEEN_PARTS);
        names.map(|name| self.put(name, parts.next().unwrap_or_default()))
    }
}

/// The target of this name.
pub fn find(name: &str) -> Option<&'static Target> {
    TARGETS.iter().find(|target| target.name == name)
}

/// Bad input has to be answered in words.
fn told(error: &impl ToString) {
    assert!(!error.to_string().trim().is_empty(), "an error without words");
}

/// Gives up long runs.
struct Patience(u32);

impl Pace for Patience {
    fn reached(&mut self, _now: SimTime) -> bool {
        self.0 = self.0.saturating_sub(1);
        self.0 > 0
    }
}

/// The first seconds of a scenario; the laws that every result keeps.
fn run_a_while(scenario: Scenario) {
    let mut plan = scenario.plan;
    plan.duration = plan.duration.min(LONGEST_RUN);
    plan.warm_up = plan.warm_up.min(plan.duration);
    plan.drain = plan.drain.min(LONGEST_RUN);
    if let Some(result) = simulate(&plan, &mut (), None, &mut Patience(LOOKS)) {
        conserved(&result);
    }
}

/// No arrival and no request is lost.
fn conserved(result: &RunResult) {
    let totals = &result.summary.totals;
    let ended = totals.succeeded + totals.failed + totals.throttled + totals.dropped + totals.dry_run;
    assert_eq!(totals.arrivals, ended + totals.in_flight_at_end);
    assert_eq!(totals.requests, totals.invocations + totals.throttles + totals.rejected);
}

fn scenario(desk: &Desk, bytes: &[u8]) {
    let path = desk.put("scenario.yaml", bytes);
    match load(&path, &LoadOptions::default()) {
        Ok(scenario) => run_a_while(scenario),
        Err(problems) => told(&problems),
    }
}

fn include(desk: &Desk, bytes: &[u8]) {
    let [path, ..] = desk.put_parts(["a.yaml", "b.yaml", "c.yaml"], bytes);
    if let Err(problems) = load(&path, &LoadOptions::default()) {
        told(&problems);
    }
}

/// A scenario with something of everything, whose values are replaced one at a time.
const BASE: &str = include_str!("seeds/base.yaml");
/// Where the values stand.
const PATHS: [&str; 24] = [
    "duration",
    "start",
    "seed",
    "functions.api.duration",
    "functions.api.init",
    "functions.api.memory_size",
    "functions.api.timeout",
    "functions.api.error_rate",
    "functions.api.memory_scaling",
    "functions.api.reserved_concurrent_executions",
    "functions.api.event_invoke_config",
    "functions.api.versions",
    "functions.api.aliases",
    "functions.api.vpc_config",
    "traffic.users.arrivals",
    "traffic.users.arrivals.poisson",
    "traffic.users.to",
    "traffic.users.payload",
    "traffic.users.retry",
    "queues.orders",
    "event_source_mappings.orders",
    "parameters.idle",
    "account",
    "expect",
];

/// The first byte chooses the path.
fn value(desk: &Desk, bytes: &[u8]) {
    let Some((first, rest)) = bytes.split_first() else {
        return;
    };
    set(desk, PATHS[*first as usize % PATHS.len()], rest);
}

fn schedule(desk: &Desk, bytes: &[u8]) {
    set(desk, "traffic.nightly.arrivals", bytes);
}

fn set(desk: &Desk, path: &str, value: &[u8]) {
    let Ok(value) = std::str::from_utf8(value) else {
        return;
    };
    let base = desk.base.get_or_init(|| {
        let file = desk.put("base.yaml", BASE.as_bytes());
        Template::read(&file, &LoadOptions::default()).expect("a right scenario")
    });
    if let Err(problems) = base.resolve(&[(path.to_owned(), value.to_owned())], "--set") {
        told(&problems);
    }
}

fn grid(_desk: &Desk, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = report::csv_rows(&text) {
        told(&error.1);
    }
    if let Err(error) = expand_values(&text) {
        told(&error);
    }
    let axes: Result<Vec<Axis>, String> = text.split('\u{1e}').map(Axis::parse).collect();
    match axes.and_then(Grid::new) {
        Ok(grid) => drop((grid.settings(0), grid.settings(grid.points() - 1))),
        Err(error) => told(&error),
    }
}

fn prices(_desk: &Desk, bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    match PriceBook::from_csv(&text) {
        Ok(book) => {
            let again = PriceBook::from_csv(&PriceBook::to_csv(book.rows()));
            assert_eq!(again.as_ref(), Ok(&book), "a book written and read is the same");
        }
        Err(problems) => told(&problems),
    }
}

fn trace(desk: &Desk, name: &str, bytes: &[u8]) {
    let path = desk.put(name, bytes);
    match CsvTrace::check(&path, NOVEMBER) {
        Ok(trace) => {
            let mut latest = SimTime::ZERO;
            let mut rows = 0;
            for row in trace.rows() {
                assert!(latest <= row.time, "rows come in order of time");
                latest = row.time;
                rows += 1;
            }
            assert_eq!(trace.error(), None);
            assert_eq!((rows, Some(latest)), (trace.rows_total(), trace.last()));
        }
        Err(problem) => told(&problem),
    }
}

fn azure(desk: &Desk, bytes: &[u8]) {
    let names = ["invocations.csv", "durations.csv", "memory.csv"];
    desk.put_parts(names, bytes);
    let folder = desk.folder.path();
    if let Err(problem) = load_azure(folder) {
        return told(&problem);
    }
    match import_azure(folder, folder, None) {
        Ok(import) => has_to_load(desk, &import.imported.scenario),
        Err(error) => told(&error),
    }
}

fn invocations(desk: &Desk, bytes: &[u8]) {
    let path = desk.put("a2021.csv", bytes);
    if let Err(problem) = load_azure_invocations(&path) {
        told(&problem);
    }
    let (folder, arrivals) = (desk.folder.path(), desk.folder.path().join("arrivals.csv"));
    match import_azure(&path, folder, Some(&arrivals)) {
        Ok(import) => {
            fs::write(&arrivals, import.arrivals.unwrap_or_default()).expect("a file");
            has_to_load(desk, &import.imported.scenario);
        }
        Err(error) => told(&error),
    }
}

fn samples(desk: &Desk, bytes: &[u8]) {
    let path = desk.put("values.csv", bytes);
    if let Err(problem) = load_empirical(&path, "ms") {
        told(&problem);
    }
    match fit::read_samples(&path, None).or_else(|_| fit::read_samples(&path, Some("1"))) {
        Ok(samples) => {
            if let Some(comparison) = fit::compare(&samples.milliseconds) {
                assert!(!report::fit_text(&comparison, "duration").is_empty());
            }
        }
        Err(error) => told(&error),
    }
}

/// What an importer writes runs as it is.
#[track_caller]
fn has_to_load(desk: &Desk, written: &str) {
    let path = desk.put("imported.yaml", written.as_bytes());
    if let Err(problems) = load(&path, &LoadOptions::default()) {
        panic!("what was imported does not load:\n{problems}\n{written}");
    }
}

fn logs(desk: &Desk, bytes: &[u8]) {
    let files = [desk.put("shop.log", bytes)];
    match read_logs(&files, &LogOptions::default()) {
        Ok(mut logs) => has_to_load(desk, &import_logs(&files, &mut logs, None).scenario),
        Err(error) => told(&error),
    }
}

fn metrics(desk: &Desk, bytes: &[u8]) {
    let files = [desk.put("shop.json", bytes)];
    match read_metrics(&files, None) {
        Ok(metrics) => has_to_load(desk, &import_metrics(&files, &metrics).scenario),
        Err(error) => told(&error),
    }
}

fn template(desk: &Desk, bytes: &[u8]) {
    let path = desk.put("template.yaml", bytes);
    match import_template(&path, &Default::default()) {
        // A template that AWS would refuse becomes a scenario that is refused for the same reason, at its place.
        Ok(imported) => {
            let written = desk.put("imported.yaml", imported.scenario.as_bytes());
            if let Err(problems) = load(&written, &LoadOptions::default()) {
                told(&problems);
            }
        }
        Err(error) => told(&error),
    }
}

fn power_tuning(desk: &Desk, bytes: &[u8]) {
    let path = desk.put("tuning.json", bytes);
    match import_power_tuning(&path, "resize") {
        Ok(imported) => has_to_load(desk, &imported.scenario),
        Err(error) => told(&error),
    }
}

/// Parts: summary.json, cost.csv, and a file that the run is held against.
fn run_folder(desk: &Desk, bytes: &[u8]) {
    let [.., actual] = desk.put_parts(["summary.json", "cost.csv", "actual.csv"], bytes);
    match reconcile::reconcile(desk.folder.path(), &[actual]) {
        Ok(found) => drop(found.largest()),
        Err(error) => told(&error),
    }
}

fn journal(desk: &Desk, bytes: &[u8]) {
    let path = desk.put("points.tsv", bytes);
    let first = match lambdasim::experiment::identity_of(&path) {
        Ok(first) => first,
        Err(error) => return told(&error),
    };
    let Some(identity) = first.and_then(|line| Identity::parse(&line)) else {
        return;
    };
    let Ok(grid) = Grid::new(identity.axes.clone()) else {
        return;
    };
    let metrics = identity.metrics.len();
    match Journal::open(&path, &identity.line(), metrics, |_, _| None) {
        Ok(journal) => {
            let points = journal.points();
            assert!(points.is_sorted());
            let mut rows = 0;
            let read = journal.for_each(|row| {
                rows += 1;
                if row.point < grid.points() {
                    grid.settings(row.point);
                }
                Ok(())
            });
            read.expect("what was found when it was opened is there");
            assert_eq!(rows, points.len());
            journal.sort(&identity.line()).expect("a sorted journal");
        }
        Err(error) => told(&error),
    }
}

/// The bytes are the seed of a random plan, and what becomes of it.
fn engine(_desk: &Desk, bytes: &[u8]) {
    let mut seed = [0; 8];
    for (at, byte) in bytes.iter().enumerate() {
        seed[at % 8] ^= byte;
    }
    let mut plan = support::any_plan(u64::from_le_bytes(seed));
    plan.duration = plan.duration.min(LONGEST_RUN);
    plan.drain = plan.drain.min(LONGEST_RUN);
    plan.warm_up = plan.warm_up.min(plan.duration);
    let Some(result) = simulate(&plan, &mut (), None, &mut Patience(LOOKS)) else {
        return;
    };
    conserved(&result);
}
