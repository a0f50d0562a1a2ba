//! The table of `benches/README.md`: how fast single operations and whole runs are, beside what the machine does alone.
//!
//! `cargo bench -- [FILTER…] [--samples N] [--counts]`

mod loads;
mod measure;
mod yardsticks;

use std::collections::BTreeMap;

use clap::Parser;
use lambdasim::kernel::Distribution;

use loads::{HOT_20, Hot, Limit, Run};
use measure::{Measured, Watch, count, measure};
use yardsticks::{InAgenda, InCalendar, InHeap, exponential, hold, lognormal, quantiles};

#[derive(Parser)]
struct Options {
    /// Rows whose name begins so; all without.
    filters: Vec<String>,
    /// Runs of each row; the table has their median and the least.
    #[arg(long, default_value_t = 9)]
    samples: usize,
    /// Instructions and branch misses as well, under valgrind.
    #[arg(long)]
    counts: bool,
    /// The rows' names, nothing run.
    #[arg(long)]
    list: bool,
    /// One run of this row, in this process.
    #[arg(long, hide = true)]
    measure: Option<String>,
    #[arg(long, hide = true, default_value_t = 0)]
    length: u64,
    /// What cargo says to every benchmark.
    #[arg(long, hide = true)]
    bench: bool,
}

/// A row of the table.
struct Row {
    name: String,
    /// The row it is compared with.
    beside: String,
    /// Operations, seconds or nothing: what the run makes of it.
    length: u64,
    /// Length of the shorter of two runs under valgrind; 0 where that would take too long or tell nothing.
    counted: u64,
    /// Millions per CPU-second: what must be reached, and what is aimed at.
    wanted: Option<(f64, f64)>,
    /// Whether it runs only where its name is asked for.
    on_request: bool,
    run: Run,
}

impl Row {
    fn new(name: impl Into<String>, length: u64, run: impl Fn(u64, Watch) -> Measured + 'static) -> Row {
        Row {
            name: name.into(),
            beside: "ref/heap_hold_1k".into(),
            length,
            counted: 0,
            wanted: None,
            on_request: false,
            run: Box::new(run),
        }
    }

    fn beside(mut self, name: impl Into<String>) -> Row {
        self.beside = name.into();
        self
    }

    fn counted(mut self, length: u64) -> Row {
        self.counted = length;
        self
    }

    fn wanted(mut self, must: f64, goal: f64) -> Row {
        self.wanted = Some((must, goal));
        self
    }

    fn on_request(mut self) -> Row {
        self.on_request = true;
        self
    }
}

type Shape = fn() -> Distribution;

const MILLION: u64 = 1_000_000;

fn rows() -> Vec<Row> {
    let mut rows = yardstick_rows();
    rows.extend(hot_rows());
    rows.extend(many_rows());
    let story = |name: &'static str, seconds, counted| {
        Row::new(name, seconds, move |seconds, watch| loads::story(name, seconds, watch)).counted(counted)
    };
    rows.push(Row::new("burst", 100_000, loads::burst).counted(20_000));
    rows.push(story("retry-storm", 3_600, 240).wanted(5.0, 10.0));
    rows.push(Row::new("sqs", 600, loads::sqs).counted(4).wanted(3.0, 8.0));
    rows.push(story("everything", 3_600, 120));
    for threads in [1, 2] {
        let run = move |length, watch| loads::replicated(threads, length, watch);
        rows.push(Row::new(format!("replications/{threads}"), 20 * MILLION, run).beside("replications/1"));
        for (name, functions) in [("100", 100), ("20k", 20_000)] {
            let run = move |length, watch| loads::threads(threads, functions, length, watch);
            rows.push(Row::new(format!("threads/{name}/{threads}"), 5 * MILLION, run).beside(format!("many/{name}")));
        }
    }
    if let Some(run) = loads::azure() {
        rows.push(Row {
            run,
            ..Row::new("azure/8h", 0, |_, watch| watch.stop(0)).wanted(8.0, 15.0)
        });
    }
    rows.extend(command_rows());
    rows
}

fn yardstick_rows() -> Vec<Row> {
    let single = |name: &str, run: fn(u64) -> Measured| {
        Row::new(name, 10 * MILLION, move |length, _| run(length)).counted(100_000)
    };
    let mut rows = vec![
        single("ref/heap_hold_1k", yardsticks::heap_hold),
        single("ref/philox_u64", yardsticks::philox),
        single("ref/no_queue", yardsticks::no_queue),
    ];
    for (name, concurrent) in [("20", 20), ("500", 500), ("5000", 5_000), ("100k", 100_000)] {
        let run = move |length, _| yardsticks::minimal_loop(concurrent, length);
        rows.push(Row::new(format!("ref/loop/{name}"), 5 * MILLION, run).counted(100_000));
    }
    let shapes: [(&str, Shape); 3] = [("exp", exponential), ("lognormal", lognormal), ("quantile", quantiles)];
    for (name, shape) in shapes {
        let scalar = move |length, _| yardsticks::draw_singly(&shape(), length);
        let block = move |length, _| yardsticks::draw_in_blocks(&shape(), length);
        rows.push(
            Row::new(format!("draw/{name}/scalar"), 10 * MILLION, scalar)
                .counted(100_000)
                .beside("ref/philox_u64"),
        );
        rows.push(
            Row::new(format!("draw/{name}/block"), 10 * MILLION, block)
                .counted(100_000)
                .beside("ref/philox_u64"),
        );
    }
    for (name, in_blocks) in [("scalar", false), ("block", true)] {
        let run = move |length, _| yardsticks::draw_alias(in_blocks, length);
        rows.push(
            Row::new(format!("draw/alias/{name}"), 10 * MILLION, run)
                .counted(100_000)
                .beside("ref/philox_u64"),
        );
    }
    for (count, pending) in [("10", 10), ("1k", 1_000), ("100k", 100_000)] {
        for (name, shape) in [("exp", exponential as Shape), ("lognormal", lognormal)] {
            let row = |queue: &str, run: Run| Row {
                run,
                ..Row::new(format!("queue/{queue}/{count}/{name}"), 5 * MILLION, |_, watch| {
                    watch.stop(0)
                })
            };
            rows.push(row(
                "calendar",
                Box::new(move |length, _| hold(InCalendar::default(), &shape(), pending, length)),
            ));
            rows.push(row(
                "agenda",
                Box::new(move |length, _| hold(InAgenda::default(), &shape(), pending, length)),
            ));
            rows.push(row(
                "heap4",
                Box::new(move |length, _| hold(InHeap::default(), &shape(), pending, length)),
            ));
        }
    }
    rows.push(single("hist/record", yardsticks::histogram));
    rows
}

fn hot_rows() -> Vec<Row> {
    let loads = [
        ("0.1", 0.5, 200.0, None, "20"),
        ("1", 5.0, 200.0, None, "20"),
        ("20", 100.0, 200.0, Some((15.0, 30.0)), "20"),
        ("500", 1_000.0, 500.0, None, "500"),
        ("5000", 10_000.0, 500.0, Some((14.0, 28.0)), "5000"),
        ("100k", 100_000.0, 1_000.0, Some((8.0, 16.0)), "100k"),
    ];
    let mut rows = Vec::new();
    for (name, per_second, mean_ms, wanted, beside) in loads {
        let hot = Hot { per_second, mean_ms };
        let run = move |length, watch| loads::hot(hot, length, watch);
        let row = Row::new(format!("hot/{name}"), 5 * MILLION, run);
        rows.push(Row {
            wanted,
            ..row.beside(format!("ref/loop/{beside}")).counted(100_000)
        });
    }
    for (name, per_second, mean_ms, beside) in [
        ("20", 100.0, 200.0, "20"),
        ("5000", 10_000.0, 500.0, "5000"),
        ("100k", 100_000.0, 1_000.0, "100k"),
    ] {
        let hot = Hot { per_second, mean_ms };
        let run = move |length, watch| loads::cold(hot, length, watch);
        rows.push(Row::new(format!("cold/{name}"), 10 * MILLION, run).beside(format!("ref/loop/{beside}")));
    }
    let fast = Hot {
        per_second: 10_000.0,
        ..HOT_20
    };
    let long = move |length, watch| loads::cold(fast, length, watch);
    rows.push(Row::new("long/1e7", 10 * MILLION, long).beside("long/1e7"));
    rows.push(
        Row::new("long/1e9", 1_000 * MILLION, long)
            .beside("long/1e7")
            .on_request(),
    );
    rows.push(
        Row::new("long/1e10", 10_000 * MILLION, long)
            .beside("long/1e7")
            .on_request(),
    );
    rows
}

fn many_rows() -> Vec<Row> {
    let many = |name: &str, functions, limit, counted| {
        let run = move |length, watch| loads::many(functions, limit, length, watch);
        Row::new(name, 5 * MILLION, run).counted(counted)
    };
    vec![
        many("many/100", 100, Limit::Free, 100_000),
        many("many/20k", 20_000, Limit::Free, 100_000).wanted(10.0, 25.0),
        many("many/1m", 1_000_000, Limit::Free, 0).wanted(6.0, 16.0),
        many("contended/10k", 10_000, Limit::Share(0.97), 100_000).wanted(5.0, 11.0),
        many("edge/10k", 10_000, Limit::Deviations(2.05), 100_000),
    ]
}

/// The command as people use it, from the start of the process to the finished run folder.
fn command_rows() -> Vec<Row> {
    let command = |name: &str, scenario: &'static str, extra: &'static [&'static str]| {
        let run = move |_, watch| loads::command(scenario, extra, watch);
        Row::new(format!("command/{name}"), 0, run)
    };
    vec![
        command("quickstart", "quickstart", &[]),
        command("throttle-storm", "throttle-storm", &[]),
        command("queue-throttle", "queue-throttle", &[]),
        Row::new("folder/none", 0, |_, watch| loads::cold(HOT_20, 10 * MILLION, watch)).beside("folder/none"),
        Row {
            name: "folder/10m".into(),
            ..command("", "hot", &["--no-plots", "--no-advice", "--set", "duration=100000 s"]).beside("folder/none")
        },
        Row::new("start", 0, |_, watch| loads::first_event(watch)).beside("start"),
    ]
}

fn main() {
    let watch = Watch::start();
    let options = Options::parse();
    let rows = rows();
    if let Some(name) = &options.measure {
        let row = rows.iter().find(|row| row.name == *name).expect("a row of the table");
        return (row.run)(options.length, watch).print();
    }
    let wanted = |row: &&Row| {
        let named = options
            .filters
            .iter()
            .any(|filter| row.name.starts_with(filter.as_str()));
        named || (options.filters.is_empty() && !row.on_request)
    };
    if options.list {
        return rows.iter().for_each(|row| println!("{}", row.name));
    }
    print_header(options.counts);
    let mut table = Table {
        rows: &rows,
        runs: BTreeMap::new(),
        samples: options.samples.max(1),
    };
    for row in rows.iter().filter(wanted) {
        println!("{}", table.line(row, options.counts));
    }
    if loads::azure().is_none() {
        println!("\nSkipped: azure/8h, as ../shared/data/azure2019_500fn_8h is absent.");
    }
}

fn print_header(counts: bool) {
    let more = if counts { " instructions | branch misses |" } else { "" };
    println!("| row | ns | least | beside | ratio | M per CPU-s | must | goal | | wall ns | memory MB |{more}");
    println!(
        "|---|---|---|---|---|---|---|---|---|---|---|{}",
        if counts { "---|---|" } else { "" }
    );
}

/// Runs of one row.
#[derive(Clone, Copy)]
struct Runs {
    /// The one of median processor time.
    median: Measured,
    /// The one of least processor time: on a machine shared with others nearest to what the program takes by itself.
    least: Measured,
}

/// What has been measured so far.
struct Table<'a> {
    rows: &'a [Row],
    runs: BTreeMap<&'a str, Runs>,
    samples: usize,
}

impl<'a> Table<'a> {
    /// Measured once.
    fn runs(&mut self, row: &'a Row) -> Option<Runs> {
        if let Some(known) = self.runs.get(row.name.as_str()) {
            return Some(*known);
        }
        let samples = if row.on_request { 1 } else { self.samples };
        let mut all: Vec<Measured> = (0..samples).map_while(|_| measure(&row.name, row.length)).collect();
        all.sort_by_key(|run| run.cpu);
        let (median, least) = (*all.get(all.len() / 2)?, *all.first()?);
        self.runs.insert(&row.name, Runs { median, least });
        Some(Runs { median, least })
    }

    fn line(&mut self, row: &'a Row, counts: bool) -> String {
        let Some(Runs { median, least }) = self.runs(row) else {
            return format!("| `{}` | failed | | | | | | | | | |", row.name);
        };
        let beside = self.rows.iter().find(|other| other.name == row.beside);
        let beside = beside.and_then(|other| self.runs(other));
        let nanoseconds = median.nanoseconds();
        let ratio = beside.map_or(String::new(), |beside| {
            format!("{:.2}", nanoseconds / beside.median.nanoseconds())
        });
        let (must, goal, verdict) = match row.wanted {
            None => Default::default(),
            Some(wanted) => (
                wanted.0.to_string(),
                wanted.1.to_string(),
                verdict(wanted, median, least),
            ),
        };
        let mut line = format!(
            "| `{}` | {nanoseconds:.1} | {:.1} | `{}` | {ratio} | {:.1} | {must} | {goal} | {verdict} | {:.1} | {:.1} |",
            row.name,
            least.nanoseconds(),
            row.beside,
            median.millions(),
            median.wall as f64 / median.operations as f64,
            median.peak as f64 / 1_024.0
        );
        if counts {
            let counted = (row.counted > 0).then(|| count(&row.name, row.counted)).flatten();
            line += &counted.map_or(" | |".into(), |counted| {
                format!(" {:.0} | {:.2} |", counted.instructions, counted.branch_misses)
            });
        }
        line
    }
}

/// Whether a row reaches its must and its goal, in millions a CPU-second: by the median of its runs, or at least by the least.
fn verdict((must, goal): (f64, f64), median: Measured, least: Measured) -> &'static str {
    let (median, least) = (median.millions(), least.millions());
    if median >= goal {
        "goal held"
    } else if median >= must {
        "must held"
    } else if least >= must {
        "must held by the least"
    } else {
        "missed"
    }
}
