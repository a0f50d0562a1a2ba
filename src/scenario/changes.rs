//! `changes`: the states that a scenario goes through, each resolved as the file is, and what lies between them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use super::LoadOptions;
use super::change_path::{CONFIGURATION, check_path};
use super::difference::difference;
use super::keys::VERSION;
use super::load::{put, split_path};
use super::problem::Finding;
use super::reader::Reader;
use super::resolve::{Shared, resolve};
use super::source::Mark;
use super::tree::{Entry, Kind, Node};
use super::values;
use crate::control::{ChangeStep, PlannedChange};
use crate::lambda::FunctionConfig;
use crate::simulation::Plan;
use crate::units::SimTime;
use crate::workload::{SourceChange, SourceConfig};

/// Instants at which something changes.
const MOST_INSTANTS: usize = 1_000;

/// One entry under `changes`.
struct Given<'a> {
    name: &'a str,
    mark: Mark,
    /// Its text, up to where something else begins.
    extent: Mark,
    from: SimTime,
    until: Option<SimTime>,
    settings: Vec<Setting<'a>>,
}

/// One path and the value it gets.
struct Setting<'a> {
    keys: Vec<&'a str>,
    entry: &'a Entry,
}

impl Setting<'_> {
    /// Whether it sets code or configuration of `$LATEST`.
    fn configures(&self) -> bool {
        match self.keys.as_slice() {
            ["functions", _, key, ..] | ["defaults", key, ..] => CONFIGURATION.contains(key),
            _ => false,
        }
    }
}

impl Given<'_> {
    fn in_force(&self, at: SimTime) -> bool {
        self.from <= at && self.until.is_none_or(|until| at < until)
    }
}

/// A state and the tree it was resolved from.
struct State {
    plan: Plan,
    tree: Node,
}

/// Reads `changes` into `plan`, which is the state at the start.
pub(super) fn read(reader: &Reader, root: &Node, path: &Path, options: &LoadOptions, shared: &Shared, plan: &mut Plan) {
    let Some(entry) = root.entry("changes") else { return };
    let entries = root.named("changes");
    let changes = Changes {
        reader,
        root,
        path,
        options,
        shared,
        section: entry,
    };
    let given: Vec<Given> = entries.iter().filter_map(|entry| changes.given(entry, plan)).collect();
    plan.changes = given.iter().map(planned).collect();
    changes.follow(given, plan, entry.mark);
}

fn planned(given: &Given) -> PlannedChange {
    let pair = |setting: &Setting| (setting.entry.key.clone(), setting.entry.value.compact());
    PlannedChange {
        name: given.name.to_owned(),
        from: given.from,
        until: given.until,
        set: given.settings.iter().map(pair).collect(),
    }
}

struct Changes<'a> {
    reader: &'a Reader,
    root: &'a Node,
    path: &'a Path,
    options: &'a LoadOptions,
    /// What all states have in common.
    shared: &'a Shared,
    /// The entry `changes`.
    section: &'a Entry,
}

impl<'a> Changes<'a> {
    fn given(&self, entry: &'a Entry, plan: &Plan) -> Option<Given<'a>> {
        let (from, until) = self.window(entry)?;
        let owner = format!("the change {}", entry.key);
        let example = "{ functions.checkout.timeout: 5 s }";
        let set = self.reader.required(&entry.value, "set", &owner, entry.mark, example)?;
        if matches!(set.value.kind, Kind::Empty)
            || set.value.entries().is_empty() && matches!(set.value.kind, Kind::Map(_))
        {
            self.reader.problem(
                set.mark,
                format!("{owner} sets nothing"),
                format!("allowed: set: {example}"),
            );
        }
        if from >= plan.horizon() && !plan.duration.is_zero() {
            let place = self.reader.sources[entry.mark.source as usize].place(entry.mark);
            let end = plan.horizon() - SimTime::ZERO;
            self.reader.warn(format!(
                "{place}: {owner} comes when the run is over ({end}): it changes nothing"
            ));
        }
        let setting = |entry: &'a Entry| {
            let keys = split_path(&entry.key);
            match check_path(self.root, plan, &keys) {
                Ok(()) => Some(Setting { keys, entry }),
                Err(fault) => {
                    self.reader.fault(entry.mark, fault);
                    None
                }
            }
        };
        Some(Given {
            name: &entry.key,
            mark: entry.mark,
            extent: self.extent(entry.mark),
            from,
            until,
            settings: set.value.entries().iter().filter_map(setting).collect(),
        })
    }

    /// `at`, or `from` with or without `until`.
    fn window(&self, entry: &Entry) -> Option<(SimTime, Option<SimTime>)> {
        let get = |key: &str| entry.value.entry(key);
        let read = |entry: &Entry| Some(SimTime::ZERO + self.reader.duration(entry)?);
        let allowed = "give `at: 2 h`, or `from: 4 h` and `until: 5 h`";
        match (get("at"), get("from"), get("until")) {
            (Some(at), None, None) => Some((read(at)?, None)),
            (None, Some(from), until) => {
                let (start, end) = (read(from)?, until.map(read));
                if let (Some(until), Some(Some(end))) = (until, end)
                    && end <= start
                {
                    let found = format!("`until` is {}, not after `from`", until.value.compact());
                    let allowed = "a time after `from` is allowed; the change holds in [from, until)";
                    self.reader.problem(until.value.mark, found, allowed);
                    return None;
                }
                Some((start, end.flatten()))
            }
            (Some(_), Some(other), _) | (Some(_), None, Some(other)) => {
                let found = format!("the change {} has `at` and `{}`", entry.key, other.key);
                self.reader.problem(other.mark, found, allowed);
                None
            }
            (None, None, until) => {
                let mark = until.map_or(entry.mark, |until| until.mark);
                // A misspelt key has been told.
                let told = entry
                    .value
                    .entries()
                    .iter()
                    .any(|entry| !["set", "until"].contains(&&*entry.key));
                if !told {
                    self.reader.problem(
                        mark,
                        format!("the change {} does not say from when on", entry.key),
                        allowed,
                    );
                }
                None
            }
        }
    }

    /// Resolves one state after the other and notes what lies between them. Once a state has found a new way, nothing more
    /// is noted: everything is read again.
    fn follow(&self, mut given: Vec<Given<'a>>, plan: &mut Plan, mark: Mark) {
        given.sort_by_key(|change| change.from);
        let ends = given.iter().filter_map(|change| change.until);
        let instants: BTreeSet<SimTime> = given.iter().map(|change| change.from).chain(ends).collect();
        let instants: Vec<SimTime> = instants.into_iter().filter(|at| *at < plan.horizon()).collect();
        if instants.len() > MOST_INSTANTS {
            let found = format!("something changes at {} instants", instants.len());
            self.reader
                .problem(mark, found, format!("at most {MOST_INSTANTS} are allowed"));
            return;
        }
        let mut before = State {
            plan: plan.clone(),
            tree: self.without_changes(),
        };
        let (mut told, known_ways) = (BTreeSet::new(), self.shared.ways.len());
        for at in instants {
            let after = self.state(at, &given, &mut told);
            if self.shared.ways.len() > known_ways {
                continue;
            }
            if let Some(mark) = self.turning(at, &given).next().map(|change| change.mark) {
                self.check_fixed(&before.plan, &after.plan, at, mark);
            }
            let named = self.configured(at, &given);
            let renewed = |name: &str| {
                named.as_ref().is_none_or(|named| named.contains(name))
                    && configuration(&before.tree, name) != configuration(&after.tree, name)
            };
            let changes = difference(&before.plan, &after.plan, renewed);
            if !changes.is_empty() {
                plan.change_steps.push(ChangeStep { at, changes });
            }
            for name in self.changed_traffic(at, &given) {
                change_sources(plan, at, name, &before, &after);
            }
            change_alarms(plan, at, &before.plan, &after.plan);
            before = after;
        }
    }

    /// Changes that begin or end at this instant.
    fn turning<'g>(&self, at: SimTime, given: &'g [Given<'a>]) -> impl Iterator<Item = &'g Given<'a>> {
        given
            .iter()
            .filter(move |change| change.from == at || change.until == Some(at))
    }

    /// Functions whose code or configuration may be another one from now on; `None` for all.
    fn configured(&self, at: SimTime, given: &[Given<'a>]) -> Option<BTreeSet<&'a str>> {
        let settings = self.turning(at, given).flat_map(|change| &change.settings);
        settings
            .filter(|setting| setting.configures())
            .map(|setting| (setting.keys[0] == "functions").then_some(setting.keys[1]))
            .collect()
    }

    /// Traffic entries whose arrivals may be others from now on.
    fn changed_traffic(&self, at: SimTime, given: &[Given<'a>]) -> BTreeSet<&'a str> {
        let settings = self.turning(at, given).flat_map(|change| &change.settings);
        settings
            .filter(|setting| setting.keys[0] == "traffic")
            .map(|setting| setting.keys[1])
            .collect()
    }

    fn without_changes(&self) -> Node {
        let mut tree = self.root.clone();
        if let Kind::Map(entries) = &mut tree.kind {
            entries.retain(|entry| !matches!(entry.key.as_str(), "changes" | "expect" | "optimize" | "lesson"));
        }
        tree
    }

    /// The state from `at` on; what is wrong with it is told where it is changed.
    fn state(&self, at: SimTime, given: &[Given<'a>], told: &mut BTreeSet<Finding>) -> State {
        let settings = || {
            given
                .iter()
                .filter(|change| change.in_force(at))
                .flat_map(|change| &change.settings)
        };
        let mut state = self.resolved(at, given, settings(), told);
        if settings().any(Setting::configures) {
            // VER-1: published versions keep their code and configuration, only $LATEST gets another one.
            let published = self.resolved(at, given, settings().filter(|setting| !setting.configures()), told);
            for (function, frozen) in state.plan.functions.iter_mut().zip(published.plan.functions) {
                keep_versions(Arc::make_mut(function), &frozen);
            }
        }
        state
    }

    fn resolved<'g>(
        &self,
        at: SimTime,
        given: &[Given<'a>],
        settings: impl Iterator<Item = &'g Setting<'a>>,
        told: &mut BTreeSet<Finding>,
    ) -> State
    where
        'a: 'g,
    {
        let reader = self.reader.beside();
        let mut tree = self.without_changes();
        for setting in settings {
            prepare(&mut tree, &setting.keys);
            if let Err(found) = put(
                &mut tree,
                &setting.keys,
                setting.entry.value.clone(),
                setting.entry.mark,
            ) {
                reader.problem(setting.entry.mark, found, "name a key below a map");
            }
        }
        let plan = resolve(&reader, &tree, self.path, self.options, self.shared).plan;
        let (_, findings, warnings) = reader.finish();
        let turning: Vec<&Given> = self.turning(at, given).collect();
        for finding in findings {
            if !self.reader.has_found(&finding) && told.insert(finding.clone()) {
                self.tell(finding, at, &turning);
            }
        }
        let names: Vec<&str> = turning.iter().map(|change| change.name).collect();
        for warning in warnings.into_iter().filter(|warning| !self.reader.has_warned(warning)) {
            self.reader.warn(format!(
                "from {} on ({}): {warning}",
                at - SimTime::ZERO,
                names.join(", ")
            ));
        }
        State { plan, tree }
    }

    /// A fault of a changed state stands at the value that was set then, or else at the change.
    fn tell(&self, finding: Finding, at: SimTime, turning: &[&Given]) {
        let holds = |extent: Mark| {
            extent.source == finding.mark.source && (extent.start..extent.end).contains(&finding.mark.start)
        };
        let place = match turning {
            [first, ..] if !turning.iter().any(|change| holds(change.extent)) => first.mark,
            _ => finding.mark,
        };
        let found = format!("from {} on, {}", at - SimTime::ZERO, finding.fault.found);
        self.reader.problem(place, found, finding.fault.allowed);
    }

    /// The text of a change that begins at `mark`, up to the next change or the next key at the top of its file.
    fn extent(&self, mark: Mark) -> Mark {
        let others = self.section.value.entries().iter().chain(self.root.entries());
        let later = others
            .map(|other| other.mark)
            .filter(|other| other.source == mark.source && other.start > mark.start);
        Mark {
            end: later.map(|other| other.start).min().unwrap_or(u32::MAX),
            ..mark
        }
    }

    /// What a value can say that the path does not: a trace names other functions, an alarm watches something else.
    fn check_fixed(&self, before: &Plan, after: &Plan, at: SimTime, mark: Mark) {
        let at = at - SimTime::ZERO;
        if before.flows.len() != after.flows.len() || before.sources.len() != after.sources.len() {
            let found = format!("the functions that a trace names would change at {at}");
            self.reader.problem(mark, found, "name them all from the start");
        }
        for (old, new) in before.control.alarms.iter().zip(&after.control.alarms) {
            if (old.metric, old.dimension) != (new.metric, new.dimension) {
                let found = format!("the alarm {} would watch something else at {at}", new.name);
                let allowed = "its comparison and threshold can change; for another metric declare another alarm";
                self.reader.problem(mark, found, allowed);
            }
        }
    }
}

/// Versions besides `$LATEST` stay as they are in `frozen`.
fn keep_versions(function: &mut FunctionConfig, frozen: &FunctionConfig) {
    function.versions.truncate(1);
    function.versions.extend_from_slice(&frozen.versions[1..]);
}

/// Before a function's key is set: how code behaves is set for every version, whatever they said of their own; and durations
/// stay measured at the memory they were measured at.
fn prepare(tree: &mut Node, keys: &[&str]) {
    let (function, key) = match keys {
        ["functions", name, key, ..] => (Some(*name), *key),
        ["defaults", key, ..] => (None, *key),
        _ => return,
    };
    if key == "memory_size" && keys.last() == Some(&"memory_size") {
        keep_measured_at(tree, function);
    }
    let behaves = VERSION.find(key).is_some() && !CONFIGURATION.contains(&key) && key != "event_invoke_config";
    let versions = function.and_then(|name| below(below(below(Some(tree), "functions"), name), "versions"));
    if let (true, Some(versions)) = (behaves, versions) {
        for version in versions.entries_mut() {
            version.value.remove(key);
        }
    }
}

fn below<'n>(node: Option<&'n mut Node>, key: &str) -> Option<&'n mut Node> {
    let entry = node?.entries_mut().iter_mut().find(|entry| entry.key == key)?;
    Some(&mut entry.value)
}

/// Writes out the memory that `memory_scaling` refers to where it is the function's own, which is about to change.
fn keep_measured_at(tree: &mut Node, function: Option<&str>) {
    let names: Vec<String> = match function {
        Some(name) => vec![name.to_owned()],
        None => {
            let functions = tree.entry("functions").map_or(&[][..], |entry| entry.value.entries());
            functions.iter().map(|entry| entry.key.clone()).collect()
        }
    };
    let defaults = tree.entry("defaults").map(|entry| entry.value.clone());
    for name in names {
        let Some(own) = below(below(Some(&mut *tree), "functions"), &name) else {
            continue;
        };
        let inherited = |key: &str| defaults.as_ref().and_then(|node| node.entry(key)).cloned();
        let scaling = own
            .entry("memory_scaling")
            .cloned()
            .or_else(|| inherited("memory_scaling"));
        let memory = own.entry("memory_size").cloned().or_else(|| inherited("memory_size"));
        let Some(mut scaling) = scaling.filter(|scaling| scaling.value.entry("measured_at").is_none()) else {
            continue;
        };
        let value = memory.map_or_else(|| default_memory(scaling.mark), |memory| memory.value);
        scaling.value.insert(Entry {
            key: "measured_at".to_owned(),
            mark: scaling.mark,
            value,
        });
        own.remove("memory_scaling");
        own.insert(scaling);
    }
}

fn default_memory(mark: Mark) -> Node {
    Node {
        kind: Kind::Scalar(values::DEFAULT_MEMORY.to_owned()),
        mark,
    }
}

/// What is written of a function's code and configuration, key by key.
fn configuration(tree: &Node, name: &str) -> BTreeMap<&'static str, String> {
    let inner = |key: &str| tree.entry(key).map(|entry| &entry.value);
    let own = inner("functions")
        .and_then(|functions| functions.entry(name))
        .map(|entry| &entry.value);
    let layers = [own, inner("defaults")];
    let written = |key: &&'static str| {
        let entry = layers.iter().flatten().find_map(|layer| layer.entry(key))?;
        Some((*key, entry.value.compact()))
    };
    CONFIGURATION.iter().filter_map(written).collect()
}

/// The sources of a traffic entry go on as those of the state `after`.
fn change_sources(plan: &mut Plan, at: SimTime, name: &str, before: &State, after: &State) {
    let arrivals = |state: &State| {
        let traffic = below_all(&state.tree, &["traffic", name, "arrivals"]);
        traffic.map(Node::compact)
    };
    let new_process = arrivals(before) != arrivals(after);
    let settings = |source: &SourceConfig| (source.from, source.until, source.scale, source.pass, source.flow);
    let of = |plan: &Plan| -> Vec<usize> {
        let all = 0..plan.sources.len();
        all.filter(|index| is_of(plan, *index, name)).collect()
    };
    for ((index, old), new) in of(plan).into_iter().zip(of(&before.plan)).zip(of(&after.plan)) {
        let (old, new) = (&before.plan.sources[old], &after.plan.sources[new]);
        if new_process || settings(old) != settings(new) {
            plan.sources[index].changes.push(SourceChange {
                at,
                from: new.from,
                until: new.until,
                scale: new.scale,
                pass: new.pass,
                flow: new.flow,
                process: new_process.then(|| new.process.clone()),
            });
        }
    }
}

/// Alarms go off by the rules of the state `after`.
fn change_alarms(plan: &mut Plan, at: SimTime, before: &Plan, after: &Plan) {
    let states = before.control.alarms.iter().zip(&after.control.alarms);
    for (alarm, (old, new)) in plan.control.alarms.iter_mut().zip(states) {
        if old.rule != new.rule {
            alarm.changes.push((at, new.rule));
        }
    }
}

fn below_all<'n>(tree: &'n Node, path: &[&str]) -> Option<&'n Node> {
    path.iter()
        .try_fold(tree, |node, key| node.entry(key).map(|entry| &entry.value))
}

/// Whether a source belongs to this traffic entry.
fn is_of(plan: &Plan, source: usize, name: &str) -> bool {
    let flow = plan.sources[source].flow;
    match flow.link() {
        Some(link) => plan.links.get(link.index()).is_some_and(|link| link.name == name),
        None => {
            let flow = plan.flows.get(flow.index());
            flow.is_some_and(|flow| plan.traffic[flow.traffic.index()].name == name)
        }
    }
}

#[cfg(test)]
mod tests;
