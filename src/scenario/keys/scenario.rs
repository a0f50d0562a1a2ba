//! Keys of the file itself, and of changes.

use super::account::ACCOUNT;
use super::billing::{BILLING, COST_BUDGET};
use super::budget::BUDGET;
use super::control::{ALARM, DEPLOYMENT};
use super::function::{DEFAULTS, FUNCTION};
use super::key::Takes::{Count, Date, Duration, Form, Instant, Named, Section as Keys, Text, Values};
use super::key::{Section, key};
use super::mapping::MAPPING;
use super::messaging::{QUEUE, STREAM, TOPIC};
use super::optimize::OPTIMIZE;
use super::parameters::PARAMETERS;
use super::traffic::TRAFFIC;

/// The file itself.
pub static SCENARIO: Section = Section {
    name: "the scenario",
    groups: &[&[
        key(
            "name",
            Text,
            "the file's name",
            "Name of the scenario and of its run folder.",
        ),
        key(
            "include",
            Form("a path or a list of paths"),
            "none",
            "Files merged below this one; this one wins.",
        ),
        key("seed", Count, "0", "Seed of all draws, 0 to 18446744073709551615."),
        key(
            "start",
            Instant,
            "2026-11-20T00:00:00Z",
            "Calendar instant of t = 0: anchors schedules, the billing month, price dates and model_date.",
        ),
        key(
            "duration",
            Duration,
            "required",
            "Length of the traffic, warm_up included; above 0, at most 731 d.",
        ),
        key(
            "warm_up",
            Duration,
            "0 s",
            "Arrivals before it do not count in the summary.",
        ),
        key(
            "drain",
            Duration,
            "0 s",
            "How long the run goes on after the traffic, at most 30 d; `until_empty`: until nothing runs, is retried or is read any more.",
        ),
        key(
            "region",
            Text,
            "us-east-1",
            "AWS region: prices, and the burst before SW-SCALE.",
        ),
        key("model_date", Date, "the day of start", "Selects dated behaviour."),
        key(
            "switches",
            Values("switch id to on or off"),
            "by model_date",
            "Forces one dated switch by name: `{ SW-SDK26: off }`.",
        ),
        key("account", Keys(&ACCOUNT), "see below", "Account limits and billing."),
        key(
            "billing",
            Keys(&BILLING),
            "see below",
            "Discounts, and services beside Lambda.",
        ),
        key(
            "cost_budgets",
            Named(&COST_BUDGET),
            "none",
            "Budgets of the account's cost: when they would have sent an alert (BUD-1).",
        ),
        key(
            "parameters",
            Keys(&PARAMETERS),
            "see below",
            "What AWS does not document.",
        ),
        key(
            "defaults",
            Keys(&DEFAULTS),
            "none",
            "Values for every function, as SAM's Globals; the function's own key wins.",
        ),
        key(
            "functions",
            Named(&FUNCTION),
            "none",
            "The functions of the account, by name.",
        ),
        key(
            "queues",
            Named(&QUEUE),
            "none",
            "SQS queues, by name; one that is only addressed exists as well.",
        ),
        key(
            "event_source_mappings",
            Named(&MAPPING),
            "none",
            "Pollers that read queues and streams and invoke functions with batches, by name.",
        ),
        key(
            "topics",
            Named(&TOPIC),
            "none",
            "SNS topics, by name: every subscription gets a copy of every message.",
        ),
        key("traffic", Named(&TRAFFIC), "none", "What arrives when, by name."),
        key(
            "expect",
            Form("a list of `PATH OPERATOR VALUE`"),
            "none",
            "Claims about summary.json; a failed one makes the exit code 1.",
        ),
        key(
            "optimize",
            Keys(&OPTIMIZE),
            "none",
            "What `lambdasim optimize` looks for; `run` does not look at it.",
        ),
        key(
            "lesson",
            Keys(&LESSON),
            "none",
            "A question to predict and its answer, which `lambdasim explain --narrate` shows; `run` does not look at it.",
        ),
        key(
            "streams",
            Named(&STREAM),
            "none",
            "Kinesis and DynamoDB streams and Kafka topics, by name.",
        ),
        key(
            "budgets",
            Named(&BUDGET),
            "none",
            "What functions use together downstream, by name.",
        ),
        key(
            "changes",
            Named(&CHANGE),
            "none",
            "What becomes different during the run, by name.",
        ),
        key(
            "deployments",
            Named(&DEPLOYMENT),
            "none",
            "CodeDeploy deployments of aliases, by name (DEP-1 to DEP-6).",
        ),
        key(
            "alarms",
            Named(&ALARM),
            "none",
            "CloudWatch alarms, by name (ALARM-1 to ALARM-4).",
        ),
    ]],
};

static LESSON: Section = Section {
    name: "lesson",
    groups: &[&[
        key("question", Text, "required", "What to predict before the run."),
        key(
            "answer",
            Text,
            "required",
            "What comes of it, and why; shown with `--reveal`.",
        ),
    ]],
};

static CHANGE: Section = Section {
    name: "changes.NAME",
    groups: &[&[
        key("at", Duration, "–", "From this instant on, from t = 0."),
        key(
            "from",
            Duration,
            "–",
            "From this instant on, from t = 0, until `until`.",
        ),
        key(
            "until",
            Duration,
            "the end",
            "First instant at which it no longer holds; only beside `from`.",
        ),
        key(
            "set",
            Values("paths of this file to the values they get"),
            "required",
            "`{ functions.checkout.reserved_concurrent_executions: 50 }`: paths below functions, defaults, traffic, \
             queues, streams, topics, event_source_mappings, alarms, budgets and parameters, and account.concurrent_executions.",
        ),
    ]],
};
