//! Traffic entries: to `TrafficConfig`, flows and sources.

use std::sync::Arc;

use jiff::tz::TimeZone;

use super::address::{Address, Directory};
use super::dated::Dated;
use super::keys::{RETRY_MODES, STREAM_TYPES, TOGETHER, nearest};
use super::links::{self, Links};
use super::parameters::AccountParameters;
use super::problem::Fault;
use super::reader::Reader;
use super::schedule::{self, Setting};
use super::source::Mark;
use super::streams;
use super::through::{Passage, check_target, passage};
use super::transfer::transfer;
use super::tree::{Entry, Kind, Node, shortened};
use super::{check::check, values};
use crate::facts::{FlowId, FunctionId, InvocationType, QualifierId, TrafficId};
use crate::kernel::draws::StreamKey;
use crate::lambda::{FlowConfig, FunctionConfig, RetryConfig, RetryMode, Sender, Through, TrafficConfig};
use crate::messaging::StreamConfig;
use crate::trace::{AzureFunction, CsvTrace};
use crate::units::{Rate, Share, SimTime, Span, Timestamp};
use crate::workload::{Firings, Process, RateProfile, SourceConfig, TraceFile};

/// Keys that say how somebody calls a function, and what that answers.
const CALLER_KEYS: &[&str] = &[
    "invocation_type",
    "retry",
    "response",
    "time_to_first_byte",
    "invoke_mode",
];

/// Shorter periods are a mistake, and a run would do nothing but begin them.
const SHORTEST_REPEAT: Span = Span::from_secs(1);

/// Keys of `arrivals` that say what arrives.
const PROCESSES: &[&str] = &[
    "poisson", "constant", "bursts", "mmpp", "at", "trace", "azure", "schedule",
];

/// A traffic entry that names an Azure trace, with what the trace holds.
pub(super) struct AzureTrace {
    /// The traffic entry.
    pub traffic: String,
    /// Where the folder is named.
    pub mark: Mark,
    /// Functions by name.
    pub functions: Vec<AzureFunction>,
}

/// Reads traffic entries, in the order of their names.
pub(super) struct Traffic<'a> {
    /// Where problems go.
    pub reader: &'a Reader,
    /// What was possible when.
    pub dated: &'a Dated,
    /// Parameters of clients and schedules.
    pub parameters: &'a AccountParameters,
    /// All functions, by name.
    pub functions: &'a [Arc<FunctionConfig>],
    /// The same with their qualifiers, for messages.
    pub directory: &'a Directory,
    /// Declared queues, by name.
    pub queues: &'a [String],
    /// Streams, by name.
    pub streams: &'a [StreamConfig],
    /// Declared topics, by name.
    pub topics: &'a [String],
    /// Where what is sent goes.
    pub links: &'a Links,
    /// Azure traces, already read.
    pub azure: Vec<AzureTrace>,
    /// Seed of all draws.
    pub seed: u64,
    /// Calendar instant of t = 0.
    pub start: Timestamp,
    /// Length of the traffic.
    pub duration: Span,
    /// Functions as written, sorted by name.
    pub written: Vec<&'a Entry>,
    /// Entries read so far.
    pub configs: Vec<TrafficConfig>,
    /// Their flows.
    pub flows: Vec<FlowConfig>,
    /// Their sources.
    pub sources: Vec<SourceConfig>,
}

/// What a trace entry asks for.
enum Targets {
    /// Everything goes to the entry's `to`.
    Single(Process),
    /// Rows name their function.
    Named(Process, Vec<String>),
    /// One source for each function.
    Separate(Vec<(String, Process)>),
}

fn never_fires(process: &Process) -> bool {
    match process {
        Process::At(times) => times.is_empty(),
        Process::Spread(schedule) => matches!(&schedule.due, Firings::At(times) if times.is_empty()),
        _ => false,
    }
}

/// What all flows and sources of one entry share.
struct Template {
    traffic: TrafficId,
    invocation_type: InvocationType,
    sized: bool,
    through: bool,
    pass: Share,
    window: (SimTime, SimTime),
    scale: f64,
}

impl Template {
    fn source(&self, flow: FlowId, key: StreamKey, process: Process) -> SourceConfig {
        SourceConfig {
            flow,
            key,
            from: self.window.0,
            until: self.window.1,
            scale: self.scale,
            pass: self.pass,
            process,
            changes: Vec::new(),
        }
    }

    fn flow(&self, (function, qualifier): (FunctionId, QualifierId), key: StreamKey) -> FlowConfig {
        FlowConfig {
            traffic: self.traffic,
            function,
            qualifier,
            invocation_type: self.invocation_type,
            sized: self.sized,
            mapping: None,
            through: self.through,
            key,
        }
    }
}

/// Where the arrivals of an entry go.
enum Towards {
    Function((FunctionId, QualifierId)),
    /// A queue or topic, as an address.
    Service(String),
}

/// Whether `arrivals` may name its functions itself.
fn names_functions(arrivals: &Node) -> bool {
    arrivals.entry("trace").or(arrivals.entry("azure")).is_some()
}

impl Traffic<'_> {
    /// Reads one entry.
    pub fn read(&mut self, entry: &Entry) {
        let node = &entry.value;
        let traffic = TrafficId(self.configs.len() as u32);
        let passage = passage(self.reader, self.dated, self.parameters, entry);
        let invocation_type = self.invocation_type(node, &passage);
        let transfer = transfer(self.reader, self.dated, entry, invocation_type);
        let sized = transfer.is_some();
        self.configs.push(TrafficConfig {
            name: entry.key.clone(),
            sender: Sender::Traffic,
            retry: self.retry(node, invocation_type, passage.name),
            transfer,
            through: passage.through.clone(),
        });
        let (from, until, scale) = self.window(entry);
        let owner = format!("the traffic {}", entry.key);
        let arrivals = self
            .reader
            .required(node, "arrivals", &owner, entry.mark, "{ poisson: 10/s }");
        let targets = match arrivals {
            Some(arrivals) => self.process(entry, arrivals),
            None => None,
        };
        let template = Template {
            traffic,
            invocation_type,
            sized,
            through: passage.through.is_some(),
            pass: passage.pass,
            window: (from, until),
            scale,
        };
        match targets {
            Some(targets) => self.place(entry, &template, targets),
            // A trace that cannot be read may name its functions itself, so nothing is said of a missing `to`.
            None if arrivals.is_some_and(|arrivals| names_functions(&arrivals.value)) => {}
            None => drop(self.target(entry)),
        }
    }

    /// Adds the flows and sources of one entry.
    fn place(&mut self, entry: &Entry, template: &Template, targets: Targets) {
        let key = StreamKey::derive(self.seed, 0, "traffic", &entry.key);
        let first = self.flows.len();
        match targets {
            Targets::Single(process) => {
                if let Some(flow) = self.single(entry, template, key) {
                    self.sources.push(template.source(flow, key, process));
                }
            }
            Targets::Named(process, names) => {
                self.refuse_target(entry);
                let mark = entry
                    .value
                    .entry("arrivals")
                    .map_or(entry.mark, |arrivals| arrivals.value.mark);
                for name in names {
                    let target = self.named_target(&name, mark);
                    self.flows.push(template.flow(target.unwrap_or_default(), key));
                }
                self.sources.push(template.source(FlowId(first as u32), key, process));
            }
            Targets::Separate(functions) => {
                self.refuse_target(entry);
                for (name, process) in functions {
                    let key = StreamKey::derive(self.seed, 0, "traffic", &format!("{}/{name}", entry.key));
                    let position = self
                        .functions
                        .binary_search_by(|function| function.name.as_str().cmp(&name));
                    let function = FunctionId(position.unwrap_or(0) as u32);
                    self.sources
                        .push(template.source(FlowId(self.flows.len() as u32), key, process));
                    self.flows.push(template.flow((function, QualifierId(0)), key));
                }
            }
        }
    }

    /// The flow, or the link as a flow, to what `to` names.
    fn single(&mut self, entry: &Entry, template: &Template, key: StreamKey) -> Option<FlowId> {
        let target = self.target(entry);
        let flow = self.flow_to(entry, template, key, matches!(target, Some(Towards::Function(_))));
        let config = &self.configs[template.traffic.index()];
        match target? {
            Towards::Function(target) => {
                let function = &self.functions[target.0.index()];
                let named = |written: &&Entry| written.key.as_str().cmp(function.name.as_str());
                let written = self
                    .written
                    .binary_search_by(named)
                    .ok()
                    .map(|place| self.written[place]);
                check_target(self.reader, self.parameters, entry, function, target.1, written);
                flow
            }
            Towards::Service(_) if matches!(config.through, Some(Through::Front(_))) => {
                let found = "a front end leads to a queue or topic";
                let allowed = "it calls functions only; a service such as s3 or eventbridge sends to queues and topics";
                self.reader.problem(entry.mark, found, allowed);
                None
            }
            Towards::Service(address) => {
                // Where a change leads from a function to here, the keys are the function's.
                if self.links.targets(&entry.key, None).0.is_empty() {
                    self.refuse_keys_of_callers(entry);
                }
                Some(FlowId::of_link(self.links.add_traffic(config, &address, key)))
            }
        }
    }

    /// Adds a flow for every function that the entry asks for in any state; the one of this state, where there is one.
    fn flow_to(&mut self, entry: &Entry, template: &Template, key: StreamKey, to_function: bool) -> Option<FlowId> {
        let to = entry.value.entry("to").and_then(|to| to.value.text());
        let (addresses, current) = self.links.targets(&entry.key, to.filter(|_| to_function));
        let first = self.flows.len();
        for address in addresses {
            let target = match Address::parse(&address) {
                Ok(Address::Function { name, qualifier }) => links::place(self.functions, name, qualifier),
                _ => None,
            };
            self.flows.push(template.flow(target.unwrap_or_default(), key));
        }
        current.map(|place| FlowId((first + place) as u32))
    }

    /// What is sent to a queue, stream or topic is stored: nobody waits for a response.
    fn refuse_keys_of_callers(&self, entry: &Entry) {
        for found in CALLER_KEYS.iter().filter_map(|key| entry.value.entry(key)) {
            let told = format!("`{}` stands in traffic that calls no function", found.key);
            let allowed = "remove it: a queue, stream or topic takes in what is sent, and answers nothing more";
            self.reader.problem(found.mark, told, allowed);
        }
    }

    fn invocation_type(&self, node: &Node, passage: &Passage) -> InvocationType {
        let types = [
            InvocationType::RequestResponse,
            InvocationType::Event,
            InvocationType::DryRun,
        ];
        let entry = node.entry("invocation_type");
        let position = entry.and_then(|entry| self.reader.choice(entry, &types.map(InvocationType::name)));
        let given = position.map(|position| types[position]);
        if let Some(entry) = entry
            && passage.through.is_some()
            && !matches!(given, None | Some(InvocationType::DryRun))
            && given != Some(passage.invocation_type)
        {
            let found = format!("`invocation_type` is {}", entry.value.compact());
            let allowed = format!(
                "{} invokes with {}; remove it",
                passage.name,
                passage.invocation_type.name()
            );
            self.reader.problem(entry.value.mark, found, allowed);
        }
        given.unwrap_or(passage.invocation_type)
    }

    fn retry(&self, node: &Node, invocation_type: InvocationType, through: &str) -> RetryConfig {
        let entry = node.entry("retry");
        let map = entry
            .filter(|entry| matches!(entry.value.kind, Kind::Map(_)))
            .map(|entry| &entry.value);
        let mode_entry = map.map_or(entry, |map| map.entry("mode"));
        let sdk26 = self.dated.on("SW-SDK26");
        let named = mode_entry.and_then(|entry| {
            self.reader.value(entry, |text| match values::is_off(text) {
                true => Ok(0),
                false => values::choice(text, RETRY_MODES),
            })
        });
        let mode = match (named.map(|position| RETRY_MODES[position]), sdk26) {
            (Some("none"), _) => RetryMode::None,
            (None, _) if through == "step-functions" => RetryMode::StepFunctions,
            (None, _) if through == "cognito" => RetryMode::Cognito,
            (None, _) if through != "sdk" => RetryMode::None,
            (Some("legacy"), _) | (None, false) => RetryMode::Legacy,
            (Some("standard"), false) => RetryMode::Standard,
            (Some("adaptive"), false) => RetryMode::Adaptive,
            (Some("adaptive"), true) => RetryMode::Adaptive2026,
            _ => RetryMode::Standard2026,
        };
        let accepted = invocation_type == InvocationType::RequestResponse
            || (invocation_type == InvocationType::Event && self.parameters.rate_limits_events);
        if let (false, Some(entry)) = (accepted, entry)
            && mode != RetryMode::None
        {
            let place = self.reader.sources[entry.mark.source as usize].place(entry.mark);
            let name = invocation_type.name();
            self.reader.warn(format!(
                "{place}: `retry` has no effect: {name} requests are never refused (ASYNC-1, INV-3)"
            ));
        }
        let mode = if accepted { mode } else { RetryMode::None };
        let count = |key: &str, highest: u64| {
            let entry = map.and_then(|map| map.entry(key))?;
            Some((entry, self.reader.count(entry, 1, highest)? as u32))
        };
        let default_attempts = match mode {
            RetryMode::None => 1,
            RetryMode::Legacy => 5,
            RetryMode::StepFunctions => 7,
            _ => 3,
        };
        let attempts = count("max_attempts", 1_000);
        if let Some((entry, 2..)) = attempts
            && named == Some(0)
        {
            let found = "`max_attempts` is above 1 in mode none";
            self.reader
                .problem(entry.value.mark, found, "choose another mode, or leave it out (SDK-1)");
        }
        RetryConfig {
            mode,
            max_attempts: if accepted {
                attempts.map_or(default_attempts, |(_, attempts)| attempts)
            } else {
                1
            },
            clients: count("clients", 1_000_000).map_or(1, |(_, clients)| clients),
            read_timeout: self.parameters.read_timeout,
        }
    }

    fn window(&self, entry: &Entry) -> (SimTime, SimTime, f64) {
        let end = SimTime::ZERO + self.duration;
        let read = |key: &str| {
            let entry = entry.value.entry(key)?;
            Some((entry, SimTime::ZERO + self.reader.duration(entry)?))
        };
        let from = read("from").map_or(SimTime::ZERO, |(_, from)| from);
        let until = read("until");
        if let Some((until_entry, until)) = until
            && until <= from
        {
            let found = format!("`until` is {}, not after `from`", until_entry.value.compact());
            self.reader.problem(
                until_entry.value.mark,
                found,
                "a time after `from` is allowed; the window is [from, until)",
            );
        } else if from >= end && self.duration > Span::ZERO {
            self.reader.warn(format!(
                "the traffic {} begins after the scenario's end: nothing arrives",
                entry.key
            ));
        }
        let scale = entry.value.entry("scale").and_then(|entry| {
            self.reader.value(entry, |text| match values::factor(text)? {
                factor if factor <= 1e6 => Ok(factor),
                _ => Err(Fault::new(format!("is {text}"), "a factor of 0 to 1000000 is allowed")),
            })
        });
        let until = until.map_or(end, |(_, until)| until.min(end));
        (from.min(until), until, scale.unwrap_or(1.0))
    }

    fn target(&self, entry: &Entry) -> Option<Towards> {
        let owner = format!("the traffic {}", entry.key);
        let to = self
            .reader
            .required(&entry.value, "to", &owner, entry.mark, "checkout")?;
        let name = self.reader.text(to)?;
        if let Ok(Address::Service { service, name: known }) = Address::parse(&name) {
            let declared = match service {
                "sqs" => Some(self.queues),
                "sns" => Some(self.topics),
                _ => None,
            };
            match declared {
                Some(declared) => self.declared(&name, known, declared, to.value.mark),
                None if STREAM_TYPES.contains(&service) => {
                    if let Err((found, allowed)) = streams::find(self.streams, service, known) {
                        self.reader.problem(to.value.mark, format!("`to` {found}"), allowed);
                    }
                }
                None => {
                    let found = format!("`to` names {service}:, which takes in no traffic here");
                    let allowed =
                        "name a function, a queue, a stream or a topic, such as checkout, sqs:orders or kinesis:clicks";
                    self.reader.problem(to.value.mark, found, allowed);
                    return None;
                }
            }
            return Some(Towards::Service(name));
        }
        self.named_target(&name, to.value.mark).map(Towards::Function)
    }

    /// Tells where a queue or topic that something is sent to is not declared.
    fn declared(&self, address: &str, name: &str, known: &[String], mark: Mark) {
        if known.iter().any(|known| known == name) {
            return;
        }
        let section = if address.starts_with("sqs:") {
            "queues"
        } else {
            "topics"
        };
        let allowed = match nearest(name, known.iter().map(String::as_str)) {
            Some(close) => format!("did you mean {close}?"),
            None => format!("declare it under `{section}`"),
        };
        self.reader.problem(
            mark,
            format!("`to` names {}, which does not exist", shortened(address)),
            allowed,
        );
    }

    fn named_target(&self, text: &str, mark: Mark) -> Option<(FunctionId, QualifierId)> {
        let found = match Address::parse(text) {
            Ok(Address::Service { service, .. }) => {
                let found = format!("a trace cannot name {service}: as a target");
                self.reader
                    .problem(mark, found, "name a function, such as checkout or checkout:live");
                return None;
            }
            Ok(Address::Function { name, qualifier }) => {
                self.directory.check(name, qualifier).map(|()| (name, qualifier))
            }
            Err(fault) => Err(fault),
        };
        match found {
            Ok((name, qualifier)) => links::place(self.functions, name, qualifier),
            Err(fault) => {
                self.reader.fault(mark, fault.of("`to`"));
                None
            }
        }
    }

    fn refuse_target(&self, entry: &Entry) {
        if let Some(to) = entry.value.entry("to") {
            let found = "`to` is given, but the trace names its functions";
            self.reader.problem(to.mark, found, "remove `to`");
        }
    }

    fn process(&mut self, entry: &Entry, arrivals: &Entry) -> Option<Targets> {
        let node = &arrivals.value;
        let given: Vec<&Entry> = node
            .entries()
            .iter()
            .filter(|entry| PROCESSES.contains(&&*entry.key))
            .collect();
        let [process] = given.as_slice() else {
            // A misspelt process has been told as an unknown key.
            if given.is_empty()
                && node
                    .entries()
                    .iter()
                    .any(|entry| nearest(&entry.key, PROCESSES.iter().copied()).is_some())
            {
                return None;
            }
            let found = match (&node.kind, given.len()) {
                (Kind::Map(_), 0) => "`arrivals` does not say what arrives".to_owned(),
                (Kind::Map(_), count) => format!("`arrivals` holds {count} processes"),
                _ => format!("`arrivals` is {}", node.described()),
            };
            let mark = given.get(1).map_or(node.mark, |second| second.mark);
            self.reader.problem(
                mark,
                found,
                format!("give one of {}, such as `{{ poisson: 10/s }}`", PROCESSES.join(", ")),
            );
            return None;
        };
        self.companions(node, &process.key);
        match &*process.key {
            "poisson" => self.poisson(node, process).map(Targets::Single),
            "constant" => self
                .reader
                .rate(process)
                .map(|rate| Targets::Single(Process::Constant(rate))),
            "bursts" => self.bursts(process).map(Targets::Single),
            "mmpp" => self.modulated(process).map(Targets::Single),
            "at" => self.at(process).map(Targets::Single),
            "schedule" => self.schedule(entry, node, process).map(Targets::Single),
            "trace" => self.trace(process),
            _ => self.azure(entry),
        }
    }

    /// Keys that stand beside one kind of process only.
    fn companions(&self, node: &Node, process: &str) {
        for (key, owner) in [
            ("repeat", "poisson"),
            ("time_zone", "schedule"),
            ("flexible_time_window", "schedule"),
        ] {
            if let Some(entry) = node.entry(key)
                && process != owner
            {
                let found = format!("`{key}` stands beside `{process}`");
                self.reader
                    .problem(entry.mark, found, format!("it belongs to `{owner}`; remove it"));
            }
        }
    }

    fn poisson(&self, node: &Node, entry: &Entry) -> Option<Process> {
        let repeat = node
            .entry("repeat")
            .and_then(|repeat| Some((repeat, self.reader.duration(repeat)?)));
        let Kind::List(items) = &entry.value.kind else {
            if let Some((repeat, _)) = repeat {
                self.reader.problem(
                    repeat.mark,
                    "`repeat` stands beside a constant rate",
                    "give points, or remove it",
                );
            }
            let points = vec![(SimTime::ZERO, self.reader.rate(entry)?)];
            return Some(Process::Poisson(RateProfile { points, repeat: None }));
        };
        let mut points = self.points(entry, items)?;
        if let (Some((repeat, period)), Some(&(last, rate))) = (repeat, points.last()) {
            let end = SimTime::ZERO + period;
            if period < SHORTEST_REPEAT {
                let found = format!("`repeat` is {}", repeat.value.compact());
                self.reader
                    .problem(repeat.value.mark, found, "a period of at least 1 s is allowed");
                return None;
            }
            if last > end {
                let found = format!("`repeat` is {}, before the last point", repeat.value.compact());
                let allowed = "a period not shorter than the last point is allowed";
                self.reader.problem(repeat.value.mark, found, allowed);
                return None;
            }
            if last == end {
                // One microsecond early, so that the next period begins with its own first point.
                let early = SimTime::from_micros(end.as_micros() - 1);
                points.retain(|(time, _)| *time < early);
                points.push((early, rate));
            }
        }
        Some(Process::Poisson(RateProfile {
            points,
            repeat: repeat.map(|(_, period)| period),
        }))
    }

    /// At least one point of a rate profile, times rising.
    fn points(&self, entry: &Entry, items: &[Node]) -> Option<Vec<(SimTime, Rate)>> {
        let allowed = "allowed: [[0 h, 20/s], [9 h, 400/s]], times rising";
        let mut points: Vec<(SimTime, Rate)> = Vec::new();
        for item in items {
            let pair = match &item.kind {
                Kind::List(pair) => pair.as_slice(),
                _ => &[],
            };
            let [time, rate] = pair else {
                self.reader.problem(
                    item.mark,
                    format!("a point of `poisson` is {}", item.described()),
                    allowed,
                );
                return None;
            };
            let at = SimTime::ZERO + self.reader.scalar(time, "poisson", values::duration)?;
            let rate = self.reader.scalar(rate, "poisson", values::rate)?;
            if points.last().is_some_and(|(before, _)| at <= *before) {
                let found = format!("the point at {} does not come after the one before it", time.compact());
                self.reader
                    .problem(time.mark, found, "sort the points by time, each time once");
                return None;
            }
            points.push((at, rate));
        }
        if points.is_empty() {
            self.reader
                .problem(entry.value.mark, "`poisson` has no points", allowed);
            return None;
        }
        Some(points)
    }

    fn bursts(&self, entry: &Entry) -> Option<Process> {
        let read = |key, example| self.reader.required(&entry.value, key, "`bursts`", entry.mark, example);
        let (burst, pause, rate) = (read("burst", "30 s"), read("pause", "5 min"), read("rate", "200/s"));
        let process = Process::Bursts {
            burst: self.reader.distribution(burst?)?,
            pause: self.reader.distribution(pause?)?,
            rate: self.reader.rate(rate?)?,
        };
        if let Process::Bursts { burst, pause, .. } = &process
            && burst.as_constant() == Some(Span::ZERO)
            && pause.as_constant() == Some(Span::ZERO)
        {
            self.reader.problem(
                entry.value.mark,
                "burst and pause are both 0 s",
                "give one of them a length",
            );
            return None;
        }
        Some(process)
    }

    fn modulated(&self, entry: &Entry) -> Option<Process> {
        let allowed = "allowed: { rates: [5/s, 300/s], mean_stay: [10 min, 30 s] }";
        let read = |key, example| self.reader.required(&entry.value, key, "`mmpp`", entry.mark, example);
        let (rates, stays) = (read("rates", "[5/s, 300/s]"), read("mean_stay", "[10 min, 30 s]"));
        let (rates, stays) = (self.reader.list(rates?, allowed)?, self.reader.list(stays?, allowed)?);
        if rates.len() < 2 || rates.len() != stays.len() {
            let found = format!("`mmpp` has {} rates and {} stays", rates.len(), stays.len());
            self.reader.problem(
                entry.value.mark,
                found,
                "as many stays as rates, at least two, are allowed",
            );
            return None;
        }
        let positive = |text: &str| match values::duration(text)? {
            Span::ZERO => Err(Fault::new("is 0 s", "a mean stay above 0 is allowed")),
            span => Ok(span),
        };
        Some(Process::Modulated {
            rates: rates
                .iter()
                .map(|node| self.reader.scalar(node, "rates", values::rate))
                .collect::<Option<_>>()?,
            mean_stay: stays
                .iter()
                .map(|node| self.reader.scalar(node, "mean_stay", positive))
                .collect::<Option<_>>()?,
        })
    }

    fn at(&self, entry: &Entry) -> Option<Process> {
        if let Kind::Map(_) = entry.value.kind {
            check(self.reader, &entry.value, &TOGETHER);
            let read = |key, example| self.reader.required(&entry.value, key, "`at`", entry.mark, example);
            let (count, time) = (read("count", "1000"), read("time", "0 s"));
            return Some(Process::Together {
                count: self.reader.count(count?, 0, 10_000_000)?,
                time: SimTime::ZERO + self.reader.duration(time?)?,
            });
        }
        let items = self
            .reader
            .list(entry, "allowed: [0 s, 0 s, 5 min] or { count: 1000, time: 0 s }")?;
        let time = |node: &Node| Some(SimTime::ZERO + self.reader.scalar(node, "at", values::duration)?);
        let mut times: Vec<SimTime> = items.iter().map(time).collect::<Option<_>>()?;
        times.sort_unstable();
        Some(Process::At(times))
    }

    fn schedule(&self, entry: &Entry, node: &Node, process: &Entry) -> Option<Process> {
        let zone = match node.entry("time_zone") {
            Some(entry) => self.reader.value(entry, schedule::time_zone)?,
            None => TimeZone::UTC,
        };
        let window = node.entry("flexible_time_window").map(|entry| {
            let off = entry.value.text().is_some_and(values::is_off);
            self.reader.value(entry, |text| match off {
                true => Ok(None),
                false => values::duration(text).and_then(schedule::check_window).map(Some),
            })
        });
        let setting = Setting {
            start: self.start,
            duration: self.duration,
            zone: &zone,
            window: window.flatten().flatten(),
            jitter: self.parameters.schedule_jitter.as_ref(),
            first_firing_at_once: self.parameters.first_firing_at_once,
            key: StreamKey::derive(self.seed, 0, "schedule", &entry.key),
        };
        let read = self.reader.value(process, |text| schedule::schedule(text, &setting))?;
        if never_fires(&read) && self.duration > Span::ZERO {
            self.reader.warn(format!(
                "the schedule of the traffic {} never fires in this scenario",
                entry.key
            ));
        }
        Some(read)
    }

    fn trace(&self, process: &Entry) -> Option<Targets> {
        let path = self.reader.data_path(&process.value, "trace")?;
        match self.reader.data.recorded(&path, self.start) {
            Ok(trace) => {
                self.warn_of_late_rows(&process.value, &trace);
                let names = trace.functions().to_vec();
                let process = Process::Trace(Arc::new(trace));
                Some(if names.is_empty() {
                    Targets::Single(process)
                } else {
                    Targets::Named(process, names)
                })
            }
            Err(problem) => {
                self.reader.problem(process.value.mark, problem, "correct the file");
                None
            }
        }
    }

    /// Warns of a trace that begins after the end: mostly one whose seconds count from another instant.
    fn warn_of_late_rows(&self, node: &Node, trace: &CsvTrace) {
        let end = SimTime::ZERO + self.duration;
        let first = trace.rows().next().map(|row| row.time);
        if first.is_some_and(|first| first >= end) && !self.duration.is_zero() {
            let place = self.reader.sources[node.mark.source as usize].place(node.mark);
            let text = node.compact();
            self.reader.warn(format!(
                "{place}: every row of {text} lies at or after the end of the scenario, so nothing arrives: seconds count \
                 from `start`; seconds since 1970 need `start: 1970-01-01`, or write times as 2026-11-27T00:00:00Z"
            ));
        }
    }

    /// Takes the functions out of the trace: minutes of thousands of functions are not copied.
    fn azure(&mut self, entry: &Entry) -> Option<Targets> {
        let trace = self.azure.iter_mut().find(|trace| trace.traffic == entry.key)?;
        let functions = std::mem::take(&mut trace.functions).into_iter();
        let separate = functions.map(|function| (function.name, Process::Minutes(function.minutes)));
        Some(Targets::Separate(separate.collect()))
    }
}
