//! Which charts there are and what each shows.

use std::collections::BTreeSet;

use plotters::style::RGBColor;

use super::axis::Axis;
use super::bands::{banded, upper_ends};
use super::figure::{Figure, LIMIT, Layer, Mark, READY};
use super::sources;
use super::steps::{pieces, places, staircase, time_axis};
use crate::control::Change;
use crate::facts::Cause;
use crate::kernel::math::log10;
use crate::lambda::FunctionConfig;
use crate::metrics::Bucket;
use crate::pricing::Item;
use crate::report::ReportInput;
use crate::report::causes::title;
use crate::report::cost::{by_item, item_title};
use crate::report::numbers::{counted, grouped, short_name};
use crate::simulation::Plan;
use crate::units::{SimTime, Span};

/// The charts of a run folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report) enum Chart {
    Concurrency,
    Latency,
    Throttles,
    ColdStarts,
    LatencyCdf,
    Cost,
    Backlog,
    Age,
}

/// Colours of functions, as many as can be told apart beside the account.
const FUNCTION_COLORS: [usize; 4] = [1, 2, 3, 5];
/// A limit beyond so many times the largest value would press the data flat.
const WITHIN_REACH: f64 = 3.0;
/// Latencies that differ by more than this are shown on a logarithmic scale.
const WIDE_RANGE: f64 = 12.0;

impl Chart {
    /// In the order of the report.
    pub(in crate::report) const ALL: [Chart; 8] = [
        Chart::Concurrency,
        Chart::Throttles,
        Chart::Backlog,
        Chart::Age,
        Chart::Latency,
        Chart::LatencyCdf,
        Chart::ColdStarts,
        Chart::Cost,
    ];

    /// File name without extension.
    pub(in crate::report) const fn name(self) -> &'static str {
        match self {
            Chart::Concurrency => "concurrency",
            Chart::Latency => "latency",
            Chart::Throttles => "throttles",
            Chart::ColdStarts => "cold-starts",
            Chart::LatencyCdf => "latency-cdf",
            Chart::Cost => "cost",
            Chart::Backlog => "backlog",
            Chart::Age => "age",
        }
    }

    /// Those that a run of this account has: without queues and streams nothing is said of them.
    pub(in crate::report) fn of(plan: &Plan) -> impl Iterator<Item = Chart> + use<> {
        let (queues, streams) = (!plan.queues.is_empty(), !plan.streams.is_empty());
        Chart::ALL.into_iter().filter(move |chart| match chart {
            Chart::Backlog => queues,
            Chart::Age => queues || streams,
            _ => true,
        })
    }

    /// Heading.
    pub(in crate::report) const fn title(self) -> &'static str {
        match self {
            Chart::Concurrency => "Concurrent executions",
            Chart::Latency => "Latency as callers saw it",
            Chart::Throttles => "Throttles by cause",
            Chart::ColdStarts => "Cold starts",
            Chart::LatencyCdf => "How many answers came within what time",
            Chart::Cost => "Cost so far",
            Chart::Backlog => "Messages waiting in queues",
            Chart::Age => "Age of messages and records when they are handled",
        }
    }

    /// What is drawn.
    pub(super) fn figure(self, input: &ReportInput) -> Figure {
        let mut figure = match self {
            Chart::Concurrency => concurrency(input),
            Chart::Latency => latency(input),
            Chart::Throttles => throttles(input),
            Chart::ColdStarts => cold_starts(input),
            Chart::LatencyCdf => latency_cdf(input),
            Chart::Cost => cost(input),
            Chart::Backlog => sources::backlog(input),
            Chart::Age => sources::ages(input),
        };
        figure.title = self.title().to_owned();
        figure.caption = self.caption(input);
        if figure.empty.is_none() && self != Chart::LatencyCdf {
            figure.layers.extend(moments(input));
        }
        figure
    }

    fn caption(self, input: &ReportInput) -> String {
        let run = source(input);
        match input.replications {
            None => run,
            Some(all) if matches!(self, Chart::Concurrency | Chart::Latency) => {
                format!("{run}, mean of {}", counted(all.count(), "replication"))
            }
            Some(_) => format!("{run}, the first replication"),
        }
    }
}

/// Where the numbers of a picture come from.
pub(super) fn source(input: &ReportInput) -> String {
    let name = short_name(&input.plan.name);
    format!("{name}, seed {}, lambdasim {}", input.plan.seed, input.version)
}

/// When something was changed.
fn moments(input: &ReportInput) -> Option<Layer> {
    let time = time_axis(input);
    let changes = input.plan.changes.iter();
    let turns = changes.flat_map(|change| std::iter::once(change.from).chain(change.until));
    let turns: BTreeSet<SimTime> = turns.filter(|time| *time < input.plan.horizon()).collect();
    let places: Vec<f64> = turns.iter().map(|turn| time.place(turn.as_micros())).collect();
    (!places.is_empty()).then(|| Layer {
        label: "changes".to_owned(),
        color: LIMIT,
        mark: Mark::Moments(places),
    })
}

fn concurrency(input: &ReportInput) -> Figure {
    let time = time_axis(input);
    let places = places(input, &time);
    let timeline = &input.result.timeline;
    let most = timeline.buckets.iter().map(|bucket| bucket.concurrency_max).max();
    let most = most.unwrap_or(0) as f64;
    let levels = levels(input, most);
    let most_of_all = upper_ends(input, |step| step.concurrency_max).fold(most, f64::max);
    let highest = levels
        .iter()
        .fold(most_of_all, |highest, (_, level)| highest.max(*level));
    let y = Axis::linear("concurrent executions", highest, true);
    let mut figure = Figure::blank(time.axis.clone(), y);
    if most == 0.0 {
        figure.empty = Some("nothing ran");
        return figure;
    }
    if let Some(replicated) = input.replications {
        let (mean, maximum) = (("account, mean", 0), ("account, maximum", 1));
        let means = banded(mean, replicated, &places, |step| step.concurrency_mean, |value| value);
        let maxima = banded(maximum, replicated, &places, |step| step.concurrency_max, |value| value);
        figure.layers.extend(means.into_iter().chain(maxima));
        figure.layers.extend(levels.into_iter().map(|(layer, _)| layer));
        return figure;
    }
    let mean = timeline.buckets.iter().map(|bucket| bucket.concurrency_mean);
    let boxes = places
        .iter()
        .zip(mean)
        .map(|((left, _, right), mean)| [*left, *right, 0.0, mean]);
    figure.layers.push(Layer {
        label: "account, mean".to_owned(),
        color: Figure::color(4),
        mark: Mark::Boxes(boxes.collect()),
    });
    figure.layers.push(Layer {
        label: "account, maximum".to_owned(),
        color: Figure::color(0),
        mark: staircase(
            &places,
            timeline.buckets.iter().map(|bucket| bucket.concurrency_max as f64),
        ),
    });
    if input.plan.functions.len() > 1 {
        let functions = drawn_functions(input);
        figure
            .layers
            .extend(functions.into_iter().map(|(function, maxima, color)| Layer {
                label: short_name(&function.name),
                color,
                mark: staircase(&places, maxima.iter().map(|max| f64::from(*max))),
            }));
    }
    figure.layers.extend(levels.into_iter().map(|(layer, _)| layer));
    figure
}

/// The functions with a line of their own, those that rise highest: configuration, maximum of each step, colour.
fn drawn_functions<'a>(input: &ReportInput<'a>) -> Vec<(&'a FunctionConfig, &'a [u32], RGBColor)> {
    let mut highest: Vec<_> = input.result.timeline.functions.iter().collect();
    highest.sort_by_key(|steps| std::cmp::Reverse(steps.concurrency_max.iter().max()));
    highest.truncate(FUNCTION_COLORS.len());
    highest.sort_by_key(|steps| steps.function);
    let colored = highest.into_iter().zip(FUNCTION_COLORS);
    colored
        .map(|(steps, color)| {
            let config = &*input.plan.functions[steps.function.index()];
            (config, steps.concurrency_max.as_slice(), Figure::color(color))
        })
        .collect()
}

/// Limits and what is kept ready, as far as they are in reach of `most`.
fn levels(input: &ReportInput, most: f64) -> Vec<(Layer, f64)> {
    let level = |label: String, color: RGBColor, value: u64| {
        let value = value as f64;
        let mark = Mark::Level(value);
        (Layer { label, color, mark }, value)
    };
    let mut levels = Vec::new();
    for (names, reserved, color) in reservations(input) {
        let label = format!("reserved for {names}: {}", grouped(u64::from(reserved)));
        levels.push(level(label, color, u64::from(reserved)));
    }
    let qualifiers = input.plan.functions.iter().flat_map(|function| &function.qualifiers);
    let ready: u64 = qualifiers.map(|qualifier| u64::from(qualifier.provisioned)).sum();
    if ready > 0 {
        levels.push(level(format!("provisioned, ready: {}", grouped(ready)), READY, ready));
    }
    let limit = u64::from(input.plan.account.concurrent_executions);
    let mut changes = input.plan.change_steps.iter().flat_map(|step| &step.changes);
    let first = match changes.any(|change| matches!(change, Change::AccountLimit(_))) {
        true => "account limit at first",
        false => "account limit",
    };
    levels.push(level(format!("{first}: {}", grouped(limit)), LIMIT, limit));
    levels.retain(|(_, value)| *value > 0.0 && *value <= most * WITHIN_REACH);
    levels
}

/// Reserved concurrency of the drawn functions; equal ones share a line, which would hide all but the last.
fn reservations(input: &ReportInput) -> Vec<(String, u32, RGBColor)> {
    let mut found: Vec<(String, u32, RGBColor)> = Vec::new();
    for (function, _, color) in drawn_functions(input) {
        let Some(reserved) = function.reserved else { continue };
        match found.iter_mut().find(|(_, known, _)| *known == reserved) {
            Some(shared) => (shared.0, shared.2) = ("each of several".to_owned(), LIMIT),
            None => found.push((short_name(&function.name), reserved, color)),
        }
    }
    found
}

fn latency(input: &ReportInput) -> Figure {
    let time = time_axis(input);
    let places = places(input, &time);
    let buckets = &input.result.timeline.buckets;
    let median = |bucket: &Bucket| bucket.latency_p50_ms;
    let tail = |bucket: &Bucket| bucket.latency_p99_ms;
    let mut all: Vec<f64> = buckets.iter().flat_map(|b| [median(b), tail(b)]).flatten().collect();
    all.extend(upper_ends(input, |step| step.latency_p99_ms));
    let scale = Scale::of(&all, "latency");
    let mut figure = Figure::blank(time.axis.clone(), scale.axis.clone());
    if all.is_empty() {
        figure.empty = Some("no synchronous call succeeded");
        return figure;
    }
    if let Some(replicated) = input.replications {
        let (tail, median) = (("99 % quantile", 1), ("median", 0));
        let tails = banded(
            tail,
            replicated,
            &places,
            |step| step.latency_p99_ms,
            |ms| scale.place(ms),
        );
        let medians = banded(
            median,
            replicated,
            &places,
            |step| step.latency_p50_ms,
            |ms| scale.place(ms),
        );
        figure.layers.extend(tails.into_iter().chain(medians));
        return figure;
    }
    let layer = |label: &str, color, value: &dyn Fn(&Bucket) -> Option<f64>| {
        let points = places.iter().zip(buckets);
        let points = points.map(|((_, middle, _), bucket)| value(bucket).map(|ms| (*middle, scale.place(ms))));
        Layer {
            label: label.to_owned(),
            color: Figure::color(color),
            mark: Mark::Lines(pieces(points)),
        }
    };
    figure.layers.push(layer("99 % quantile", 1, &tail));
    figure.layers.push(layer("median", 0, &median));
    figure
}

/// Milliseconds, linear or logarithmic as their range asks for.
struct Scale {
    axis: Axis,
    logarithmic: bool,
    unit: f64,
}

impl Scale {
    fn of(values: &[f64], what: &str) -> Scale {
        const SMALLEST: f64 = 0.001;
        let low = values.iter().copied().fold(f64::INFINITY, f64::min).max(SMALLEST);
        let high = values.iter().copied().fold(SMALLEST, f64::max);
        if high > low * WIDE_RANGE {
            return Scale {
                axis: Axis::log_milliseconds(format!("{what} (logarithmic)"), low, high),
                logarithmic: true,
                unit: 1.0,
            };
        }
        let (unit, name) = if high < 2_000.0 { (1.0, "ms") } else { (1_000.0, "s") };
        Scale {
            axis: Axis::linear(format!("{what}, {name}"), high / unit, false),
            logarithmic: false,
            unit,
        }
    }

    fn place(&self, ms: f64) -> f64 {
        if !self.logarithmic {
            return ms / self.unit;
        }
        log10(ms.max(f64::MIN_POSITIVE)).max(self.axis.low)
    }
}

fn throttles(input: &ReportInput) -> Figure {
    let time = time_axis(input);
    let places = places(input, &time);
    let timeline = &input.result.timeline;
    let heights = timeline
        .buckets
        .iter()
        .map(|bucket| bucket.throttles.iter().sum::<u64>());
    let most = heights.max().unwrap_or(0);
    let y = Axis::linear(per_step("throttles", timeline.step), most as f64, true);
    let mut figure = Figure::blank(time.axis.clone(), y);
    if most == 0 {
        figure.empty = Some("no request was throttled");
        return figure;
    }
    let mut floors = vec![0u64; timeline.buckets.len()];
    for (number, cause) in Cause::ALL.into_iter().enumerate() {
        let mut boxes = Vec::new();
        for ((bucket, floor), (left, _, right)) in timeline.buckets.iter().zip(&mut floors).zip(&places) {
            let count = bucket.throttles[number];
            if count > 0 {
                boxes.push([*left, *right, *floor as f64, (*floor + count) as f64]);
                *floor += count;
            }
        }
        if !boxes.is_empty() {
            figure.layers.push(Layer {
                label: title(cause).to_owned(),
                color: Figure::color([0, 1, 3, 5, 2, 4][number]),
                mark: Mark::Boxes(boxes),
            });
        }
    }
    figure
}

fn per_step(what: &str, step: Span) -> String {
    format!("{what} per {step}")
}

fn cold_starts(input: &ReportInput) -> Figure {
    let time = time_axis(input);
    let places = places(input, &time);
    let timeline = &input.result.timeline;
    let most = timeline
        .buckets
        .iter()
        .map(|bucket| bucket.cold_starts)
        .max()
        .unwrap_or(0);
    let y = Axis::linear(per_step("cold starts", timeline.step), most as f64, true);
    let mut figure = Figure::blank(time.axis.clone(), y);
    if most == 0 {
        figure.empty = Some("nothing started cold");
        return figure;
    }
    let bars = places
        .iter()
        .zip(&timeline.buckets)
        .filter(|(_, bucket)| bucket.cold_starts > 0);
    let bars = bars.map(|((left, _, right), bucket)| [*left, *right, 0.0, bucket.cold_starts as f64]);
    figure.layers.push(Layer {
        label: "invocations that waited for a new environment".to_owned(),
        color: Figure::color(0),
        mark: Mark::Boxes(bars.collect()),
    });
    figure
}

fn latency_cdf(input: &ReportInput) -> Figure {
    let kinds = ["cold start", "warm", "provisioned"];
    let quantiles = &input.result.timeline.latency_quantiles;
    let seen = || {
        quantiles
            .iter()
            .zip(kinds)
            .filter(|((count, values), _)| *count > 0 && values.len() > 1)
    };
    // A single very fast answer would stretch the scale: it begins at the first percent.
    let all: Vec<f64> = seen()
        .flat_map(|((_, values), _)| values[1..].iter().copied())
        .collect();
    let scale = Scale::of(&all, "latency");
    let mut figure = Figure::blank(scale.axis.clone(), Axis::percent("share of answers"));
    if all.is_empty() {
        figure.empty = Some("no synchronous call succeeded");
        return figure;
    }
    let colors = [1, 0, 2];
    figure.layers.extend(seen().map(|((count, values), kind)| {
        let steps = (values.len() - 1) as f64;
        let points = values.iter().enumerate();
        let points = points.map(|(place, ms)| (scale.place(*ms), place as f64 * 100.0 / steps));
        let place = kinds.iter().position(|known| *known == kind).unwrap_or(0);
        Layer {
            label: format!("{kind} ({})", grouped(*count)),
            color: Figure::color(colors[place]),
            mark: Mark::Lines(vec![points.collect()]),
        }
    }));
    figure
}

/// The bill's items, each spread over the run by what drives it; a bill itself only knows months.
fn cost(input: &ReportInput) -> Figure {
    let time = time_axis(input);
    let places = places(input, &time);
    let buckets = &input.result.timeline.buckets;
    let items = by_item(&input.result.bill);
    let total: f64 = items.iter().map(|(_, amount)| amount.as_f64()).sum();
    let y = Axis::linear("US dollars, spread by use", total, false);
    let mut figure = Figure::blank(time.axis.clone(), y);
    if total <= 0.0 || buckets.is_empty() {
        figure.empty = Some("nothing was billed");
        return figure;
    }
    let mut floor = vec![0.0; places.len() + 1];
    for (number, (item, amount)) in items.into_iter().enumerate() {
        let weights: Vec<f64> = buckets.iter().map(|bucket| driver(item, bucket)).collect();
        let grown = spread(amount.as_f64(), &weights);
        let ends = std::iter::once(0.0).chain(places.iter().map(|(_, _, right)| *right));
        let band = ends
            .zip(floor.iter().zip(&grown))
            .map(|(x, (low, part))| (x, *low, low + part));
        figure.layers.push(Layer {
            label: item_title(item),
            color: Figure::color(number),
            mark: Mark::Band(band.collect()),
        });
        floor.iter_mut().zip(&grown).for_each(|(low, part)| *low += part);
    }
    figure
}

fn driver(item: Item, bucket: &Bucket) -> f64 {
    match item {
        Item::Request | Item::EdgeRequest => bucket.invocations as f64,
        Item::Duration | Item::ProvisionedDuration | Item::EphemeralStorage | Item::EdgeDuration => {
            bucket.billed_mb_ms as f64
        }
        // What is kept ready costs the same all the time.
        _ => 1.0,
    }
}

/// `amount` as it adds up over steps of these weights, from 0; evenly where nothing has weight.
fn spread(amount: f64, weights: &[f64]) -> Vec<f64> {
    let sum: f64 = weights.iter().sum();
    let even = 1.0 / weights.len() as f64;
    let part = |weight: &f64| if sum > 0.0 { weight / sum } else { even };
    let mut sums = vec![0.0];
    let mut share = 0.0;
    for weight in weights {
        share += part(weight);
        sums.push(amount * share);
    }
    sums
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::FunctionId;
    use crate::metrics::FunctionSteps;
    use crate::report::sample::Sample;

    #[test]
    fn cost_adds_up_to_the_bill_at_the_end_of_the_run() {
        assert_eq!(spread(6.0, &[1.0, 0.0, 2.0]), [0.0, 2.0, 2.0, 6.0]);
        assert_eq!(spread(6.0, &[0.0, 0.0]), [0.0, 3.0, 6.0]);
    }

    #[test]
    fn every_chart_has_a_sensible_empty_state() {
        let sample = Sample::blank();
        for chart in Chart::ALL {
            assert!(chart.figure(&sample.input()).empty.is_some(), "{}", chart.name());
        }
    }

    fn level_labels(sample: &Sample) -> Vec<String> {
        let figure = Chart::Concurrency.figure(&sample.input());
        let levels = figure
            .layers
            .iter()
            .filter(|layer| matches!(layer.mark, Mark::Level(_)));
        levels.map(|layer| layer.label.clone()).collect()
    }

    #[test]
    fn limits_within_reach_and_ready_environments_are_levels() {
        let mut sample = Sample::busy();
        // At most 304 run at once: three times that is 912.
        sample.plan.function_mut(0).qualifiers[1].provisioned = 50;
        assert_eq!(
            level_labels(&sample),
            ["reserved for checkout: 300", "provisioned, ready: 50"]
        );
        sample.plan.account.concurrent_executions = 912;
        sample.plan.function_mut(0).reserved = Some(0);
        assert_eq!(level_labels(&sample), ["provisioned, ready: 50", "account limit: 912"]);
    }

    #[test]
    fn the_functions_that_rise_highest_are_drawn() {
        let mut sample = Sample::crowded(8);
        let maxima = [1, 9, 2, 8, 1, 7, 6, 5];
        sample.result.timeline.functions = (0..8)
            .map(|number| FunctionSteps {
                function: FunctionId(number),
                concurrency_max: vec![0, maxima[number as usize]],
                ..FunctionSteps::default()
            })
            .collect();
        let drawn = drawn_functions(&sample.input());
        let tops: Vec<u32> = drawn.iter().map(|(_, maxima, _)| maxima[1]).collect();
        assert_eq!(tops, [9, 8, 7, 6]);
    }

    #[test]
    fn functions_with_the_same_reservation_share_a_level() {
        let mut sample = Sample::busy();
        sample.plan.function_mut(1).reserved = Some(300);
        assert_eq!(level_labels(&sample), ["reserved for each of several: 300"]);
    }

    #[test]
    fn throttles_are_stacked_by_cause() {
        let sample = Sample::busy();
        let figure = Chart::Throttles.figure(&sample.input());
        assert!(figure.layers.len() >= 2);
        let Mark::Boxes(lower) = &figure.layers[0].mark else {
            panic!("bars")
        };
        let Mark::Boxes(upper) = &figure.layers[1].mark else {
            panic!("bars")
        };
        let stacked = upper
            .iter()
            .any(|top| lower.iter().any(|low| low[0] == top[0] && low[3] == top[2]));
        assert!(stacked, "some bar of the second cause stands on one of the first");
    }
}
