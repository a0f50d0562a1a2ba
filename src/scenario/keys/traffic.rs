//! Keys of traffic and arrivals.

use super::key::Takes::{
    Address, Choice, Count, Distribution, Duration, Form, Number, Rate, Section as Keys, Share, Sizes, Text, Whole,
    WordOr,
};
use super::key::{Section, key};
use super::mapping::FILTER;

/// Lambda@Edge triggers (EDGE-2).
pub const EVENT_TYPES: &[&str] = &["viewer-request", "origin-request", "origin-response", "viewer-response"];

/// Services that traffic can come through (contract §2).
pub const FRONT_ENDS: &[&str] = &[
    "sdk",
    "function-url",
    "api-gateway",
    "http-api",
    "alb",
    "cloudfront",
    "step-functions",
    "s3",
    "sns",
    "eventbridge",
    "scheduler",
    "cognito",
];

pub static TRAFFIC: Section = Section {
    name: "traffic.NAME",
    groups: &[&[
        key(
            "to",
            Address,
            "required",
            "`checkout`, `checkout:live`, `sqs:orders`, `sns:alerts` or `kinesis:clicks`; absent where a trace names its functions.",
        ),
        key(
            "invocation_type",
            Choice(&["RequestResponse", "Event", "DryRun"]),
            "RequestResponse, with a service that pushes events Event",
            "How callers invoke (INV-1 to INV-3).",
        ),
        key(
            "through",
            Choice(FRONT_ENDS),
            "sdk",
            "The service it comes through: a front end whose caller waits (FE-1 to FE-8), or one that pushes events (SRC-1 to SRC-5).",
        ),
        key(
            "timeout",
            Duration,
            "29 s REST, 30 s HTTP, 60 s ALB, 5 s Cognito",
            "How long a front end waits for the function; the invocation goes on and is billed (INV-10).",
        ),
        key(
            "event_type",
            Choice(EVENT_TYPES),
            "viewer-request",
            "Trigger of a Lambda@Edge function (EDGE-2), beside `through: cloudfront`.",
        ),
        key(
            "cache_hit",
            Share,
            "0 %",
            "Share of requests that CloudFront answers from its cache: origin triggers run on misses only (EDGE-2).",
        ),
        key(
            "duplicates",
            Share,
            "0 %",
            "Share of events that a pushing service delivers twice (SRC-1).",
        ),
        key(
            "filter_criteria",
            Keys(&FILTER),
            "none",
            "Filter of a pushing service: what does not match never reaches Lambda.",
        ),
        key(
            "retry",
            WordOr(&RETRY),
            "by model_date",
            "How clients repeat refused requests (SDK-1 to SDK-5).",
        ),
        key("arrivals", Whole(&ARRIVALS), "required", "What arrives when."),
        key(
            "from",
            Duration,
            "0 s",
            "First instant that counts, from t = 0; the window only clips.",
        ),
        key(
            "until",
            Duration,
            "the scenario's duration",
            "First instant that no longer counts, from t = 0.",
        ),
        key(
            "scale",
            Number,
            "1",
            "Factor on rates; on recorded arrivals the mean number of copies.",
        ),
        key(
            "payload",
            Sizes,
            "0 B",
            "Size of a request (at most 6 MB) or event (1 MB; 256 KB before SW-ASYNC1MB); larger ones get 413 (INV-4, LIM-12).",
        ),
        key(
            "response",
            Sizes,
            "0 B",
            "Size of a response: at most 6 MB, streamed 200 MB (20 MB before 2025-07-31); larger ones are function errors (INV-4, INV-5).",
        ),
        key(
            "time_to_first_byte",
            Distribution,
            "the handler's duration",
            "From the start of the handler to the first byte of a streamed response; makes the response a streamed one (INV-5).",
        ),
        key(
            "invoke_mode",
            Choice(&["BUFFERED", "RESPONSE_STREAM"]),
            "BUFFERED, with time_to_first_byte RESPONSE_STREAM",
            "Whether responses are streamed: beyond the first 6 MB at 2 MB a second, inside Duration (INV-5, LIM-13).",
        ),
    ]],
};

/// Retry modes of the AWS SDKs.
pub const RETRY_MODES: &[&str] = &["none", "legacy", "standard", "standard2026", "adaptive"];

static RETRY: Section = Section {
    name: "traffic.NAME.retry",
    groups: &[&[
        key(
            "mode",
            Choice(RETRY_MODES),
            "standard2026, before SW-SDK26 legacy",
            "Delays and quota; `retry: none` is short for `retry: { mode: none }`.",
        ),
        key(
            "max_attempts",
            Count,
            "none 1, legacy 5, others 3",
            "Attempts in total, the first included; 1 to 1000.",
        ),
        key(
            "clients",
            Count,
            "1",
            "Independent clients, each with its own quota; from 1.",
        ),
    ]],
};

static ARRIVALS: Section = Section {
    name: "traffic.NAME.arrivals",
    groups: &[&[
        key(
            "poisson",
            Form("a rate, or a list of [time, rate] points"),
            "–",
            "Poisson: `120/s`, or linear between `[[0 h, 20/s], [9 h, 400/s]]`, constant after the last point.",
        ),
        key(
            "repeat",
            Duration,
            "never",
            "Period after which the points of `poisson` begin again.",
        ),
        key("constant", Rate, "–", "Evenly spaced from the start of the window."),
        key(
            "bursts",
            Whole(&BURSTS),
            "–",
            "Poisson bursts between pauses, the first burst at the start of the window.",
        ),
        key(
            "mmpp",
            Whole(&MMPP),
            "–",
            "Markov-modulated Poisson, starting in the first state at the start of the window.",
        ),
        key(
            "at",
            Form("a list of times, or { count, time }"),
            "–",
            "Exactly these: `[0 s, 0 s, 5 min]` or `{ count: 1000, time: 0 s }`.",
        ),
        key(
            "trace",
            Text,
            "–",
            "Recorded arrivals: `.csv`, `.csv.gz`, `.csv.zst` with a column `time`, optional `duration_ms`, `error`, `function`.",
        ),
        key(
            "azure",
            Text,
            "–",
            "Folder in the Azure Functions 2019 format: exact counts per minute; each function of the trace becomes a function.",
        ),
        key(
            "schedule",
            Text,
            "–",
            "`rate(5 minutes)`, `cron(0 8 * * ? *)` or `at(2026-11-20T08:00:00)` (SCHED-1 to SCHED-6).",
        ),
        key("time_zone", Text, "UTC", "IANA time zone of `schedule`."),
        key(
            "flexible_time_window",
            Duration,
            "none",
            "1 to 1,440 min; each firing falls anywhere inside it (SCHED-3).",
        ),
    ]],
};

static BURSTS: Section = Section {
    name: "bursts",
    groups: &[&[
        key("burst", Distribution, "required", "Length of a burst."),
        key("pause", Distribution, "required", "Length of a pause."),
        key("rate", Rate, "required", "Rate inside a burst."),
    ]],
};

static MMPP: Section = Section {
    name: "mmpp",
    groups: &[&[
        key(
            "rates",
            Form("a list of rates"),
            "required",
            "Rate in each state, at least two.",
        ),
        key(
            "mean_stay",
            Form("a list of times"),
            "required",
            "Mean stay in each state, exponential.",
        ),
    ]],
};

/// `{ count, time }` of `at`.
pub static TOGETHER: Section = Section {
    name: "at",
    groups: &[&[
        key("count", Count, "required", "How many at once."),
        key("time", Duration, "required", "When, from t = 0."),
    ]],
};
