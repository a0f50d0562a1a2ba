use comfy_table::{CellAlignment, Table, presets};

use super::numbers::{dollars_of, milliseconds};

/// What one memory size of one architecture comes to.
#[derive(Clone, Debug)]
pub struct MemoryRow {
    /// As written.
    pub memory: String,
    /// As AWS writes it.
    pub architecture: String,
    /// What a month like the run costs, in USD.
    pub cost: f64,
    /// Median of `Duration`, in milliseconds.
    pub duration: f64,
    /// 99 % quantile of the callers' latency, in milliseconds.
    pub latency: f64,
    /// Whether all expectations are kept.
    pub keeps: bool,
    /// Whether it is the cheapest that keeps them.
    pub best: bool,
}

/// A table for the terminal.
pub fn memory_table(rows: &[MemoryRow]) -> String {
    let mut table = Table::new();
    let heads = [
        "memory",
        "architecture",
        "a month",
        "Duration\np50",
        "latency\np99",
        "expected",
        "",
    ];
    table.load_preset(presets::NOTHING).set_header(heads);
    for row in rows {
        table.add_row([
            row.memory.clone(),
            row.architecture.clone(),
            dollars_of(row.cost),
            milliseconds(row.duration),
            milliseconds(row.latency),
            if row.keeps { "kept" } else { "not kept" }.to_owned(),
            if row.best { "← cheapest" } else { "" }.to_owned(),
        ]);
    }
    table.column_iter_mut().take(5).for_each(|column| {
        column.set_cell_alignment(CellAlignment::Right);
    });
    format!("{}\n", table.trim_fmt())
}
