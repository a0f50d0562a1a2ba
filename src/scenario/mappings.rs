//! Event source mappings: to `MappingConfig` with a flow and a sender of their own (lambda-model §5).

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::address::{Address, Directory};
use super::dated::Dated;
use super::keys::{METRIC_GROUPS, STREAM_KEYS, STREAM_TYPES, nearest};
use super::links::place;
use super::parameters::PollerParameters;
use super::problem::Fault;
use super::reader::Reader;
use super::streams;
use super::tree::{Entry, shortened};
use super::values;
use crate::facts::{FlowId, FunctionId, InvocationType, LinkId, MappingId, QualifierId, QueueId, StreamId, TrafficId};
use crate::kernel::draws::StreamKey;
use crate::lambda::{
    FlowConfig, FunctionConfig, MappingConfig, MappingSource, MetricGroups, QueueMappingConfig, ScalingConfig, Sender,
    TrafficConfig,
};
use crate::messaging::{QueueConfig, StreamConfig};
use crate::units::{Bytes, Share, Span, Timestamp};

/// Payload of a batch, envelope included (ESM-2).
pub(super) const BATCH_BYTES: Bytes = Bytes::from_mb(6);
/// Concurrent batches of one provisioned poller (SQSP-2).
const BATCHES_PER_POLLER: u32 = 10;
/// Concurrency that provisioned pollers gain in a minute (SQSP-3).
const PROVISIONED_GROWTH: u32 = 1_000;
/// What Lambda adds to window and timeout (SQS-18).
const VISIBILITY_MARGIN: Span = Span::from_secs(30);
/// Reserved concurrency below which throttles lead to losses (SQS-17).
const LEAST_RESERVED: u32 = 5;

/// Sources that are known, but not simulated (MQ-1, MQ-2).
const NOT_SIMULATED: &[(&str, &str)] = &[("mq:", "Amazon MQ"), ("documentdb:", "DocumentDB")];

/// Reads event source mappings, in the order of their names.
pub(super) struct Mappings<'a> {
    /// Where problems go.
    pub reader: &'a Reader,
    /// What was possible when.
    pub dated: &'a Dated,
    /// What AWS does not document of pollers.
    pub parameters: &'a PollerParameters,
    /// All functions, by name.
    pub functions: &'a [Arc<FunctionConfig>],
    /// The same with their qualifiers, for messages.
    pub directory: &'a Directory,
    /// All queues, by name.
    pub queues: &'a [QueueConfig],
    /// Names of the declared ones.
    pub declared: &'a [String],
    /// All streams, by name.
    pub streams: &'a [StreamConfig],
    /// Links to failure destinations, by the mapping's name.
    pub failures: &'a BTreeMap<String, LinkId>,
    /// Calendar instant of t = 0.
    pub start: Timestamp,
    /// Seed of all draws.
    pub seed: u64,
    /// Senders, which mappings are added to.
    pub traffic: &'a mut Vec<TrafficConfig>,
    /// Flows, likewise.
    pub flows: &'a mut Vec<FlowConfig>,
    /// Mappings read so far.
    pub configs: Vec<MappingConfig>,
}

impl Mappings<'_> {
    /// Reads one entry.
    pub fn read(&mut self, entry: &Entry) {
        let node = &entry.value;
        let owner = format!("the event source mapping {}", entry.key);
        let source = self
            .reader
            .required(node, "event_source", &owner, entry.mark, "sqs:orders");
        let function = self.reader.required(node, "function", &owner, entry.mark, "fulfil");
        let source = source.and_then(|source| self.reader.value(source, |text| self.source(text)));
        let target = function.and_then(|function| self.reader.value(function, |text| self.function(text)));
        let pass = self.pass(entry);
        let enabled = node.entry("enabled").and_then(|entry| self.reader.flag(entry));
        let types = node.entry("function_response_types");
        let reports = types.and_then(|entry| self.reader.choice(entry, &["ReportBatchItemFailures"]));
        let (Some(source), Some(target)) = (source, target) else {
            return;
        };
        let source = match source {
            Source::Queue(queue) => {
                self.refuse_stream_keys(entry);
                MappingSource::Queue(self.queue_config(entry, queue, target))
            }
            Source::Stream(stream) => MappingSource::Stream(self.stream_config(entry, stream, target)),
        };
        let key = StreamKey::derive(self.seed, 0, "mapping", &entry.key);
        self.configs.push(MappingConfig {
            name: entry.key.clone(),
            flow: FlowId(self.flows.len() as u32),
            key,
            enabled: enabled.unwrap_or(true),
            activation: self.parameters.activation.clone(),
            reports_failures: reports.map(|_| true),
            metrics: self.metrics(entry, &source),
            pass,
            source,
        });
        self.add_flow(&entry.key, target, key);
    }

    /// Its metrics that are switched on (MET-17).
    fn metrics(&self, entry: &Entry, source: &MappingSource) -> MetricGroups {
        let Some(config) = entry.value.entry("metrics_config") else {
            return MetricGroups::default();
        };
        self.needs(config, "SW-KAFPROV");
        let allowed = format!("a list of {} is allowed (MET-17)", METRIC_GROUPS.join(", "));
        let groups = config.value.entry("metrics");
        let items = groups
            .and_then(|groups| self.reader.list(groups, &allowed))
            .unwrap_or(&[]);
        let chosen: BTreeSet<usize> = items
            .iter()
            .filter_map(|item| {
                self.reader
                    .scalar(item, "a group of metrics", |text| values::choice(text, METRIC_GROUPS))
            })
            .collect();
        let kafka = matches!(source, MappingSource::Stream(stream) if stream.pollers.is_some());
        if let (true, false, Some(groups)) = (chosen.contains(&2), kafka, groups) {
            let found = "`metrics` names KafkaMetrics, but no Kafka topic is read";
            self.reader.problem(groups.value.mark, found, "remove it (MET-17)");
        }
        MetricGroups {
            events: chosen.contains(&0),
            errors: chosen.contains(&1),
            kafka: chosen.contains(&2),
        }
    }

    /// Every mapping is a sender with one flow; it repeats what is refused by itself.
    fn add_flow(&mut self, name: &str, (function, qualifier): (FunctionId, QualifierId), key: StreamKey) {
        self.flows.push(FlowConfig {
            traffic: TrafficId(self.traffic.len() as u32),
            function,
            qualifier,
            invocation_type: InvocationType::RequestResponse,
            sized: false,
            through: false,
            mapping: Some(MappingId(self.configs.len() as u32 - 1)),
            key,
        });
        self.traffic.push(TrafficConfig::of_account(name, Sender::Mapping));
    }

    fn source(&self, text: &str) -> Result<Source, Fault> {
        for (prefix, name) in NOT_SIMULATED {
            if text.starts_with(prefix) {
                let found = format!("is \"{}\": mappings of {name} are not simulated", shortened(text));
                return Err(Fault::new(found, "read a queue, a stream or a Kafka topic instead"));
            }
        }
        match Address::parse(text)? {
            Address::Service { service: "sqs", name } => self.queue(text, name).map(Source::Queue),
            Address::Service { service, name } if STREAM_TYPES.contains(&service) => {
                let stream = streams::find(self.streams, service, name)
                    .map_err(|(found, allowed)| Fault::new(found, allowed))?;
                Ok(Source::Stream(StreamId(stream as u32)))
            }
            _ => {
                let found = format!("is \"{}\"", shortened(text));
                let allowed = "a queue, a stream or a Kafka topic such as sqs:orders or kinesis:clicks is allowed";
                Err(Fault::new(found, allowed))
            }
        }
    }

    /// Keys that queues do not have.
    fn refuse_stream_keys(&self, entry: &Entry) {
        for found in STREAM_KEYS.iter().filter_map(|key| entry.value.entry(key)) {
            let told = format!("`{}` does not belong to a mapping of a queue", found.key);
            let allowed = match found.key.as_str() {
                "on_failure" => "use the queue's redrive_policy (SQS-15)",
                _ => "remove it: streams have it",
            };
            self.reader.problem(found.mark, told, allowed);
        }
    }

    fn queue(&self, text: &str, name: &str) -> Result<QueueId, Fault> {
        if !self.declared.iter().any(|known| known == name) {
            let allowed = match nearest(name, self.declared.iter().map(String::as_str)) {
                Some(close) => format!("did you mean sqs:{close}?"),
                None => "declare it under `queues`".to_owned(),
            };
            return Err(Fault::new(
                format!("names {}, which does not exist", shortened(text)),
                allowed,
            ));
        }
        let position = self.queues.iter().position(|queue| queue.name == name);
        Ok(QueueId(position.unwrap_or_default() as u32))
    }

    fn function(&self, text: &str) -> Result<(FunctionId, QualifierId), Fault> {
        match Address::parse(text)? {
            Address::Function { name, qualifier } => {
                self.directory.check(name, qualifier)?;
                Ok(place(self.functions, name, qualifier).unwrap_or_default())
            }
            Address::Service { .. } => {
                let found = format!("is \"{}\"", shortened(text));
                Err(Fault::new(found, "a function such as fulfil or fulfil:live is allowed"))
            }
        }
    }

    fn pass(&self, entry: &Entry) -> Share {
        let filter = entry.value.entry("filter_criteria");
        if let Some(filter) = filter {
            self.needs(filter, "SW-FILTER");
        }
        let pass = filter.and_then(|filter| filter.value.entry("pass"));
        pass.and_then(|pass| self.reader.share(pass)).unwrap_or(Share::ALL)
    }

    /// Reports a key that a switch has not yet made possible.
    pub(super) fn needs(&self, entry: &Entry, switch: &str) {
        if !self.dated.on(switch) {
            let found = format!("`{}` is given", entry.key);
            self.reader.problem(entry.mark, found, self.dated.too_early(switch));
        }
    }

    fn queue_config(
        &self,
        entry: &Entry,
        queue: QueueId,
        (function, qualifier): (FunctionId, QualifierId),
    ) -> QueueMappingConfig {
        let config = &self.queues[queue.index()];
        let function = &self.functions[function.index()];
        let timeout = function.longest_timeout(qualifier);
        let (batch_size, window) = self.batching(entry, config.groups.is_some());
        if config.visibility_timeout < timeout {
            let found = format!(
                "{} has a visibility timeout of {} and {} a timeout of {timeout}",
                config.name, config.visibility_timeout, function.name
            );
            let allowed = format!(
                "a visibility timeout of at least the function's timeout is allowed (SQS-10): {timeout}, better six times it"
            );
            self.reader.problem(entry.mark, found, allowed);
        }
        self.warn_of_small_reservation(entry, function);
        QueueMappingConfig {
            queue,
            batch_size,
            window,
            batch_bytes: BATCH_BYTES,
            visibility_timeout: effective_visibility(config.visibility_timeout, window, timeout),
            latency: self.parameters.latency.clone(),
            scaling: self.scaling(entry),
            retry: self.parameters.retry,
        }
    }

    /// SQS-17: with so little room throttles use up the receives of messages.
    fn warn_of_small_reservation(&self, entry: &Entry, function: &FunctionConfig) {
        if function.reserved.is_some_and(|reserved| reserved < LEAST_RESERVED) {
            self.reader.warn(format!(
                "the event source mapping {} invokes {} with reserved concurrency below {LEAST_RESERVED}: throttles count as \
                 receives, and messages end in the dead-letter queue (SQS-17)",
                entry.key, function.name
            ));
        }
    }

    /// Batch size and window (SQS-1, ESM-3, ESM-4).
    fn batching(&self, entry: &Entry, fifo: bool) -> (u32, Span) {
        let node = &entry.value;
        let size = node.entry("batch_size");
        let most = if fifo { 10 } else { 10_000 };
        let batch_size = size.and_then(|size| {
            self.reader.value(size, |text| {
                values::count(text, 1, most).map_err(|fault| {
                    let queue = if fifo { "a FIFO queue" } else { "a standard queue" };
                    Fault::new(fault.found, format!("{} for {queue} (SQS-1)", fault.allowed))
                })
            })
        });
        let window = node.entry("maximum_batching_window");
        let length = window
            .and_then(|window| self.reader.value(window, whole_seconds))
            .unwrap_or(Span::ZERO);
        if let (true, false, Some(window)) = (fifo, length.is_zero(), window) {
            let found = "`maximum_batching_window` is given for a FIFO queue";
            self.reader
                .problem(window.value.mark, found, "only standard queues have one (SQS-1)");
        }
        let batch_size = batch_size.unwrap_or(10) as u32;
        if let (11.., true, false, Some(size)) = (batch_size, length.is_zero(), fifo, size) {
            let found = format!("`batch_size` is {batch_size} without a batching window");
            let allowed = "add `maximum_batching_window: 1 s` or more, or at most 10 records (ESM-4)";
            self.reader.problem(size.value.mark, found, allowed);
        }
        (batch_size, length)
    }

    fn scaling(&self, entry: &Entry) -> ScalingConfig {
        let rated = self.dated.on("SW-SQSRATE");
        let standard = ScalingConfig {
            start: 5,
            idle: 2,
            ceiling: if rated { 1_250 } else { 1_000 },
            growth_per_minute: if rated { 300 } else { 60 },
            scale_in_per_minute: self.parameters.scale_in_per_minute,
            minute_steps: self.parameters.minute_steps,
            backs_off: self.parameters.backs_off,
            per_poller: None,
        };
        let maximum = entry.value.entry("maximum_concurrency");
        let provisioned = entry.value.entry("provisioned_poller_config");
        if let (Some(_), Some(provisioned)) = (maximum, provisioned) {
            let found = "`maximum_concurrency` and `provisioned_poller_config` stand side by side";
            self.reader
                .problem(provisioned.mark, found, "choose one of them (SQSP-1)");
        }
        if let Some(provisioned) = provisioned {
            return self.provisioned(provisioned, standard);
        }
        let Some(maximum) = maximum else { return standard };
        self.needs(maximum, "SW-SQSMAX");
        let most = self.reader.value(maximum, |text| {
            values::count(text, 2, 1_000).map_err(|fault| Fault::new(fault.found, format!("{} (SQS-8)", fault.allowed)))
        });
        let ceiling = most.map_or(standard.ceiling, |most| most as u32);
        ScalingConfig {
            start: standard.start.min(ceiling),
            idle: standard.start.min(ceiling),
            ceiling,
            ..standard
        }
    }

    fn provisioned(&self, entry: &Entry, standard: ScalingConfig) -> ScalingConfig {
        self.needs(entry, "SW-SQSPROV");
        let most = if self.dated.on("SW-SQSPROV2") { 10_000 } else { 2_000 };
        let count = |key: &str, highest: u64, default: u32| {
            let read = entry.value.entry(key).and_then(|entry| {
                self.reader.value(entry, |text| {
                    values::count(text, 2, highest)
                        .map_err(|fault| Fault::new(fault.found, format!("{} (SQSP-1)", fault.allowed)))
                })
            });
            read.map_or(default, |count| count as u32)
        };
        let (minimum, maximum) = (count("minimum_pollers", 200, 2), count("maximum_pollers", most, 200));
        if minimum > maximum {
            let found = format!("`minimum_pollers` is {minimum}, above `maximum_pollers`, which is {maximum}");
            self.reader
                .problem(entry.value.mark, found, "lower it, or raise the maximum (SQSP-1)");
        }
        ScalingConfig {
            start: minimum * BATCHES_PER_POLLER,
            idle: minimum * BATCHES_PER_POLLER,
            ceiling: maximum.max(minimum) * BATCHES_PER_POLLER,
            growth_per_minute: PROVISIONED_GROWTH,
            per_poller: Some(BATCHES_PER_POLLER),
            ..standard
        }
    }

    /// Warns where mappings together may need more than their function has reserved (SQS-8).
    pub fn finish(self, entries: &[&Entry]) -> Vec<MappingConfig> {
        self.check_readers(entries);
        for (index, function) in self.functions.iter().enumerate() {
            let Some(reserved) = function.reserved else { continue };
            let here = |mapping: &&MappingConfig| self.flows[mapping.flow.index()].function.index() == index;
            let limited = |mapping: &MappingConfig| {
                let MappingSource::Queue(queue) = &mapping.source else {
                    return None;
                };
                (queue.scaling.start == queue.scaling.idle).then_some(queue.scaling.ceiling)
            };
            let sum: u32 = self.configs.iter().filter(here).filter_map(limited).sum();
            if sum > reserved {
                self.reader.warn(format!(
                    "the event source mappings of {} may run {sum} batches at once, above its reserved concurrency of \
                     {reserved}: the rest is throttled (SQS-8)",
                    function.name
                ));
            }
        }
        self.configs
    }
}

/// What a mapping reads.
enum Source {
    Queue(QueueId),
    Stream(StreamId),
}

/// SQS-18: a window that leaves too little time makes Lambda take a longer visibility timeout.
fn effective_visibility(visibility: Span, window: Span, timeout: Span) -> Span {
    let needed = window.saturating_add(timeout);
    match !window.is_zero() && needed > visibility {
        true => needed.saturating_add(VISIBILITY_MARGIN),
        false => visibility,
    }
}

pub(super) fn whole_seconds(text: &str) -> Result<Span, Fault> {
    let span = values::duration(text)?;
    let whole = Span::from_secs(span.as_micros() / 1_000_000);
    if span == whole && whole <= Span::from_secs(300) {
        return Ok(span);
    }
    Err(Fault::new(
        format!("is {text}"),
        "whole seconds from 0 s to 300 s are allowed (ESM-3)",
    ))
}
