//! Keys of budgets downstream.

use super::key::Takes::{Count, Number, Rate, WordOr};
use super::key::{Section, key};

pub static BUDGET: Section = Section {
    name: "budgets.NAME",
    groups: &[&[
        key("connections", Count, "–", "Connections that there are, from 1."),
        key(
            "rate",
            Rate,
            "–",
            "Calls that there may be, in whole periods from t = 0: `500/s`.",
        ),
        key(
            "beyond",
            WordOr(&BEYOND),
            "fail",
            "What becomes of an invocation for which there is no room: `fail`, `queue`, or it slows down.",
        ),
    ]],
};

static BEYOND: Section = Section {
    name: "budgets.NAME.beyond",
    groups: &[&[key(
        "duration_factor",
        Number,
        "required",
        "Its duration is so many times as long, 1 to 1000.",
    )]],
};
