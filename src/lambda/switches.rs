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

const fn switch(id: &'static str, from: &'static str, change: &'static str) -> Switch {
    Switch { id, from, change }
}

/// All switches, by date. Where only a month is known its first day stands.
pub const SWITCHES: &[Switch] = &[
    switch("SW-TIMEOUT", "2018-10-01", "timeout up to 900 s instead of 300 s"),
    switch("SW-VPC", "2019-09-03", "shared Hyperplane network interfaces"),
    switch(
        "SW-ASYNCCFG",
        "2019-11-25",
        "configurable asynchronous retries, event age and destinations",
    ),
    switch("SW-PC", "2019-12-03", "provisioned concurrency exists"),
    switch("SW-IMG", "2020-12-01", "container images exist"),
    switch("SW-1MS", "2020-12-01", "billed to the next 1 ms instead of 100 ms"),
    switch("SW-MEM", "2020-12-01", "memory up to 10,240 MB instead of 3,008 MB"),
    switch("SW-ARM", "2021-09-29", "arm64 exists"),
    switch("SW-FILTER", "2021-11-24", "filters of event source mappings exist"),
    switch("SW-TMP", "2022-03-01", "/tmp up to 10,240 MB instead of 512 MB"),
    switch("SW-URL", "2022-04-06", "function URLs exist"),
    switch("SW-TIER", "2022-08-01", "three volume tiers of duration"),
    switch("SW-SNAP-JAVA", "2022-11-28", "SnapStart exists for Java"),
    switch("SW-SQSMAX", "2023-01-01", "maximum concurrency of SQS mappings exists"),
    switch(
        "SW-STREAM",
        "2023-04-06",
        "streamed responses exist, up to 20 MB, and up to 200 MB from 2025-07-31",
    ),
    switch(
        "SW-SQSRATE",
        "2023-11-16",
        "SQS mappings grow by 300 a minute to 1,250 instead of by 60 to 1,000",
    ),
    switch(
        "SW-SCALE",
        "2023-11-26",
        "scaling rate per function instead of an account-wide burst",
    ),
    switch(
        "SW-KAFPROV",
        "2024-11-01",
        "provisioned mode of Kafka mappings, and metrics of mappings, exist",
    ),
    switch(
        "SW-SNAP-PYNET",
        "2024-11-18",
        "SnapStart exists for Python and .NET, with a price",
    ),
    switch("SW-LOGTIER", "2025-05-01", "logs are priced in tiers"),
    switch("SW-INITBILL", "2025-08-01", "INIT is billed everywhere"),
    switch(
        "SW-ASYNC1MB",
        "2025-10-01",
        "asynchronous events up to 1 MB instead of 256 KB, with extra requests from 256 KB on",
    ),
    switch(
        "SW-SQSPROV",
        "2025-11-01",
        "provisioned mode of SQS mappings exists, up to 2,000 pollers",
    ),
    switch("SW-TENANT", "2025-11-19", "tenant isolation exists"),
    switch("SW-KAFRETRY", "2025-11-21", "retry limits of Kafka mappings exist"),
    switch("SW-LMI", "2025-11-30", "Managed Instances exist"),
    switch("SW-DURABLE", "2025-12-02", "durable functions exist"),
    switch("SW-S3FILES", "2026-04-07", "S3 file mounts exist"),
    switch("SW-CODESTORE", "2026-04-30", "300 GB of code storage instead of 75 GB"),
    switch(
        "SW-MICROVM",
        "2026-06-22",
        "Lambda MicroVMs exist, a product of their own",
    ),
    switch(
        "SW-SQSPROV2",
        "2026-08-03",
        "provisioned SQS mappings up to 10,000 pollers instead of 2,000",
    ),
    switch(
        "SW-SDK26",
        "2026-11-10",
        "the 2026 retry behaviour is the default of AWS's SDKs",
    ),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_switch_is_off_the_day_before_its_date_and_on_from_it() {
        for switch in SWITCHES {
            let date: Vec<u32> = switch.from.split('-').map(|part| part.parse().unwrap()).collect();
            let before = match date[..] {
                [year, 1, 1] => format!("{}-12-31", year - 1),
                [year, month, 1] => format!("{year}-{:02}-28", month - 1),
                [year, month, day] => format!("{year}-{month:02}-{:02}", day - 1),
                _ => panic!("{} is no date", switch.from),
            };
            assert!(!is_on(switch.id, &before, &[]), "{} at {before}", switch.id);
            assert!(is_on(switch.id, switch.from, &[]), "{} at {}", switch.id, switch.from);
            let forced = |on| [(switch.id.to_owned(), on)];
            assert!(is_on(switch.id, &before, &forced(true)) && !is_on(switch.id, switch.from, &forced(false)));
        }
    }

    #[test]
    fn switches_stand_by_date_each_once() {
        assert!(SWITCHES.windows(2).all(|pair| pair[0].from <= pair[1].from));
        for (index, switch) in SWITCHES.iter().enumerate() {
            assert!(
                SWITCHES[..index].iter().all(|other| other.id != switch.id),
                "{}",
                switch.id
            );
        }
    }
}
