//! Holds a tree against the table of keys: unknown, not supported yet, a value where a map belongs.

use super::keys::{Key, Section, Support, Takes, nearest};
use super::reader::Reader;
use super::tree::{Entry, Kind, Node, shortened};

/// Reports every key under `node` that `section` does not hold or that has no effect yet.
pub(super) fn check(reader: &Reader, node: &Node, section: &'static Section) {
    let Kind::Map(entries) = &node.kind else {
        return;
    };
    for entry in entries {
        match section.find(&entry.key) {
            Some(key) => check_entry(reader, entry, key),
            None => unknown(reader, entry, section),
        }
    }
}

fn check_entry(reader: &Reader, entry: &Entry, key: &Key) {
    match key.support {
        Support::Later => {
            reader.problem(
                entry.mark,
                format!("`{}` is not supported yet", entry.key),
                "remove it; what it describes would have no effect",
            );
            return;
        }
        Support::Never(why) => {
            reader.problem(entry.mark, format!("`{}` is not allowed here", entry.key), why);
            return;
        }
        Support::Now => {}
    }
    match key.takes {
        Takes::Section(inner) if is_map(reader, entry, "a map of keys") => check(reader, &entry.value, inner),
        Takes::Named(inner) if is_map(reader, entry, "a map of names") => {
            for named in entry.value.entries() {
                if is_map(reader, named, "a map of keys") {
                    check(reader, &named.value, inner);
                }
            }
        }
        Takes::Whole(inner) | Takes::WordOr(inner) => check(reader, &entry.value, inner),
        Takes::Values(what) => {
            is_map(reader, entry, &format!("a map from {what}"));
        }
        _ => {}
    }
}

fn is_map(reader: &Reader, entry: &Entry, allowed: &str) -> bool {
    let fits = matches!(entry.value.kind, Kind::Map(_) | Kind::Empty);
    if !fits {
        let found = format!("`{}` is {}", shortened(&entry.key), entry.value.described());
        reader.problem(entry.value.mark, found, format!("{allowed} belongs here"));
    }
    fits
}

fn unknown(reader: &Reader, entry: &Entry, section: &Section) {
    let names = || section.keys().map(|key| key.name);
    let allowed = match nearest(&entry.key, names()) {
        Some(name) => format!("did you mean `{name}`?"),
        None => {
            let mut all: Vec<&str> = names().collect();
            all.sort_unstable();
            format!("allowed: {}", all.join(", "))
        }
    };
    reader.problem(
        entry.mark,
        format!("`{}` is no key of {}", shortened(&entry.key), section.name),
        allowed,
    );
}
