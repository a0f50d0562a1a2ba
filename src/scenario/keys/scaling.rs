//! Keys of Application Auto Scaling.

use super::key::Takes::{Choice, Count, Duration, Flag, Form, Share, Text};
use super::key::{Key, Section, key};

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

pub static SCALING_POLICIES: Section = Section {
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
pub static TARGET_TRACKING: Section = Section {
    name: "scaling_policies.policies",
    groups: &[TRACKING],
};

/// One item of `scheduled_actions`.
pub static SCHEDULED_ACTION: Section = Section {
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
