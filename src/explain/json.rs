use serde_json::{Map, Value, json};

use super::line::{AttemptRow, Line, PriceLine, Story};

/// A story for machines: what is asked for, attempts with the names of `records.parquet`, everything that happened with its
/// numbers and rules, and the price.
pub fn story_json(story: &Story) -> Value {
    json!({
        "scenario": story.scenario,
        "seed": story.seed,
        "invocation": story.address,
        "title": story.title,
        "attempts": story.attempts.iter().map(attempt).collect::<Vec<_>>(),
        "events": story.lines.iter().map(line_json).collect::<Vec<_>>(),
        "price": { "currency": "USD", "total": story.total, "lines": story.price.iter().map(price).collect::<Vec<_>>() },
    })
}

pub(super) fn line_json(line: &Line) -> Value {
    let mut map = Map::new();
    map.insert("time_ms".to_owned(), line.time.as_millis_f64().into());
    map.insert("kind".to_owned(), line.kind.into());
    map.insert("text".to_owned(), line.text.clone().into());
    map.insert("rules".to_owned(), line.rules.clone().into());
    map.insert("numbers".to_owned(), Value::Object(line.numbers.clone()));
    Value::Object(map)
}

fn attempt(row: &AttemptRow) -> Value {
    json!({
        "traffic": row.traffic,
        "ordinal": row.ordinal,
        "attempt": row.attempt,
        "function": row.function,
        "version": row.version,
        "arrival_ms": row.arrival_ms,
        "start_ms": row.start_ms,
        "end_ms": row.end_ms,
        "outcome": row.outcome,
        "reason": row.reason,
        "start": row.start,
        "init_ms": row.init_ms,
        "duration_ms": row.duration_ms,
        "billed_ms": row.billed_ms,
        "environment": row.environment,
        "latency_ms": row.latency_ms,
    })
}

fn price(line: &PriceLine) -> Value {
    json!({
        "item": line.item,
        "quantity": line.quantity,
        "unit": line.unit,
        "unit_price": line.unit_price,
        "amount": line.amount,
        "rules": line.rules,
    })
}
