//! Keys of alarms and deployments.

use super::key::Takes::{Address, Choice, Count, Duration, Form, Section as Keys, Share, Text, Whole, WordOr};
use super::key::{Section, key};

/// `treat_missing_data` as CloudWatch writes it.
pub const MISSING_DATA: &[&str] = &["missing", "notBreaching", "breaching", "ignore"];

pub static ALARM: Section = Section {
    name: "alarms.NAME",
    groups: &[&[
        key(
            "when",
            Text,
            "required",
            "METRIC, `>`, `>=`, `<` or `<=`, and a value: `functions.checkout.Errors > 10`. A metric is one of `functions.NAME.`, `functions.NAME:ALIAS.`, `functions.NAME.by_version.NUMBER.`, `queues.NAME.`, `streams.NAME.` or `account.`, with CloudWatch's name.",
        ),
        key(
            "period",
            Duration,
            "1 min",
            "Length of a datapoint: 10 s, 20 s, 30 s or whole minutes.",
        ),
        key(
            "evaluation_periods",
            Count,
            "1",
            "N: how many of the latest datapoints are looked at.",
        ),
        key(
            "datapoints_to_alarm",
            Count,
            "evaluation_periods",
            "M: how many of them must breach.",
        ),
        key(
            "statistic",
            Choice(&["Sum", "Average", "Maximum", "Minimum", "SampleCount"]),
            "by metric",
            "Sum for counts, Average for times, Maximum for concurrency, utilization, queues' depths and ages, IteratorAge and OffsetLag.",
        ),
        key(
            "treat_missing_data",
            Choice(MISSING_DATA),
            "missing",
            "What a datapoint that is not there means (ALARM-3).",
        ),
    ]],
};

pub static DEPLOYMENT: Section = Section {
    name: "deployments.NAME",
    groups: &[&[
        key("at", Duration, "required", "When it begins, from t = 0."),
        key("alias", Address, "required", "The alias that moves: `checkout:live`."),
        key("to_version", Count, "required", "The published version it moves to."),
        key(
            "deployment_preference",
            WordOr(&DEPLOYMENT_PREFERENCE),
            "required",
            "`AllAtOnce`, `Canary10Percent5Minutes` (10, 15, 30), `Linear10PercentEvery1Minute` (2, 3, 10 Minutes), or percent and interval of your own (DEP-1).",
        ),
        key(
            "alarms",
            Form("a list of names of alarms"),
            "none",
            "Any of them in ALARM while it goes on takes it back (DEP-6).",
        ),
        key(
            "hooks",
            Keys(&HOOKS),
            "none",
            "Functions that decide whether it goes on (DEP-5).",
        ),
    ]],
};

static DEPLOYMENT_PREFERENCE: Section = Section {
    name: "deployment_preference",
    groups: &[&[
        key(
            "canary_percentage",
            Share,
            "–",
            "Share of the new version at first, whole percent.",
        ),
        key(
            "canary_interval",
            Duration,
            "–",
            "How long until all traffic moves, from 1 min.",
        ),
        key(
            "linear_percentage",
            Share,
            "–",
            "How much more the new version gets at each step, whole percent.",
        ),
        key("linear_interval", Duration, "–", "Time from step to step, from 1 min."),
    ]],
};

static HOOKS: Section = Section {
    name: "deployments.NAME.hooks",
    groups: &[&[
        key("pre_traffic", Whole(&HOOK), "none", "Before any traffic moves."),
        key("post_traffic", Whole(&HOOK), "none", "After all traffic has moved."),
    ]],
};

static HOOK: Section = Section {
    name: "hook",
    groups: &[&[
        key(
            "function",
            Address,
            "none",
            "The function that decides: it is invoked as an event when the hook begins, and counted and billed as any other.",
        ),
        key(
            "duration",
            Duration,
            "0 s",
            "How long until it has decided, whatever its function does; at most 1 h.",
        ),
        key(
            "fails",
            Form("true, false or a share"),
            "false",
            "Whether, or how often, it takes the deployment back.",
        ),
    ]],
};
