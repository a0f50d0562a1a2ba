//! Keys of the account.

use super::key::Takes::{Count, Form, Number, Section as Keys};
use super::key::{Section, key};

pub static ACCOUNT: Section = Section {
    name: "account",
    groups: &[&[
        key(
            "concurrent_executions",
            Count,
            "1000",
            "Account concurrency limit of the region (CONC-2), from 1.",
        ),
        key(
            "free_tier",
            Form("true, false or prorated"),
            "false",
            "Whether the monthly free tier applies (PRICE-14). `prorated`: the run gets its part of the month's.",
        ),
        key(
            "month_to_date",
            Keys(&MONTH_TO_DATE),
            "nothing",
            "Usage of the month before this run: moves price tiers and the free tier.",
        ),
    ]],
};

static MONTH_TO_DATE: Section = Section {
    name: "account.month_to_date",
    groups: &[&[
        key("requests", Count, "0", "Requests so far."),
        key("gb_seconds", Keys(&GB_SECONDS), "0", "On-demand GB-seconds so far."),
        key(
            "streamed_gb",
            Number,
            "0",
            "Streamed GB so far, beyond the first 6 MB of each response (PRICE-12).",
        ),
    ]],
};

static GB_SECONDS: Section = Section {
    name: "account.month_to_date.gb_seconds",
    groups: &[&[
        key("x86_64", Number, "0", "On x86_64."),
        key("arm64", Number, "0", "On arm64."),
    ]],
};
