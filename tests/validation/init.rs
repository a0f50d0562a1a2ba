use std::fmt::Write;
use std::path::PathBuf;

use lambdasim::facts::StartKind;

use super::engine::{folder, run};
use super::finding::{Finding, grouped, markdown, percent};
use super::table::{Row, Table, quantile};

/// Probabilities of the knots of `src/lambda/init.csv`, in the order of its columns.
pub const KNOTS: [(&str, f64); 9] = [
    ("p1", 0.01),
    ("p5", 0.05),
    ("p10", 0.1),
    ("p25", 0.25),
    ("p50", 0.5),
    ("p75", 0.75),
    ("p90", 0.9),
    ("p95", 0.95),
    ("p99", 0.99),
];
/// Cold starts of each combination for the page, in hundreds.
const SECONDS: u32 = 1_000;
/// How far a quantile may be off.
const ALLOWED: f64 = 0.03;

/// How far quantiles of INIT are off, by knot: in the middle of all combinations, and in the worst.
pub struct Accuracy {
    combinations: usize,
    fewest_cold_starts: usize,
    pub middle: [f64; 9],
    worst: [f64; 9],
    /// How far the median is off where p99 is asked for.
    median_for_p99: f64,
}

/// Runs some `seconds` × 100 cold starts of each combination of the table of INIT.
pub fn accuracy(seconds: u32) -> Accuracy {
    let table = Table::read(&PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/lambda/init.csv"));
    let keys = |row: Row<'_>| {
        let package = if row.text("package") == "zip" { "Zip" } else { "Image" };
        let (runtime, architecture) = (row.text("runtime"), row.text("architecture"));
        format!("runtime: {runtime}, architectures: {architecture}, package_type: {package}")
    };
    let mut drawn = cold_starts(&table.rows().map(keys).collect::<Vec<_>>(), seconds);
    let fewest_cold_starts = drawn.iter().map(Vec::len).min().unwrap_or(0);
    let errors: Vec<[f64; 9]> = table
        .rows()
        .zip(&mut drawn)
        .map(|(row, samples)| KNOTS.map(|(column, share)| (quantile(samples, share) / row.value(column) - 1.0).abs()))
        .collect();
    let of_all = |share: f64| {
        std::array::from_fn(|place| quantile(&mut errors.iter().map(|row| row[place]).collect::<Vec<_>>(), share))
    };
    Accuracy {
        combinations: errors.len(),
        fewest_cold_starts,
        middle: of_all(0.5),
        worst: of_all(1.0),
        median_for_p99: table
            .rows()
            .map(|row| 1.0 - row.value("p50") / row.value("p99"))
            .fold(0.0, f64::max),
    }
}

/// INIT of cold starts by runtime, architecture and package, beside the samples that the table was made of (COLD-2).
pub fn init() -> Finding {
    let found = accuracy(SECONDS);
    let largest = found.worst.iter().copied().fold(0.0, f64::max);
    let rows = KNOTS.iter().enumerate();
    let rows = rows.map(|(place, (name, _))| {
        [
            (*name).to_owned(),
            percent(found.middle[place]),
            percent(found.worst[place]),
        ]
    });
    Finding {
        put_in: "runtime, architecture and package (COLD-2)".to_owned(),
        measured: format!(
            "nine quantiles of INIT for {} combinations, July 2026",
            found.combinations
        ),
        predicted: format!(
            "the same, of at least {} cold starts each",
            grouped(found.fewest_cold_starts)
        ),
        error: format!("at most {}", percent(largest)),
        rule_of_thumb: format!(
            "knows no cold start; the median for all of them: {} at p99",
            percent(found.median_for_p99)
        ),
        details: format!(
            "The table itself is drawn from, so what is left is chance. Memory is no part of it: samples of four sizes are pooled.\n\n{}",
            markdown(
                ["quantile", "error in the middle of all combinations", "largest error"],
                rows
            )
        ),
        chart: None,
        holds: largest <= ALLOWED,
    }
}

/// INIT in ms of some 100 cold starts a second for functions with these keys.
pub fn cold_starts(keys: &[String], seconds: u32) -> Vec<Vec<f64>> {
    let (mut functions, mut traffic) = (String::new(), String::new());
    for (index, keys) in keys.iter().enumerate() {
        writeln!(functions, "  f{index:04}: {{ {keys} }}").expect("text takes text");
        writeln!(
            traffic,
            "  t{index:04}: {{ to: f{index:04}, arrivals: {{ constant: 100/s }} }}"
        )
        .expect("text takes text");
    }
    let scenario = format!(
        "name: init\nduration: {seconds} s\naccount: {{ concurrent_executions: 1000000 }}\nparameters: {{ idle: 1 us }}\n\
         defaults: {{ duration: 1 ms, timeout: 60 s }}\nfunctions:\n{functions}traffic:\n{traffic}"
    );
    let mut drawn = vec![Vec::new(); keys.len()];
    run(folder().path(), &scenario, |attempt| {
        if attempt.start_kind == StartKind::Cold {
            drawn[attempt.function.index()].push(attempt.init.as_millis_f64());
        }
    });
    drawn
}
