//! Event source mappings of streams and Kafka topics: to `StreamMappingConfig` (lambda-model §5.4, §5.5).

use std::collections::BTreeMap;

use super::address::Address;
use super::keys::STARTING_POSITIONS;
use super::links::Links;
use super::mappings::{BATCH_BYTES, Mappings, whole_seconds};
use super::problem::Fault;
use super::reader::Reader;
use super::tree::Entry;
use super::values;
use crate::facts::{FunctionId, LinkId, QualifierId, StreamId};
use crate::lambda::{LaneConfig, MappingSource, PollerConfig, Reading, StreamMappingConfig};
use crate::messaging::{StreamConfig, StreamKind};
use crate::units::{SimTime, Span};

/// Those among them that Kafka has from SW-KAFRETRY on (KAF-5).
const KAFKA_RETRY_KEYS: &[&str] = &[
    "maximum_retry_attempts",
    "maximum_record_age",
    "bisect_batch_on_function_error",
    "function_response_types",
];
/// Those that Kafka never has.
const NOT_FOR_KAFKA: &[&str] = &["parallelization_factor", "tumbling_window", "enhanced_fan_out"];
const DAY: Span = Span::from_secs(86_400);
/// Longest tumbling window (STRM-12).
const LONGEST_TUMBLING: u64 = 900;
/// Invocations that one provisioned poller of Kafka runs at once (KAF-2).
const BATCHES_PER_POLLER: u32 = 5;
/// Longest timeout of functions behind Kafka (ESM-9).
const KAFKA_TIMEOUT: Span = Span::from_secs(840);
/// Mappings of a group of pollers, and the sum of their maxima (KAF-3).
const GROUP_MAPPINGS: usize = 100;
const GROUP_POLLERS: u64 = 2_000;

/// The links to the failure destinations of mappings, by the mapping's name (STRM-11).
pub(super) fn failure_links(reader: &Reader, entries: &[&Entry], links: &Links) -> BTreeMap<String, LinkId> {
    let link = |entry: &&Entry| {
        let destination = entry.value.entry("on_failure")?;
        if destination.value.text().is_some_and(values::is_off) {
            return None;
        }
        let allowed = "sqs:NAME, sns:NAME, s3:NAME or kafka:NAME is allowed (STRM-11)";
        let address = reader.value(destination, |text| match Address::parse(text)? {
            Address::Service {
                service: "sqs" | "sns" | "s3" | "kafka",
                ..
            } => Ok(text.to_owned()),
            _ => Err(Fault::new(format!("is \"{text}\""), allowed)),
        })?;
        Some((
            entry.key.clone(),
            links.add(&format!("{} on_failure", entry.key), &address),
        ))
    };
    entries.iter().filter_map(link).collect()
}

impl Mappings<'_> {
    /// How a mapping reads a stream.
    pub(super) fn stream_config(
        &self,
        entry: &Entry,
        stream: StreamId,
        target: (FunctionId, QualifierId),
    ) -> StreamMappingConfig {
        let config = &self.streams[stream.index()];
        let kafka = config.kind == StreamKind::Kafka;
        self.refuse_foreign_keys(entry, config, target);
        let count = |key: &str, highest: u64, default: u64, rule: &str| {
            let read = entry
                .value
                .entry(key)
                .and_then(|entry| self.count(entry, 1, highest, rule));
            read.unwrap_or(default) as u32
        };
        let batch_rule = if kafka { "KAF-4" } else { "STRM-2" };
        let lane = LaneConfig {
            reading: self.reading(entry, config.kind),
            batch_size: count("batch_size", 10_000, 100, batch_rule),
            window: self.stream_window(entry, kafka),
            batch_bytes: BATCH_BYTES,
            maximum_retry_attempts: self.retry_attempts(entry),
            maximum_record_age: self.record_age(entry, config.kind),
            retention: config.retention,
            bisect: self.is_set(entry, "bisect_batch_on_function_error"),
            tumbling_window: self.tumbling_window(entry),
            retry: self.parameters.stream_retry,
        };
        StreamMappingConfig {
            stream,
            shards: config.shards,
            parallelization_factor: count("parallelization_factor", 10, 1, "STRM-3"),
            lane,
            starts_at: self.starting_position(entry, config.kind),
            on_failure: self.failures.get(&entry.key).copied(),
            pollers: kafka.then(|| self.kafka_pollers(entry, config.shards)),
            poller_group: entry
                .value
                .entry("provisioned_poller_config")
                .and_then(|provisioned| self.reader.text(provisioned.value.entry("poller_group_name")?)),
        }
    }

    fn is_set(&self, entry: &Entry, key: &str) -> bool {
        let flag = entry.value.entry(key).and_then(|entry| self.reader.flag(entry));
        flag.unwrap_or(false)
    }

    fn count(&self, entry: &Entry, lowest: u64, highest: u64, rule: &str) -> Option<u64> {
        self.reader.value(entry, |text| {
            values::count(text, lowest, highest)
                .map_err(|fault| Fault::new(fault.found, format!("{} ({rule})", fault.allowed)))
        })
    }

    /// Keys that this kind of source does not have, or not yet; and the timeout that Kafka bounds (ESM-9).
    fn refuse_foreign_keys(
        &self,
        entry: &Entry,
        stream: &StreamConfig,
        (function, qualifier): (FunctionId, QualifierId),
    ) {
        let kind = stream.kind.name();
        let foreign = |keys: &[&str], allowed: &str| {
            for found in keys.iter().filter_map(|key| entry.value.entry(key)) {
                let told = format!("`{}` does not belong to a mapping of {kind}", found.key);
                self.reader.problem(found.mark, told, allowed);
            }
        };
        foreign(&["maximum_concurrency"], "remove it: only queues have it (SQS-8)");
        if stream.kind != StreamKind::Kinesis {
            foreign(&["enhanced_fan_out"], "remove it: only Kinesis has it (STRM-1)");
        }
        if stream.kind != StreamKind::Kafka {
            foreign(
                &["provisioned_poller_config"],
                "remove it: queues and Kafka have it (KAF-2)",
            );
            return;
        }
        foreign(
            &NOT_FOR_KAFKA[..2],
            "remove it: Kafka has one lane for each partition (KAF-4)",
        );
        if !self.dated.on("SW-KAFRETRY") {
            for early in KAFKA_RETRY_KEYS.iter().filter_map(|key| entry.value.entry(key)) {
                self.needs(early, "SW-KAFRETRY");
            }
        }
        let function = &self.functions[function.index()];
        let timeout = function.longest_timeout(qualifier);
        if timeout > KAFKA_TIMEOUT {
            let found = format!("{} has a timeout of {timeout}", function.name);
            let allowed = "functions behind Kafka have a timeout of at most 14 min (ESM-9)";
            self.reader.problem(entry.mark, found, allowed);
        }
    }

    /// STRM-1; Kafka's pollers fetch without a pause.
    fn reading(&self, entry: &Entry, kind: StreamKind) -> Reading {
        match kind {
            StreamKind::Kinesis if self.is_set(entry, "enhanced_fan_out") => Reading::Pushed(Span::from_millis(70)),
            StreamKind::Kinesis => Reading::Polled(Span::from_secs(1)),
            StreamKind::DynamoDb => Reading::Polled(Span::from_millis(250)),
            StreamKind::Kafka => Reading::Pushed(Span::ZERO),
        }
    }

    /// ESM-3; large batches without a window are worth a warning where both are asked for (ESM-4).
    fn stream_window(&self, entry: &Entry, kafka: bool) -> Span {
        let default = if kafka { Span::from_millis(500) } else { Span::ZERO };
        let Some(window) = entry.value.entry("maximum_batching_window") else {
            return default;
        };
        let length = self.reader.value(window, whole_seconds).unwrap_or(default);
        let size = entry
            .value
            .entry("batch_size")
            .and_then(|size| size.value.text()?.parse::<u64>().ok());
        if let (Some(size @ 11..), true) = (size, length.is_zero()) {
            self.reader.warn(format!(
                "the event source mapping {} has a batch size of {size} and a window of 0 s: Lambda asks for at least 1 s \
                 above 10 records (ESM-4)",
                entry.key
            ));
        }
        length
    }

    fn retry_attempts(&self, entry: &Entry) -> Option<u32> {
        let entry = entry.value.entry("maximum_retry_attempts")?;
        if entry.value.text() == Some("-1") {
            return None;
        }
        let read = self.reader.value(entry, |text| {
            let allowed = "-1 for no limit, or a whole number from 0 to 10000, is allowed (STRM-6)";
            values::count(text, 0, 10_000).map_err(|fault| Fault::new(fault.found, allowed))
        });
        read.map(|attempts| attempts as u32)
    }

    fn record_age(&self, entry: &Entry, kind: StreamKind) -> Option<Span> {
        let written = entry.value.entry("maximum_record_age")?;
        if written.value.text() == Some("-1") {
            return None;
        }
        let age = self.reader.value(written, |text| {
            let allowed = "-1 for no limit, or 60 s to 7 d, is allowed (STRM-6)";
            let fault = || Fault::new(format!("is {text}"), allowed);
            let age = values::duration(text).map_err(|_| fault())?;
            let fits = (Span::from_secs(60)..=Span::from_secs(604_800)).contains(&age);
            if fits { Ok(age) } else { Err(fault()) }
        })?;
        if kind == StreamKind::DynamoDb && age > DAY {
            self.reader.warn(format!(
                "the event source mapping {} gives up records after {age}, but DynamoDB keeps them for 24 h (STRM-6)",
                entry.key
            ));
        }
        Some(age)
    }

    /// STRM-12.
    fn tumbling_window(&self, entry: &Entry) -> Option<Span> {
        let written = entry.value.entry("tumbling_window")?;
        let window = self.reader.value(written, |text| {
            let span = values::duration(text)?;
            let whole = Span::from_secs(span.as_micros() / 1_000_000);
            if span == whole && whole <= Span::from_secs(LONGEST_TUMBLING) {
                return Ok(span);
            }
            let allowed = "whole seconds from 0 s to 900 s are allowed (STRM-12)";
            Err(Fault::new(format!("is {text}"), allowed))
        })?;
        let factor = entry.value.entry("parallelization_factor");
        let factor = factor.filter(|factor| factor.value.text() != Some("1") && !window.is_zero());
        if let Some(factor) = factor {
            let found = format!(
                "`parallelization_factor` is {} beside a tumbling window",
                factor.value.compact()
            );
            let allowed = "1 is allowed: a tumbling window has one lane for each shard (STRM-12)";
            self.reader.problem(factor.value.mark, found, allowed);
        }
        Some(window).filter(|window| !window.is_zero())
    }

    /// Where reading begins (STRM-4). Mappings of the file exist before the first record, so only an instant of the run
    /// passes records over.
    fn starting_position(&self, entry: &Entry, kind: StreamKind) -> Option<SimTime> {
        let position = entry.value.entry("starting_position");
        let written = position.and_then(|position| self.reader.choice(position, STARTING_POSITIONS));
        let timestamp = entry.value.entry("starting_position_timestamp");
        match (position, written, timestamp) {
            (Some(position), Some(2), None) => {
                let found = "`starting_position` is AT_TIMESTAMP without an instant";
                let allowed = "add `starting_position_timestamp`, such as 2026-11-20T08:00:00Z (STRM-4)";
                self.reader.problem(position.value.mark, found, allowed);
                None
            }
            (Some(position), Some(2), Some(_)) if kind == StreamKind::DynamoDb => {
                let found = "`starting_position` is AT_TIMESTAMP";
                let allowed = "DynamoDB streams begin at TRIM_HORIZON or LATEST (STRM-4)";
                self.reader.problem(position.value.mark, found, allowed);
                None
            }
            (_, Some(2), Some(timestamp)) => {
                let instant = self.reader.value(timestamp, values::instant)?;
                let after = u64::try_from(instant.0 - self.start.0).ok()?;
                Some(SimTime::from_micros(after))
            }
            (_, _, Some(timestamp)) => {
                let found = "`starting_position_timestamp` is given";
                let allowed = "it belongs to `starting_position: AT_TIMESTAMP` (STRM-4)";
                self.reader.problem(timestamp.mark, found, allowed);
                None
            }
            _ => None,
        }
    }

    /// KAF-1 on demand, KAF-2 provisioned; never more pollers than partitions.
    fn kafka_pollers(&self, entry: &Entry, partitions: u32) -> PollerConfig {
        let step = self.parameters.kafka_step;
        let Some(provisioned) = entry.value.entry("provisioned_poller_config") else {
            return PollerConfig {
                provisioned: false,
                minimum: 1,
                maximum: partitions,
                per_poller: 1,
                step,
            };
        };
        self.needs(provisioned, "SW-KAFPROV");
        let (minimum, maximum) = self.provisioned_bounds(provisioned);
        if minimum > maximum {
            let found = format!("`minimum_pollers` is {minimum}, above `maximum_pollers`, which is {maximum}");
            self.reader
                .problem(provisioned.value.mark, found, "lower it, or raise the maximum (KAF-2)");
        }
        PollerConfig {
            provisioned: true,
            minimum: minimum.min(partitions),
            maximum: maximum.clamp(minimum, minimum.max(partitions)).min(partitions),
            per_poller: BATCHES_PER_POLLER,
            step,
        }
    }

    fn provisioned_bounds(&self, provisioned: &Entry) -> (u32, u32) {
        let count = |key: &str, highest: u64, default: u64| {
            let read = provisioned
                .value
                .entry(key)
                .and_then(|entry| self.count(entry, 1, highest, "KAF-2"));
            read.unwrap_or(default) as u32
        };
        (count("minimum_pollers", 200, 1), count("maximum_pollers", 2_000, 200))
    }

    /// Too many readers of one stream (STRM-14), and groups of pollers that are too large (KAF-3).
    pub(super) fn check_readers(&self, entries: &[&Entry]) {
        for (index, stream) in self.streams.iter().enumerate() {
            let shared = |config: &&StreamMappingConfig| {
                config.stream.index() == index && matches!(config.lane.reading, Reading::Polled(_))
            };
            let readers = self
                .configs
                .iter()
                .filter_map(|mapping| match &mapping.source {
                    MappingSource::Stream(stream) => Some(stream),
                    MappingSource::Queue(_) => None,
                })
                .filter(shared)
                .count();
            let (most, why) = match stream.kind {
                StreamKind::Kinesis => (5, "5 reads a second of a shard"),
                StreamKind::DynamoDb => (2, "2 readers of a shard"),
                StreamKind::Kafka => continue,
            };
            if readers > most {
                self.reader.warn(format!(
                    "{readers} event source mappings read {}:{}, beyond {why}: they will be throttled (STRM-14)",
                    stream.kind.name(),
                    stream.name
                ));
            }
        }
        self.check_groups(entries);
    }

    fn check_groups(&self, entries: &[&Entry]) {
        let mut groups: BTreeMap<String, (usize, u64)> = BTreeMap::new();
        for entry in entries {
            let Some(config) = entry.value.entry("provisioned_poller_config") else {
                continue;
            };
            let Some(name) = config.value.entry("poller_group_name") else {
                continue;
            };
            let Some(group) = self.reader.text(name) else { continue };
            let (mappings, pollers) = groups.entry(group.clone()).or_default();
            *mappings += 1;
            *pollers += u64::from(self.provisioned_bounds(config).1);
            if *mappings > GROUP_MAPPINGS || *pollers > GROUP_POLLERS {
                let found = format!("the group {group} has {mappings} mappings with {pollers} pollers at the most");
                let allowed = "at most 100 mappings with 2000 pollers together are allowed (KAF-3)";
                self.reader.problem(name.value.mark, found, allowed);
            }
        }
    }
}
