//! Deployments: which alias moves to which version, how, and what takes it back (DEP-1 to DEP-6).

use std::sync::Arc;

use super::address::{Address, Directory};
use super::keys::nearest;
use super::links::Links;
use super::problem::Fault;
use super::reader::Reader;
use super::tree::{Entry, Kind, Node, shortened};
use super::values;
use crate::control::{AlarmConfig, DeploymentConfig, Hook, canary, linear};
use crate::facts::{AlarmId, FunctionId, QualifierId, VersionId};
use crate::kernel::draws::StreamKey;
use crate::lambda::FunctionConfig;
use crate::units::{Share, SimTime, Span};

/// How long a hook may take to decide (DEP-5).
const LONGEST_HOOK: Span = Span::from_secs(3_600);
const LONGEST_INTERVAL: Span = Span::from_secs(7 * 86_400);
const MINUTE: u64 = 60;

/// Names of CodeDeploy's configurations as SAM writes them (DEP-1).
pub const DEPLOYMENT_PREFERENCES: &[&str] = &[
    "AllAtOnce",
    "Canary10Percent5Minutes",
    "Canary10Percent10Minutes",
    "Canary10Percent15Minutes",
    "Canary10Percent30Minutes",
    "Linear10PercentEvery1Minute",
    "Linear10PercentEvery2Minutes",
    "Linear10PercentEvery3Minutes",
    "Linear10PercentEvery10Minutes",
];

/// Reads deployments, in the order of their names.
pub(super) struct Deployments<'a> {
    /// Where problems go.
    pub reader: &'a Reader,
    /// All functions, by name.
    pub functions: &'a [Arc<FunctionConfig>],
    /// The same with their qualifiers, for messages.
    pub directory: &'a Directory,
    /// All alarms, by name.
    pub alarms: &'a [AlarmConfig],
    /// The same as written, the wrong ones included.
    pub declared: &'a [&'a Entry],
    /// Ways to the functions of hooks.
    pub links: &'a Links,
    /// Seed of all draws.
    pub seed: u64,
    /// Length of the run.
    pub length: Span,
    /// From alarm to rollback.
    pub rollback_lag: Span,
}

/// The alias that a deployment moves.
#[derive(Clone, Copy)]
struct Alias<'a> {
    function: FunctionId,
    qualifier: QualifierId,
    config: &'a FunctionConfig,
}

impl<'a> Deployments<'a> {
    /// All of them, by name; those that are wrong are left out.
    pub fn read(&self, entries: &[&Entry]) -> Vec<DeploymentConfig> {
        let read: Vec<(&Entry, DeploymentConfig)> = entries
            .iter()
            .filter_map(|entry| Some((*entry, self.deployment(entry)?)))
            .collect();
        self.apart(&read);
        self.in_turn(&read);
        read.into_iter().map(|(_, config)| config).collect()
    }

    fn deployment(&self, entry: &Entry) -> Option<DeploymentConfig> {
        let (reader, node) = (self.reader, &entry.value);
        let owner = format!("the deployment {}", shortened(&entry.key));
        let required = |key: &str, example: &str| reader.required(node, key, &owner, entry.mark, example);
        let at = required("at", "3 h").and_then(|entry| reader.value(entry, |text| self.instant(text)));
        let alias = required("alias", "checkout:live").and_then(|entry| reader.value(entry, |text| self.alias(text)));
        let version = required("to_version", "2").and_then(|entry| {
            let alias = alias?;
            reader.value(entry, |text| self.version(alias, text))
        });
        let preference = required("deployment_preference", "Canary10Percent5Minutes");
        let steps = preference.and_then(|entry| self.steps(entry));
        let alarms = self.alarms(node);
        let hooks = node.inner("hooks");
        let hook = |key: &str| {
            let sender = format!("{} {key}", entry.key);
            hooks.and_then(|hooks| self.hook(hooks.entry(key)?, &sender))
        };
        let (before_traffic, after_traffic) = (hook("pre_traffic"), hook("post_traffic"));
        let alias = alias?;
        Some(DeploymentConfig {
            name: entry.key.clone(),
            at: SimTime::ZERO + at?,
            function: alias.function,
            qualifier: alias.qualifier,
            to_version: version?,
            steps: steps?,
            alarms,
            rollback_lag: self.rollback_lag,
            before_traffic,
            after_traffic,
            key: StreamKey::derive(self.seed, 0, "deployment", &entry.key),
        })
    }

    fn instant(&self, text: &str) -> Result<Span, Fault> {
        let at = values::duration(text)?;
        if at >= self.length && !self.length.is_zero() {
            let allowed = format!("an instant before the end of the run ({}) is allowed", self.length);
            return Err(Fault::new(format!("is {text}"), allowed));
        }
        Ok(at)
    }

    fn alias(&self, text: &str) -> Result<Alias<'a>, Fault> {
        let allowed = "an alias such as checkout:live is allowed (DEP-1)";
        let fault = || Fault::new(format!("is \"{}\"", shortened(text)), allowed);
        let Address::Function { name, qualifier } = Address::parse(text)? else {
            return Err(fault());
        };
        self.directory.check(name, qualifier)?;
        let qualifier = qualifier
            .filter(|qualifier| *qualifier != "$LATEST")
            .ok_or_else(fault)?;
        if qualifier.starts_with(|c: char| c.is_ascii_digit()) && qualifier.chars().all(|c| c.is_ascii_digit()) {
            return Err(Fault::new(format!("is {text}, a version"), allowed));
        }
        let function = self.functions.iter().position(|function| function.name == name);
        let function = function.ok_or_else(fault)?;
        let config = &self.functions[function];
        let named = |known: &crate::lambda::QualifierConfig| known.name.as_deref() == Some(qualifier);
        let place = config.qualifiers.iter().position(named).ok_or_else(fault)?;
        Ok(Alias {
            function: FunctionId(function as u32),
            qualifier: QualifierId(place as u16),
            config,
        })
    }

    fn version(&self, alias: Alias, text: &str) -> Result<VersionId, Fault> {
        let config = alias.config;
        let place = config.versions.iter().position(|version| version.name == text);
        let Some(place) = place.filter(|place| *place > 0) else {
            let published: Vec<&str> = config.versions[1..].iter().take(20).map(|v| &*v.name).collect();
            let found = format!(
                "is {}, which is no published version of {}",
                shortened(text),
                config.name
            );
            let allowed = match published.as_slice() {
                [] => "define it under `versions` (ALIAS-2)".to_owned(),
                _ => format!("{} has: {} (ALIAS-2)", config.name, published.join(", ")),
            };
            return Err(Fault::new(found, allowed));
        };
        self.provisioned_once(alias, VersionId(place as u16))?;
        Ok(VersionId(place as u16))
    }

    /// The new version may not have provisioned concurrency of its own where the alias brings some (PC-1).
    fn provisioned_once(&self, alias: Alias, version: VersionId) -> Result<(), Fault> {
        let has = |place: usize| alias.config.qualifiers[place].provisioned > 0;
        let others = (0..alias.config.qualifiers.len()).filter(|place| *place != alias.qualifier.index());
        let other = others
            .filter(|place| has(*place) && alias.config.qualifiers[*place].version == version)
            .find_map(|place| alias.config.qualifiers[place].name.clone());
        match other {
            Some(other) if has(alias.qualifier.index()) => Err(Fault::new(
                format!("has provisioned concurrency through {other}, and the alias brings its own"),
                "a version takes it from one place: itself or one alias (PC-1)",
            )),
            _ => Ok(()),
        }
    }

    fn steps(&self, entry: &Entry) -> Option<Vec<(Span, Share)>> {
        if !matches!(entry.value.kind, Kind::Map(_)) {
            return self.reader.value(entry, named);
        }
        let node = &entry.value;
        let part = |key: &str| {
            let entry = node.entry(key)?;
            self.reader.value(entry, percentage)
        };
        let interval = |key: &str| {
            let entry = node.entry(key)?;
            self.reader
                .duration_within(entry, Span::from_secs(MINUTE), LONGEST_INTERVAL, " (DEP-1)")
        };
        let keys = [
            "canary_percentage",
            "canary_interval",
            "linear_percentage",
            "linear_interval",
        ];
        let given = keys.map(|key| node.entry(key).is_some());
        match given {
            [true, true, false, false] => {
                let share = Share::from_fraction(f64::from(part(keys[0])?) / 100.0);
                Some(canary(share, interval(keys[1])?))
            }
            [false, false, true, true] => Some(linear(part(keys[2])?, interval(keys[3])?)),
            _ => {
                let found = "`deployment_preference` is neither a canary nor linear";
                let allowed = "give canary_percentage and canary_interval, or linear_percentage and linear_interval";
                self.reader
                    .problem(entry.value.mark, found, format!("{allowed} (DEP-1)"));
                None
            }
        }
    }

    fn alarms(&self, node: &Node) -> Vec<AlarmId> {
        let allowed = "a list of alarms such as [ too-many-errors ] is allowed";
        let items = node.entry("alarms").and_then(|entry| self.reader.list(entry, allowed));
        let alarm = |text: &str| {
            let found = self.alarms.iter().position(|alarm| alarm.name == text);
            // The run does not begin where an alarm is wrong: any number will do for it.
            let declared = || self.declared.iter().any(|entry| entry.key == text);
            let found = found.or_else(|| declared().then_some(0));
            found.map(|place| AlarmId(place as u32)).ok_or_else(|| {
                let names = self.declared.iter().map(|alarm| alarm.key.as_str());
                let allowed = match nearest(text, names) {
                    Some(close) => format!("did you mean {close}?"),
                    None => "define it under `alarms`".to_owned(),
                };
                let found = format!("names the alarm {}, which does not exist", shortened(text));
                Fault::new(found, allowed)
            })
        };
        let items = items.unwrap_or(&[]).iter();
        items
            .filter_map(|item| self.reader.scalar(item, "alarms", alarm))
            .collect()
    }

    fn hook_function(&self, text: &str) -> Result<String, Fault> {
        match Address::parse(text)? {
            Address::Function { name, qualifier } => self.directory.check(name, qualifier).map(|()| text.to_owned()),
            Address::Service { .. } => {
                let found = format!("is \"{}\"", shortened(text));
                Err(Fault::new(found, "a function is allowed (DEP-5)"))
            }
        }
    }

    fn hook(&self, entry: &Entry, sender: &str) -> Option<Hook> {
        let (reader, node) = (self.reader, &entry.value);
        let takes = node
            .entry("duration")
            .and_then(|entry| reader.duration_within(entry, Span::ZERO, LONGEST_HOOK, " (DEP-5)"));
        let fails = node.entry("fails").and_then(|entry| reader.value(entry, failing));
        let function = node
            .entry("function")
            .and_then(|entry| reader.value(entry, |text| self.hook_function(text)));
        Some(Hook {
            takes: takes.unwrap_or(Span::ZERO),
            fails: fails.unwrap_or(Share::NONE),
            invokes: function.map(|address| self.links.add(sender, &address)),
        })
    }

    /// Deployments of one alias may not overlap.
    fn apart(&self, read: &[(&Entry, DeploymentConfig)]) {
        for (place, (entry, later)) in read.iter().enumerate() {
            let overlaps = |(_, other): &&(&Entry, DeploymentConfig)| {
                let same = (other.function, other.qualifier) == (later.function, later.qualifier);
                let until = other.at.saturating_add(other.longest());
                same && other.name != later.name && other.at <= later.at && later.at <= until
            };
            // Of two that begin together the second by name is told.
            let mut others = read[..place]
                .iter()
                .chain(read[place + 1..].iter().filter(|(_, o)| o.at < later.at));
            if let Some((_, other)) = others.find(overlaps) {
                let found = format!("the deployments {} and {} of one alias overlap", other.name, later.name);
                let until = other.at.saturating_add(other.longest()).since(SimTime::ZERO);
                let allowed = format!("begin this one after {until}, when {} is over", other.name);
                self.reader.problem(entry.mark, found, allowed);
            }
        }
    }

    /// Each deployment moves its alias from the version where the one before left it (ALIAS-2).
    fn in_turn(&self, read: &[(&Entry, DeploymentConfig)]) {
        let mut order: Vec<&(&Entry, DeploymentConfig)> = read.iter().collect();
        order.sort_by_key(|(_, config)| config.at);
        let mut versions: Vec<((FunctionId, QualifierId), VersionId)> = Vec::new();
        for (entry, config) in order {
            let alias = (config.function, config.qualifier);
            let function = &self.functions[config.function.index()];
            let place = versions
                .iter()
                .position(|(known, _)| *known == alias)
                .unwrap_or_else(|| {
                    versions.push((alias, function.qualifiers[config.qualifier.index()].version));
                    versions.len() - 1
                });
            let old = std::mem::replace(&mut versions[place].1, config.to_version);
            if old == config.to_version {
                let found = format!("the deployment {} leads to the version that the alias has", entry.key);
                self.reader
                    .problem(entry.mark, found, "another version is allowed (ALIAS-2)");
            }
            let letters = |version: VersionId| &function.versions[version.index()].dead_letter;
            if letters(old) != letters(config.to_version) && config.steps.len() > 1 {
                let found = "the two versions of this deployment have different dead_letter_config";
                self.reader
                    .problem(entry.mark, found, "give both the same, or none (ALIAS-2)");
            }
        }
    }
}

/// The steps of one of CodeDeploy's configurations, with or without its prefix.
fn named(text: &str) -> Result<Vec<(Span, Share)>, Fault> {
    let plain = text.strip_prefix("CodeDeployDefault.").unwrap_or(text);
    let plain = plain.strip_prefix("Lambda").unwrap_or(plain);
    values::choice(plain, DEPLOYMENT_PREFERENCES)?;
    let minutes = |text: &str| {
        let digits: String = text.chars().take_while(char::is_ascii_digit).collect();
        Span::from_secs(MINUTE * digits.parse().unwrap_or(1))
    };
    if let Some(interval) = plain.strip_prefix("Canary10Percent") {
        return Ok(canary(Share::from_fraction(0.1), minutes(interval)));
    }
    if let Some(interval) = plain.strip_prefix("Linear10PercentEvery") {
        return Ok(linear(10, minutes(interval)));
    }
    Ok(vec![(Span::ZERO, Share::ALL)])
}

/// Whole percent, 1 to 99, as CodeDeploy takes it.
fn percentage(text: &str) -> Result<u32, Fault> {
    let percent = values::share(text)? * 100.0;
    let whole = percent.round();
    match (percent - whole).abs() < 1e-9 && (1.0..=99.0).contains(&whole) {
        true => Ok(whole as u32),
        false => Err(Fault::new(
            format!("is {}", shortened(text)),
            "1 % to 99 %, in whole percent, is allowed (DEP-1)",
        )),
    }
}

/// How often a hook says no: true is always.
fn failing(text: &str) -> Result<Share, Fault> {
    match values::flag(text) {
        Ok(true) => Ok(Share::ALL),
        Ok(false) => Ok(Share::NONE),
        Err(_) => values::share(text)
            .map(Share::from_fraction)
            .map_err(|_| Fault::new(format!("is {}", shortened(text)), "true, false or a share is allowed")),
    }
}
