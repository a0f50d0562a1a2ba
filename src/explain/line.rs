use serde_json::{Map, Value};

use crate::units::SimTime;

/// What became of one invocation, or of one message.
#[derive(Clone, Debug)]
pub struct Story {
    /// Name of the scenario.
    pub scenario: String,
    /// Seed of the run.
    pub seed: u64,
    /// Which one: `TRAFFIC/ORDINAL`.
    pub address: String,
    /// Whose story it is, in words.
    pub title: String,
    /// Everything that happened to it, in order of time.
    pub lines: Vec<Line>,
    /// Its attempts, as `records.parquet` has them.
    pub attempts: Vec<AttemptRow>,
    /// What it costs, line by line; nothing where nothing of it ran.
    pub price: Vec<PriceLine>,
    /// The sum of those in USD, all digits.
    pub total: String,
}

/// One thing that happened, in words and numbers, with the rules that make it so.
#[derive(Clone, Debug)]
pub struct Line {
    /// When.
    pub time: SimTime,
    /// What kind of thing: `arrives`, `check`, `runs` …
    pub kind: &'static str,
    /// Whether it belongs to the line above it.
    pub is_detail: bool,
    /// In words.
    pub text: String,
    /// Ids of rules.
    pub rules: Vec<&'static str>,
    /// The numbers in it, by name; times in ms.
    pub numbers: Map<String, Value>,
}

impl Line {
    /// Something of its own.
    pub(super) fn new(time: SimTime, kind: &'static str, text: impl Into<String>, rules: &[&'static str]) -> Line {
        Line {
            time,
            kind,
            is_detail: false,
            text: text.into(),
            rules: rules.to_vec(),
            numbers: Map::new(),
        }
    }

    /// Something that belongs to the line above.
    pub(super) fn detail(time: SimTime, kind: &'static str, text: impl Into<String>, rules: &[&'static str]) -> Line {
        Line {
            is_detail: true,
            ..Line::new(time, kind, text, rules)
        }
    }

    /// The same line with a number.
    #[must_use]
    pub(super) fn with(mut self, name: &str, value: impl Into<Value>) -> Line {
        self.numbers.insert(name.to_owned(), value.into());
        self
    }
}

/// One attempt: the columns of `records.parquet`, with nulls where those have them.
#[derive(Clone, Debug, PartialEq)]
pub struct AttemptRow {
    /// Sender.
    pub traffic: String,
    /// Which arrival or batch of it.
    pub ordinal: u64,
    /// Which attempt, from 0.
    pub attempt: u32,
    /// The function.
    pub function: String,
    /// The version that ran.
    pub version: Option<String>,
    /// When the arrival arrived.
    pub arrival_ms: f64,
    /// When the attempt was admitted or refused.
    pub start_ms: f64,
    /// When the environment was free again.
    pub end_ms: Option<f64>,
    /// How it ended.
    pub outcome: &'static str,
    /// Why it did not run.
    pub reason: Option<&'static str>,
    /// What served it.
    pub start: &'static str,
    /// INIT before the invocation.
    pub init_ms: Option<f64>,
    /// `Duration`.
    pub duration_ms: Option<f64>,
    /// What is billed.
    pub billed_ms: Option<u64>,
    /// Which environment of the function.
    pub environment: Option<u64>,
    /// From the arrival to the answer.
    pub latency_ms: Option<f64>,
}

/// One line of an invocation's price.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PriceLine {
    /// Item of the price book.
    pub item: &'static str,
    /// How much of it, all digits.
    pub quantity: String,
    /// Of what.
    pub unit: &'static str,
    /// USD for one, all digits.
    pub unit_price: String,
    /// USD, all digits.
    pub amount: String,
    /// The rules that make it so.
    pub rules: Vec<&'static str>,
}
