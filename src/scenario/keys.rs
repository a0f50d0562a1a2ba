//! Every key of a scenario file in one table. Unknown-key suggestions, merging of includes, the
//! JSON Schema and the reference in `docs/scenario.md` all come from it.

use std::collections::BTreeMap;

use self::Takes::{
    Address, Choice, Count, Date, Distribution, Duration, Flag, Form, Instant, Memory, Named, Number, Rate,
    Section as Keys, Share, Sizes, Text, Values, Whole, WordOr, Work,
};

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Takes {
    /// Free text.
    Text,
    /// A whole number from 0.
    Count,
    /// A number.
    Number,
    /// true/on or false/off/none.
    Flag,
    /// A length of time; a bare number is seconds.
    Duration,
    /// A memory size; a bare number is MB.
    Memory,
    /// `0.2 %` or `0.002`.
    Share,
    /// `120/s`.
    Rate,
    /// A distribution of times.
    Distribution,
    /// The duration of a handler: a distribution, by record, or as CPU work.
    Work,
    /// A distribution of sizes.
    Sizes,
    /// RFC 3339.
    Instant,
    /// `2026-11-20`.
    Date,
    /// `checkout:live`, `sqs:orders` …
    Address,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Something of its own, described in words.
    Form(&'static str),
    /// A map from free names to plain values.
    Values(&'static str),
    /// A map with these keys.
    Section(&'static Section),
    /// A map from names to maps with these keys.
    Named(&'static Section),
    /// A map with these keys; an including file replaces it as a whole.
    Whole(&'static Section),
    /// A single word, or else as `Whole`.
    WordOr(&'static Section),
}

/// Whether a key does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Support {
    /// It does.
    Now,
    /// AWS has it nowhere like this; the text says why and what to do.
    Never(&'static str),
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub(super) struct Key {
    /// As written.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What holds where it is absent.
    pub default: &'static str,
    /// One line for people.
    pub doc: &'static str,
    /// Whether it does something.
    pub support: Support,
}

/// The keys of one map.
#[derive(Debug)]
pub(super) struct Section {
    /// For messages and headings: `functions.NAME`.
    pub name: &'static str,
    /// Groups of keys; several sections share some.
    pub groups: &'static [&'static [Key]],
}

impl Section {
    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> {
        self.groups.iter().flat_map(|group| group.iter())
    }

    /// The key with this name.
    pub fn find(&self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
}

pub(super) const fn key(name: &'static str, takes: Takes, default: &'static str, doc: &'static str) -> Key {
    Key {
        name,
        takes,
        default,
        doc,
        support: Support::Now,
    }
}

/// A key of something that has a price and is not simulated.
const fn unsimulated(name: &'static str, doc: &'static str, why: &'static str) -> Key {
    Key {
        name,
        takes: Takes::Form("not simulated"),
        default: "–",
        doc,
        support: Support::Never(why),
    }
}

/// The file itself.
pub(super) static SCENARIO: Section = Section {
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

static BUDGET: Section = Section {
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
             queues, event_source_mappings, budgets and parameters, and account.concurrent_executions.",
        ),
    ]],
};

static ACCOUNT: Section = Section {
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

/// Terms of savings plans.
pub(super) const SAVINGS_TERMS: [&str; 2] = ["1y no upfront", "3y all upfront"];
/// Periods of cost budgets.
pub(super) const BUDGET_PERIODS: [&str; 2] = ["monthly", "daily"];
/// What a cost budget compares.
pub(super) const BUDGETED: [&str; 2] = ["actual", "forecast"];

static BILLING: Section = Section {
    name: "billing",
    groups: &[&[
        key(
            "custom_discount",
            Share,
            "0 %",
            "Taken off the whole bill last, up to two decimals of a per cent.",
        ),
        key(
            "savings_plan",
            Whole(&SAVINGS_PLAN),
            "none",
            "A Compute Savings Plan (PRICE-19).",
        ),
        key(
            "adjoining",
            Keys(&ADJOINING),
            "nothing",
            "Services beside Lambda that are billed, apart from Lambda's lines.",
        ),
    ]],
};

static ADJOINING: Section = Section {
    name: "billing.adjoining",
    groups: &[&[
        key(
            "sqs",
            Flag,
            "false",
            "Requests of queues: sends, receives and deletes, and the polls of mappings that get nothing.",
        ),
        key(
            "api_gateway",
            Flag,
            "false",
            "Requests of traffic that comes `through: api-gateway` (REST) or `http-api`.",
        ),
        key(
            "sns",
            Flag,
            "false",
            "What is published to topics; deliveries are free.",
        ),
        key(
            "eventbridge",
            Flag,
            "false",
            "Custom events: sent to `eventbridge:` addresses, or `through: eventbridge`.",
        ),
        key("scheduler", Flag, "false", "Firings of `schedule` traffic."),
        key(
            "kinesis",
            Flag,
            "false",
            "Shards of Kinesis streams for the whole run, and the records put into them.",
        ),
        key(
            "cloudwatch_logs",
            Flag,
            "false",
            "What invocations log (SW-LOGTIER), see `log_size`.",
        ),
        key(
            "nat_gateway",
            Flag,
            "false",
            "One gateway for the whole run, and `nat_size` through it.",
        ),
        key(
            "internet_egress",
            Flag,
            "false",
            "What invocations send to the internet (PRICE-20), see `egress_size`.",
        ),
        key(
            "message_size",
            Form("a size such as 12 KB"),
            "1 KB",
            "Size of each message, event and record: each 64 KB begun are a request, 25 KB of Kinesis.",
        ),
        key(
            "log_size",
            Form("a size such as 12 KB"),
            "750 B",
            "What each invocation logs; 750 B are its START, END and REPORT lines.",
        ),
        key(
            "nat_size",
            Form("a size such as 12 KB"),
            "0 B",
            "What each invocation of a function in a VPC sends and gets through the gateway.",
        ),
        key(
            "egress_size",
            Form("a size such as 12 KB"),
            "required with `internet_egress`",
            "What each invocation sends to the internet.",
        ),
    ]],
};

static COST_BUDGET: Section = Section {
    name: "cost_budgets.NAME",
    groups: &[&[
        key(
            "amount",
            Form("USD"),
            "required",
            "What may be spent in a period: 100 USD.",
        ),
        key(
            "period",
            Choice(&BUDGET_PERIODS),
            "monthly",
            "Calendar months or days (UTC).",
        ),
        key(
            "of",
            Choice(&BUDGETED),
            "actual",
            "Whether what was spent is compared, or its forecast for the whole period.",
        ),
        key(
            "thresholds",
            Form("a list of shares"),
            "[100 %]",
            "Shares of the amount at which an alert is sent.",
        ),
    ]],
};

static SAVINGS_PLAN: Section = Section {
    name: "billing.savings_plan",
    groups: &[&[
        key(
            "commitment",
            Form("USD an hour"),
            "required",
            "What is paid for every hour, used or not: 1.50 USD/h.",
        ),
        key(
            "term",
            Choice(&SAVINGS_TERMS),
            "1y no upfront",
            "Which of the published rates apply.",
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

/// Keys of a function's code and configuration, which a version may override.
static BEHAVIOUR: &[Key] = &[
    key(
        "runtime",
        Text,
        "none",
        "AWS's runtime identifier: gives INIT and the first invocation where `init` is absent (COLD-2, COLD-5).",
    ),
    key(
        "architectures",
        Choice(&["x86_64", "arm64"]),
        "x86_64",
        "Instruction set.",
    ),
    key(
        "package_type",
        Choice(&["Zip", "Image"]),
        "Zip",
        "How the code is packed.",
    ),
    key(
        "memory_size",
        Memory,
        "128 MB",
        "Configured memory, 128 to 10,240 MB (LIM-1; less before SW-MEM).",
    ),
    key(
        "timeout",
        Duration,
        "3 s",
        "Bounds suppressed init and handler, 1 to 900 s (LIM-2; 300 s before SW-TIMEOUT).",
    ),
    key(
        "ephemeral_storage",
        Memory,
        "512 MB",
        "Size of /tmp, 512 to 10,240 MB (LIM-3; fixed before SW-TMP).",
    ),
    key(
        "init",
        Distribution,
        "by runtime",
        "INIT phase; wins over the runtime's table (COLD-6).",
    ),
    key(
        "init_cpu_bound",
        Share,
        "0 %",
        "Part of INIT that slows down without the boost (COLD-4).",
    ),
    key(
        "duration",
        Work,
        "required",
        "Handler duration once warm; `{ base, per_record }` where each record of a batch adds to it; `{ cpu, wait, threads }` where memory decides it (CPU-2).",
    ),
    key("duration_factor", Number, "1", "Factor on drawn durations, at least 0."),
    key(
        "memory_scaling",
        Whole(&MEMORY_SCALING),
        "duration never scales",
        "How duration depends on memory (CPU-2).",
    ),
    key("error_rate", Share, "0 %", "Share of invocations whose handler raises."),
    key(
        "crash_rate",
        Share,
        "0 %",
        "Share of invocations after which the environment is lost.",
    ),
    key(
        "dead_letter_config",
        Address,
        "none",
        "Dead-letter queue `sqs:NAME` or topic `sns:NAME`; travels with the version (VER-2).",
    ),
];

/// What a version is made of.
static PACKAGE: &[Key] = &[
    key(
        "code_size",
        Memory,
        "unknown",
        "Size of the .zip archive (LIM-6, LIM-14), or of the uncompressed image (LIM-8).",
    ),
    key(
        "unzipped_size",
        Memory,
        "unknown",
        "Size of the unpacked code; with layers at most 250 MB (LIM-7).",
    ),
    key(
        "layers",
        Form("a map from layer to unpacked size, or a list of names"),
        "none",
        "At most 5 layers (LIM-5): `{ sdk: 40 MB }`.",
    ),
    key("environment", Whole(&ENVIRONMENT), "none", "Environment variables."),
    key(
        "max_memory_used",
        Memory,
        "unknown",
        "Memory that each invocation uses; above `memory_size` it crashes (PKG-2).",
    ),
    unsimulated(
        "capacity_provider_config",
        "Lambda Managed Instances (LMI-1).",
        "Managed Instances have prices here (see `lambdasim prices`) but are not simulated: remove it to simulate the function on demand",
    ),
    unsimulated(
        "durable_config",
        "Durable functions (DUR-1).",
        "durable functions have prices here (see `lambdasim prices`) but are not simulated: remove it to simulate one step",
    ),
    unsimulated(
        "tenancy_config",
        "Tenant isolation (TEN-1).",
        "tenant isolation has a price here (see `lambdasim prices`) but is not simulated: remove it to simulate shared environments",
    ),
];

static ENVIRONMENT: Section = Section {
    name: "environment",
    groups: &[&[key(
        "variables",
        Values("variable to text"),
        "none",
        "Names and values together have at most 4 KB (LIM-4).",
    )]],
};

/// What a version's environments are equipped with.
static EQUIPMENT: &[Key] = &[
    key(
        "snap_start",
        WordOr(&SNAP_START),
        "false",
        "SnapStart: published versions are restored from a snapshot instead of initialised (SNAP-1, SNAP-4).",
    ),
    key(
        "vpc_config",
        Whole(&VPC_CONFIG),
        "none",
        "The VPC that the function reaches (VPC-1).",
    ),
    key(
        "file_system_configs",
        Whole(&FILE_SYSTEM),
        "none",
        "A file system mounted by every environment; needs `vpc_config` (EFS-1).",
    ),
    key(
        "extensions",
        Whole(&EXTENSIONS),
        "none",
        "Extensions that start with the environment and go on after the answer (EXT-1).",
    ),
];

static SNAP_START: Section = Section {
    name: "snap_start",
    groups: &[&[key(
        "apply_on",
        Choice(&["None", "PublishedVersions"]),
        "None",
        "As in a template: `{ apply_on: PublishedVersions }` is `true`.",
    )]],
};

static VPC_CONFIG: Section = Section {
    name: "vpc_config",
    groups: &[&[
        key(
            "subnets",
            Values("subnet to its free addresses"),
            "required",
            "Subnets by name with their free addresses; a name means the same subnet everywhere (VPC-5).",
        ),
        key(
            "security_groups",
            Form("a list of names"),
            "none",
            "Functions with the same subnet and groups share a network interface (VPC-1).",
        ),
    ]],
};

static FILE_SYSTEM: Section = Section {
    name: "file_system_configs",
    groups: &[&[
        key(
            "mount",
            Distribution,
            "the parameter efs.mount",
            "Time to mount, added to INIT (EFS-1).",
        ),
        key(
            "connections",
            Count,
            "25000",
            "Connections that the file system takes, one per environment; 1 to 25,000 (EFS-2).",
        ),
        key(
            "arn",
            Text,
            "one of the function's own",
            "Name of the file system; functions with the same one share its connections.",
        ),
        key(
            "local_mount_path",
            Text,
            "none",
            "As in a template; nothing depends on it.",
        ),
    ]],
};

static EXTENSIONS: Section = Section {
    name: "extensions",
    groups: &[&[
        key(
            "init",
            Distribution,
            "0 s",
            "Their INIT, added to the function's (EXT-1).",
        ),
        key(
            "post_runtime",
            Distribution,
            "0 s",
            "How long they go on after the answer, inside Duration (LIFE-7, LIFE-8).",
        ),
        key(
            "shutdown",
            Duration,
            "0 s",
            "How long they keep a dying environment's connection and addresses, within the budget of `type` (LIFE-10).",
        ),
        key(
            "type",
            Choice(&["internal", "external"]),
            "external",
            "Decides the budget for shutdown: internal 500 ms, external 2 s (LIFE-10).",
        ),
    ]],
};

static MEMORY_SCALING: Section = Section {
    name: "memory_scaling",
    groups: &[&[
        key(
            "cpu_bound",
            Share,
            "–",
            "Part of the duration that scales with max(1, 1769 MB / memory).",
        ),
        key(
            "measured",
            Values("memory size to duration"),
            "–",
            "Measured durations: linear between them, constant outside.",
        ),
        key(
            "measured_at",
            Memory,
            "the function's memory_size",
            "Memory at which `duration` was measured.",
        ),
    ]],
};

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
pub(super) const RECURSIVE_LOOP: &[&str] = &["Terminate", "Allow"];

/// One item of `invokes`.
pub(super) static INVOKES: Section = Section {
    name: "invokes",
    groups: &[&[
        key("to", Address, "required", "Where it goes."),
        key("count", Count, "1", "How many messages or events, 1 to 10,000."),
        key("share", Share, "100 %", "Share of successful invocations that send."),
    ]],
};

static DEFAULTS: Section = Section {
    name: "defaults",
    groups: &[BEHAVIOUR, PACKAGE, EQUIPMENT, TAGS, RESERVED],
};

static FUNCTION: Section = Section {
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

pub(super) static VERSION: Section = Section {
    name: "functions.NAME.versions.NUMBER",
    groups: &[BEHAVIOUR, PACKAGE, EQUIPMENT, QUALIFIED],
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

static TRACKING: &[Key] = &[
    key(
        "target_value",
        Share,
        "none",
        "T, the utilization to keep, 10 % to 90 % (AAS-2); without it only scheduled actions scale.",
    ),
    key(
        "statistic",
        Choice(&["Average", "Maximum"]),
        "Average",
        "What of each minute's utilization is compared with the target (AAS-3).",
    ),
    key(
        "scale_out_cooldown",
        Duration,
        "0 s",
        "After scaling out, how long it does not scale out again (AAS-7).",
    ),
    key(
        "scale_in_cooldown",
        Duration,
        "0 s",
        "After scaling in, how long it does not scale in again (AAS-7).",
    ),
    key("disable_scale_in", Flag, "false", "Whether it only scales out."),
];

static SCALING_POLICIES: Section = Section {
    name: "scaling_policies",
    groups: &[
        &[
            key(
                "min_capacity",
                Count,
                "required",
                "Least provisioned concurrency; at t = 0 there is at least as much.",
            ),
            key("max_capacity", Count, "required", "Most provisioned concurrency."),
        ],
        TRACKING,
        &[
            key(
                "policies",
                Form("a list of maps with `target_value`, `statistic`, cooldowns and `disable_scale_in`"),
                "none",
                "More target tracking policies: the largest wish wins, all must agree to scale in (AAS-9).",
            ),
            key(
                "scheduled_actions",
                Form("a list of maps with `schedule`, `time_zone`, `min_capacity` and `max_capacity`"),
                "none",
                "Other limits from certain instants on (AAS-10).",
            ),
        ],
    ],
};

/// One item of `policies`.
pub(super) static TARGET_TRACKING: Section = Section {
    name: "scaling_policies.policies",
    groups: &[TRACKING],
};

/// One item of `scheduled_actions`.
pub(super) static SCHEDULED_ACTION: Section = Section {
    name: "scaling_policies.scheduled_actions",
    groups: &[&[
        key(
            "schedule",
            Text,
            "required",
            "`rate(1 day)`, `cron(0 8 * * ? *)` or `at(2026-11-20T08:00:00)`, to the minute.",
        ),
        key("time_zone", Text, "UTC", "IANA time zone of `schedule`."),
        key("min_capacity", Count, "as before", "The new minimum."),
        key("max_capacity", Count, "as before", "The new maximum."),
    ]],
};

/// `treat_missing_data` as CloudWatch writes it.
pub(super) const MISSING_DATA: &[&str] = &["missing", "notBreaching", "breaching", "ignore"];

static ALARM: Section = Section {
    name: "alarms.NAME",
    groups: &[&[
        key(
            "when",
            Text,
            "required",
            "METRIC, `>`, `>=`, `<` or `<=`, and a value: `functions.checkout.Errors > 10`. A metric is one of `functions.NAME.`, `functions.NAME:ALIAS.`, `functions.NAME.by_version.NUMBER.` or `account.`, with CloudWatch's name.",
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
            "Sum for counts, Average for times, Maximum for concurrency and utilization.",
        ),
        key(
            "treat_missing_data",
            Choice(MISSING_DATA),
            "missing",
            "What a datapoint that is not there means (ALARM-3).",
        ),
    ]],
};

static DEPLOYMENT: Section = Section {
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

static EVENT_INVOKE_CONFIG: Section = Section {
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

/// Keys that only mappings of streams have.
pub(super) const STREAM_KEYS: &[&str] = &[
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
pub(super) const STARTING_POSITIONS: &[&str] = &["TRIM_HORIZON", "LATEST", "AT_TIMESTAMP"];

/// What keeps a stream, by the service of its address.
pub(super) const STREAM_TYPES: &[&str] = &["kinesis", "dynamodb", "kafka"];

static STREAM: Section = Section {
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

static TOPIC: Section = Section {
    name: "topics.NAME",
    groups: &[&[key(
        "subscriptions",
        Form("a list of functions and queues"),
        "none",
        "Who gets a copy of every message: `[ fulfil, sqs:orders ]`.",
    )]],
};

static QUEUE: Section = Section {
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
            "Long polling of other readers, 0 s to 20 s; Lambda's pollers always poll long (SQS-2).",
        ),
        key(
            "maximum_message_size",
            Sizes,
            "1 MB; 256 KB before 2025-08",
            "Largest message, 1 KB to the default (SQS-16); a traffic entry whose payloads are larger is refused.",
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

static MAPPING: Section = Section {
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

static FILTER: Section = Section {
    name: "event_source_mappings.NAME.filter_criteria",
    groups: &[&[key("pass", Share, "100 %", "Share of records that pass.")]],
};

/// Lambda@Edge triggers (EDGE-2).
pub(super) const EVENT_TYPES: &[&str] = &["viewer-request", "origin-request", "origin-response", "viewer-response"];

/// Services that traffic can come through (contract §2).
pub(super) const FRONT_ENDS: &[&str] = &[
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

static TRAFFIC: Section = Section {
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
pub(super) const RETRY_MODES: &[&str] = &["none", "legacy", "standard", "standard2026", "adaptive"];

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
pub(super) static TOGETHER: Section = Section {
    name: "at",
    groups: &[&[
        key("count", Count, "required", "How many at once."),
        key("time", Duration, "required", "When, from t = 0."),
    ]],
};

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

pub(super) static FUNCTION_PARAMETERS: Section = Section {
    name: "functions.NAME.parameters",
    groups: &[
        FUNCTION_PARAMETER_KEYS,
        &[key(
            "async.rps_nonaws",
            Flag,
            "off",
            "As under parameters; it belongs to the account and takes effect there only.",
        )],
    ],
};

/// Contract §2.4.
pub(super) static PARAMETERS: Section = Section {
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
                "From a message that can be received to its receive (SQS-2).",
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

/// What is closest to an unknown name, if anything is close. AWS's own spelling (`MemorySize`) finds ours.
pub fn nearest<'a>(unknown: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = snake_case(unknown);
    let wanted = wanted.trim_end_matches("_in_seconds").trim_end_matches("_in_mb");
    known
        .filter(|name| name.len().abs_diff(wanted.len()) <= 2)
        .map(|name| (strsim::damerau_levenshtein(wanted, &snake_case(name)), name))
        .filter(|(distance, name)| *distance <= 2.min(name.len() / 2).max(1))
        .min()
        .map(|(_, name)| name)
}

fn snake_case(name: &str) -> String {
    let mut snake = String::new();
    let mut after_lowercase = false;
    for letter in name.chars().take(100) {
        if letter.is_ascii_uppercase() && after_lowercase {
            snake.push('_');
        }
        after_lowercase = letter.is_ascii_lowercase();
        snake.push(if letter == '-' {
            '_'
        } else {
            letter.to_ascii_lowercase()
        });
    }
    snake
}

/// Every section that the file can hold, by name.
pub(super) fn sections() -> BTreeMap<&'static str, &'static Section> {
    let mut found = BTreeMap::new();
    let mut waiting = vec![&SCENARIO, &TOGETHER, &TARGET_TRACKING, &SCHEDULED_ACTION];
    while let Some(section) = waiting.pop() {
        if found.insert(section.name, section).is_none() {
            for key in section.keys() {
                if let Keys(inner) | Named(inner) | Whole(inner) | WordOr(inner) = key.takes {
                    waiting.push(inner);
                }
            }
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_aws_name_or_a_slip_of_the_hand_finds_the_key() {
        let names = || FUNCTION.keys().map(|key| key.name);
        assert_eq!(nearest("MemorySize", names()), Some("memory_size"));
        assert_eq!(nearest("memmory_size", names()), Some("memory_size"));
        assert_eq!(nearest("timeuot", names()), Some("timeout"));
        assert_eq!(nearest("colour", names()), None);
        let asynchronous = || EVENT_INVOKE_CONFIG.keys().map(|key| key.name);
        assert_eq!(
            nearest("MaximumEventAgeInSeconds", asynchronous()),
            Some("maximum_event_age")
        );
    }

    #[test]
    fn no_section_holds_a_key_twice() {
        for section in sections().values() {
            let mut names: Vec<&str> = section.keys().map(|key| key.name).collect();
            let all = names.len();
            names.sort_unstable();
            names.dedup();
            assert_eq!(names.len(), all, "{}", section.name);
        }
    }

    #[test]
    fn the_reference_documents_every_key() {
        let reference = include_str!("../../docs/scenario.md");
        for section in sections().values() {
            for key in section.keys() {
                assert!(
                    reference.contains(&format!("`{}`", key.name)),
                    "{}: {}",
                    section.name,
                    key.name
                );
            }
        }
    }

    #[test]
    fn every_row_of_the_reference_tells_of_a_key_as_the_table_does_and_once() {
        let row = |key: &Key| {
            (
                format!("| `{}` | ", key.name),
                format!(" | {} | {} |", key.default, key.doc),
            )
        };
        let rows: Vec<(String, String)> = sections()
            .values()
            .flat_map(|section| section.keys().map(row))
            .collect();
        let (mut names, mut wrong) = (None, Vec::new());
        for line in include_str!("../../docs/scenario.md").lines() {
            if line == "| key | takes | default | meaning |" {
                names = Some(std::collections::BTreeSet::new());
            } else if !line.starts_with('|') {
                names = None;
            }
            let (Some(names), Some(name)) = (&mut names, line.split('`').nth(1)) else {
                continue;
            };
            let known = rows
                .iter()
                .any(|(start, end)| line.starts_with(start) && line.ends_with(end));
            let first = names.insert(name);
            if !(known && first) {
                wrong.push(line);
            }
        }
        assert!(wrong.is_empty(), "no such key, or twice:\n{}", wrong.join("\n"));
    }
}
