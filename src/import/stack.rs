//! What a template deploys, in the words of scenario files. Each template language fills one; what no template knows is added
//! here, the same for all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::BLANK;
use super::draft::{Block, Draft, Line, Value};
use crate::scenario::is_function_name;

/// The rate of every blank.
const RATE: &str = "1/s";
/// Places that a comment lists.
const SHOWN: usize = 3;
/// Concurrency of an account, and what has to stay unreserved of it (LIM-9, LIM-10).
const ACCOUNT: u64 = 1_000;
const UNRESERVED: u64 = 100;

/// Functions, sources and queues with who calls whom.
#[derive(Debug, Default)]
pub(super) struct Stack {
    /// `functions`, and so on: sections of the scenario.
    pub functions: Block,
    pub queues: Block,
    pub streams: Block,
    pub topics: Block,
    pub mappings: Block,
    pub traffic: Block,
    pub deployments: Block,
    pub alarms: Block,
    /// Reserved and provisioned concurrency: the account must have room for it.
    claimed: u64,
    /// Functions without a known runtime.
    pub without_init: BTreeMap<String, String>,
    /// The alias that callers of a function use.
    entrances: BTreeMap<String, String>,
    subscriptions: BTreeMap<String, Vec<String>>,
    /// Front ends that lead to an address, with the lines that say so.
    callers: BTreeMap<(String, &'static str), Vec<String>>,
    /// What may call a function, where nothing says that it does.
    permitted: BTreeMap<(String, &'static str), String>,
    /// Addresses (functions without qualifier) that something sends to.
    reached: BTreeSet<String>,
    /// Queues, streams and topics that something reads, with the place that says so.
    read: BTreeMap<String, String>,
}

/// A name that scenario files take, as near to `name` as possible.
pub(super) fn plain_name(name: &str) -> String {
    let plain = |c: char| {
        if c.is_ascii_alphanumeric() || c == '-' || c == '_' {
            c
        } else {
            '-'
        }
    };
    let name: String = name.chars().take(120).map(plain).collect();
    match is_function_name(&name) {
        true => name,
        false => format!("{name}-1"),
    }
}

impl Stack {
    /// The account must have room for this much more.
    pub fn claim(&mut self, concurrency: u64) {
        self.claimed = self.claimed.saturating_add(concurrency);
    }

    /// A function, declared at `place`.
    pub fn function(&mut self, name: &str, place: &str) -> &mut Block {
        declared(&mut self.functions, name, place)
    }

    /// Calls of the function go through this alias.
    pub fn enter_by(&mut self, function: &str, alias: &str) {
        self.entrances.insert(function.to_owned(), alias.to_owned());
    }

    /// The address under which the function is called, unless the template says otherwise.
    pub fn entrance(&self, function: &str) -> String {
        match self.entrances.get(function) {
            Some(alias) => format!("{function}:{alias}"),
            None => function.to_owned(),
        }
    }

    /// Whether the function has this version or alias.
    pub fn has_qualifier(&mut self, function: &str, qualifier: &str) -> bool {
        let settings = self.functions.line(function).block();
        ["versions", "aliases"]
            .into_iter()
            .any(|kind| settings.has(kind) && settings.block(kind).has(qualifier))
    }

    /// Something of the stack sends to the address.
    pub fn reach(&mut self, address: &str) {
        self.reached.insert(base(address).to_owned());
    }

    /// Something of the stack, told at `place`, takes what arrives at the address.
    pub fn take_from(&mut self, address: &str, place: &str) {
        self.read.insert(address.to_owned(), place.to_owned());
    }

    /// The topic passes its messages on to the address.
    pub fn subscribe(&mut self, topic: &str, to: &str, place: &str) {
        declared(&mut self.topics, topic, place);
        self.subscriptions
            .entry(topic.to_owned())
            .or_default()
            .push(to.to_owned());
        self.take_from(&format!("sns:{topic}"), place);
        self.reach(to);
    }

    /// A mapping from a source to a function.
    pub fn map(&mut self, source: &str, function: &str, place: &str) -> &mut Block {
        self.take_from(source, place);
        self.reach(function);
        let name = format!("{}-to-{}", source.rsplit(':').next().unwrap_or(source), base(function));
        let name = unused(&self.mappings, &plain_name(&name));
        let settings = declared(&mut self.mappings, &name, place);
        settings.set("event_source", source);
        settings.set("function", function);
        settings
    }

    /// The address is called through a front end, or by a service that pushes events.
    pub fn call(&mut self, to: &str, through: &'static str, place: &str) {
        self.reach(to);
        self.callers
            .entry((to.to_owned(), through))
            .or_default()
            .push(place.to_owned());
    }

    /// A service may call the function: where nothing else is known of it, it does.
    pub fn permit(&mut self, function: &str, through: &'static str, place: &str) {
        self.permitted.insert((function.to_owned(), through), place.to_owned());
    }

    /// Traffic of its own, such as a schedule.
    pub fn send(&mut self, name: &str, to: &str, through: &'static str, place: &str) -> &mut Block {
        self.reach(to);
        let name = unused(&self.traffic, &plain_name(name));
        let settings = declared(&mut self.traffic, &name, place);
        settings.set("to", to);
        if through != "sdk" {
            settings.set("through", through);
        }
        settings
    }

    /// Takes alarms that there are not out of deployments and tells their names.
    pub fn drop_unknown_alarms(&mut self) -> BTreeSet<String> {
        let mut dropped = BTreeSet::new();
        for deployment in self.deployments.keys() {
            let alarms = &self.alarms;
            self.deployments.block(&deployment).retain_items("alarms", |name| {
                let known = alarms.has(name);
                if !known {
                    dropped.insert(name.to_owned());
                }
                known
            });
        }
        dropped
    }

    /// The scenario, with blanks for what is not known.
    pub fn draft(mut self, question: String, name: &str) -> Draft {
        self.permissions();
        self.front_ends();
        self.blank_traffic();
        self.behaviour();
        for (topic, subscribers) in std::mem::take(&mut self.subscriptions) {
            let list = Value::List(subscribers.into_iter().map(Value::from).collect());
            self.topics.block(&topic).set("subscriptions", list);
        }
        let mut draft = Draft::new(question);
        draft.root.set("name", plain_name(name));
        let (long, why) = match self.traffic.any(|line| line.any("schedule")) {
            true => ("24 h", "a day, for the schedules"),
            false => ("1 h", "how long the traffic goes on"),
        };
        draft.root.set("duration", long).note(format!("{BLANK} {why}"));
        let wanted = self.claimed.saturating_add(UNRESERVED).max(ACCOUNT);
        let needed = wanted.div_ceil(ACCOUNT).saturating_mul(ACCOUNT);
        let account = draft.root.block("account");
        account
            .set("concurrent_executions", needed)
            .note(format!("{BLANK} your account's limit in this region"));
        let sections = [
            ("functions", self.functions),
            ("queues", self.queues),
            ("streams", self.streams),
            ("topics", self.topics),
            ("event_source_mappings", self.mappings),
            ("traffic", self.traffic),
            ("deployments", self.deployments),
            ("alarms", self.alarms),
        ];
        for (key, section) in sections {
            if !section.is_empty() {
                draft.root.set(key, Value::Block(section));
            }
        }
        draft
    }

    fn permissions(&mut self) {
        for ((function, through), place) in std::mem::take(&mut self.permitted) {
            // What is called through one kind of API needs no caller through the other.
            let apis = ["api-gateway", "http-api"];
            let alike = |other: &str| other == through || (apis.contains(&other) && apis.contains(&through));
            let called = self
                .callers
                .keys()
                .any(|(to, by)| base(to) == base(&function) && alike(by));
            let sent = self
                .traffic
                .any(|line| line.holds("to", &function) && line.holds("through", through));
            if !called && !sent {
                self.call(&function, through, &place);
            }
        }
    }

    fn front_ends(&mut self) {
        for ((to, through), places) in std::mem::take(&mut self.callers) {
            let mut place = places
                .iter()
                .take(SHOWN)
                .map(String::as_str)
                .collect::<Vec<_>>()
                .join(", ");
            if places.len() > SHOWN {
                place += &format!(" and {} more", places.len() - SHOWN);
            }
            let name = format!("{}-{through}", base(&to).replace(':', "-"));
            let settings = self.send(&name, &to, through, &place);
            fill_in(settings);
        }
    }

    fn blank_traffic(&mut self) {
        let functions = self
            .functions
            .keys()
            .into_iter()
            .filter(|name| !self.reached.contains(name.as_str()));
        let waiting: Vec<(String, String)> = functions
            .map(|name| (self.entrance(&name), "nothing in the template calls it".to_owned()))
            .collect();
        let sources = self
            .read
            .iter()
            .filter(|(address, _)| !self.reached.contains(address.as_str()));
        let sources: Vec<(String, String)> = sources
            .map(|(address, place)| (address.clone(), place.clone()))
            .collect();
        for (address, place) in waiting.into_iter().chain(sources) {
            let name = format!("to-{}", base(&address).replace(':', "-"));
            fill_in(self.send(&name, &address, "sdk", &place));
        }
    }

    /// What code takes.
    fn behaviour(&mut self) {
        for name in self.functions.keys() {
            let settings = self.functions.block(&name);
            if let Some(why) = self.without_init.get(&name) {
                settings.set("init", "400 ms").note(format!("{BLANK} {why}"));
            }
            let spread = Value::map([("median", Value::from("100 ms")), ("p99", Value::from("500 ms"))]);
            let duration = Value::map([("lognormal", spread)]);
            settings
                .set("duration", duration)
                .note(format!("{BLANK} how long the handler takes once warm"));
        }
    }
}

fn fill_in(settings: &mut Block) {
    let arrivals = Value::map([("poisson", Value::from(RATE))]);
    settings.set("arrivals", arrivals).note(format!("{BLANK} the rate"));
}

/// The address without its qualifier.
fn base(address: &str) -> &str {
    match address.split_once(':') {
        Some((name, _)) if is_function_name(name) => name,
        _ => address,
    }
}

fn declared<'a>(section: &'a mut Block, name: &str, place: &str) -> &'a mut Block {
    let line: &mut Line = section.line(name);
    if !line.is_noted() {
        line.note(place);
    }
    line.block()
}

/// The name, or the first of `name-2`, `name-3`, … that is free.
fn unused(section: &Block, name: &str) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let mut names = std::iter::once(name.to_owned()).chain(numbered);
    names.find(|name| !section.has(name)).unwrap_or_else(|| name.to_owned())
}
