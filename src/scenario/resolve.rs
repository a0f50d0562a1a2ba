//! A checked tree to a `Plan`: defaults and units end here, names become numbers, everything is sorted by name.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::address::{Address, Directory, check_function_name};
use super::api_rate::warn_of_many_calls;
use super::attachments::Attachments;
use super::behaviour::Platform;
use super::billing::{self, Billed};
use super::budgets::budgets;
use super::check::check;
use super::control::Control;
use super::dated::{self, Dated};
use super::expectation::{self, Expectation};
use super::functions::{Functions, Origin, Resolved};
use super::keys::SCENARIO;
use super::known::KnownFunctions;
use super::links::{Links, Targets};
use super::loops::Network;
use super::mappings::Mappings;
use super::parameters::{self, AccountParameters};
use super::problem::Fault;
use super::queues::Queues;
use super::reader::{Layers, Reader};
use super::source::Mark;
use super::stream_mappings::failure_links;
use super::streams;
use super::through::gateway;
use super::traffic::{AzureTrace, Traffic};
use super::tree::{Entry, Node, shortened};
use super::values;
use super::{LONGEST_DURATION, LoadOptions};
use crate::control::ControlConfig;
use crate::facts::LinkId;
use crate::lambda::{AccountConfig, FlowConfig, FunctionConfig, MappingConfig, ScalingRule, TrafficConfig};
use crate::messaging::{QueueConfig, StreamConfig, Subscription, TopicConfig};
use crate::pricing::{BillingConfig, PriceBook};
use crate::simulation::Plan;
use crate::units::{Span, Timestamp};
use crate::workload::SourceConfig;

const DAY: u64 = 86_400;
/// A drain that lasts until the backlogs are gone.
const UNTIL_EMPTY: &str = "until_empty";
/// Concurrency that must stay unreserved (CONC-4).
const UNRESERVED_FLOOR: u64 = 100;
const DEFAULT_START: &str = "2026-11-20T00:00:00Z";

/// What a tree says, besides warnings and problems.
pub(super) struct Resolution {
    /// The plan; meaningless where there are problems.
    pub plan: Plan,
    /// Claims about the result.
    pub expectations: Vec<Expectation>,
    /// Parameters that differ from their defaults.
    pub changed_parameters: Vec<(String, String)>,
}

/// What all states of a scenario have in common.
pub(super) struct Shared {
    /// Their ways, which bear the same numbers in each.
    pub ways: Links,
    /// Their functions, as far as they are known.
    pub functions: KnownFunctions,
}

/// Reads a whole scenario, or one of its states.
pub(super) fn resolve(reader: &Reader, root: &Node, path: &Path, options: &LoadOptions, shared: &Shared) -> Resolution {
    let ways = &shared.ways;
    check(reader, root, &SCENARIO);
    warn_of_many_calls(reader, root);
    let resolver = Resolver { reader, root, shared };
    let book = options.prices.clone().unwrap_or_else(PriceBook::built_in);
    let top = resolver.top(path, options, &book);
    let parameters = resolver.parameters();
    let azure = resolver.azure_traces();
    let directory = resolver.directory(&azure);
    let base = Base {
        topics: resolver.topics(ways, &directory),
        queues: resolver.queues(&top.dated).names(),
        streams: streams::streams(reader, &root.named("streams"), top.seed),
        top,
        parameters,
        directory,
    };
    let Account {
        config: account,
        functions,
        tags,
    } = resolver.account_with_functions(&base, &azure);
    let mut senders = resolver.senders(&base, azure, &functions);
    let failures = failure_links(reader, &root.named("event_source_mappings"), ways);
    let mut queues = ways.queues();
    queues.extend(base.queues.iter().cloned());
    let queues: Vec<String> = queues.into_iter().collect();
    let control = resolver.control(&base, &functions, &queues);
    let targets = Targets {
        functions: &functions,
        queues: &queues,
        streams: &base.streams,
        topics: &base.topics,
    };
    let links = ways.finish(&targets, &mut senders.traffic, &mut senders.flows);
    let queues = resolver.queues(&base.top.dated).configs(&queues);
    let mappings = resolver.mappings(&base, &functions, &queues, &failures, &mut senders);
    let network = Network {
        functions: &functions,
        queues: &queues,
        topics: &base.topics,
        streams: &base.streams,
        links: &links,
        mappings: &mappings,
        flows: &senders.flows,
    };
    network.warn_of_loops(reader);
    let billing = resolver.billing(&base, book);
    let Base {
        top, streams, topics, ..
    } = base;
    Resolution {
        expectations: resolver.expectations(),
        changed_parameters: resolver.changed_parameters(),
        plan: Plan {
            name: top.name,
            seed: top.seed,
            replication: 0,
            start: top.start,
            model_date: top.dated.model_date,
            warm_up: top.warm_up,
            duration: top.duration,
            drain: top.drain,
            until_empty: top.until_empty,
            account,
            functions,
            tags,
            traffic: senders.traffic,
            flows: senders.flows,
            sources: senders.sources,
            links,
            queues,
            streams,
            topics,
            control,
            mappings,
            changes: Vec::new(),
            change_steps: Vec::new(),
            billing,
        },
    }
}

/// Seed of all draws.
pub(super) fn seed(reader: &Reader, root: &Node, options: &LoadOptions) -> u64 {
    let written = root.entry("seed").and_then(|entry| reader.count(entry, 0, u64::MAX));
    options.seed.or(written).unwrap_or(0)
}

/// The scalars at the top of a scenario.
struct Top {
    name: String,
    seed: u64,
    start: Timestamp,
    duration: Span,
    warm_up: Span,
    drain: Span,
    until_empty: bool,
    region: String,
    dated: Dated,
}

/// What functions, traffic and mappings refer to.
struct Base {
    top: Top,
    parameters: AccountParameters,
    directory: Directory,
    /// Names of the declared queues.
    queues: Vec<String>,
    streams: Vec<StreamConfig>,
    topics: Vec<TopicConfig>,
}

/// The account and what runs in it.
struct Account {
    config: AccountConfig,
    functions: Vec<Arc<FunctionConfig>>,
    tags: Vec<Vec<String>>,
}

/// Who sends, along which flows, and what arrives when.
struct Senders {
    traffic: Vec<TrafficConfig>,
    flows: Vec<FlowConfig>,
    sources: Vec<SourceConfig>,
}

struct Resolver<'a> {
    reader: &'a Reader,
    root: &'a Node,
    shared: &'a Shared,
}

impl<'a> Resolver<'a> {
    fn parameters(&self) -> AccountParameters {
        let layers = Layers(self.root.inner("parameters").into_iter().collect());
        parameters::of_function(self.reader, &layers);
        parameters::of_account(self.reader, &layers)
    }

    fn queues<'d>(&'d self, dated: &'d Dated) -> Queues<'d> {
        Queues {
            reader: self.reader,
            dated,
            entries: self.root.named("queues"),
        }
    }

    fn account_with_functions(&self, base: &Base, azure: &[AzureTrace]) -> Account {
        let budgets = budgets(self.reader, &self.root.named("budgets"));
        let functions = Functions {
            budgets: &budgets,
            platform: Platform {
                reader: self.reader,
                dated: &base.top.dated,
                allow_extended: base.parameters.allow_extended,
                links: &self.shared.ways,
                attachments: Attachments::default(),
            },
            defaults: self.root.inner("defaults"),
            parameters: self.root.inner("parameters"),
            directory: &base.directory,
        };
        let resolved = self.functions(&functions, azure);
        let mut config = self.account(&base.top, &base.parameters);
        let attachments = functions.platform.attachments;
        attachments.warn_of_quotas(self.reader, &base.top.dated);
        (config.subnets, config.file_systems) = attachments.finish();
        self.pools(config.concurrent_executions, &resolved);
        config.budgets = budgets;
        let (functions, tags) = resolved
            .into_iter()
            .map(|function| (function.config, function.tags))
            .unzip();
        Account {
            config,
            functions,
            tags,
        }
    }

    /// Traffic entries; senders of links and mappings are added later.
    fn senders(&self, base: &Base, azure: Vec<AzureTrace>, functions: &[Arc<FunctionConfig>]) -> Senders {
        let topics: Vec<String> = base.topics.iter().map(|topic| topic.name.clone()).collect();
        let mut traffic = Traffic {
            reader: self.reader,
            dated: &base.top.dated,
            parameters: &base.parameters,
            functions,
            directory: &base.directory,
            queues: &base.queues,
            streams: &base.streams,
            topics: &topics,
            links: &self.shared.ways,
            azure,
            seed: base.top.seed,
            start: base.top.start,
            duration: base.top.duration,
            written: self.root.named("functions"),
            configs: Vec::new(),
            flows: Vec::new(),
            sources: Vec::new(),
        };
        for entry in self.root.named("traffic") {
            traffic.read(entry);
        }
        Senders {
            traffic: traffic.configs,
            flows: traffic.flows,
            sources: traffic.sources,
        }
    }

    fn control(&self, base: &Base, functions: &[Arc<FunctionConfig>], queues: &[String]) -> ControlConfig {
        let control = Control {
            reader: self.reader,
            root: self.root,
            functions,
            queues,
            streams: &base.streams,
            directory: &base.directory,
            links: &self.shared.ways,
            seed: base.top.seed,
            start: base.top.start,
            length: base.top.duration + base.top.drain,
        };
        control.read()
    }

    fn mappings(
        &self,
        base: &Base,
        functions: &[Arc<FunctionConfig>],
        queues: &[QueueConfig],
        failures: &BTreeMap<String, LinkId>,
        senders: &mut Senders,
    ) -> Vec<MappingConfig> {
        let entries = self.root.named("event_source_mappings");
        let mut mappings = Mappings {
            reader: self.reader,
            dated: &base.top.dated,
            parameters: &base.parameters.pollers,
            functions,
            directory: &base.directory,
            queues,
            declared: &base.queues,
            streams: &base.streams,
            failures,
            start: base.top.start,
            seed: base.top.seed,
            traffic: &mut senders.traffic,
            flows: &mut senders.flows,
            configs: Vec::new(),
        };
        for entry in &entries {
            mappings.read(entry);
        }
        mappings.finish(&entries)
    }

    fn billing(&self, base: &Base, book: PriceBook) -> BillingConfig {
        let billed = Billed {
            region: &base.top.region,
            start: base.top.start,
            dated: &base.top.dated,
        };
        billing::billing(self.reader, self.root, book, &billed, &base.parameters)
    }

    fn top(&self, path: &Path, options: &LoadOptions, book: &PriceBook) -> Top {
        let reader = self.reader;
        let get = |key: &str| self.root.entry(key);
        let default_start = || values::instant(DEFAULT_START).unwrap_or_default();
        let start = get("start")
            .and_then(|entry| reader.value(entry, values::instant))
            .unwrap_or_else(default_start);
        let day = get("model_date")
            .and_then(|entry| reader.value(entry, values::date))
            .map(|day| day.to_string());

        let duration = self.duration();
        Top {
            name: self.name(path, options),
            seed: seed(reader, self.root, options),
            start,
            duration,
            warm_up: self.warm_up(duration),
            drain: self.drain(),
            until_empty: get("drain").and_then(|entry| entry.value.text()) == Some(UNTIL_EMPTY),
            region: billing::region(reader, get("region"), book),
            dated: Dated {
                model_date: day.unwrap_or_else(|| day_of(start)),
                forced: dated::forced(reader, self.root.inner("switches")),
            },
        }
    }

    fn name(&self, path: &Path, options: &LoadOptions) -> String {
        let stem = path
            .file_stem()
            .map_or_else(String::new, |stem| stem.to_string_lossy().into_owned());
        let written = self
            .root
            .entry("name")
            .and_then(|entry| self.reader.value(entry, scenario_name));
        options.name.clone().or(written).unwrap_or(stem)
    }

    fn duration(&self) -> Span {
        let example = "1 h";
        let mark = Mark {
            end: self.root.mark.start.saturating_add(1),
            ..self.root.mark
        };
        let entry = self
            .reader
            .required(self.root, "duration", "the scenario", mark, example);
        let (lowest, highest) = (Span::from_micros(1), LONGEST_DURATION);
        entry
            .and_then(|entry| self.reader.duration_within(entry, lowest, highest, ""))
            .unwrap_or(Span::ZERO)
    }

    fn warm_up(&self, duration: Span) -> Span {
        let Some(entry) = self.root.entry("warm_up") else {
            return Span::ZERO;
        };
        let warm_up = self.reader.duration(entry).unwrap_or(Span::ZERO);
        if warm_up >= duration && !duration.is_zero() {
            let found = format!(
                "`warm_up` is {}, as long as the whole scenario or longer",
                entry.value.compact()
            );
            self.reader.problem(
                entry.value.mark,
                found,
                format!("less than duration ({duration}) is allowed"),
            );
        }
        warm_up
    }

    fn drain(&self) -> Span {
        let Some(entry) = self.root.entry("drain") else {
            return Span::ZERO;
        };
        let longest = Span::from_secs(30 * DAY);
        if entry.value.text() == Some(UNTIL_EMPTY) {
            return longest;
        }
        let drain = self
            .reader
            .duration_within(entry, Span::ZERO, longest, ", or until_empty");
        drain.unwrap_or(Span::ZERO)
    }

    /// Traffic entries that name an Azure trace, with what it holds.
    fn azure_traces(&self) -> Vec<AzureTrace> {
        let mut traces = Vec::new();
        for entry in self.root.named("traffic") {
            let azure = entry
                .value
                .entry("arrivals")
                .and_then(|arrivals| arrivals.value.entry("azure"));
            let Some((azure, path)) =
                azure.and_then(|azure| Some((azure, self.reader.data_path(&azure.value, "azure")?)))
            else {
                continue;
            };
            match self.reader.data.azure(&path) {
                Ok(functions) => {
                    traces.push(AzureTrace {
                        traffic: entry.key.clone(),
                        mark: azure.value.mark,
                        functions,
                    });
                }
                Err(problem) => self.reader.problem(azure.value.mark, problem, "correct the file"),
            }
        }
        traces
    }

    fn directory(&self, azure: &[AzureTrace]) -> Directory {
        let mut directory = Directory::default();
        let traced: BTreeSet<&str> = azure
            .iter()
            .flat_map(|trace| &trace.functions)
            .map(|function| function.name.as_str())
            .collect();
        for entry in self.root.named("functions") {
            if let Err(fault) = check_function_name(&entry.key)
                && !traced.contains(entry.key.as_str())
            {
                self.reader.fault(entry.mark, fault);
            }
            let inner = |key: &str| entry.value.entry(key).map_or(&[][..], |entry| entry.value.entries());
            let qualifiers = inner("versions").iter().chain(inner("aliases"));
            let names: BTreeSet<String> = qualifiers.map(|entry| entry.key.clone()).collect();
            directory.0.insert(entry.key.clone(), names);
        }
        for function in azure.iter().flat_map(|trace| &trace.functions) {
            directory.0.entry(function.name.clone()).or_default();
        }
        directory
    }

    /// All functions by name: those of the file, and those of Azure traces.
    fn functions<'f>(&self, functions: &Functions<'f>, azure: &'f [AzureTrace]) -> Vec<Resolved>
    where
        'a: 'f,
    {
        let mut origins: BTreeMap<&str, Origin<'f>> = BTreeMap::new();
        for entry in self.root.named("functions") {
            let name = entry.key.as_str();
            let origin = Origin {
                name,
                entry: Some(entry),
                traced: None,
            };
            origins.insert(name, origin);
        }
        for trace in azure {
            for function in &trace.functions {
                let name = function.name.as_str();
                let origin = origins.entry(name).or_insert(Origin {
                    name,
                    entry: None,
                    traced: None,
                });
                origin.traced.get_or_insert((function, trace.mark));
            }
        }
        let known = &self.shared.functions;
        known.begin(functions);
        origins
            .values()
            .map(|origin| known.resolve(functions, origin))
            .collect()
    }

    fn account(&self, top: &Top, parameters: &AccountParameters) -> AccountConfig {
        let limit = self
            .root
            .inner("account")
            .and_then(|node| node.entry("concurrent_executions"));
        let limit = limit.and_then(|entry| self.reader.count(entry, 1, 10_000_000));
        let burst = match top.region.as_str() {
            "us-east-1" | "us-west-2" | "eu-west-1" => 3_000,
            "ap-northeast-1" | "eu-central-1" | "us-east-2" => 1_000,
            _ => 500,
        };
        AccountConfig {
            gateway: gateway(&top.region),
            concurrent_executions: limit.unwrap_or(1_000) as u32,
            rate_shape: parameters.rate_shape,
            rate_refund: parameters.rate_refund,
            scaling: match top.dated.on("SW-SCALE") {
                true => ScalingRule::PerFunction,
                false => ScalingRule::AccountWide { burst },
            },
            request_growth: parameters.request_growth,
            scaling_reason: parameters.scaling_reason,
            account_rate_reason: parameters.account_rate_reason,
            billing_granularity: Span::from_millis(if top.dated.on("SW-1MS") { 1 } else { 100 }),
            rate_limits_events: parameters.rate_limits_events,
            subnets: Vec::new(),
            file_systems: Vec::new(),
            budgets: Vec::new(),
        }
    }

    /// Reserved and provisioned concurrency leave 100 unreserved (CONC-4, CONC-8); reserving 0 is always allowed.
    fn pools(&self, limit: u32, functions: &[Resolved]) {
        let room = u64::from(limit).saturating_sub(UNRESERVED_FLOOR);
        let raise = "or raise account.concurrent_executions";
        let mut reserved = 0;
        for function in functions {
            let amount = u64::from(function.config.reserved.unwrap_or(0));
            reserved += amount;
            if let (true, Some(mark)) = (amount > 0 && reserved > room, function.reserved_mark) {
                let left = u64::from(limit).saturating_sub(reserved);
                let found =
                    format!("{reserved} of {limit} concurrent executions are reserved, which leaves {left} unreserved");
                let rules = match reserved > u64::from(limit) {
                    true => "LIM-9, LIM-10, CONC-4",
                    false => "LIM-10, CONC-4",
                };
                let allowed =
                    format!("at least 100 must stay unreserved ({rules}): reserve at most {room} in total, {raise}");
                self.reader.problem(mark, found, allowed);
                return;
            }
        }
        let pool = room.saturating_sub(reserved);
        let mut provisioned = 0;
        for function in functions.iter().filter(|function| function.config.reserved.is_none()) {
            let Some((amount, mark)) = function.provisioned else {
                continue;
            };
            provisioned += amount;
            if provisioned > pool {
                let found = format!("{provisioned} concurrent executions are provisioned outside reserved concurrency");
                let allowed = format!(
                    "at most {pool} fit beside the 100 that stay unreserved (CONC-8, LIM-10): provision less, {raise}"
                );
                self.reader.problem(mark, found, allowed);
                return;
            }
        }
    }

    /// Topics with the links to their subscriptions.
    fn topics(&self, links: &Links, directory: &Directory) -> Vec<TopicConfig> {
        let topic = |entry: &Entry| {
            let subscriptions = entry.value.entry("subscriptions");
            let allowed = "a list such as `[ fulfil, sqs:orders ]` is allowed";
            let items = subscriptions.and_then(|entry| self.reader.list(entry, allowed));
            let subscription = |item: &Node| {
                let address = self
                    .reader
                    .scalar(item, "subscriptions", |text| match Address::parse(text)? {
                        Address::Function { name, qualifier } => {
                            directory.check(name, qualifier).map(|()| text.to_owned())
                        }
                        Address::Service { service: "sqs", .. } => Ok(text.to_owned()),
                        Address::Service { .. } => Err(Fault::new(
                            format!("is \"{text}\""),
                            "functions and queues such as fulfil or sqs:orders are allowed",
                        )),
                    })?;
                Some(Subscription {
                    link: links.add(&format!("sns:{}", entry.key), &address),
                })
            };
            TopicConfig {
                name: entry.key.clone(),
                subscriptions: items.unwrap_or_default().iter().filter_map(subscription).collect(),
            }
        };
        self.root.named("topics").into_iter().map(topic).collect()
    }

    fn expectations(&self) -> Vec<Expectation> {
        let entry = self.root.entry("expect");
        entry.map_or_else(Vec::new, |entry| expectation::lines(self.reader, entry))
    }

    fn changed_parameters(&self) -> Vec<(String, String)> {
        let own = self.root.inner("parameters").map_or(&[][..], Node::entries);
        let mut changed = parameters::changed(own, "");
        for function in self.root.named("functions") {
            if let Some(own) = function.value.entry("parameters") {
                changed.extend(parameters::changed(
                    own.value.entries(),
                    &format!("functions.{}.parameters.", function.key),
                ));
            }
        }
        changed.sort();
        changed
    }
}

/// The day of an instant in UTC.
fn day_of(instant: Timestamp) -> String {
    let at = jiff::Timestamp::from_microsecond(instant.0).unwrap_or_default();
    jiff::tz::TimeZone::UTC.to_datetime(at).date().to_string()
}

/// A name that can be a folder's.
fn scenario_name(text: &str) -> Result<String, Fault> {
    let forbidden = |c: char| c.is_control() || matches!(c, '/' | '\\' | ':' | '*' | '?' | '"' | '<' | '>' | '|');
    if text.trim().is_empty() || text.len() > 100 || text.starts_with('.') || text.chars().any(forbidden) {
        let allowed = "up to 100 letters, digits, blanks, hyphens and underscores are allowed: it names the run folder";
        return Err(Fault::new(format!("is \"{}\"", shortened(text)), allowed));
    }
    Ok(text.to_owned())
}
