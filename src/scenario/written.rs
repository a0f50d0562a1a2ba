//! A scenario as it was given, to be kept beside what came of it and held against another one.

use serde_json::{Map, Number, Value};

use super::problem::Fault;
use super::tree::{self, Entry, Kind, Node};
use super::values;

/// Values of a text that is read back.
const NODES: usize = 250_000;
/// Keys that do not change what happens in a run, or that whoever compares runs tells by himself.
const BESIDE: [&str; 5] = ["name", "seed", "expect", "optimize", "lesson"];

/// Keys whose values are megabytes where no unit is written.
const IN_MEGABYTES: [&str; 3] = ["memory_size", "ephemeral_storage", "measured_at"];

/// What a run was given: a scenario file with what it includes and with what the command line sets.
#[derive(Clone, Debug)]
pub struct Written {
    root: Node,
}

/// A place at which two scenarios differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WrittenDifference {
    /// Its path, such as `functions.checkout.memory_size`.
    pub path: String,
    /// What one of them has there, on one line; `None` where it has nothing.
    pub before: Option<String>,
    /// What the other one has there.
    pub after: Option<String>,
}

impl Written {
    /// Of a merged tree, under the name and the seed that it is run with.
    pub(super) fn new(mut root: Node, name: &str, seed: u64) -> Written {
        let mark = root.mark;
        for (key, text) in [("name", name.to_owned()), ("seed", seed.to_string())] {
            root.remove(key);
            let kind = Kind::Scalar(text);
            root.insert(Entry {
                key: key.to_owned(),
                mark,
                value: Node { kind, mark },
            });
        }
        Written { root }
    }

    /// Reads what [`Written::json`] gave; `None` where the text is no map.
    pub fn parse(text: &str) -> Option<Written> {
        let parsed = tree::parse(text, 0, 0, &mut { NODES }).ok()?;
        let root = parsed.root.filter(|root| matches!(root.kind, Kind::Map(_)))?;
        Some(Written { root })
    }

    /// As JSON, which is a scenario file again.
    pub fn json(&self) -> Value {
        json(&self.root)
    }

    /// Where `other` differs from this one, in the order of this one's keys. Names, seeds and what is expected are left out.
    pub fn differences(&self, other: &Written) -> Vec<WrittenDifference> {
        let mut found = Vec::new();
        let mut of_key = |key: &str| {
            let values = (self.root.inner(key), other.root.inner(key));
            if !BESIDE.contains(&key) {
                compare(key, values.0, values.1, &mut found);
            }
        };
        keys_of_both(&self.root, &other.root).for_each(&mut of_key);
        found
    }
}

/// The keys of one map, then those that only the other one has.
fn keys_of_both<'n>(one: &'n Node, other: &'n Node) -> impl Iterator<Item = &'n str> {
    let added = other.entries().iter().filter(|entry| one.entry(&entry.key).is_none());
    one.entries().iter().chain(added).map(|entry| entry.key.as_str())
}

fn compare(path: &str, before: Option<&Node>, after: Option<&Node>, found: &mut Vec<WrittenDifference>) {
    if let (Some(one), Some(other)) = (before, after) {
        if alike(path.rsplit('.').next().unwrap_or(path), one, other) {
            return;
        }
        // Maps without a common key are two values, such as two kinds of distributions, and not one that was changed.
        if one.entries().iter().any(|entry| other.entry(&entry.key).is_some()) {
            for key in keys_of_both(one, other) {
                compare(&format!("{path}.{key}"), one.inner(key), other.inner(key), found);
            }
            return;
        }
    }
    found.push(WrittenDifference {
        path: path.to_owned(),
        before: before.map(Node::compact),
        after: after.map(Node::compact),
    });
}

/// Whether two nodes at a key have the same content, wherever they stand, in whatever order their keys are and in whatever units
/// their values.
fn alike(key: &str, one: &Node, other: &Node) -> bool {
    match (&one.kind, &other.kind) {
        (Kind::Empty, Kind::Empty) => true,
        (Kind::Scalar(one), Kind::Scalar(other)) => one == other || same_value(key, one, other),
        (Kind::List(one), Kind::List(other)) => {
            one.len() == other.len() && one.iter().zip(other).all(|(one, other)| alike(key, one, other))
        }
        (Kind::Map(entries), Kind::Map(others)) => {
            let has = |entry: &Entry| {
                other
                    .inner(&entry.key)
                    .is_some_and(|value| alike(&entry.key, &entry.value, value))
            };
            entries.len() == others.len() && entries.iter().all(has)
        }
        _ => false,
    }
}

/// Whether two texts say the same in other words, such as `1024` and `1 GB` of memory. Where the key does not tell what is
/// measured, all readings that take both have to agree.
fn same_value(key: &str, one: &str, other: &str) -> bool {
    fn read<T: PartialEq>(reading: fn(&str) -> Result<T, Fault>, one: &str, other: &str) -> Option<bool> {
        Some(reading(one).ok()? == reading(other).ok()?)
    }
    if IN_MEGABYTES.contains(&key) {
        return read(values::memory, one, other) == Some(true);
    }
    let readings = [
        read(values::duration, one, other),
        read(values::size, one, other),
        read(values::share, one, other),
        read(values::number, one, other),
    ];
    let mut taken = readings.into_iter().flatten().peekable();
    taken.peek().is_some() && taken.all(|same| same)
}

fn json(node: &Node) -> Value {
    match &node.kind {
        Kind::Empty => Value::Null,
        Kind::Scalar(text) => scalar(text),
        Kind::List(items) => items.iter().map(json).collect(),
        Kind::Map(entries) => {
            let pairs = entries.iter().map(|entry| (entry.key.clone(), json(&entry.value)));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
    }
}

/// Whole numbers and truths as such, where reading them back gives the same text.
fn scalar(text: &str) -> Value {
    match (text, text.parse::<i64>()) {
        ("true", _) => Value::Bool(true),
        ("false", _) => Value::Bool(false),
        (_, Ok(number)) if number.to_string() == text => Value::Number(Number::from(number)),
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(text: &str) -> Written {
        Written::parse(text).expect("a map")
    }

    #[test]
    fn differences_are_told_by_path_and_order_is_none() {
        let one = written("a: { x: 1, y: [1, 2] }\nb: { exponential: 5 ms }\nname: one\n");
        let other = written("name: other\na: { y: [1, 3], x: 1, z: on }\nb: { uniform: [1 ms, 2 ms] }\nc: 7\n");
        let told: Vec<(String, Option<String>, Option<String>)> = one
            .differences(&other)
            .into_iter()
            .map(|difference| (difference.path, difference.before, difference.after))
            .collect();
        let some = |text: &str| Some(text.to_owned());
        assert_eq!(
            told,
            [
                ("a.y".to_owned(), some("[1, 2]"), some("[1, 3]")),
                ("a.z".to_owned(), None, some("on")),
                (
                    "b".to_owned(),
                    some("{ exponential: 5 ms }"),
                    some("{ uniform: [1 ms, 2 ms] }")
                ),
                ("c".to_owned(), None, some("7")),
            ]
        );
        assert!(
            written("a: { x: 1, y: 2 }")
                .differences(&written("a: { y: 2, x: 1 }"))
                .is_empty()
        );
    }

    #[test]
    fn the_same_value_in_another_unit_is_no_difference() {
        for (one, other, same) in [
            ("memory_size: 1024", "memory_size: 1 GB", true),
            ("memory_size: 1024", "memory_size: 1025 MB", false),
            ("duration: 60 s", "duration: 1 min", true),
            ("error_rate: 5 %", "error_rate: 0.05", true),
            ("payload: [1 KB, 2 KB]", "payload: [1024 B, 2048]", true),
            ("factor: 1.50", "factor: 1.5", true),
            ("factor: 1.4", "factor: 1.3", false),
            // Bytes where nothing is said: a gigabyte is more.
            ("payload: 1024", "payload: 1024 MB", false),
            ("to: api", "to: mail", false),
        ] {
            let told = written(one).differences(&written(other));
            assert_eq!(told.is_empty(), same, "{one} and {other}: {told:?}");
        }
    }

    #[test]
    fn what_is_written_comes_back_from_json_as_it_was() {
        let text = "a: { x: 007, y: [true, ~, 1.50], z: \"5 s\" }\nb: -3\nc: '# no comment'\n";
        let one = written(text);
        let back = written(&one.json().to_string());
        assert!(one.differences(&back).is_empty(), "{}", one.json());
        assert_eq!(
            one.json()["a"]["x"],
            "007",
            "a number is one only where its text comes back"
        );
        assert_eq!(one.json()["b"], -3);
    }

    #[test]
    fn name_and_seed_of_the_run_stand_in_it() {
        let one = Written::new(written("seed: 1\nduration: 1 s").root, "shop", 9);
        assert_eq!((&one.json()["name"], &one.json()["seed"]), (&"shop".into(), &9.into()));
    }
}
