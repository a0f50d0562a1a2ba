//! Keys of what AWS does not document.

use super::key::Takes::{Choice, Count, Distribution, Duration, Flag, Form, Memory, Rate, Share};
use super::key::{Key, Section, Support, key};

const REASONS: &[&str] = &[
    "ConcurrentInvocationLimitExceeded",
    "ReservedFunctionConcurrentInvocationLimitExceeded",
    "FunctionInvocationRateLimitExceeded",
    "ReservedFunctionInvocationRateLimitExceeded",
    "CallerRateLimitExceeded",
];

/// Parameters that a function may hold as well.
static FUNCTION_PARAMETER_KEYS: &[Key] = &[
    key(
        "placement",
        Distribution,
        "100 ms, image 200 ms",
        "Time to place a new environment, not billed (COLD-1).",
    ),
    key(
        "overhead",
        Distribution,
        "8 ms",
        "Added to every answer of an attempt that ran (COLD-1).",
    ),
    key(
        "idle",
        Form("a distribution of times or none"),
        "COLD-7: 240 to 360 s",
        "Idle life of an environment (LIFE-14).",
    ),
    key(
        "idle.noise",
        Share,
        "0 %",
        "Share of idle lives cut short, uniformly between 0 and 240 s (COLD-7).",
    ),
    key(
        "max_life",
        Form("a distribution of times or none"),
        "{ uniform: [110 min, 130 min] }",
        "Maximum life of an environment (LIFE-13).",
    ),
    key(
        "env_pick",
        Choice(&["mru", "newest_created", "lru", "oldest", "random"]),
        "mru",
        "Which idle environment serves next (LIFE-16).",
    ),
    key(
        "env.turnaround",
        Duration,
        "0 ms",
        "How long after an invocation its environment can be used again (LIFE-16).",
    ),
    key(
        "proactive_init",
        Share,
        "0 %",
        "Probability that INIT ran ahead of the request (LIFE-17).",
    ),
    key(
        "init.cpu_boost",
        Flag,
        "true",
        "Whether INIT runs with boosted CPU (COLD-3).",
    ),
    key(
        "init.ms_per_mb",
        Duration,
        "0 ms",
        "INIT for each MB of unpacked code and layers, or of image (PKG-1): `2 ms`.",
    ),
    key(
        "restore",
        Distribution,
        "{ lognormal: { median: 400 ms, p99: 1 s } }",
        "Restoring a snapshot, billed part included (SNAP-6).",
    ),
    key(
        "restore.billed",
        Distribution,
        "120 ms",
        "The billed part of a restore: loading the runtime and after-restore hooks, at most the whole (SNAP-8).",
    ),
    key(
        "efs.mount",
        Distribution,
        "300 ms",
        "Mounting a file system, in INIT (EFS-1).",
    ),
    key(
        "vpc.pending",
        Distribution,
        "120 s",
        "How long a function is Pending while its network interface is made (VPC-3).",
    ),
    key(
        "pc.delay",
        Duration,
        "90 s",
        "Before provisioned environments begin to come, for changes during the run (PC-4).",
    ),
    key(
        "pc.rate",
        Rate,
        "6000/min",
        "How fast provisioned environments come, for changes during the run (PC-4).",
    ),
    key("aas.points_high", Count, "3", "Datapoints before scaling out (AAS-4)."),
    key("aas.points_low", Count, "15", "Datapoints before scaling in (AAS-4)."),
    key(
        "aas.scale_in_floor",
        Share,
        "0.9",
        "Least share kept by one scale-in (AAS-6).",
    ),
    key(
        "async.first_dispatch",
        Distribution,
        "30 ms",
        "Delay before the first dispatch of an event (ASYNC-1).",
    ),
    key(
        "async.jitter",
        Form("{ uniform: [1.0, 1.2] } or off"),
        "{ uniform: [1.0, 1.2] }",
        "Factor on back-off after throttles (ASYNC-5).",
    ),
    key(
        "async.duplicates",
        Share,
        "0 %",
        "Probability that an event is delivered twice (ASYNC-7).",
    ),
    key(
        "async.backlog_slowdown",
        Form("a factor from 1 to 1000, or off"),
        "off",
        "Factor on back-off after throttles (ASYNC-6).",
    ),
    key(
        "alias.redraw_on_retry",
        Flag,
        "false",
        "Whether a retry draws the alias's version again (ALIAS-4).",
    ),
    key(
        "billing.failed_init",
        Choice(&["billed", "unbilled"]),
        "billed",
        "Whether an abandoned INIT is billed (PRICE-5).",
    ),
];

pub static FUNCTION_PARAMETERS: Section = Section {
    name: "functions.NAME.parameters",
    groups: &[
        FUNCTION_PARAMETER_KEYS,
        &[Key {
            name: "async.rps_nonaws",
            takes: Flag,
            default: "–",
            doc: "Refused here: it belongs to the account.",
            support: Support::Never("it belongs to the account; set it under `parameters` of the scenario (RPS-4)"),
        }],
    ],
};

/// Contract §2.4.
pub static PARAMETERS: Section = Section {
    name: "parameters",
    groups: &[
        FUNCTION_PARAMETER_KEYS,
        &[
            key(
                "async.rps_nonaws",
                Flag,
                "off",
                "Whether accepting events from outside AWS counts towards the request rate (RPS-4).",
            ),
            key(
                "rps.shape",
                Choice(&["fixed_1s", "token_bucket"]),
                "fixed_1s",
                "How request rates are measured (RPS-5).",
            ),
            key(
                "rps.refund",
                Flag,
                "on",
                "Whether a request refused by a later check gives its count back (RPS-5).",
            ),
            key(
                "scale.rps_twin",
                Flag,
                "off",
                "The scaling rate's twin: a function adds 10,000 requests a second at once, then 1,000 each second (SCALE-3).",
            ),
            key(
                "throttle_reason.scaling_rate",
                Choice(REASONS),
                "ConcurrentInvocationLimitExceeded",
                "What a refusal by the scaling rate is called (THR-5).",
            ),
            key(
                "throttle_reason.account_rate",
                Choice(REASONS),
                "FunctionInvocationRateLimitExceeded",
                "What a refusal by the account's request rate is called (THR-4).",
            ),
            key(
                "sched.jitter",
                Form("a distribution of times or off"),
                "{ uniform: [0 s, 60 s] }",
                "Offset of a schedule, one per schedule (SCHED-4).",
            ),
            key(
                "sched.first_firing",
                Choice(&["after_interval", "at_once"]),
                "after_interval",
                "When rate(…) fires first (SCHED-1).",
            ),
            key(
                "client.read_timeout",
                Form("a duration or none"),
                "none",
                "How long a client waits before it takes an attempt for lost (SDK-7).",
            ),
            key(
                "billing.rounding",
                Choice(&["exact", "page"]),
                "exact",
                "Whether lines are rounded to cents before they are summed, as on AWS's pricing page.",
            ),
            key(
                "billing.month",
                Form("730 h or calendar"),
                "730 h",
                "Length of the month that the estimate projects to.",
            ),
            key(
                "lim.allow_extended",
                Flag,
                "false",
                "Lifts memory to 32,768 MB and timeout to 5,400 s (LIM-2).",
            ),
            key(
                "esm.activation",
                Distribution,
                "60 s",
                "Before a change of a mapping during the run takes effect (ESM-8).",
            ),
            key(
                "sqs.latency",
                Distribution,
                "20 ms",
                "What a read of a queue takes (SQS-2).",
            ),
            key(
                "sqs.ramp",
                Choice(&["continuous", "minute_steps"]),
                "continuous",
                "Shape of the pollers' growth (SQS-5).",
            ),
            key(
                "sqs.scale_in",
                Rate,
                "300/min",
                "How fast pollers go, in batches at once (SQS-7).",
            ),
            key(
                "sqs.backoff",
                Form("a list of two durations, or off"),
                "[1 s, 30 s]",
                "First and longest wait of a throttled batch; off keeps them, but pollers are not halved (SQS-12).",
            ),
            key(
                "stream.retry",
                Form("a list of two durations, or off"),
                "[1 s, 60 s]",
                "First and longest wait before a stream's batch is tried again, each the double of the one before; off is 1 ms (STRM-9).",
            ),
            key(
                "kafka.step",
                Count,
                "2",
                "By what Kafka's pollers are multiplied or divided, 2 to 100 (KAF-1).",
            ),
            key(
                "fe.latency",
                Distribution,
                "by front end",
                "Latency of a front end (FE-8).",
            ),
            key(
                "fe.httpapi_throttle_status",
                Choice(&["500", "503"]),
                "500",
                "What an HTTP API answers on a throttle (FE-2).",
            ),
            key(
                "edge.viewer_timeout",
                Duration,
                "5 s",
                "Longest viewer trigger (EDGE-3).",
            ),
            key(
                "edge.viewer_memory",
                Memory,
                "128 MB",
                "Memory of viewer triggers (EDGE-3).",
            ),
            key(
                "s3.latency",
                Distribution,
                "{ lognormal: { median: 1 s, p99: 5 s } }",
                "Delay of S3 events (SRC-1).",
            ),
            key("rollback_lag", Duration, "10 s", "From alarm to rollback (DEP-6)."),
        ],
    ],
};
