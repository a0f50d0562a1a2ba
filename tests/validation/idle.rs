use std::fmt::Write;
use std::fs;

use lambdasim::facts::StartKind;

use super::engine::{attempts, folder};
use super::finding::{Chart, Finding, Line, grouped, markdown, percent};
use super::table::Table;

/// Probes for each gap; the first finds no environment.
const PROBES: u32 = 4_001;
/// How far the share of warm calls may be off, as a share of all calls.
const ALLOWED: f64 = 0.03;

/// Warm calls after a gap, beside the curve that idle life was taken from (COLD-7).
pub fn idle() -> Finding {
    let measured: Vec<(f64, f64)> = Table::carried("warm_after_idle.csv")
        .rows()
        .map(|row| {
            (
                row.value("idle_s"),
                row.value("warm") / (row.value("warm") + row.value("cold")),
            )
        })
        .collect();
    let predicted = warm_shares(&measured.iter().map(|point| point.0).collect::<Vec<_>>());
    let rows: Vec<(f64, f64, f64)> = measured
        .iter()
        .zip(&predicted)
        .map(|(&(gap, m), &p)| (gap, m, p))
        .collect();
    let worst = rows.iter().map(|(_, m, p)| (m - p).abs()).fold(0.0, f64::max);
    let thumb = rows.iter().map(|(_, m, _)| 1.0 - m).fold(0.0, f64::max);
    let mut details = format!(
        "For each gap one environment is called {} times, always the gap after its last call ended; 100 probes were measured. Below \
         240 s one or two measured probes in a hundred were cold; `idle.noise`, off by default, would add them.\n\n",
        grouped(PROBES)
    );
    details.push_str(&markdown(
        ["idle for", "measured warm", "predicted warm", "difference in points"],
        rows.iter().map(|(gap, m, p)| {
            [
                format!("{gap} s"),
                percent(*m),
                percent(*p),
                format!("{:+.1}", 100.0 * (p - m)),
            ]
        }),
    ));
    Finding {
        put_in: "the default idle life (COLD-7)".to_owned(),
        measured: format!("share of warm calls after {} gaps from 60 to 720 s", rows.len()),
        predicted: "the same shares".to_owned(),
        error: format!("at most {:.1} points", 100.0 * worst),
        rule_of_thumb: format!("always warm: up to {:.0} points", 100.0 * thumb),
        details,
        chart: Some(Chart {
            title: "Calls that are still warm after an idle gap, %",
            x: "idle gap, s",
            y: "warm, %",
            lines: vec![
                Line {
                    name: "predicted",
                    points: rows.iter().map(|r| (r.0, 100.0 * r.2)).collect(),
                    dots: false,
                },
                Line {
                    name: "measured",
                    points: rows.iter().map(|r| (r.0, 100.0 * r.1)).collect(),
                    dots: true,
                },
            ],
        }),
        holds: worst <= ALLOWED,
    }
}

/// Share of the probes after the first that find their environment, for each gap in seconds.
fn warm_shares(gaps: &[f64]) -> Vec<f64> {
    let folder = folder();
    let longest = gaps.iter().copied().fold(0.0, f64::max);
    let (mut functions, mut traffic) = (String::new(), String::new());
    for (index, gap) in gaps.iter().enumerate() {
        let mut trace = String::from("time\n");
        for probe in 0..PROBES {
            writeln!(trace, "{:.3}", f64::from(probe) * (gap + 0.001)).expect("text takes text");
        }
        fs::write(folder.path().join(format!("{index:02}.csv")), trace).expect("a temporary folder can be written");
        write!(functions, " f{index:02}: {{}},").expect("text takes text");
        writeln!(
            traffic,
            "  t{index:02}: {{ to: f{index:02}, arrivals: {{ trace: {index:02}.csv }} }}"
        )
        .expect("text takes text");
    }
    let scenario = format!(
        "name: idle\nduration: {} s\nparameters: {{ max_life: none, placement: 0 s }}\n\
         defaults: {{ init: 0 s, duration: 1 ms }}\nfunctions: {{{functions} }}\ntraffic:\n{traffic}",
        (longest + 1.0) * f64::from(PROBES)
    );
    let (_, _, all) = attempts(folder.path(), &scenario);
    let mut warm = vec![0; gaps.len()];
    for attempt in all.iter().filter(|attempt| attempt.start_kind == StartKind::Warm) {
        warm[attempt.function.index()] += 1;
    }
    warm.iter()
        .map(|&count| f64::from(count) / f64::from(PROBES - 1))
        .collect()
}
