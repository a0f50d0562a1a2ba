//! The published schemas of what a run writes.

macro_rules! published {
    ($($file:literal),+ $(,)?) => {
        [$(($file, include_str!(concat!("../../docs/schemas/", $file, ".schema.json")))),+]
    };
}

/// JSON Schemas (draft 2020-12) by the file they describe. Those of tables describe one row as an object, its columns in
/// the order of `properties`. `x-unit` names the unit of a number.
pub const SCHEMAS: [(&str, &str); 14] = published![
    "summary.json",
    "metrics.csv",
    "latency.csv",
    "throttles.csv",
    "cost.csv",
    "replications.csv",
    "records.parquet",
    "sweep.csv",
    "optimum.json",
    "scenario.json",
    "compare.json",
    "compare.csv",
    "advice.json",
    "sensitivity.json",
];
