//! Keys of what `lambdasim optimize` looks for.

use super::key::Takes::{Count, Form, Share, Values};
use super::key::{Section, key};

pub static OPTIMIZE: Section = Section {
    name: "optimize",
    groups: &[&[
        key(
            "variables",
            Values("paths of this file to the values they may take"),
            "required",
            "`{ functions.checkout.memory_size: [512, 1024] }`: a list of values, `from..to:step` or `log from..to:count`; every combination is a candidate.",
        ),
        key(
            "goals",
            Form("a list of `PATH OPERATOR VALUE`"),
            "none",
            "What a candidate must keep to, as under `expect`; with <=, >=, <, > or ==.",
        ),
        key(
            "objective",
            Form("cost, latency, a path of summary.json, or a map from paths to weights"),
            "cost",
            "What is to be small: `cost` is cost.monthly_estimate, `latency` p99 of the only traffic entry; with weights the weighted sum.",
        ),
        key(
            "confidence",
            Share,
            "95 %",
            "Probability with which the winner meets each goal, above 50 % and below 100 %.",
        ),
        key(
            "replications",
            Count,
            "30",
            "Runs of a candidate before it can win, 2 to 10000.",
        ),
    ]],
};
