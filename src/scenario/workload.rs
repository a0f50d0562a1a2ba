//! Workload files and the options of `lambdasim price`: text to a month's usage.

use std::path::Path;
use std::sync::Arc;

use super::billing::{self, Billed};
use super::check::check;
use super::dated::Dated;
use super::load::{self, Loaded};
use super::problem::{Fault, ProblemKind, Problems};
use super::reader::Reader;
use super::source::{Mark, Source};
use super::tree::{Entry, Kind, Node};
use super::values;
use super::workload_keys::WORKLOADS;
use crate::facts::{Architecture, FunctionId, QualifierId};
use crate::pricing::{
    AdjoiningUsage, BilledTime, BillingConfig, Discount, DurableUse, Item, ManagedUse, Month, PollerUse, PriceBook,
    ProvisionedUse, SnapStartUse, Usage, UsageKey, Workload,
};
use crate::units::{Bytes, MemoryMb, Span, Timestamp};

const DEFAULT_DATE: &str = "2026-11-20";
const MOST: u64 = 1_000_000_000_000_000;
const MONTH: Span = Span::from_secs(730 * 3_600);
const LONGEST_MONTH: Span = Span::from_secs(31 * 86_400);
const YEARS: Span = Span::from_secs(2 * 366 * 86_400);
const ALL: u32 = 1_000_000_000;

/// How what a service does is counted.
#[derive(Clone, Copy)]
enum Used {
    /// Requests, events or the like.
    Requests,
    /// Shards or gateways that are there all month.
    Pieces,
    /// Volume in GB.
    Bytes,
}

/// Keys of `adjoining` with what they are billed as.
const ADJOINING: [(&str, Item, Used); 13] = [
    ("api_gateway", Item::ApiGatewayRequest, Used::Requests),
    ("http_api", Item::HttpApiRequest, Used::Requests),
    ("sqs", Item::SqsRequest, Used::Requests),
    ("sqs_fifo", Item::SqsFifoRequest, Used::Requests),
    ("sns", Item::SnsPublish, Used::Requests),
    ("eventbridge", Item::EventBridgeEvent, Used::Requests),
    ("scheduler", Item::SchedulerInvocation, Used::Requests),
    ("kinesis_shards", Item::KinesisShard, Used::Pieces),
    ("kinesis_put_units", Item::KinesisPutUnit, Used::Requests),
    ("cloudwatch_logs", Item::CloudWatchLogs, Used::Bytes),
    ("nat_gateways", Item::NatGateway, Used::Pieces),
    ("nat_gateway_data", Item::NatGatewayData, Used::Bytes),
    ("internet_egress", Item::InternetEgress, Used::Bytes),
];

/// A month of known usage and how it is billed.
#[derive(Clone, Debug)]
pub struct Estimate {
    /// Names and usage.
    pub workloads: Vec<NamedWorkload>,
    /// Prices, free tier, rounding.
    pub billing: BillingConfig,
    /// `YYYY-MM-DD`.
    pub model_date: String,
    /// What services beside Lambda do in the month.
    pub adjoining: AdjoiningUsage,
}

/// One function of an [`Estimate`].
#[derive(Clone, Debug)]
pub struct NamedWorkload {
    /// Its name; empty where it was given by options.
    pub name: String,
    /// What it uses.
    pub workload: Workload,
    /// How its billed time is counted at the date.
    pub billed: BilledTime,
}

/// What `lambdasim price` is given.
#[derive(Clone, Debug, Default)]
pub struct EstimateOptions<'a> {
    /// Options with the key that each sets and its value: keys of the file, or `functions.` and a key of a function.
    pub options: Vec<(String, String, String)>,
    /// A workload file.
    pub file: Option<&'a Path>,
    /// Prices in place of the built-in ones.
    pub prices: Option<PriceBook>,
}

impl Estimate {
    /// The usage of the month, with a function id for each place in `workloads`.
    pub fn usage(&self) -> Usage {
        let start = self.billing.priced_at;
        let mut usage = Usage::starting(start);
        for (id, named) in (0..).zip(&self.workloads) {
            named.workload.add_to(&mut usage, self.key(id, named), &named.billed);
        }
        usage
    }

    /// The key of the usage of the workload at a place.
    pub fn key(&self, place: u32, named: &NamedWorkload) -> UsageKey {
        UsageKey {
            month: Month::of(self.billing.priced_at),
            architecture: named.workload.architecture,
            function: FunctionId(place),
            qualifier: QualifierId(0),
        }
    }
}

/// Reads a workload file, or the options of a single one.
///
/// # Errors
/// Every problem found, each with its place and remedy.
pub fn load_estimate(given: &EstimateOptions) -> Result<Estimate, Problems> {
    let loaded = match given.file {
        Some(path) => load::load(path, &[], false)?,
        None => Loaded::of_tree(
            map(Vec::new()),
            vec![Arc::new(Source::new("price".to_owned(), "".into(), String::new()))],
        ),
    };
    let Loaded {
        mut root,
        mut sources,
        findings,
        ..
    } = loaded;
    add_options(&mut root, &mut sources, given);
    let reader = Reader::new(sources, false, Arc::default());
    check(&reader, &root, &WORKLOADS);
    let estimate = Estimates {
        reader: &reader,
        root: &root,
    }
    .read(given);
    let (sources, found, _) = reader.finish();
    if found.is_empty() && findings.is_empty() {
        return Ok(estimate);
    }
    Err(load::bind(
        &sources,
        findings.into_iter().chain(found),
        ProblemKind::Scenario,
    ))
}

fn map(entries: Vec<Entry>) -> Node {
    Node {
        kind: Kind::Map(entries),
        mark: Mark::default(),
    }
}

/// Puts each option where the file would have it; its own text is its place.
fn add_options(root: &mut Node, sources: &mut Vec<Arc<Source>>, given: &EstimateOptions) {
    let mut of_function = Vec::new();
    for (option, key, value) in &given.options {
        let number = u32::try_from(sources.len()).unwrap_or(u32::MAX);
        sources.push(Arc::new(Source::new(option.clone(), "".into(), value.clone())));
        let mark = Mark::new(number, 0, value.len());
        let entry = |key: &str| Entry {
            key: key.to_owned(),
            mark,
            value: Node {
                kind: Kind::Scalar(value.clone()),
                mark,
            },
        };
        match key.strip_prefix("functions.") {
            Some(key) => of_function.push(entry(key)),
            None => {
                let keys: Vec<&str> = key.split('.').collect();
                // A file whose own key is no map is told of when it is checked.
                let _ = load::put(root, &keys, entry(key).value, mark);
            }
        }
    }
    if let (None, Kind::Map(entries)) = (given.file, &mut root.kind) {
        let function = Entry {
            key: String::new(),
            mark: Mark::default(),
            value: map(of_function),
        };
        entries.push(Entry {
            key: "functions".to_owned(),
            mark: Mark::default(),
            value: map(vec![function]),
        });
    }
}

struct Estimates<'a> {
    reader: &'a Reader,
    root: &'a Node,
}

impl Estimates<'_> {
    fn read(&self, given: &EstimateOptions) -> Estimate {
        let (reader, get) = (self.reader, |key: &str| self.root.entry(key));
        let day = get("model_date").and_then(|entry| reader.value(entry, values::date));
        let dated = Dated {
            model_date: day.map_or_else(|| DEFAULT_DATE.to_owned(), |day| day.to_string()),
            forced: Vec::new(),
        };
        let book = given.prices.clone().unwrap_or_else(PriceBook::built_in);
        let region = billing::region(reader, get("region"), &book);
        let billed = Billed {
            region: &region,
            start: values::instant(&dated.model_date).unwrap_or_else(|_| Timestamp::default()),
            dated: &dated,
        };
        let functions = reader.required(
            self.root,
            "functions",
            "the workload file",
            Mark::default(),
            "{ checkout: { … } }",
        );
        let functions = functions.map_or(&[][..], |entry| entry.value.entries());
        let billing = billing::of_month(reader, self.root, book, &billed);
        Estimate {
            workloads: functions.iter().map(|entry| self.named(entry, &dated)).collect(),
            adjoining: self.adjoining(&billing),
            billing,
            model_date: dated.model_date.clone(),
        }
    }

    /// What services beside Lambda do in the month.
    fn adjoining(&self, billing: &BillingConfig) -> AdjoiningUsage {
        let entries = self.root.inner("adjoining").map_or(&[][..], Node::entries);
        let used = entries.iter().filter_map(|entry| {
            let (_, item, measure) = ADJOINING.into_iter().find(|(key, ..)| *key == entry.key)?;
            let date = match item {
                Item::CloudWatchLogs => billing.adjoining.logs_priced_at,
                _ => billing.priced_at,
            };
            if billing
                .book
                .tiers(&billing.region, item, Architecture::X86_64, date)
                .is_empty()
            {
                let found = format!("`{}` needs a price of {}", entry.key, item.name());
                self.reader
                    .problem(entry.mark, found, "add a row to the file of prices");
                return None;
            }
            let amount = match measure {
                Used::Requests => self.reader.count(entry, 0, MOST)?.into(),
                Used::Pieces => u128::from(self.reader.count(entry, 0, 1_000_000)?) * u128::from(MONTH.as_micros()),
                Used::Bytes => self.reader.value(entry, values::gibibytes)?,
            };
            Some((item, amount))
        });
        let used: Vec<(Item, u128)> = used.collect();
        AdjoiningUsage::of_month(billing.priced_at, &used)
    }

    fn named(&self, entry: &Entry, dated: &Dated) -> NamedWorkload {
        let fields = Fields {
            reader: self.reader,
            node: &entry.value,
        };
        let image = fields.choice("package_type", &["Zip", "Image"]) == Some(1);
        NamedWorkload {
            name: entry.key.clone(),
            workload: fields.workload(entry.mark),
            billed: BilledTime {
                granularity: Span::from_millis(if dated.on("SW-1MS") { 1 } else { 100 }),
                init_billed: image || dated.on("SW-INITBILL"),
            },
        }
    }
}

/// The keys of one workload.
struct Fields<'a> {
    reader: &'a Reader,
    node: &'a Node,
}

impl Fields<'_> {
    fn workload(&self, mark: Mark) -> Workload {
        let managed = self.managed();
        let requests = self.count("requests");
        let longest = Span::from_secs(if managed.is_some() { 5_400 } else { 900 });
        let within = |entry: &Entry| {
            self.reader
                .duration_within(entry, Span::from_micros(1), longest, " (LIM-2)")
        };
        let duration = self.node.entry("duration").and_then(within);
        if requests > 0 && self.node.entry("duration").is_none() {
            let allowed = "add one, such as `duration: 120 ms`";
            self.reader
                .problem(mark, "there are `requests` but no `duration`", allowed);
        }
        let highest = if managed.is_some() { 32_768 } else { 10_240 };
        Workload {
            architecture: match self.choice("architectures", &["x86_64", "arm64"]) {
                Some(1) => Architecture::Arm64,
                _ => Architecture::X86_64,
            },
            memory: self.memory("memory_size", (128, highest), "LIM-1", 128),
            ephemeral_storage: self.memory("ephemeral_storage", (512, 10_240), "LIM-3", 512),
            requests,
            duration: duration.unwrap_or_default(),
            init: self.time("init", Span::ZERO, Span::from_secs(900)),
            cold_starts: self.share("cold_start_share", 0),
            event_bytes: self.size("payload", Bytes::from_mb(1)),
            streamed_bytes: self.size("streamed_response", Bytes::from_mb(200)),
            provisioned: self.provisioned(),
            snap_start: self.snap_start(requests),
            tenant_environments: self.count("tenant_environments"),
            durable: self.durable(),
            pollers: PollerUse {
                kafka: self.count("kafka_pollers"),
                sqs: self.count("sqs_pollers"),
                time: self.time("pollers_for", MONTH, LONGEST_MONTH),
            },
            edge: self.node.entry("edge").and_then(|entry| self.reader.flag(entry)) == Some(true),
            managed,
        }
    }

    fn provisioned(&self) -> Option<ProvisionedUse> {
        let entry = self.node.entry("provisioned_concurrent_executions")?;
        let amount = self.reader.count(entry, 0, 10_000_000)?;
        (amount > 0).then(|| ProvisionedUse {
            amount: amount as u32,
            time: self.time("provisioned_for", MONTH, LONGEST_MONTH),
            share: self.share("provisioned_share", ALL),
        })
    }

    fn snap_start(&self, requests: u64) -> Option<SnapStartUse> {
        let restores = self.count("restores");
        if restores > requests {
            let mark = self
                .node
                .entry("restores")
                .map_or(self.node.mark, |entry| entry.value.mark);
            let found = format!("there are {restores} `restores` and {requests} `requests`");
            self.reader.problem(mark, found, "each restore is one of the requests");
        }
        let versions = self.count("snap_start_versions");
        (versions > 0 || restores > 0).then(|| SnapStartUse {
            versions,
            time: self.time("snap_start_for", MONTH, LONGEST_MONTH),
            restores,
            billed_restore: self.time("billed_restore", Span::ZERO, Span::from_secs(900)),
        })
    }

    fn durable(&self) -> Option<DurableUse> {
        let operations = self.count("durable_operations");
        let written = self.node.entry("durable_written");
        let written = written.and_then(|entry| self.reader.value(entry, values::decimal_bytes));
        let written = written.unwrap_or(0);
        (operations > 0 || written > 0).then(|| DurableUse {
            operations,
            written,
            retained: self.time("durable_retention", Span::ZERO, YEARS),
        })
    }

    fn managed(&self) -> Option<ManagedUse> {
        let entry = self.node.entry("instance_price")?;
        let discount = self.node.entry("instance_discount");
        let discount = discount.and_then(|entry| self.reader.value(entry, values::discount));
        Some(ManagedUse {
            price: self.reader.value(entry, values::usd_per_hour)?,
            discount: discount.map_or(0, Discount::basis_points),
            time: self.time("instance_for", MONTH, Span::from_secs(70 * 365 * 86_400)),
        })
    }

    fn count(&self, key: &str) -> u64 {
        let entry = self.node.entry(key);
        entry.and_then(|entry| self.reader.count(entry, 0, MOST)).unwrap_or(0)
    }

    fn time(&self, key: &str, default: Span, longest: Span) -> Span {
        let entry = self.node.entry(key);
        entry
            .and_then(|entry| self.reader.duration_within(entry, Span::ZERO, longest, ""))
            .unwrap_or(default)
    }

    fn share(&self, key: &str, default: u32) -> u32 {
        let entry = self.node.entry(key);
        entry
            .and_then(|entry| self.reader.value(entry, values::billionths))
            .unwrap_or(default)
    }

    fn size(&self, key: &str, highest: Bytes) -> u64 {
        let read = |text: &str| {
            let size = values::size(text)?;
            if size <= highest {
                return Ok(size.0);
            }
            Err(Fault::new(
                format!("is {size}"),
                format!("up to {highest} is allowed (LIM-12)"),
            ))
        };
        let entry = self.node.entry(key);
        entry.and_then(|entry| self.reader.value(entry, read)).unwrap_or(0)
    }

    fn choice(&self, key: &str, words: &[&str]) -> Option<usize> {
        self.node.entry(key).and_then(|entry| self.reader.choice(entry, words))
    }

    fn memory(&self, key: &str, (lowest, highest): (u32, u32), rule: &str, default: u32) -> MemoryMb {
        let read = |text: &str| {
            let memory = values::memory(text)?;
            if (lowest..=highest).contains(&memory.0) {
                return Ok(memory);
            }
            let allowed = format!("{lowest} MB to {highest} MB is allowed ({rule})");
            Err(Fault::new(format!("is {memory}"), allowed))
        };
        let entry = self.node.entry(key);
        entry
            .and_then(|entry| self.reader.value(entry, read))
            .unwrap_or(MemoryMb(default))
    }
}
