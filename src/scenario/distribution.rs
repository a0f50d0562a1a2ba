//! Distributions of times and of sizes (contract §2.3).

use super::keys::nearest;
use super::problem::Fault;
use super::reader::Reader;
use super::tree::{Entry, Kind, Node, shortened};
use super::values;
use crate::kernel::{Distribution, SizeDistribution, math};
use crate::trace;
use crate::units::Span;

const FORMS: &[&str] = &[
    "uniform",
    "exponential",
    "normal",
    "lognormal",
    "gamma",
    "weibull",
    "pareto",
    "quantiles",
    "mixture",
    "empirical",
];

impl Reader {
    /// A distribution of times.
    pub fn distribution(&self, entry: &Entry) -> Option<Distribution> {
        distribution(self, &entry.value, &entry.key)
    }

    /// A distribution of sizes.
    pub fn sizes(&self, entry: &Entry) -> Option<SizeDistribution> {
        of_quantity(self, &entry.value, &entry.key, Quantity::Size).map(SizeDistribution::new)
    }

    /// A distribution, or `Some(None)` for none, off, false.
    pub fn distribution_or_off(&self, entry: &Entry) -> Option<Option<Distribution>> {
        match entry.value.text() {
            Some(text) if values::is_off(text) => Some(None),
            _ => self.distribution(entry).map(Some),
        }
    }
}

/// What is distributed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Quantity {
    /// Lengths of time.
    Time,
    /// Bytes, in the place of microseconds.
    Size,
}

impl Quantity {
    fn read(self, text: &str) -> Result<Span, Fault> {
        match self {
            Quantity::Time => values::duration(text),
            Quantity::Size => values::size(text).map(|size| Span::from_micros(size.0)),
        }
    }

    /// Column of an empirical file.
    fn column(self) -> &'static str {
        match self {
            Quantity::Time => "ms",
            Quantity::Size => "bytes",
        }
    }

    fn forms(self) -> String {
        let single = match self {
            Quantity::Time => "a duration",
            Quantity::Size => "a size such as 12 KB",
        };
        format!("allowed: {single}, or one of {}", FORMS.join(", "))
    }
}

/// The distribution that `node` describes; `what` names it in messages.
pub(super) fn distribution(reader: &Reader, node: &Node, what: &str) -> Option<Distribution> {
    of_quantity(reader, node, what, Quantity::Time)
}

/// As [`distribution`]; a byte takes the place of a microsecond (see [`SizeDistribution`]).
fn of_quantity(reader: &Reader, node: &Node, what: &str, quantity: Quantity) -> Option<Distribution> {
    let entries = match &node.kind {
        Kind::Map(entries) => entries,
        Kind::Scalar(_) => {
            let read = reader.scalar(node, what, |text| quantity.read(text));
            return read.map(Distribution::constant);
        }
        _ => {
            let found = format!("`{what}` is {}", node.described());
            reader.problem(node.mark, found, quantity.forms());
            return None;
        }
    };
    if let Some(entry) = entries
        .iter()
        .find(|entry| matches!(&*entry.key, "base" | "per_record"))
    {
        let found = format!("`{}` stands in `{what}`", entry.key);
        reader.problem(
            entry.mark,
            found,
            "it belongs to a function's `duration`; give one distribution here",
        );
        return None;
    }
    let [entry] = entries.as_slice() else {
        let found = format!("`{what}` is a map with {} keys", entries.len());
        reader.problem(node.mark, found, quantity.forms());
        return None;
    };
    let shape = Shape {
        reader,
        entry,
        quantity,
    };
    match &*entry.key {
        "uniform" => shape.uniform(),
        "exponential" => shape.milliseconds(&entry.value).map(Distribution::exponential),
        "normal" => shape.normal(),
        "lognormal" => shape.lognormal(),
        "gamma" => shape.pair("mean", "cv").map(|(mean, cv)| Distribution::gamma(mean, cv)),
        "weibull" => shape
            .pair("scale", "shape")
            .map(|(scale, k)| Distribution::weibull(scale, k)),
        "pareto" => shape
            .pair("minimum", "shape")
            .map(|(minimum, k)| Distribution::pareto(minimum, k)),
        "quantiles" => shape.quantiles(),
        "mixture" => shape.mixture(),
        "empirical" => shape.empirical(),
        unknown => {
            let allowed = match nearest(unknown, FORMS.iter().copied()) {
                Some(name) => format!("did you mean `{name}`?"),
                None => quantity.forms(),
            };
            reader.problem(
                entry.mark,
                format!("`{}` is no distribution", shortened(unknown)),
                allowed,
            );
            None
        }
    }
}

/// One `NAME: …` of a distribution.
struct Shape<'a> {
    reader: &'a Reader,
    entry: &'a Entry,
    quantity: Quantity,
}

impl Shape<'_> {
    fn wrong<T>(&self, node: &Node, found: impl Into<String>, allowed: &str) -> Option<T> {
        self.reader.problem(node.mark, found, allowed);
        None
    }

    /// A value in milliseconds, or in thousands of bytes.
    fn milliseconds(&self, node: &Node) -> Option<f64> {
        let span = self
            .reader
            .scalar(node, &self.entry.key, |text| self.quantity.read(text))?;
        Some(span.as_millis_f64())
    }

    fn positive(&self, node: &Node, value: f64) -> Option<f64> {
        if value > 0.0 {
            return Some(value);
        }
        self.wrong(
            node,
            format!("`{}` has a value of 0", self.entry.key),
            "a value above 0 is allowed",
        )
    }

    /// The values of exactly these keys, in their order.
    fn keys<const N: usize>(&self, names: [&str; N]) -> Option<[&Node; N]> {
        let entries = self.entry.value.entries();
        let found = names.map(|name| self.entry.value.entry(name));
        if entries.len() != N || found.iter().any(Option::is_none) {
            let allowed = format!(
                "allowed: {{ {}: { } }}",
                self.entry.key,
                format_args!("{{ {} }}", names.join(", "))
            );
            if let Some(unknown) = entries.iter().find(|entry| !names.contains(&&*entry.key)) {
                let found = format!("`{}` is no key of this `{}`", shortened(&unknown.key), self.entry.key);
                let allowed = match nearest(&unknown.key, names.into_iter()) {
                    Some(name) => format!("did you mean `{name}`? {allowed}"),
                    None => allowed,
                };
                self.reader.problem(unknown.mark, found, allowed);
                return None;
            }
            let missing: Vec<&str> = names
                .into_iter()
                .filter(|name| self.entry.value.entry(name).is_none())
                .collect();
            let found = format!("`{}` has no {}", self.entry.key, missing.join(" and no "));
            return self.wrong(&self.entry.value, found, &allowed);
        }
        Some(found.map(|entry| &entry.unwrap_or(self.entry).value))
    }

    fn uniform(&self) -> Option<Distribution> {
        let allowed = "allowed: { uniform: [lowest, highest] }";
        let items = self.reader.list(self.entry, allowed)?;
        let [low, high] = items else {
            return self.wrong(
                &self.entry.value,
                format!("`uniform` has {} values", items.len()),
                allowed,
            );
        };
        let (low_ms, high_ms) = (self.milliseconds(low)?, self.milliseconds(high)?);
        if high_ms < low_ms {
            return self.wrong(high, "the highest value of `uniform` lies below the lowest", allowed);
        }
        Some(Distribution::uniform(low_ms, high_ms))
    }

    fn normal(&self) -> Option<Distribution> {
        let [mean, sd] = self.keys(["mean", "sd"])?;
        Some(Distribution::normal(self.milliseconds(mean)?, self.milliseconds(sd)?))
    }

    /// A time above 0 and a plain number above 0.
    fn pair(&self, time: &str, number: &str) -> Option<(f64, f64)> {
        let [time_node, number_node] = self.keys([time, number])?;
        let time = self.milliseconds(time_node)?;
        let number = self.reader.scalar(number_node, number, values::factor)?;
        let number = self.positive(number_node, number)?;
        if !(1e-3..=1e3).contains(&number) {
            return self.wrong(number_node, "this shape is out of range", "0.001 to 1000 is allowed");
        }
        Some((self.positive(time_node, time)?, number))
    }

    fn lognormal(&self) -> Option<Distribution> {
        if self.entry.value.entry("mu").is_some() {
            let [mu_node, sigma_node] = self.keys(["mu", "sigma"])?;
            let mu = self.reader.scalar(mu_node, "mu", values::number)?;
            let sigma = self.reader.scalar(sigma_node, "sigma", values::factor)?;
            if mu.abs() > 40.0 || sigma > 40.0 {
                return self.wrong(
                    mu_node,
                    "this lognormal is out of range",
                    "mu and sigma (of ln milliseconds, or of ln bytes) up to 40 are allowed",
                );
            }
            // Of ln bytes, where the constructor takes ln milliseconds: thousands of bytes.
            let mu = match self.quantity {
                Quantity::Time => mu,
                Quantity::Size => mu - math::ln(1e3),
            };
            return Some(Distribution::lognormal(mu, sigma));
        }
        let tails = [("p90", 0.9), ("p95", 0.95), ("p99", 0.99)];
        let tail = tails
            .into_iter()
            .find(|(name, _)| self.entry.value.entry(name).is_some());
        let (name, p) = tail.unwrap_or(tails[2]);
        let [median_node, value_node] = self.keys(["median", name])?;
        let (median, value) = (self.milliseconds(median_node)?, self.milliseconds(value_node)?);
        self.positive(median_node, median)?;
        if value < median {
            return self.wrong(
                value_node,
                format!("`{name}` lies below the median"),
                "a quantile above the median is allowed",
            );
        }
        Some(Distribution::lognormal_from_quantile(median, p, value))
    }

    fn quantiles(&self) -> Option<Distribution> {
        let allowed = "allowed: { quantiles: { p1: 10 ms, p50: 20 ms, p99: 90 ms } }, p0 to p100, times rising";
        let mut points: Vec<(f64, f64)> = Vec::new();
        for entry in self.entry.value.entries() {
            let percent = entry
                .key
                .strip_prefix('p')
                .and_then(|text| values::factor(&text.replace('_', ".")).ok());
            let Some(percent) = percent.filter(|percent| *percent <= 100.0) else {
                self.reader
                    .problem(entry.mark, format!("`{}` is no quantile", entry.key), allowed);
                return None;
            };
            points.push((percent / 100.0, self.milliseconds(&entry.value)?));
        }
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        let rising = points
            .windows(2)
            .all(|pair| pair[0].0 < pair[1].0 && pair[0].1 <= pair[1].1);
        if points.is_empty() || !rising {
            return self.wrong(&self.entry.value, "these quantiles do not rise", allowed);
        }
        Some(Distribution::quantiles(&points))
    }

    fn mixture(&self) -> Option<Distribution> {
        let allowed =
            "allowed: { mixture: [[70 %, 20 ms], [30 %, { exponential: 1 s }]] } with shares that sum to 100 %";
        let mut parts = Vec::new();
        for item in self.reader.list(self.entry, allowed)? {
            let Kind::List(pair) = &item.kind else {
                return self.wrong(item, format!("a part of `mixture` is {}", item.described()), allowed);
            };
            let [weight, part] = pair.as_slice() else {
                return self.wrong(item, "a part of `mixture` is no pair", allowed);
            };
            let share = self.reader.scalar(weight, "mixture", values::share)?;
            parts.push((
                self.positive(weight, share)?,
                of_quantity(self.reader, part, "mixture", self.quantity)?,
            ));
        }
        let total: f64 = parts.iter().map(|part| part.0).sum();
        if (total - 1.0).abs() > 1e-6 {
            let found = format!("the shares of `mixture` sum to {:.4} %", total * 100.0);
            return self.wrong(&self.entry.value, found, allowed);
        }
        Some(Distribution::mixture(parts))
    }

    fn empirical(&self) -> Option<Distribution> {
        let path = self.reader.data_path(&self.entry.value, "empirical")?;
        match trace::load_empirical(&path, self.quantity.column()) {
            Ok(values) if values.is_empty() => self.wrong(
                &self.entry.value,
                "this file holds no values",
                "at least one row is needed",
            ),
            Ok(values) => Some(Distribution::empirical(values)),
            Err(problem) => {
                let fault = Fault::new(problem.to_string(), "correct the file");
                self.reader.fault(self.entry.value.mark, fault);
                None
            }
        }
    }
}
