use std::process::ExitCode;

use super::failure::Failure;
use super::output::print;
use super::planner::{Judged, Planner};
use super::sweep::check_paths;
use crate::report::{MemoryRow, how_to_apply, memory_table};
use crate::scenario::expand_values;

/// Cost and latency of a function by memory size and architecture.
pub(super) fn memory(planner: &Planner, function: &str, sizes: &str) -> Result<ExitCode, Failure> {
    let path = |key: &str| format!("functions.{function}.{key}");
    check_paths(
        &planner.template,
        &planner.base,
        [path("memory_size").as_str()].into_iter(),
    )?;
    let sizes = expand_values(sizes).map_err(|wrong| Failure::Usage(format!("--memory-size: {wrong}")))?;
    let metrics = [
        "cost.monthly_estimate".to_owned(),
        path("Duration.p50"),
        path("latency.p99"),
    ];
    let mut rows: Vec<(Vec<(String, String)>, Judged)> = Vec::new();
    for architecture in ["x86_64", "arm64"] {
        for size in &sizes {
            let settings = vec![
                (path("memory_size"), size.clone()),
                (path("architectures"), architecture.to_owned()),
            ];
            if let Some(judged) = planner.judge(&settings, &metrics)? {
                rows.push((settings, judged));
            }
        }
    }
    let cost = |row: &(Vec<(String, String)>, Judged)| row.1.metrics[0].mean();
    let kept = rows.iter().filter(|(_, judged)| planner.keeps(judged));
    let best = kept.min_by(|a, b| cost(a).total_cmp(&cost(b)));
    let row = |row: &(Vec<(String, String)>, Judged)| MemoryRow {
        memory: row.0[0].1.clone(),
        architecture: row.0[1].1.clone(),
        cost: cost(row),
        duration: row.1.metrics[1].mean(),
        latency: row.1.metrics[2].mean(),
        keeps: planner.keeps(&row.1),
        best: best.is_some_and(|best| std::ptr::eq(best, row)),
    };
    let table = memory_table(&rows.iter().map(row).collect::<Vec<_>>());
    let Some((settings, _)) = best else {
        print(&format!("{table}\nNone of them keeps what is expected.\n"))?;
        return Ok(ExitCode::from(1));
    };
    print(&format!("{table}{}", how_to_apply(settings)))?;
    Ok(ExitCode::SUCCESS)
}
