//! The price book for people and machines.

use comfy_table::{CellAlignment, Table, presets};
use serde_json::{Value, json};

use super::numbers::{decimal_f64, grouped};
use crate::facts::Architecture;
use crate::pricing::PriceRow;

const HEADS: [&str; 9] = ["Region", "Item", "On", "Tier", "From", "Since", "Unit", "USD", "Source"];
const USD: usize = 7;

/// Rows as an aligned table; estimated prices bear a mark.
pub fn prices_table(rows: &[PriceRow]) -> String {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_header(HEADS);
    for row in rows {
        table.add_row([
            row.region.clone(),
            row.item.name().to_owned(),
            row.architecture.map_or("both", Architecture::name).to_owned(),
            row.tier.to_string(),
            grouped(row.from_units),
            row.from_day().unwrap_or_default(),
            row.item.unit().to_owned(),
            row.exact_price(),
            if row.estimated {
                format!("ESTIMATED: {}", row.source.trim_start_matches("estimate: "))
            } else {
                row.source.clone()
            },
        ]);
    }
    if let Some(column) = table.column_mut(USD) {
        column.set_cell_alignment(CellAlignment::Right);
    }
    let lines = table.lines().map(|line| format!("{}\n", line.trim_end()));
    lines.collect()
}

/// Rows as a list of objects with the columns of the price book.
pub fn prices_json(rows: &[PriceRow]) -> Value {
    let row = |row: &PriceRow| {
        json!({
            "region": row.region,
            "item": row.item.name(),
            "architecture": row.architecture.map(Architecture::name),
            "tier": row.tier,
            "from_units": row.from_units,
            "from_date": row.from_day(),
            "unit": row.item.unit(),
            "price": decimal_f64(row.price, 1_000_000_000_000_000, 15),
            "source": row.source,
            "estimated": row.estimated,
        })
    };
    rows.iter().map(row).collect()
}
