//! Keys of queues, streams and topics.

use super::key::Takes::{Address, Choice, Count, Duration, Flag, Form, Section as Keys, Sizes};
use super::key::{Section, key};

/// What keeps a stream, by the service of its address.
pub const STREAM_TYPES: &[&str] = &["kinesis", "dynamodb", "kafka"];

pub static STREAM: Section = Section {
    name: "streams.NAME",
    groups: &[&[
        key(
            "type",
            Choice(STREAM_TYPES),
            "kinesis",
            "What keeps it; addresses begin with this word: `kinesis:clicks`.",
        ),
        key(
            "shard_count",
            Count,
            "1",
            "Shards of a Kinesis or DynamoDB stream, 1 to 100,000.",
        ),
        key("partitions", Count, "1", "Partitions of a Kafka topic, 1 to 100,000."),
        key(
            "partition_keys",
            Count,
            "none",
            "Number of different partition keys, each equally likely, by which records go to shards and lanes (STRM-3); without it they take them in turn.",
        ),
        key(
            "retention_period",
            Duration,
            "24 h; Kafka 7 d",
            "How long records are kept: Kinesis 24 h to 365 d, DynamoDB 24 h (STRM-5).",
        ),
    ]],
};

pub static TOPIC: Section = Section {
    name: "topics.NAME",
    groups: &[&[key(
        "subscriptions",
        Form("a list of functions and queues"),
        "none",
        "Who gets a copy of every message: `[ fulfil, sqs:orders ]`.",
    )]],
};

pub static QUEUE: Section = Section {
    name: "queues.NAME",
    groups: &[&[
        key(
            "visibility_timeout",
            Duration,
            "30 s",
            "How long a received message stays hidden, 0 s to 12 h (SQS-10).",
        ),
        key(
            "redrive_policy",
            Keys(&REDRIVE),
            "none",
            "Where messages go that are received too often (SQS-13).",
        ),
        key(
            "message_retention_period",
            Duration,
            "4 d",
            "How long messages are kept, 60 s to 14 d (SQS-16).",
        ),
        key(
            "delay_seconds",
            Duration,
            "0 s",
            "How long after it was sent a message can be received, 0 s to 15 min.",
        ),
        key(
            "receive_message_wait_time",
            Duration,
            "0 s",
            "Long polling of other readers, 0 s to 20 s: has no effect, which is told, since Lambda's pollers always poll long (SQS-2).",
        ),
        key(
            "maximum_message_size",
            Sizes,
            "1 MB; 256 KB before 2025-08",
            "Largest message, 1 KB to the default (SQS-16); SQS refuses what traffic sends above it, and nobody sends that again.",
        ),
        key(
            "fifo_queue",
            Flag,
            "false, for names that end in .fifo true",
            "Whether message groups keep their order (SQS-9).",
        ),
        key(
            "message_groups",
            Count,
            "1",
            "Message groups of a FIFO queue, 1 to 1,000,000; every message belongs to any one of them.",
        ),
    ]],
};

static REDRIVE: Section = Section {
    name: "queues.NAME.redrive_policy",
    groups: &[&[
        key(
            "max_receive_count",
            Count,
            "required",
            "Receives after which a message goes to the dead-letter queue at the next one, 1 to 1,000; at least 5 is advised.",
        ),
        key(
            "dead_letter_target",
            Address,
            "required",
            "The dead-letter queue, declared and of the same kind.",
        ),
    ]],
};
