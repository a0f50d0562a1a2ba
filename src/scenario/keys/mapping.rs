//! Keys of event source mappings.

use super::key::Takes::{Address, Choice, Count, Duration, Flag, Form, Instant, Section as Keys, Share, Text};
use super::key::{Section, key};

/// Keys that only mappings of streams have.
pub const STREAM_KEYS: &[&str] = &[
    "parallelization_factor",
    "maximum_retry_attempts",
    "maximum_record_age",
    "bisect_batch_on_function_error",
    "on_failure",
    "tumbling_window",
    "starting_position",
    "starting_position_timestamp",
    "enhanced_fan_out",
];

/// Positions to begin at (STRM-4).
pub const STARTING_POSITIONS: &[&str] = &["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"];

pub static MAPPING: Section = Section {
    name: "event_source_mappings.NAME",
    groups: &[&[
        key(
            "event_source",
            Address,
            "required",
            "What is read: `sqs:orders`, `kinesis:clicks`, `dynamodb:table` or `kafka:payments`.",
        ),
        key(
            "function",
            Address,
            "required",
            "Who is invoked: `fulfil`, `fulfil:2` or `fulfil:live`.",
        ),
        key("enabled", Flag, "true", "Whether it polls."),
        key(
            "batch_size",
            Count,
            "10; streams 100",
            "Most records of a batch: 1 to 10,000, FIFO queues 10; above 10 queues need a window of at least 1 s (SQS-1, STRM-2, ESM-4).",
        ),
        key(
            "maximum_batching_window",
            Duration,
            "0 s; Kafka 500 ms",
            "How long a batch waits for more records, whole seconds up to 300 s; not for FIFO queues (ESM-3, SQS-1).",
        ),
        key(
            "maximum_concurrency",
            Count,
            "none",
            "Most batches at once, 2 to 1,000 (SQS-8).",
        ),
        key(
            "provisioned_poller_config",
            Keys(&PROVISIONED_POLLERS),
            "none",
            "Provisioned mode of queues (SQSP-1) and Kafka (KAF-2); excludes maximum_concurrency.",
        ),
        key(
            "metrics_config",
            Keys(&METRICS),
            "none",
            "Metrics of its own, in `metrics.csv` (MET-17).",
        ),
        key(
            "function_response_types",
            Choice(&["ReportBatchItemFailures"]),
            "the function's",
            "Partial batch responses (SQS-14, STRM-10).",
        ),
        key(
            "parallelization_factor",
            Count,
            "1",
            "Lanes of each shard, 1 to 10; a partition key stays in its lane (STRM-3).",
        ),
        key(
            "maximum_retry_attempts",
            Form("-1 or a whole number"),
            "-1",
            "Retries of a failed batch of a stream, 0 to 10,000; -1 is no limit (STRM-6; Kafka from SW-KAFRETRY on).",
        ),
        key(
            "maximum_record_age",
            Form("-1 or a duration"),
            "-1",
            "Age at which a record of a stream is given up, 60 s to 7 d; -1 is no limit (STRM-6; Kafka from SW-KAFRETRY on).",
        ),
        key(
            "bisect_batch_on_function_error",
            Flag,
            "false",
            "Whether a failed batch of a stream is divided (STRM-7; Kafka from SW-KAFRETRY on).",
        ),
        key(
            "on_failure",
            Address,
            "none",
            "Where what a stream's mapping gives up goes: `sqs:`, `sns:`, `s3:` or `kafka:` (STRM-11).",
        ),
        key(
            "tumbling_window",
            Duration,
            "none",
            "Length of windows with a state of their own, whole seconds up to 900 s, one lane for each shard (STRM-12).",
        ),
        key(
            "starting_position",
            Choice(STARTING_POSITIONS),
            "TRIM_HORIZON",
            "Where reading of a stream begins (STRM-4); mappings of the file exist before the first record.",
        ),
        key(
            "starting_position_timestamp",
            Instant,
            "none",
            "With AT_TIMESTAMP: records sent before it are passed over (STRM-4).",
        ),
        key(
            "enhanced_fan_out",
            Flag,
            "false",
            "Whether Kinesis pushes records, about 70 ms after they came, instead of being asked once a second (STRM-1).",
        ),
        key(
            "filter_criteria",
            Keys(&FILTER),
            "none",
            "What is not passed on is deleted unseen (ESM-6).",
        ),
    ]],
};

/// Groups of a mapping's metrics (MET-17).
pub(in crate::scenario) const METRIC_GROUPS: &[&str] = &["EventCount", "ErrorCount", "KafkaMetrics"];

static METRICS: Section = Section {
    name: "event_source_mappings.NAME.metrics_config",
    groups: &[&[key(
        "metrics",
        Form("a list of EventCount, ErrorCount and KafkaMetrics"),
        "none",
        "What becomes of its events, invocations that fail, and how far Kafka's reader is behind; of provisioned pollers also how many there are.",
    )]],
};

static PROVISIONED_POLLERS: Section = Section {
    name: "event_source_mappings.NAME.provisioned_poller_config",
    groups: &[&[
        key(
            "minimum_pollers",
            Count,
            "2; Kafka 1",
            "Pollers that are always there: from the default to 200.",
        ),
        key(
            "maximum_pollers",
            Count,
            "200",
            "Most pollers, up to 10,000; 2,000 before SW-SQSPROV2 and for Kafka, which has no more than partitions.",
        ),
        key(
            "poller_group_name",
            Text,
            "none",
            "Kafka mappings of one name share event poller units (KAF-3).",
        ),
    ]],
};

pub static FILTER: Section = Section {
    name: "event_source_mappings.NAME.filter_criteria",
    groups: &[&[key("pass", Share, "100 %", "Share of records that pass.")]],
};
