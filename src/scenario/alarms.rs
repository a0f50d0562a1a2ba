//! Alarms: what they watch, and when they go off (ALARM-1 to ALARM-4).

use std::sync::Arc;

use super::expectation::{self, Operator};
use super::keys::{MISSING_DATA, nearest};
use super::problem::Fault;
use super::reader::Reader;
use super::tree::{Entry, shortened};
use super::values;
use crate::control::{AlarmConfig, AlarmRule, Comparison, Dimension, Metric, MissingData, Nature, Statistic};
use crate::facts::{FunctionId, QualifierId, QueueId, StreamId, VersionId};
use crate::lambda::FunctionConfig;
use crate::messaging::{StreamConfig, StreamKind};
use crate::units::{Fraction, Span};

const MINUTE: Span = Span::from_secs(60);
/// Below a minute CloudWatch has three periods.
const SHORT_PERIODS: [Span; 3] = [Span::from_secs(10), Span::from_secs(20), Span::from_secs(30)];
/// The longest window of an alarm.
const LONGEST_WINDOW: Span = Span::from_secs(7 * 86_400);
const MOST_PERIODS: u64 = 60_480;

const FORMS: &str = "allowed: functions.NAME.METRIC, functions.NAME:ALIAS.METRIC, functions.NAME.by_version.NUMBER.METRIC, \
    queues.NAME.METRIC, streams.NAME.METRIC, account.METRIC";

/// Reads alarms, in the order of their names.
pub(super) struct Alarms<'a> {
    /// Where problems go.
    pub reader: &'a Reader,
    /// All functions, by name.
    pub functions: &'a [Arc<FunctionConfig>],
    /// Names of all queues, sorted.
    pub queues: &'a [String],
    /// All streams, by name.
    pub streams: &'a [StreamConfig],
}

impl Alarms<'_> {
    /// One alarm; `None` where its `when` is wrong.
    pub fn read(&self, entry: &Entry) -> Option<AlarmConfig> {
        let (reader, node) = (self.reader, &entry.value);
        let owner = format!("the alarm {}", shortened(&entry.key));
        let when = reader.required(node, "when", &owner, entry.mark, "functions.checkout.Errors > 10");
        let when = when.and_then(|when| reader.value(when, |text| self.when(text)));
        let period = node.entry("period").and_then(|entry| reader.value(entry, period));
        let period = period.unwrap_or(MINUTE);
        let count = |key: &str, highest| {
            let entry = node.entry(key)?;
            reader.count(entry, 1, highest).map(|count| count as u32)
        };
        let evaluation_periods = count("evaluation_periods", MOST_PERIODS).unwrap_or(1);
        let datapoints_to_alarm = count("datapoints_to_alarm", evaluation_periods.into());
        self.window(entry, period, evaluation_periods);
        let treatments = [
            MissingData::Missing,
            MissingData::NotBreaching,
            MissingData::Breaching,
            MissingData::Ignore,
        ];
        let missing = node
            .entry("treat_missing_data")
            .and_then(|entry| reader.choice(entry, MISSING_DATA));
        let when = when?;
        Some(AlarmConfig {
            name: entry.key.clone(),
            metric: when.metric,
            dimension: when.dimension,
            statistic: self.statistic(node.entry("statistic"), when.metric)?,
            period,
            rule: AlarmRule {
                evaluation_periods,
                datapoints_to_alarm: datapoints_to_alarm.unwrap_or(evaluation_periods),
                comparison: when.comparison,
                threshold: when.threshold,
                missing: missing.map_or(MissingData::Missing, |position| treatments[position]),
            },
            changes: Vec::new(),
        })
    }

    fn window(&self, entry: &Entry, period: Span, evaluation_periods: u32) {
        let window = period.as_micros().saturating_mul(evaluation_periods.into());
        if window > LONGEST_WINDOW.as_micros() {
            let found = format!("{evaluation_periods} periods of {period} are longer than a week");
            let allowed = "at most 7 d in all is allowed (ALARM-1)";
            self.reader.problem(entry.mark, found, allowed);
        }
    }

    fn statistic(&self, entry: Option<&Entry>, metric: Metric) -> Option<Statistic> {
        let Some(entry) = entry else {
            return Some(metric.usual_statistic());
        };
        self.reader.value(entry, |text| {
            if text.starts_with('p') && text[1..].starts_with(|c: char| c.is_ascii_digit()) {
                let allowed = format!("percentiles are not watched; allowed: {}", Statistic::NAMES.join(", "));
                return Err(Fault::new(format!("is {}", shortened(text)), allowed));
            }
            let statistic = Statistic::ALL[values::choice(text, &Statistic::NAMES)?];
            if metric.nature() == Nature::Gauge && matches!(statistic, Statistic::Sum | Statistic::SampleCount) {
                let found = format!("is {text}, which {} does not have", metric.name());
                return Err(Fault::new(found, "allowed: Average, Maximum, Minimum"));
            }
            Ok(statistic)
        })
    }

    fn when(&self, text: &str) -> Result<When, Fault> {
        let (path, operator, value) = expectation::split(text)?;
        let comparison = match operator {
            Operator::Above => Comparison::Above,
            Operator::AtLeast => Comparison::AtLeast,
            Operator::Below => Comparison::Below,
            Operator::AtMost => Comparison::AtMost,
            Operator::Equal | Operator::Unequal => {
                let found = format!("is \"{}\"", shortened(text));
                return Err(Fault::new(found, "an alarm compares with >, >=, < or <= (ALARM-1)"));
            }
        };
        if value < 0.0 {
            let found = format!("compares with {value}");
            return Err(Fault::new(found, "metrics are never negative: compare with 0 or more"));
        }
        let (dimension, metric) = self.watched(&path)?;
        let is_time = |text: &str| values::number(text.trim()).is_err();
        let per_unit = match text.rsplit(['<', '>', '=']).next().is_some_and(is_time) {
            // CloudWatch's unit of this one is the second, not the millisecond.
            true if metric == Metric::ApproximateAgeOfOldestMessage => 1e3,
            _ => 1.0,
        };
        Ok(When {
            metric,
            dimension,
            comparison,
            threshold: Fraction::from_decimal(value / per_unit),
        })
    }

    fn watched(&self, path: &str) -> Result<(Dimension, Metric), Fault> {
        let unknown = || Fault::new(format!("names {}, which is not watched", shortened(path)), FORMS);
        if let Some(metric) = path.strip_prefix("account.") {
            return Ok((Dimension::Account, metric_of(metric, Dimension::Account)?));
        }
        if let Some(rest) = path.strip_prefix("queues.") {
            // Names of FIFO queues have a dot.
            let (name, metric) = rest.rsplit_once('.').ok_or_else(unknown)?;
            let place = place_of("queue", name, self.queues.iter())?;
            let dimension = Dimension::Queue(QueueId(place));
            return Ok((dimension, metric_of(metric, dimension)?));
        }
        if let Some(rest) = path.strip_prefix("streams.") {
            let (name, metric) = rest.rsplit_once('.').ok_or_else(unknown)?;
            return self.of_stream(name, metric);
        }
        let rest = path.strip_prefix("functions.").ok_or_else(unknown)?;
        let (address, rest) = rest.split_once('.').ok_or_else(unknown)?;
        let (name, qualifier) = match address.split_once(':') {
            Some((name, qualifier)) => (name, Some(qualifier)),
            None => (address, None),
        };
        let (function, config) = self.function(name)?;
        let (dimension, metric) = match (qualifier, rest.strip_prefix("by_version.")) {
            (Some(qualifier), _) => (qualified(function, config, qualifier)?, rest),
            (None, Some(rest)) => {
                let (number, metric) = rest.split_once('.').ok_or_else(unknown)?;
                (versioned(function, config, number)?, metric)
            }
            (None, None) => (Dimension::Function(function), rest),
        };
        Ok((dimension, metric_of(metric, dimension)?))
    }

    fn of_stream(&self, name: &str, metric: &str) -> Result<(Dimension, Metric), Fault> {
        let place = place_of("stream", name, self.streams.iter().map(|stream| &stream.name))?;
        let dimension = Dimension::Stream(StreamId(place));
        let metric = metric_of(metric, dimension)?;
        if metric == Metric::OffsetLag && self.streams[place as usize].kind != StreamKind::Kafka {
            let found = format!("watches OffsetLag of {name}, which is no Kafka topic");
            return Err(Fault::new(found, "watch IteratorAge (MET-15)"));
        }
        Ok((dimension, metric))
    }

    fn function(&self, name: &str) -> Result<(FunctionId, &FunctionConfig), Fault> {
        let names = self.functions.iter().map(|function| &function.name);
        let place = place_of("function", name, names)?;
        Ok((FunctionId(place), &self.functions[place as usize]))
    }
}

/// The place of `name` among those that exist.
fn place_of<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a String> + Clone) -> Result<u32, Fault> {
    if let Some(place) = known.clone().position(|known| known == name) {
        return Ok(place as u32);
    }
    let allowed = match nearest(name, known.map(String::as_str)) {
        Some(close) => format!("did you mean {close}?"),
        None => format!("name one that is defined under `{kind}s`"),
    };
    let found = format!("watches the {kind} {}, which does not exist", shortened(name));
    Err(Fault::new(found, allowed))
}

/// The condition of an alarm.
struct When {
    metric: Metric,
    dimension: Dimension,
    comparison: Comparison,
    threshold: Fraction,
}

fn qualified(function: FunctionId, config: &FunctionConfig, qualifier: &str) -> Result<Dimension, Fault> {
    let named = |place: &usize| config.qualifiers[*place].name.as_deref() == Some(qualifier);
    let place = (0..config.qualifiers.len()).find(named).ok_or_else(|| {
        let names = config.qualifiers.iter().filter_map(|known| known.name.as_deref());
        let all: Vec<&str> = names.take(20).collect();
        let allowed = match all.is_empty() {
            true => format!("{} has neither versions nor aliases", config.name),
            false => format!("{} has: {}", config.name, all.join(", ")),
        };
        let found = format!("watches {}:{}, which does not exist", config.name, shortened(qualifier));
        Fault::new(found, allowed)
    })?;
    Ok(Dimension::Qualifier(function, QualifierId(place as u16)))
}

fn versioned(function: FunctionId, config: &FunctionConfig, number: &str) -> Result<Dimension, Fault> {
    let place = config.versions.iter().position(|version| version.name == number);
    let place = place.ok_or_else(|| {
        let names: Vec<&str> = config.versions.iter().take(20).map(|version| &*version.name).collect();
        let found = format!(
            "watches version {} of {}, which does not exist",
            shortened(number),
            config.name
        );
        Fault::new(found, format!("{} has: {}", config.name, names.join(", ")))
    })?;
    Ok(Dimension::Version(function, VersionId(place as u16)))
}

/// The metric with this name, where the dimension has it (§10.1).
fn metric_of(name: &str, dimension: Dimension) -> Result<Metric, Fault> {
    let has = |metric: &Metric| dimension_has(dimension, *metric);
    let names = || Metric::ALL.into_iter().filter(has).map(Metric::name);
    if let Some(metric) = Metric::ALL.into_iter().find(|metric| metric.name() == name) {
        if has(&metric) {
            return Ok(metric);
        }
        let allowed = match metric {
            Metric::ProvisionedConcurrencyUtilization => "name the alias or version: functions.NAME:ALIAS.… (PC-1)",
            Metric::UnreservedConcurrentExecutions | Metric::ClaimedAccountConcurrency => "watch account.…",
            metric if metric.is_of_queues() => "watch a queue: queues.NAME.…",
            metric if metric.is_of_batches() => "watch a stream, a function or an alias (MET-15)",
            _ => "watch the function or the alias",
        };
        return Err(Fault::new(
            format!("watches {name}, which does not exist there"),
            allowed,
        ));
    }
    let allowed = match nearest(name, names()) {
        Some(close) => format!("did you mean {close}?"),
        None => format!("allowed here: {}", names().collect::<Vec<_>>().join(", ")),
    };
    Err(Fault::new(
        format!("watches the metric {}, which does not exist", shortened(name)),
        allowed,
    ))
}

fn dimension_has(dimension: Dimension, metric: Metric) -> bool {
    let of_account = matches!(
        metric,
        Metric::UnreservedConcurrentExecutions | Metric::ClaimedAccountConcurrency
    );
    let of_functions = !metric.is_of_queues();
    match dimension {
        Dimension::Queue(_) => metric.is_of_queues(),
        Dimension::Stream(_) => metric.is_of_batches(),
        Dimension::Account => {
            of_functions && !metric.is_of_batches() && metric != Metric::ProvisionedConcurrencyUtilization
        }
        Dimension::Function(_) => of_functions && !of_account && metric != Metric::ProvisionedConcurrencyUtilization,
        Dimension::Qualifier(..) => of_functions && !of_account,
        Dimension::Version(..) => matches!(
            metric,
            Metric::Invocations
                | Metric::Errors
                | Metric::Duration
                | Metric::ProvisionedConcurrencyInvocations
                | Metric::ProvisionedConcurrencySpilloverInvocations
                | Metric::SimColdStarts
        ),
    }
}

fn period(text: &str) -> Result<Span, Fault> {
    let period = values::duration(text)?;
    let whole_minutes = period >= MINUTE && period.as_micros() % MINUTE.as_micros() == 0 && period <= LONGEST_WINDOW;
    match whole_minutes || SHORT_PERIODS.contains(&period) {
        true => Ok(period),
        false => Err(Fault::new(
            format!("is {text}"),
            "10 s, 20 s, 30 s or whole minutes are allowed (ALARM-1)",
        )),
    }
}
