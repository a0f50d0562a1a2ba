//! What a key is, and what it takes.

/// What a key takes.
#[derive(Clone, Copy, Debug)]
pub enum Takes {
    /// Free text.
    Text,
    /// A whole number from 0.
    Count,
    /// A number.
    Number,
    /// true/on or false/off/none.
    Flag,
    /// A length of time; a bare number is seconds.
    Duration,
    /// A memory size; a bare number is MB.
    Memory,
    /// `0.2 %` or `0.002`.
    Share,
    /// `120/s`.
    Rate,
    /// A distribution of times.
    Distribution,
    /// The duration of a handler: a distribution, by record, or as CPU work.
    Work,
    /// INIT: a distribution, or `application`.
    Init,
    /// A distribution of sizes.
    Sizes,
    /// RFC 3339.
    Instant,
    /// `2026-11-20`.
    Date,
    /// `checkout:live`, `sqs:orders` …
    Address,
    /// One of these words.
    Choice(&'static [&'static str]),
    /// Something of its own, described in words.
    Form(&'static str),
    /// A map from free names to plain values.
    Values(&'static str),
    /// A map with these keys.
    Section(&'static Section),
    /// A map from names to maps with these keys.
    Named(&'static Section),
    /// A map with these keys; an including file replaces it as a whole.
    Whole(&'static Section),
    /// A single word, or else as `Whole`.
    WordOr(&'static Section),
}

/// Whether a key does something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Support {
    /// It does.
    Now,
    /// AWS has it nowhere like this; the text says why and what to do.
    Never(&'static str),
}

/// One key.
#[derive(Clone, Copy, Debug)]
pub struct Key {
    /// As written.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What holds where it is absent.
    pub default: &'static str,
    /// One line for people.
    pub doc: &'static str,
    /// Whether it does something.
    pub support: Support,
}

/// The keys of one map.
#[derive(Debug)]
pub struct Section {
    /// For messages and headings: `functions.NAME`.
    pub name: &'static str,
    /// Groups of keys; several sections share some.
    pub groups: &'static [&'static [Key]],
}

impl Section {
    /// All keys.
    pub fn keys(&self) -> impl Iterator<Item = &'static Key> {
        self.groups.iter().flat_map(|group| group.iter())
    }

    /// The key with this name.
    pub fn find(&self, name: &str) -> Option<&'static Key> {
        self.keys().find(|key| key.name == name)
    }
}

pub const fn key(name: &'static str, takes: Takes, default: &'static str, doc: &'static str) -> Key {
    Key {
        name,
        takes,
        default,
        doc,
        support: Support::Now,
    }
}

/// A key of something that has a price and is not simulated.
pub const fn unsimulated(name: &'static str, doc: &'static str, why: &'static str) -> Key {
    Key {
        name,
        takes: Takes::Form("not simulated"),
        default: "–",
        doc,
        support: Support::Never(why),
    }
}
