//! Dated behaviour (lambda-model §1): each switch has the day from which it is on.

/// One dated change of Lambda's behaviour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Switch {
    /// Rule id, such as `SW-SCALE`.
    pub id: &'static str,
    /// First day of the new behaviour, as `YYYY-MM-DD` (such strings compare as dates do).
    pub from: &'static str,
    /// What changed.
    pub change: &'static str,
}

/// All switches, by date.
pub const SWITCHES: &[Switch] = &[
    Switch {
        id: "SW-TIMEOUT",
        from: "2018-10-01",
        change: "timeout up to 900 s instead of 300 s",
    },
    Switch {
        id: "SW-VPC",
        from: "2019-09-03",
        change: "shared Hyperplane network interfaces",
    },
    Switch {
        id: "SW-ASYNCCFG",
        from: "2019-11-25",
        change: "configurable asynchronous retries, event age and destinations",
    },
    Switch {
        id: "SW-PC",
        from: "2019-12-03",
        change: "provisioned concurrency exists",
    },
    Switch {
        id: "SW-IMG",
        from: "2020-12-01",
        change: "container images exist",
    },
    Switch {
        id: "SW-1MS",
        from: "2020-12-01",
        change: "billed to the next 1 ms instead of 100 ms",
    },
    Switch {
        id: "SW-MEM",
        from: "2020-12-01",
        change: "memory up to 10,240 MB in steps of 1 MB instead of 3,008 MB in steps of 64 MB",
    },
    Switch {
        id: "SW-ARM",
        from: "2021-09-29",
        change: "arm64 exists",
    },
    Switch {
        id: "SW-TMP",
        from: "2022-03-01",
        change: "/tmp up to 10,240 MB instead of 512 MB",
    },
    Switch {
        id: "SW-URL",
        from: "2022-04-06",
        change: "function URLs exist",
    },
    Switch {
        id: "SW-TIER",
        from: "2022-08-01",
        change: "three volume tiers of duration",
    },
    Switch {
        id: "SW-SCALE",
        from: "2023-11-26",
        change: "scaling rate per function instead of an account-wide burst",
    },
    Switch {
        id: "SW-INITBILL",
        from: "2025-08-01",
        change: "INIT is billed everywhere",
    },
    Switch {
        id: "SW-SDK26",
        from: "2026-11-10",
        change: "the 2026 retry behaviour is the default of AWS's SDKs",
    },
];

/// The switch with this id.
pub fn find(id: &str) -> Option<&'static Switch> {
    SWITCHES.iter().find(|switch| switch.id == id)
}

/// Whether the switch with this id is on at `model_date` (`YYYY-MM-DD`), unless `forced` by name. Unknown ids are off.
pub fn is_on(id: &str, model_date: &str, forced: &[(String, bool)]) -> bool {
    let by_name = forced.iter().find(|(name, _)| name == id).map(|(_, on)| *on);
    by_name.unwrap_or_else(|| find(id).is_some_and(|switch| model_date >= switch.from))
}
