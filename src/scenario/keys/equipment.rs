//! How code is packed and what an environment has beside it.

use super::key::Takes::{Choice, Count, Distribution, Duration, Form, Memory, Sizes, Text, Values, Whole, WordOr};
use super::key::{Key, Section, key, unsimulated};

/// What a version is made of.
pub static PACKAGE: &[Key] = &[
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
pub static EQUIPMENT: &[Key] = &[
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
            "transfer",
            Sizes,
            "0 B",
            "What each invocation reads and writes: its handler takes so much longer, at most 500 MB a second (EFS-3).",
        ),
        key(
            "throughput",
            Form("a size a second such as 50 MB/s"),
            "unlimited",
            "What the file system transfers for all invocations together, in the order of their admission (EFS-3).",
        ),
        key(
            "burst",
            Form("a size a second such as 100 MB/s"),
            "throughput",
            "What it transfers while it has burst credits (EFS-3).",
        ),
        key(
            "burst_credits",
            Form("a size such as 100 GB"),
            "2.1 TB",
            "What it may transfer beyond `throughput`, at the start and at the most; what is not used of `throughput` comes back to it (EFS-3).",
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
