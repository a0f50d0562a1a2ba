use std::fmt::Write;

use super::engine::{attempts, folder};
use super::finding::{Chart, Finding, Line, markdown, percent};
use super::table::Table;

/// Memory in MB and median duration in ms.
type Point = (u32, f64);

/// Duration against memory, with every second size held out (CPU-2, CPU-4).
pub fn memory() -> Finding {
    let table = Table::carried("duration_by_memory.csv");
    let points: Vec<Point> = table
        .rows()
        .map(|row| (row.value("memory_mb") as u32, row.value("p50")))
        .collect();
    let known: Vec<Point> = points.iter().copied().step_by(2).collect();
    let held_out: Vec<Point> = points.iter().copied().skip(1).step_by(2).collect();
    let (full, work) = known[known.len() - 1];
    let listed: Vec<String> = known
        .iter()
        .map(|(memory, ms)| format!("{memory} MB: {ms} ms"))
        .collect();
    let sizes: Vec<u32> = held_out.iter().map(|point| point.0).collect();
    let whole = format!("cpu_bound: 100 %, measured_at: {full} MB");
    let rules = [
        ("staircase: `cpu_period: 20 ms`", format!("{whole}, cpu_period: 20 ms")),
        (
            "table: `measured` at the other sizes",
            format!("measured: {{ {} }}, measured_at: {full} MB", listed.join(", ")),
        ),
        ("in proportion", whole),
    ]
    .map(|(name, scaling)| (name, durations(&sizes, work, &scaling)));
    let errors = rules.each_ref().map(|(_, found)| errors(&held_out, found));
    let rows = rules
        .iter()
        .zip(&errors)
        .map(|((name, _), (mean, worst))| [(*name).to_owned(), percent(*mean), percent(*worst)]);
    let chart = |place: usize| -> Vec<(f64, f64)> {
        sizes
            .iter()
            .zip(&rules[place].1)
            .map(|(&size, &ms)| (f64::from(size), ms))
            .collect()
    };
    Finding {
        put_in: format!("{work} ms at {full} MB"),
        measured: format!(
            "median duration at {} memory sizes held out, 5,000 calls each",
            held_out.len()
        ),
        predicted: "the staircase of CPU periods".to_owned(),
        error: format!("{} in the mean", percent(errors[0].0)),
        rule_of_thumb: format!("in proportion to the CPU: {}", percent(errors[2].0)),
        details: format!(
            "A task that needs some 17 ms of one CPU, at sizes from {} to {} MB. The staircase knows one duration; that use is looked at every \
             8 ms was chosen on the sizes that are not held out. The table knows the {} others, linear between them.\n\n{}\nThe largest errors of the \
             staircase lie at its edges, where a few MB decide about one period more. Around the median the measured durations spread by up to a \
             period, which the rule does not draw: it makes a constant duration a constant one.\n",
            sizes[0],
            sizes[sizes.len() - 1],
            known.len(),
            markdown(["rule", "mean error", "largest error"], rows)
        ),
        chart: Some(Chart {
            title: "Duration of 17 ms of work by memory, ms",
            x: "memory, MB",
            y: "duration, ms",
            lines: vec![
                Line {
                    name: "staircase",
                    points: chart(0),
                    dots: false,
                },
                Line {
                    name: "in proportion",
                    points: chart(2),
                    dots: false,
                },
                Line {
                    name: "measured, held out",
                    points: held_out.iter().map(|p| (f64::from(p.0), p.1)).collect(),
                    dots: true,
                },
            ],
        }),
        holds: errors[0].0 < 0.03 && errors[0].0 < errors[2].0 / 5.0,
    }
}

/// What the engine makes of `work` milliseconds at each size.
fn durations(sizes: &[u32], work: f64, scaling: &str) -> Vec<f64> {
    let (mut functions, mut traffic) = (String::new(), String::new());
    for size in sizes {
        writeln!(functions, "  f{size:04}: {{ memory_size: {size} MB }}").expect("text takes text");
        writeln!(traffic, "  t{size:04}: {{ to: f{size:04}, arrivals: {{ at: [0 s] }} }}").expect("text takes text");
    }
    let scenario = format!(
        "name: memory\nduration: 1 min\ndefaults: {{ init: 0 s, duration: {work} ms, memory_scaling: {{ {scaling} }} }}\n\
         functions:\n{functions}traffic:\n{traffic}"
    );
    let (_, _, mut all) = attempts(folder().path(), &scenario);
    all.sort_by_key(|attempt| attempt.function.index());
    all.iter().map(|attempt| attempt.duration.as_millis_f64()).collect()
}

/// Mean and largest relative error.
fn errors(measured: &[Point], found: &[f64]) -> (f64, f64) {
    let relative: Vec<f64> = measured
        .iter()
        .zip(found)
        .map(|((_, ms), found)| (found / ms - 1.0).abs())
        .collect();
    let mean = relative.iter().sum::<f64>() / relative.len() as f64;
    (mean, relative.iter().copied().fold(0.0, f64::max))
}
