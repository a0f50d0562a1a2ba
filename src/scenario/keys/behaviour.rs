//! How code behaves, which a version may override.

use super::key::Takes::{Address, Choice, Duration, Init, Memory, Number, Share, Text, Values, Whole, Work};
use super::key::{Key, Section, key};

/// Keys of a function's code and configuration, which a version may override.
pub static BEHAVIOUR: &[Key] = &[
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
        Init,
        "by runtime",
        "INIT phase; wins over the runtime's table (COLD-6). `application`: as an application of realistic size has it.",
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
        "init_error_rate",
        Share,
        "0 %",
        "Share of INITs that crash at their end: INIT runs again inside the invocation, which fails if that crashes too (LIFE-5).",
    ),
    key(
        "dead_letter_config",
        Address,
        "none",
        "Dead-letter queue `sqs:NAME` or topic `sns:NAME`; travels with the version (VER-2).",
    ),
];

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
        key(
            "cpu_period",
            Duration,
            "none: in proportion",
            "Beside `cpu_bound`: the CPU is handed out in periods, on Lambda of 20 ms, and durations become a staircase (CPU-4).",
        ),
    ]],
};
