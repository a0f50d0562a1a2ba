//! Files, includes and overrides to one tree.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::keys::{SCENARIO, Section, Takes};
use super::problem::{Fault, Finding, Problem, ProblemKind, Problems};
use super::reader::locate;
use super::source::{Mark, Source};
use super::tree::{self, Entry, Kind, Node, shortened};

/// Largest scenario, its includes counted.
const LARGEST_BYTES: u64 = 16 << 20;
/// Longest line.
const LONGEST_LINE: usize = 1 << 20;
/// Nodes of all files of a scenario together.
const NODES: usize = 250_000;
/// Files of a scenario.
const MOST_FILES: usize = 64;
/// Problems that are kept; the rest is only counted.
const KEPT: usize = 1_000;

/// Everything that was read.
#[derive(Clone)]
pub(super) struct Loaded {
    /// The merged tree.
    pub root: Node,
    /// All texts, by number; the first is the scenario file.
    pub sources: Vec<Arc<Source>>,
    /// Faults that did not stop the reading.
    pub findings: Vec<Finding>,
    /// The scenario file as read.
    pub text: String,
    /// Nodes that may still be added.
    nodes: usize,
}

impl Loaded {
    /// A tree without text of its own.
    pub fn of_tree(root: Node, sources: Vec<Arc<Source>>) -> Loaded {
        Loaded {
            root,
            sources,
            findings: Vec::new(),
            text: String::new(),
            nodes: NODES,
        }
    }

    /// The same with values at paths replaced, in order, as the command line's `option` asks for. `scenario` is the
    /// file: data that a value names is looked for in its folder.
    pub fn with(self, settings: &[(String, String)], option: &str, scenario: &Path) -> Loaded {
        let mut loader = Loader {
            allow_outside: false,
            sources: self.sources,
            findings: self.findings,
            nodes: self.nodes,
            bytes: 0,
            open: Vec::new(),
        };
        let mut root = self.root;
        for (target, value) in settings {
            loader.set(&mut root, target, value, option, scenario);
        }
        Loaded {
            root,
            sources: loader.sources,
            findings: loader.findings,
            text: self.text,
            nodes: loader.nodes,
        }
    }
}

/// Reads the scenario file with all it includes, and applies `--set`.
pub(super) fn load(path: &Path, set: &[(String, String)], allow_outside: bool) -> Result<Loaded, Problems> {
    let mut loader = Loader {
        allow_outside,
        sources: Vec::new(),
        findings: Vec::new(),
        nodes: NODES,
        bytes: LARGEST_BYTES,
        open: Vec::new(),
    };
    let name = path.display().to_string();
    let text = match read(path, &mut loader.bytes) {
        Ok(text) => text,
        Err(ReadFault::Unreadable(fault)) => return Err(alone(&name, 0, fault, ProblemKind::Input)),
        Err(ReadFault::Wrong(line, fault)) => return Err(alone(&name, line, fault, ProblemKind::Scenario)),
    };
    let root = loader.file(path, name, &text);
    if !matches!(root.kind, Kind::Map(_)) {
        return Err(bind(&loader.sources, loader.findings, ProblemKind::Scenario));
    }
    let loaded = Loaded {
        root,
        sources: loader.sources,
        findings: loader.findings,
        text,
        nodes: loader.nodes,
    };
    Ok(loaded.with(set, "--set", path))
}

/// Findings as problems, in the order of files and places.
pub(super) fn bind(
    sources: &[Arc<Source>],
    findings: impl IntoIterator<Item = Finding>,
    kind: ProblemKind,
) -> Problems {
    let mut findings: Vec<Finding> = findings.into_iter().collect();
    findings.sort();
    findings.dedup();
    let omitted = findings.len().saturating_sub(KEPT);
    findings.truncate(KEPT);
    let problem = |finding: Finding| Problem::new(&sources[finding.mark.source as usize], finding.mark, finding.fault);
    Problems {
        list: findings.into_iter().map(problem).collect(),
        omitted,
        kind,
    }
}

fn alone(name: &str, line: u32, fault: Fault, kind: ProblemKind) -> Problems {
    Problems {
        list: vec![Problem::without_source(name, line, fault)],
        omitted: 0,
        kind,
    }
}

enum ReadFault {
    Unreadable(Fault),
    /// In this line; 0 where the whole file is wrong.
    Wrong(u32, Fault),
}

fn read(path: &Path, allowance: &mut u64) -> Result<String, ReadFault> {
    let unreadable = |error: std::io::Error| {
        ReadFault::Unreadable(Fault::new(
            format!("the file cannot be read: {error}"),
            "check its name and its permissions",
        ))
    };
    let file = File::open(path).map_err(unreadable)?;
    if file.metadata().map_err(unreadable)?.is_dir() {
        let fault = Fault::new("this is a folder", "name a scenario file");
        return Err(ReadFault::Unreadable(fault));
    }
    let mut bytes = Vec::new();
    file.take(*allowance + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    let Some(left) = allowance.checked_sub(bytes.len() as u64) else {
        let remedy = "put arrivals into a trace file and name it under `trace`";
        let fault = Fault::new("the scenario is larger than 16 MB (its includes counted)", remedy);
        return Err(ReadFault::Wrong(0, fault));
    };
    *allowance = left;
    if let Some(index) = bytes
        .split(|byte| *byte == b'\n')
        .position(|line| line.len() > LONGEST_LINE)
    {
        let fault = Fault::new("the line is longer than 1 MB", "break it into several lines");
        return Err(ReadFault::Wrong(line_number(index), fault));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let breaks = before.iter().filter(|byte| **byte == b'\n').count();
        let fault = Fault::new("the line is not UTF-8 text", "save the file as UTF-8");
        ReadFault::Wrong(line_number(breaks), fault)
    })
}

/// The number of a line before which lie `index` others.
fn line_number(index: usize) -> u32 {
    u32::try_from(index + 1).unwrap_or(u32::MAX)
}

struct Loader {
    allow_outside: bool,
    sources: Vec<Arc<Source>>,
    findings: Vec<Finding>,
    nodes: usize,
    bytes: u64,
    /// Files being read, each included by the one before.
    open: Vec<PathBuf>,
}

impl Loader {
    /// The tree of one file with its includes below it; an empty node where it cannot be read.
    fn file(&mut self, path: &Path, name: String, text: &str) -> Node {
        let folder = path.parent().unwrap_or(Path::new("")).to_path_buf();
        let normalised = text.strip_prefix('\u{feff}').unwrap_or(text).replace("\r\n", "\n");
        let number = self.add(Source::new(name, folder, normalised));
        let source = Arc::clone(&self.sources[number as usize]);
        let whole = Mark::new(number, 0, 0);
        let mut root = match tree::parse(&source.text, number, 0, &mut self.nodes) {
            Ok(parsed) => {
                self.findings.extend(parsed.findings);
                parsed.root.unwrap_or(Node {
                    kind: Kind::Empty,
                    mark: whole,
                })
            }
            Err(findings) => {
                self.findings.extend(findings);
                return Node {
                    kind: Kind::Empty,
                    mark: whole,
                };
            }
        };
        match &root.kind {
            Kind::Map(_) => self.include(&mut root, path, &source),
            Kind::Empty => self.wrong(
                whole,
                "the file is empty",
                "`lambdasim new` writes a scenario to start from",
            ),
            _ => {
                let found = format!("the file holds {}", root.described());
                self.wrong(root.mark, found, "a scenario is a map of keys such as `duration: 1 h`");
            }
        }
        root
    }

    fn add(&mut self, source: Source) -> u32 {
        self.sources.push(Arc::new(source));
        u32::try_from(self.sources.len() - 1).unwrap_or(u32::MAX)
    }

    fn wrong(&mut self, mark: Mark, found: impl Into<String>, allowed: impl Into<String>) {
        self.findings.push(Finding::new(mark, found, allowed));
    }

    /// Puts the files that `root` includes below it: later ones win over earlier ones, `root` wins over all.
    fn include(&mut self, root: &mut Node, path: &Path, source: &Source) {
        let Kind::Map(entries) = &mut root.kind else {
            return;
        };
        let Some(position) = entries.iter().position(|entry| entry.key == "include") else {
            return;
        };
        let include = entries.remove(position);
        let names = match include.value.kind {
            Kind::List(items) => items,
            _ => vec![include.value],
        };
        self.open
            .push(path.canonicalize().unwrap_or_else(|_| path.to_path_buf()));
        let mut below: Option<Node> = None;
        for name in &names {
            if let Some(mut node) = self.included(name, source) {
                if let Some(earlier) = below.take() {
                    merge(&mut node, earlier, &SCENARIO);
                }
                below = Some(node);
            }
        }
        self.open.pop();
        if let Some(below) = below {
            merge(root, below, &SCENARIO);
        }
    }

    fn included(&mut self, name: &Node, source: &Source) -> Option<Node> {
        let Some(written) = name.text().filter(|text| !text.is_empty()) else {
            self.wrong(
                name.mark,
                format!("`include` names {}", name.described()),
                "a path is allowed",
            );
            return None;
        };
        let path = match locate(&source.folder, written, self.allow_outside) {
            Ok(path) => path,
            Err(fault) => {
                self.wrong(name.mark, fault.found, fault.allowed);
                return None;
            }
        };
        let real = path.canonicalize().unwrap_or_else(|_| path.clone());
        if self.open.contains(&real) {
            self.wrong(
                name.mark,
                format!("{written} includes itself in a circle"),
                "remove one of the includes",
            );
            return None;
        }
        if self.sources.len() >= MOST_FILES {
            self.wrong(
                name.mark,
                format!("more than {MOST_FILES} files are included"),
                "merge some of them",
            );
            return None;
        }
        match read(&path, &mut self.bytes) {
            Ok(text) => Some(self.file(&path, path.display().to_string(), &text)),
            Err(ReadFault::Unreadable(fault) | ReadFault::Wrong(0, fault)) => {
                self.wrong(name.mark, format!("{written}: {}", fault.found), fault.allowed);
                None
            }
            Err(ReadFault::Wrong(line, fault)) => {
                self.wrong(name.mark, format!("{written}:{line}: {}", fault.found), fault.allowed);
                None
            }
        }
    }

    /// Replaces the value at a path such as `functions.checkout.timeout`.
    fn set(&mut self, root: &mut Node, target: &str, value: &str, option: &str, scenario: &Path) {
        let folder = scenario.parent().unwrap_or(Path::new("")).to_path_buf();
        let number = self.add(Source::new(option.to_owned(), folder, format!("{target}={value}")));
        let whole = Mark::new(number, 0, target.len());
        let node = match tree::parse(value, number, target.len() + 1, &mut self.nodes) {
            Ok(parsed) => {
                self.findings.extend(parsed.findings);
                parsed.root.unwrap_or(Node {
                    kind: Kind::Empty,
                    mark: whole,
                })
            }
            Err(findings) => {
                self.findings.extend(findings);
                return;
            }
        };
        let keys = split_path(target);
        if keys.iter().any(|key| key.is_empty()) {
            self.wrong(
                whole,
                format!("the path of {option} has an empty part"),
                format!("write `{option} functions.NAME.timeout=5s`"),
            );
        } else if keys[0] == "include" {
            self.wrong(whole, "`include` cannot be set", "write it into the file");
        } else if let Err(found) = put(root, &keys, node, whole) {
            self.wrong(whole, found, "name a key below a map");
        }
    }
}

/// The keys of a path; what follows `parameters` is one key, dots included.
pub(super) fn split_path(target: &str) -> Vec<&str> {
    let mut keys = Vec::new();
    let mut rest = target;
    while let Some((key, after)) = rest.split_once('.') {
        keys.push(key);
        rest = after;
        if key == "parameters" {
            break;
        }
    }
    keys.push(rest);
    keys
}

/// Puts `value` at a path; what is missing on the way comes into being at `mark`.
///
/// # Errors
/// What stands in the way.
pub(super) fn put(node: &mut Node, keys: &[&str], value: Node, mark: Mark) -> Result<(), String> {
    let Some((first, rest)) = keys.split_first() else {
        *node = value;
        return Ok(());
    };
    if node.is_empty() {
        *node = Node {
            kind: Kind::Map(Vec::new()),
            mark,
        };
    }
    let below = match &mut node.kind {
        Kind::Map(entries) => {
            let position = entries.iter().position(|entry| entry.key == *first).unwrap_or_else(|| {
                let value = Node {
                    kind: Kind::Empty,
                    mark,
                };
                let key = (*first).to_owned();
                entries.push(Entry { key, mark, value });
                entries.len() - 1
            });
            &mut entries[position].value
        }
        Kind::List(items) => {
            let index = first.parse::<usize>().ok().filter(|index| *index < items.len());
            let index = index.ok_or_else(|| format!("the list has no item `{}`", shortened(first)))?;
            &mut items[index]
        }
        _ => return Err(format!("there is no map to hold `{}`", shortened(first))),
    };
    put(below, rest, value, mark)
}

/// Adds to `above` what only `below` has; maps of keys and of names are merged, anything else is kept whole.
fn merge(above: &mut Node, below: Node, section: &'static Section) {
    let (Kind::Map(own), Kind::Map(others)) = (&mut above.kind, below.kind) else {
        return;
    };
    for other in others {
        let Some(entry) = own.iter_mut().find(|entry| entry.key == other.key) else {
            own.push(other);
            continue;
        };
        match section.find(&other.key).map(|key| key.takes) {
            Some(Takes::Section(inner)) => merge(&mut entry.value, other.value, inner),
            Some(Takes::Named(inner)) => merge_names(&mut entry.value, other.value, Some(inner)),
            Some(Takes::Values(_)) => merge_names(&mut entry.value, other.value, None),
            _ => {}
        }
    }
}

fn merge_names(above: &mut Node, below: Node, section: Option<&'static Section>) {
    let (Kind::Map(own), Kind::Map(others)) = (&mut above.kind, below.kind) else {
        return;
    };
    for other in others {
        match (own.iter_mut().find(|entry| entry.key == other.key), section) {
            (Some(entry), Some(section)) => merge(&mut entry.value, other.value, section),
            (Some(_), None) => {}
            (None, _) => own.push(other),
        }
    }
}
