//! Functions with their versions and aliases: layered keys to a `FunctionConfig`.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::address::{Address, Directory};
use super::behaviour::{Behaviour, Platform};
use super::budgets::uses;
use super::check::check;
use super::keys::{INVOKES, RECURSIVE_LOOP};
use super::parameters;
use super::problem::Fault;
use super::reader::Layers;
use super::scaling;
use super::source::Mark;
use super::tree::{Entry, Node};
use super::values;
use crate::facts::{LinkId, VersionId};
use crate::lambda::{
    BudgetConfig, EventInvokeConfig, FunctionConfig, Onward, QualifierConfig, RecordsConfig, VersionConfig,
};
use crate::trace::AzureFunction;
use crate::units::{MemoryMb, Share, Span};

/// Versions and aliases of one function.
const MOST_QUALIFIERS: usize = 10_000;

/// Where one function comes from.
pub(super) struct Origin<'a> {
    /// Its name.
    pub name: &'a str,
    /// Its entry under `functions`.
    pub entry: Option<&'a Entry>,
    /// What an Azure trace knows of it, and where that trace is named.
    pub traced: Option<(&'a AzureFunction, Mark)>,
}

/// A function and what the account's pools need to know of it.
#[derive(Clone)]
pub(super) struct Resolved {
    /// Its configuration.
    pub config: Arc<FunctionConfig>,
    /// `key=value`, sorted.
    pub tags: Vec<String>,
    /// Where reserved concurrency is given.
    pub reserved_mark: Option<Mark>,
    /// Sum of provisioned concurrency, and where the last of it is given.
    pub provisioned: Option<(u64, Mark)>,
}

/// Reads functions.
pub(super) struct Functions<'a> {
    /// What their versions share.
    pub platform: Platform<'a>,
    /// The scenario's `defaults`.
    pub defaults: Option<&'a Node>,
    /// The scenario's `parameters`.
    pub parameters: Option<&'a Node>,
    /// Downstream budgets, sorted by name.
    pub budgets: &'a [BudgetConfig],
    /// All functions.
    pub directory: &'a Directory,
}

impl<'a> Functions<'a> {
    /// One function, with defaults in place of what is wrong.
    pub fn resolve(&self, origin: &Origin<'a>) -> Resolved {
        let node = origin.entry.map(|entry| &entry.value);
        let mark = origin
            .entry
            .map(|entry| entry.mark)
            .or(origin.traced.map(|(_, mark)| mark))
            .unwrap_or_default();
        let own = Layers(node.into_iter().collect());
        let all = Layers(node.into_iter().chain(self.defaults).collect());
        let of_function = node.and_then(|node| node.inner("parameters"));
        let parameter_layers = Layers(of_function.into_iter().chain(self.parameters).collect());
        let parameters = parameters::of_function(self.platform.reader, &parameter_layers);
        let latest = Behaviour {
            version: "$LATEST",
            own,
            all: all.clone(),
            traced: origin.traced.map(|(function, _)| function),
            function_memory: None,
            mark,
            owner: format!("the function {}", origin.name),
            function: origin.name,
        };
        let mut versions = vec![self.platform.version(&latest, &parameters)];
        let numbered = self.numbered(node);
        if numbered.is_empty() && self.platform.snap_start(&latest).is_some() {
            self.platform.reader.warn(format!(
                "{} has no published version, so `snap_start` does nothing: $LATEST has no snapshot (SNAP-1)",
                latest.owner
            ));
        }
        for (number, entry) in &numbered {
            let place = self.version_place(&latest, entry, *number, versions[0].memory);
            versions.push(self.platform.version(&place, &parameters));
        }
        let mut qualifiers = Qualifiers::new(self, origin.name, &all, &numbered, &versions);
        qualifiers.read(node);
        let (qualifiers, provisioned) = (qualifiers.list, qualifiers.provisioned);
        let reserved = all.get("reserved_concurrent_executions");
        let reserved = reserved.filter(|entry| !entry.value.text().is_some_and(values::is_off));
        let count = |entry| self.platform.reader.count(entry, 0, u64::from(u32::MAX));
        let config = FunctionConfig {
            name: origin.name.to_owned(),
            reserved: reserved.and_then(count).map(|count| count as u32),
            versions,
            qualifiers,
            env_pick: parameters.env_pick,
            turnaround: parameters.turnaround,
            overhead: parameters.overhead,
            events: parameters.events,
            redraw_on_retry: parameters.redraw_on_retry,
            allocation: parameters.allocation,
            invokes: self.invokes(origin.name, &all),
            records: self.records(&all),
            uses: uses(self.platform.reader, &all, self.budgets),
            recursion_allowed: self.recursion_allowed(&all),
        };
        self.within_reserved(&config, provisioned);
        Resolved {
            config: Arc::new(config),
            tags: self.tags(&all),
            reserved_mark: reserved.map(|entry| entry.value.mark),
            provisioned,
        }
    }

    fn version_place(&self, latest: &Behaviour<'a>, entry: &'a Entry, number: u64, memory: MemoryMb) -> Behaviour<'a> {
        let layered =
            |below: &Layers<'a>| Layers(std::iter::once(&entry.value).chain(below.0.iter().copied()).collect());
        Behaviour {
            version: &entry.key,
            own: layered(&latest.own),
            all: layered(&latest.all),
            traced: latest.traced,
            function_memory: Some(memory),
            mark: latest.mark,
            owner: format!(
                "version {number} of {}",
                latest.owner.trim_start_matches("the function ")
            ),
            function: latest.function,
        }
    }

    /// Published versions by number.
    fn numbered(&self, node: Option<&'a Node>) -> BTreeMap<u64, &'a Entry> {
        let reader = self.platform.reader;
        let mut numbered = BTreeMap::new();
        let Some(versions) = node.and_then(|node| node.entry("versions")) else {
            return numbered;
        };
        for entry in versions.value.entries() {
            match entry.key.parse::<u64>() {
                Ok(number) if number > 0 && entry.key == number.to_string() => {
                    numbered.insert(number, entry);
                }
                _ => {
                    let found = format!("\"{}\" is no version", super::tree::shortened(&entry.key));
                    reader.problem(entry.mark, found, "versions are whole numbers from 1 (VER-1)");
                }
            }
        }
        let aliases = node
            .and_then(|node| node.entry("aliases"))
            .map_or(0, |entry| entry.value.entries().len());
        if numbered.len() + aliases > MOST_QUALIFIERS {
            let found = format!("there are more than {MOST_QUALIFIERS} versions and aliases");
            reader.problem(versions.mark, found, "remove some");
            return BTreeMap::new();
        }
        numbered
    }

    fn within_reserved(&self, config: &FunctionConfig, provisioned: Option<(u64, Mark)>) {
        if let (Some(reserved), Some((sum, mark))) = (config.reserved, provisioned)
            && sum > u64::from(reserved)
        {
            let found = format!(
                "{} has {sum} provisioned and {reserved} reserved concurrent executions",
                config.name
            );
            self.platform
                .reader
                .problem(mark, found, "provisioned may not exceed reserved (CONC-9)");
        }
    }

    fn tags(&self, all: &Layers<'_>) -> Vec<String> {
        let mut tags = BTreeMap::new();
        for layer in all.inner("tags").0 {
            for entry in layer.entries() {
                if let Some(value) = self.platform.reader.text(entry) {
                    tags.entry(entry.key.clone()).or_insert(value);
                }
            }
        }
        tags.into_iter().map(|(key, value)| format!("{key}={value}")).collect()
    }

    /// `event_invoke_config`, the nearest layer first (ASYNC-2).
    fn event_invoke(&self, function: &str, layers: &Layers<'_>) -> EventInvokeConfig {
        let reader = self.platform.reader;
        if !self.platform.dated.on("SW-ASYNCCFG") {
            for entry in layers.0.iter().flat_map(|layer| layer.entries()) {
                let allowed = self.platform.dated.too_early("SW-ASYNCCFG");
                reader.problem(entry.mark, format!("`{}` is set", entry.key), allowed);
            }
        }
        let age = layers.get("maximum_event_age");
        let attempts = layers.get("maximum_retry_attempts");
        let (lowest, highest) = (Span::from_secs(60), Span::from_secs(21_600));
        EventInvokeConfig {
            maximum_event_age: age
                .and_then(|entry| reader.duration_within(entry, lowest, highest, " (LIM-18)"))
                .unwrap_or(highest),
            maximum_retry_attempts: attempts.and_then(|entry| reader.count(entry, 0, 2)).unwrap_or(2) as u32,
            on_success: layers
                .get("on_success")
                .and_then(|entry| self.destination(function, entry, false)),
            on_failure: layers
                .get("on_failure")
                .and_then(|entry| self.destination(function, entry, true)),
        }
    }

    fn destination(&self, function: &str, entry: &Entry, failure: bool) -> Option<LinkId> {
        if entry.value.text().is_some_and(values::is_off) {
            return None;
        }
        let allowed = match failure {
            true => "sqs:NAME, sns:NAME, eventbridge:NAME, s3:NAME or a function is allowed (ASYNC-10)",
            false => "sqs:NAME, sns:NAME, eventbridge:NAME or a function is allowed (ASYNC-10)",
        };
        self.platform.reader.value(entry, |text| {
            let fault = || Fault::new(format!("is \"{text}\""), allowed);
            match Address::parse(text)? {
                Address::Function { name, qualifier } => {
                    self.directory.check(name, qualifier)?;
                }
                Address::Service { name, .. } if name.ends_with(".fifo") => {
                    return Err(Fault::new(
                        format!("is \"{text}\", a FIFO target"),
                        "standard queues and topics are allowed (ASYNC-10)",
                    ));
                }
                Address::Service {
                    service: "sqs" | "sns" | "eventbridge",
                    ..
                } => {}
                Address::Service { service: "s3", .. } if failure => {}
                Address::Service { .. } => return Err(fault()),
            }
            Ok(self.platform.links.add(&format!("{function} {}", entry.key), text))
        })
    }

    /// `invokes`: what a successful invocation sends on.
    fn invokes(&self, function: &str, all: &Layers<'_>) -> Vec<Onward> {
        let reader = self.platform.reader;
        let Some(entry) = all.get("invokes") else {
            return Vec::new();
        };
        let allowed = "a list such as `[ { to: sqs:orders, count: 1, share: 90 % } ]` is allowed";
        let items = reader.list(entry, allowed).unwrap_or_default();
        let onward = |item: &Node| {
            check(reader, item, &INVOKES);
            let to = reader.required(item, "to", "this item of `invokes`", item.mark, "sqs:orders")?;
            let address = reader.value(to, |text| self.sendable(text))?;
            let count = item.entry("count").map(|entry| reader.count(entry, 1, 10_000));
            let share = item.entry("share").map(|entry| reader.share(entry));
            let sender = format!("{function} invokes");
            Some(Onward {
                link: self.platform.links.add(&sender, &address),
                count: count.flatten().unwrap_or(1) as u32,
                share: share.flatten().unwrap_or(Share::ALL),
                key: self.platform.links.key(&format!("{sender} {address}")),
            })
        };
        items.iter().filter_map(onward).collect()
    }

    /// An address that functions can send to.
    fn sendable(&self, text: &str) -> Result<String, Fault> {
        if let Address::Function { name, qualifier } = Address::parse(text)? {
            self.directory.check(name, qualifier)?;
        }
        Ok(text.to_owned())
    }

    /// How records of batches fare.
    fn records(&self, all: &Layers<'_>) -> RecordsConfig {
        let reader = self.platform.reader;
        let share = |key: &str| {
            all.get(key)
                .and_then(|entry| reader.share(entry))
                .unwrap_or(Share::NONE)
        };
        let types = all
            .get("function_response_types")
            .filter(|entry| !entry.value.text().is_some_and(values::is_off));
        RecordsConfig {
            error_rate: share("record_error_rate"),
            poison: share("poison"),
            reports_failures: types
                .and_then(|entry| reader.choice(entry, &["ReportBatchItemFailures"]))
                .is_some(),
        }
    }

    /// `recursive_loop`: whether chains of invocations go on beyond INV-8.
    fn recursion_allowed(&self, all: &Layers<'_>) -> bool {
        let entry = all.get("recursive_loop");
        entry.and_then(|entry| self.platform.reader.choice(entry, RECURSIVE_LOOP)) == Some(1)
    }
}

/// How one function can be addressed, as it is read.
struct Qualifiers<'r, 'a> {
    functions: &'r Functions<'a>,
    function: &'r str,
    all: &'r Layers<'a>,
    numbered: &'r BTreeMap<u64, &'a Entry>,
    versions: &'r [VersionConfig],
    list: Vec<QualifierConfig>,
    provisioned: Option<(u64, Mark)>,
    /// Which qualifier provisions each version (PC-1).
    provisioned_by: BTreeMap<VersionId, String>,
}

impl<'r, 'a> Qualifiers<'r, 'a> {
    fn new(
        functions: &'r Functions<'a>,
        function: &'r str,
        all: &'r Layers<'a>,
        numbered: &'r BTreeMap<u64, &'a Entry>,
        versions: &'r [VersionConfig],
    ) -> Qualifiers<'r, 'a> {
        Qualifiers {
            functions,
            function,
            all,
            numbered,
            versions,
            list: Vec::new(),
            provisioned: None,
            provisioned_by: BTreeMap::new(),
        }
    }

    /// The bare name, then versions, then aliases by name.
    fn read(&mut self, node: Option<&'a Node>) {
        let bare = self.all.inner("event_invoke_config");
        self.list.push(QualifierConfig {
            name: None,
            version: VersionId(0),
            additional: None,
            provisioned: 0,
            event_invoke: self.functions.event_invoke(self.function, &bare),
        });
        for (index, (number, entry)) in self.numbered.iter().enumerate() {
            let version = VersionId(index as u16 + 1);
            self.push(number.to_string(), &entry.value, version, None);
        }
        for alias in node.map_or_else(Vec::new, |node| node.named("aliases")) {
            self.check_alias_name(alias);
            let version = self.function_version(alias);
            let additional = version.and_then(|version| self.additional(alias, version));
            self.push(alias.key.clone(), &alias.value, version.unwrap_or_default(), additional);
        }
    }

    fn push(&mut self, name: String, node: &'a Node, version: VersionId, additional: Option<(VersionId, Share)>) {
        let inner = self.all.inner("event_invoke_config");
        let own = node.inner("event_invoke_config");
        let layers = Layers(own.into_iter().chain(inner.0).collect());
        let provisioned = self.provisioned(&name, node, version, additional);
        self.list.push(QualifierConfig {
            name: Some(name),
            version,
            additional,
            provisioned,
            event_invoke: self.functions.event_invoke(self.function, &layers),
        });
    }

    fn provisioned(
        &mut self,
        name: &str,
        node: &Node,
        version: VersionId,
        additional: Option<(VersionId, Share)>,
    ) -> u32 {
        let platform = &self.functions.platform;
        let policies = node.entry("scaling_policies");
        let Some(entry) = node.entry("provisioned_concurrent_executions").or(policies) else {
            return 0;
        };
        let amount = match entry.key.as_str() {
            "scaling_policies" => 0,
            _ => platform.reader.count(entry, 0, 1_000_000).unwrap_or(0),
        };
        let amount = policies.map_or(amount, |policies| {
            let (minimum, maximum) = scaling::limits(platform.reader, &policies.value);
            let above = amount.max(minimum.unwrap_or(0).into());
            above.min(maximum.map_or(u64::MAX, u64::from))
        });
        if amount == 0 {
            return 0;
        }
        if !platform.dated.on("SW-PC") {
            let found = "provisioned concurrency is configured";
            platform
                .reader
                .problem(entry.mark, found, platform.dated.too_early("SW-PC"));
        }
        for covered in [Some(version), additional.map(|(version, _)| version)]
            .into_iter()
            .flatten()
        {
            if self.versions[covered.index()].restores() {
                let found = format!(
                    "version {} has SnapStart and provisioned concurrency",
                    self.versions[covered.index()].name
                );
                let allowed = "they exclude each other (SNAP-2, PC-2, LIM-24): drop one";
                platform.reader.problem(entry.mark, found, allowed);
            }
            if let Some(other) = self.provisioned_by.insert(covered, name.to_owned()) {
                let number = &self.versions[covered.index()].name;
                let found = format!("version {number} has provisioned concurrency through {other} and through {name}");
                let allowed = "a version takes it from one place: itself or one alias (PC-1)";
                platform.reader.problem(entry.mark, found, allowed);
            }
        }
        let before = self.provisioned.map_or(0, |(sum, _)| sum);
        self.provisioned = Some((before + amount, entry.value.mark));
        amount as u32
    }

    fn check_alias_name(&self, alias: &Entry) {
        let name = &alias.key;
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        let digits = name.chars().all(|c| c.is_ascii_digit());
        if name.is_empty() || name.len() > 128 || digits || !name.chars().all(plain) {
            let found = format!("\"{}\" is no name of an alias", super::tree::shortened(name));
            let allowed = "letters, digits, hyphens and underscores, not digits alone, are allowed (ALIAS-1)";
            self.functions.platform.reader.problem(alias.mark, found, allowed);
        }
    }

    fn function_version(&self, alias: &Entry) -> Option<VersionId> {
        let reader = self.functions.platform.reader;
        let owner = format!("the alias {}", alias.key);
        let entry = reader.required(&alias.value, "function_version", &owner, alias.mark, "1")?;
        reader.value(entry, |text| self.published(text))
    }

    fn published(&self, text: &str) -> Result<VersionId, Fault> {
        if text == "$LATEST" {
            return Err(Fault::new(
                "is $LATEST",
                "a published version is allowed, never $LATEST (ALIAS-1)",
            ));
        }
        let number = text.parse::<u64>().ok();
        let position = number.and_then(|number| self.numbered.keys().position(|known| *known == number));
        let known: Vec<String> = self.numbered.keys().take(20).map(u64::to_string).collect();
        let allowed = match known.is_empty() {
            true => "define it under `versions`, such as `versions: { 1: {} }`".to_owned(),
            false => format!("defined under `versions`: {}", known.join(", ")),
        };
        let position = position.ok_or_else(|| {
            Fault::new(
                format!("is {}, which does not exist", super::tree::shortened(text)),
                allowed,
            )
        })?;
        Ok(VersionId(position as u16 + 1))
    }

    fn additional(&self, alias: &Entry, version: VersionId) -> Option<(VersionId, Share)> {
        let reader = self.functions.platform.reader;
        let weights = alias.value.entry("additional_version_weights")?;
        let entry = match weights.value.entries() {
            [] => return None,
            [entry] => entry,
            [_, second, ..] => {
                let found = "there is more than one additional version";
                reader.problem(second.mark, found, "an alias has at most two versions (LIM-22)");
                return None;
            }
        };
        let other = match self.published(&entry.key) {
            Ok(other) => other,
            Err(fault) => {
                reader.fault(entry.mark, fault.of("the additional version"));
                return None;
            }
        };
        let weight = reader.share(entry)?;
        if other == version {
            let found = format!("the additional version is {}, as function_version", entry.key);
            reader.problem(entry.mark, found, "two different versions are allowed (ALIAS-2)");
        }
        let dead_letter = |version: VersionId| &self.versions[version.index()].dead_letter;
        if dead_letter(other) != dead_letter(version) {
            let found = "the two versions of this alias have different dead_letter_config";
            reader.problem(entry.mark, found, "give both the same, or none (ALIAS-2)");
        }
        Some((other, weight))
    }
}
