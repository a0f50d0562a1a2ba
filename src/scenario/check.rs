//! Holds a tree against the table of keys: unknown, not simulated, a value where a map belongs.

use super::keys::{Key, Section, Support, Takes, nearest};
use super::reader::Reader;
use super::tree::{Entry, Kind, Node, shortened};

/// Reports every key under `node` that `section` does not hold or that is not simulated.
pub(super) fn check(reader: &Reader, node: &Node, section: &'static Section) {
    check_below(reader, node, section, None);
}

/// As [`check`]; `above` holds the map in which this one stands.
fn check_below(reader: &Reader, node: &Node, section: &'static Section, above: Option<&'static Section>) {
    let Kind::Map(entries) = &node.kind else {
        return;
    };
    for entry in entries {
        match section.find(&entry.key) {
            Some(key) => check_entry(reader, entry, key, section),
            None => unknown(reader, entry, section, above),
        }
    }
}

fn check_entry(reader: &Reader, entry: &Entry, key: &Key, section: &'static Section) {
    match key.support {
        Support::Never(why) => {
            reader.problem(entry.mark, format!("`{}` is not allowed here", entry.key), why);
            return;
        }
        Support::Now => {}
    }
    match key.takes {
        Takes::Section(inner) if is_map(reader, entry, "a map of keys") => {
            check_below(reader, &entry.value, inner, Some(section));
        }
        Takes::Named(inner) if is_map(reader, entry, "a map of names") => {
            for named in entry.value.entries() {
                let allowed = match inner.find(&named.key) {
                    Some(key) => &format!("`{}` belongs below a name: indent it further; a map of keys", key.name),
                    None => "a map of keys",
                };
                if is_map(reader, named, allowed) {
                    check_below(reader, &named.value, inner, Some(section));
                }
            }
        }
        Takes::Whole(inner) | Takes::WordOr(inner) => check_below(reader, &entry.value, inner, Some(section)),
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

fn unknown(reader: &Reader, entry: &Entry, section: &Section, above: Option<&Section>) {
    let names = || section.keys().map(|key| key.name);
    let allowed = match (above, nearest(&entry.key, names())) {
        (Some(above), _) if above.find(&entry.key).is_some() => format!("it belongs one level up, to {}", above.name),
        (_, Some(name)) => format!("did you mean `{name}`?"),
        (_, None) => elsewhere(&entry.key, section),
    };
    reader.problem(
        entry.mark,
        format!("`{}` is no key of {}", shortened(&entry.key), section.name),
        allowed,
    );
}

/// The inner map that holds a key, or else all that is allowed here.
fn elsewhere(unknown: &str, section: &Section) -> String {
    let holds = |key: &&Key| match key.takes {
        Takes::Section(inner) | Takes::Whole(inner) | Takes::WordOr(inner) => inner.find(unknown).is_some(),
        _ => false,
    };
    if let Some(key) = section.keys().find(holds) {
        return format!("it belongs below `{}`", key.name);
    }
    let mut all: Vec<&str> = section.keys().map(|key| key.name).collect();
    all.sort_unstable();
    let commas = match !unknown.is_empty() && unknown.chars().all(|c| c.is_ascii_digit()) {
        true => "between braces a comma begins the next key: write numbers without commas; ",
        false => "",
    };
    format!("{commas}allowed: {}", all.join(", "))
}
