//! Reads values out of a tree and collects what is wrong with them.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};
use std::sync::Arc;

use super::data_files::DataFiles;
use super::keys::nearest;
use super::problem::{Fault, Finding};
use super::source::{Mark, Source};
use super::tree::{Entry, Kind, Node};
use super::values;
use crate::units::{Rate, Share, Span};

/// Where everything that is wrong comes together.
pub(super) struct Reader {
    /// All texts read, by number.
    pub sources: Vec<Arc<Source>>,
    /// Whether data files may lie outside the folder of the file that names them.
    pub allow_outside: bool,
    /// Traces that have been read, so that each is read once.
    pub data: Arc<DataFiles>,
    findings: RefCell<BTreeSet<Finding>>,
    warnings: RefCell<BTreeSet<String>>,
}

impl Reader {
    /// A reader over these sources; what others have read into `data` is not read again.
    pub fn new(sources: Vec<Arc<Source>>, allow_outside: bool, data: Arc<DataFiles>) -> Reader {
        Reader {
            sources,
            allow_outside,
            data,
            findings: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    /// Another reader over the same sources and data files, in which nothing has been found yet.
    pub fn beside(&self) -> Reader {
        Reader {
            sources: self.sources.clone(),
            allow_outside: self.allow_outside,
            data: Arc::clone(&self.data),
            findings: RefCell::default(),
            warnings: RefCell::default(),
        }
    }

    /// How many problems have been found.
    pub fn problems(&self) -> usize {
        self.findings.borrow().len()
    }

    /// Whether this has been found.
    pub fn has_found(&self, finding: &Finding) -> bool {
        self.findings.borrow().contains(finding)
    }

    /// Whether this has been warned of.
    pub fn has_warned(&self, warning: &str) -> bool {
        self.warnings.borrow().contains(warning)
    }

    /// Everything found, by file and place, and all warnings.
    pub fn finish(self) -> (Vec<Arc<Source>>, BTreeSet<Finding>, Vec<String>) {
        let warnings = self.warnings.into_inner().into_iter().collect();
        (self.sources, self.findings.into_inner(), warnings)
    }

    /// Something is wrong at `mark`. The same fault at the same place is told once.
    pub fn problem(&self, mark: Mark, found: impl Into<String>, allowed: impl Into<String>) {
        self.findings.borrow_mut().insert(Finding::new(mark, found, allowed));
    }

    /// Something that does not stop a run.
    pub fn warn(&self, text: String) {
        self.warnings.borrow_mut().insert(text);
    }

    /// A fault of a value is wrong at `mark`.
    pub fn fault(&self, mark: Mark, fault: Fault) {
        self.problem(mark, fault.found, fault.allowed);
    }

    /// The scalar of `node`, read by `parse`; `what` names it in messages.
    pub fn scalar<T>(&self, node: &Node, what: &str, parse: impl Fn(&str) -> Result<T, Fault>) -> Option<T> {
        let result = match &node.kind {
            Kind::Scalar(text) => parse(text).map_err(|fault| without_commas(text, &parse).unwrap_or(fault)),
            _ => match parse("") {
                Err(fault) => Err(Fault::new(format!("is {}", node.described()), fault.allowed)),
                Ok(_) => Err(Fault::new(
                    format!("is {}", node.described()),
                    "a single value is allowed",
                )),
            },
        };
        match result {
            Ok(value) => Some(value),
            Err(fault) => {
                self.fault(node.mark, fault.of(&format!("`{what}`")));
                None
            }
        }
    }

    /// The value of an entry; an empty one is told at its key.
    pub fn value<T>(&self, entry: &Entry, parse: impl Fn(&str) -> Result<T, Fault>) -> Option<T> {
        if entry.value.is_empty() {
            let at_key = Node {
                kind: Kind::Empty,
                mark: entry.mark,
            };
            return self.scalar(&at_key, &entry.key, parse);
        }
        self.scalar(&entry.value, &entry.key, parse)
    }

    /// Free text, not empty.
    pub fn text(&self, entry: &Entry) -> Option<String> {
        self.value(entry, |text| match text {
            "" => Err(Fault::new("is empty", "a piece of text is allowed")),
            _ => Ok(text.to_owned()),
        })
    }

    /// A length of time.
    pub fn duration(&self, entry: &Entry) -> Option<Span> {
        self.value(entry, values::duration)
    }

    /// A length of time in `lowest..=highest`.
    pub fn duration_within(&self, entry: &Entry, lowest: Span, highest: Span, rule: &str) -> Option<Span> {
        self.value(entry, |text| {
            let span = values::duration(text)?;
            if (lowest..=highest).contains(&span) {
                return Ok(span);
            }
            Err(Fault::new(
                format!("is {text}"),
                format!("{lowest} to {highest} is allowed{rule}"),
            ))
        })
    }

    /// A share as a fraction.
    pub fn fraction(&self, entry: &Entry) -> Option<f64> {
        self.value(entry, values::share)
    }

    /// A share as a probability.
    pub fn share(&self, entry: &Entry) -> Option<Share> {
        self.fraction(entry).map(Share::from_fraction)
    }

    /// A rate.
    pub fn rate(&self, entry: &Entry) -> Option<Rate> {
        self.value(entry, values::rate)
    }

    /// A factor of at least 0.
    pub fn factor(&self, entry: &Entry) -> Option<f64> {
        self.value(entry, values::factor)
    }

    /// A flag.
    pub fn flag(&self, entry: &Entry) -> Option<bool> {
        self.value(entry, values::flag)
    }

    /// A whole number.
    pub fn count(&self, entry: &Entry, lowest: u64, highest: u64) -> Option<u64> {
        self.value(entry, |text| values::count(text, lowest, highest))
    }

    /// One of `words`, by position.
    pub fn choice(&self, entry: &Entry, words: &[&str]) -> Option<usize> {
        self.value(entry, |text| values::choice(text, words))
    }

    /// The items of a list.
    pub fn list<'n>(&self, entry: &'n Entry, allowed: &str) -> Option<&'n [Node]> {
        match &entry.value.kind {
            Kind::List(items) => Some(items),
            _ => {
                let found = format!("`{}` is {}", entry.key, entry.value.described());
                self.problem(entry.value.mark, found, allowed);
                None
            }
        }
    }

    /// The entry that must be there.
    pub fn required<'n>(&self, node: &'n Node, key: &str, owner: &str, mark: Mark, example: &str) -> Option<&'n Entry> {
        let entry = node.entry(key);
        let misspelt = |entry: &Entry| nearest(&entry.key, std::iter::once(key)).is_some();
        // A misspelt key has been told as an unknown one, with this as the suggestion.
        if entry.is_none() && !node.entries().iter().any(misspelt) {
            self.problem(
                mark,
                format!("{owner} has no `{key}`"),
                format!("add one, such as `{key}: {example}`"),
            );
        }
        entry
    }

    /// A data file named inside a scenario: relative to the file that names it, and inside its folder.
    pub fn data_path(&self, entry: &Node, what: &str) -> Option<PathBuf> {
        let written = entry.text().filter(|text| !text.is_empty());
        let Some(written) = written else {
            self.problem(
                entry.mark,
                format!("`{what}` is {}", entry.described()),
                "a path is allowed",
            );
            return None;
        };
        let folder = &self.sources[entry.mark.source as usize].folder;
        match locate(folder, written, self.allow_outside) {
            Ok(path) => Some(path),
            Err(fault) => {
                self.fault(entry.mark, fault);
                None
            }
        }
    }
}

/// The fault of a number with commas between its thousands, where it is right without them.
fn without_commas<T>(text: &str, parse: impl Fn(&str) -> Result<T, Fault>) -> Option<Fault> {
    let plain = text.replace(',', "");
    if plain == text || !text.starts_with(|c: char| c.is_ascii_digit()) || parse(&plain).is_err() {
        return None;
    }
    Some(Fault::new(
        format!("is \"{text}\""),
        format!("write it without commas: {plain}"),
    ))
}

/// The path that `written` names from inside `folder`, which must exist.
pub(super) fn locate(folder: &Path, written: &str, allow_outside: bool) -> Result<PathBuf, Fault> {
    let outside = || {
        let found = format!("{written} lies outside the folder of the file that names it");
        Err(Fault::new(found, "move it inside, or run with --allow-outside"))
    };
    let relative = Path::new(written);
    if !allow_outside {
        let mut depth = 0i32;
        for component in relative.components() {
            match component {
                Component::Normal(_) => depth += 1,
                Component::CurDir => {}
                Component::ParentDir => depth -= 1,
                Component::RootDir | Component::Prefix(_) => return outside(),
            }
            if depth < 0 {
                return outside();
            }
        }
    }
    let path = folder.join(relative);
    let Ok(real) = path.canonicalize() else {
        let found = format!("{written} does not exist");
        return Err(Fault::new(
            found,
            "name an existing file, relative to the file that names it",
        ));
    };
    let home = if folder.as_os_str().is_empty() {
        Path::new(".")
    } else {
        folder
    };
    match home.canonicalize() {
        Ok(home) if allow_outside || real.starts_with(&home) => Ok(path),
        _ => outside(),
    }
}

/// Several maps in which a key is looked up, the nearest first.
#[derive(Clone)]
pub(super) struct Layers<'n>(pub Vec<&'n Node>);

impl<'n> Layers<'n> {
    /// The nearest entry with this key.
    pub fn get(&self, key: &str) -> Option<&'n Entry> {
        self.0.iter().find_map(|node| node.entry(key))
    }

    /// The maps under this key, the nearest first.
    pub fn inner(&self, key: &str) -> Layers<'n> {
        Layers(
            self.0
                .iter()
                .filter_map(|node| node.entry(key))
                .map(|entry| &entry.value)
                .collect(),
        )
    }
}
