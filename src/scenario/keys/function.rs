//! Keys of functions, versions and aliases.

use super::behaviour::BEHAVIOUR;
use super::equipment::{EQUIPMENT, PACKAGE};
use super::key::Takes::{Address, Choice, Count, Duration, Form, Named, Section as Keys, Share, Values, Whole};
use super::key::{Key, Section, Support, key};
use super::parameters::FUNCTION_PARAMETERS;
use super::scaling::SCALING_POLICIES;

static TAGS: &[Key] = &[key(
    "tags",
    Values("tag to text"),
    "none",
    "Cost and throttles are also summed per tag.",
)];

static RESERVED: &[Key] = &[
    key(
        "reserved_concurrent_executions",
        Count,
        "none",
        "Reserved concurrency (CONC-3); leaves at least 100 unreserved (CONC-4).",
    ),
    key(
        "event_invoke_config",
        Keys(&EVENT_INVOKE_CONFIG),
        "see below",
        "Asynchronous invocations; on a function the default of all its qualifiers (ASYNC-2).",
    ),
    key(
        "invokes",
        Form("a list of { to, count, share }"),
        "none",
        "What a successful invocation sends on: `[ { to: sqs:orders, count: 1, share: 90 % } ]`; `to` is any address, `count` 1 to 10,000, `share` 100 % unless given.",
    ),
    key(
        "recursive_loop",
        Choice(RECURSIVE_LOOP),
        "Terminate",
        "Whether Lambda ends chains of about 16 invocations through SQS, SNS, S3 and Lambda (INV-8).",
    ),
    key(
        "uses",
        Values("budget to how much of it"),
        "none",
        "Downstream budgets that each invocation uses: connections held while it runs, or calls it makes.",
    ),
    key(
        "record_error_rate",
        Share,
        "0 %",
        "Share of the records of batches that fail, drawn at each attempt.",
    ),
    key(
        "poison",
        Share,
        "0 %",
        "Share of the records of batches that fail at every attempt.",
    ),
    key(
        "function_response_types",
        Choice(&["ReportBatchItemFailures"]),
        "none",
        "Partial batch responses: failed records return alone (SQS-14); without it one of them makes the handler raise.",
    ),
];

/// What Lambda does about recursive loops.
pub const RECURSIVE_LOOP: &[&str] = &["Terminate", "Allow"];

/// One item of `invokes`.
pub static INVOKES: Section = Section {
    name: "invokes",
    groups: &[&[
        key("to", Address, "required", "Where it goes."),
        key("count", Count, "1", "How many messages or events, 1 to 10,000."),
        key("share", Share, "100 %", "Share of successful invocations that send."),
    ]],
};

pub static DEFAULTS: Section = Section {
    name: "defaults",
    groups: &[BEHAVIOUR, PACKAGE, EQUIPMENT, TAGS, RESERVED],
};

pub static FUNCTION: Section = Section {
    name: "functions.NAME",
    groups: &[
        BEHAVIOUR,
        PACKAGE,
        EQUIPMENT,
        TAGS,
        RESERVED,
        &[
            key(
                "versions",
                Named(&VERSION),
                "none",
                "Published versions by number, each with what it overrides (VER-1).",
            ),
            key("aliases", Named(&ALIAS), "none", "Aliases by name (ALIAS-1)."),
            key(
                "parameters",
                Keys(&FUNCTION_PARAMETERS),
                "the scenario's",
                "Parameters of this function alone.",
            ),
            Key {
                name: "provisioned_concurrent_executions",
                takes: Count,
                default: "–",
                doc: "Refused here: provisioned concurrency belongs to a version or an alias (PC-1).",
                support: Support::Never(
                    "this would be provisioned concurrency on $LATEST; give it to a published version or an alias (PC-1, LIM-24)",
                ),
            },
        ],
    ],
};

static QUALIFIED: &[Key] = &[
    key(
        "provisioned_concurrent_executions",
        Count,
        "0",
        "Provisioned concurrency, ready at t = 0 (PC-1).",
    ),
    key(
        "scaling_policies",
        Whole(&SCALING_POLICIES),
        "none",
        "Application Auto Scaling of its provisioned concurrency (AAS-1 to AAS-11).",
    ),
    key(
        "event_invoke_config",
        Keys(&EVENT_INVOKE_CONFIG),
        "the function's",
        "Asynchronous invocations of this qualifier (ASYNC-2).",
    ),
];

pub static VERSION: Section = Section {
    name: "functions.NAME.versions.NUMBER",
    groups: &[
        BEHAVIOUR,
        PACKAGE,
        EQUIPMENT,
        QUALIFIED,
        &[key(
            "published_at",
            Duration,
            "before t = 0",
            "When it is published, from t = 0: calls before that get 404, and 409 while its snapshot (SNAP-3) or a new network interface (VPC-3) is made.",
        )],
    ],
};

static ALIAS: Section = Section {
    name: "functions.NAME.aliases.NAME",
    groups: &[
        &[
            key(
                "function_version",
                Count,
                "required",
                "The published version it stands for, never $LATEST.",
            ),
            key(
                "additional_version_weights",
                Values("one version to its share"),
                "none",
                "A second version and its share of invocations (ALIAS-3): `{ 2: 10 % }`.",
            ),
        ],
        QUALIFIED,
    ],
};

pub static EVENT_INVOKE_CONFIG: Section = Section {
    name: "event_invoke_config",
    groups: &[&[
        key("maximum_event_age", Duration, "6 h", "60 s to 6 h (LIM-18)."),
        key(
            "maximum_retry_attempts",
            Count,
            "2",
            "Retries after function errors, 0 to 2 (LIM-18).",
        ),
        key(
            "on_success",
            Address,
            "none",
            "Destination of successes: `sqs:`, `sns:`, `eventbridge:` or a function (ASYNC-10).",
        ),
        key(
            "on_failure",
            Address,
            "none",
            "Destination of failures: as on_success, also `s3:` (ASYNC-10).",
        ),
    ]],
};
