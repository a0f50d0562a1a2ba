//! Application Auto Scaling of provisioned concurrency (AAS-1 to AAS-10).

use jiff::tz::TimeZone;

use super::keys::{SCHEDULED_ACTION, TARGET_TRACKING};
use super::problem::Fault;
use super::reader::Reader;
use super::schedule::{self, Setting};
use super::source::Mark;
use super::tree::{Entry, Node};
use super::{check::check, values};
use crate::control::{ScalingConfig, ScheduledAction, Statistic, TargetTracking};
use crate::facts::{FunctionId, QualifierId};
use crate::kernel::draws::StreamKey;
use crate::units::{Fraction, SimTime, Span, Timestamp};
use crate::workload::Process;

/// What target tracking can compare (AAS-3).
pub(super) const STATISTICS: &[&str] = &["Average", "Maximum"];
const MOST_CAPACITY: u64 = 1_000_000;
const LONGEST_COOLDOWN: Span = Span::from_secs(7 * 86_400);

/// What AWS does not document about target tracking (AAS-4, AAS-6).
#[derive(Clone, Copy, Debug)]
pub(super) struct TrackingParameters {
    /// `aas.points_high`.
    pub points_high: u32,
    /// `aas.points_low`.
    pub points_low: u32,
    /// `aas.scale_in_floor`.
    pub scale_in_floor: Fraction,
}

/// Reads scaling policies.
pub(super) struct Scaling<'a> {
    /// Where problems go.
    pub reader: &'a Reader,
    /// Calendar instant of t = 0.
    pub start: Timestamp,
    /// Length of the run.
    pub length: Span,
}

/// Least and most capacity of a scalable target, as far as they are right.
pub(super) fn limits(reader: &Reader, node: &Node) -> (Option<u32>, Option<u32>) {
    let limit = |key: &str| {
        let entry = node.entry(key)?;
        reader.count(entry, 0, MOST_CAPACITY).map(|capacity| capacity as u32)
    };
    (limit("min_capacity"), limit("max_capacity"))
}

impl Scaling<'_> {
    /// The policies of one qualifier.
    pub fn read(
        &self,
        entry: &Entry,
        (function, qualifier): (FunctionId, QualifierId),
        initial: u32,
        parameters: TrackingParameters,
    ) -> Option<ScalingConfig> {
        let node = &entry.value;
        for key in ["min_capacity", "max_capacity"] {
            self.reader
                .required(node, key, "this scalable target", entry.mark, "10");
        }
        let (minimum, maximum) = limits(self.reader, node);
        self.ordered(node, minimum, maximum);
        let own = node
            .entry("target_value")
            .and_then(|_| self.tracking(node, entry.mark, parameters));
        let others = node.entry("policies").and_then(|entry| {
            let allowed = "a list of policies such as `- { target_value: 70 % }` is allowed";
            self.reader.list(entry, allowed)
        });
        let others = others.unwrap_or(&[]).iter().filter_map(|item| {
            check(self.reader, item, &TARGET_TRACKING);
            self.tracking(item, item.mark, parameters)
        });
        let policies: Vec<TargetTracking> = own.into_iter().chain(others).collect();
        let scheduled = self.scheduled(node, (minimum, maximum));
        Some(ScalingConfig {
            function,
            qualifier,
            initial,
            minimum: minimum?,
            maximum: maximum?,
            policies,
            scheduled,
        })
    }

    fn ordered(&self, node: &Node, minimum: Option<u32>, maximum: Option<u32>) {
        if let (Some(minimum), Some(maximum)) = (minimum, maximum)
            && minimum > maximum
        {
            let mark = node.entry("min_capacity").map_or(node.mark, |entry| entry.value.mark);
            let found = format!("`min_capacity` is {minimum} and `max_capacity` is {maximum}");
            let allowed = "a minimum of at most the maximum is allowed (AAS-1)";
            self.reader.problem(mark, found, allowed);
        }
    }

    fn tracking(&self, node: &Node, mark: Mark, parameters: TrackingParameters) -> Option<TargetTracking> {
        let reader = self.reader;
        let target = reader.required(node, "target_value", "this policy", mark, "70 %")?;
        let target = reader.value(target, |text| {
            let share = values::share(text)?;
            match (0.1..=0.9).contains(&share) {
                true => Ok(share),
                false => Err(Fault::new(format!("is {text}"), "10 % to 90 % is allowed (AAS-2)")),
            }
        });
        let cooldown = |key: &str| {
            let entry = node.entry(key)?;
            reader.duration_within(entry, Span::ZERO, LONGEST_COOLDOWN, "")
        };
        let statistic = node
            .entry("statistic")
            .and_then(|entry| reader.choice(entry, STATISTICS));
        let disabled = node.entry("disable_scale_in").and_then(|entry| reader.flag(entry));
        Some(TargetTracking {
            target: Fraction::from_decimal(target?),
            statistic: match statistic {
                Some(1) => Statistic::Maximum,
                _ => Statistic::Average,
            },
            points_high: parameters.points_high,
            points_low: parameters.points_low,
            scale_in_floor: parameters.scale_in_floor,
            scale_out_cooldown: cooldown("scale_out_cooldown").unwrap_or(Span::ZERO),
            scale_in_cooldown: cooldown("scale_in_cooldown").unwrap_or(Span::ZERO),
            scales_in: disabled != Some(true),
        })
    }

    /// All firings of all scheduled actions, by time; at one instant as they stand in the file.
    fn scheduled(&self, node: &Node, limits: (Option<u32>, Option<u32>)) -> Vec<ScheduledAction> {
        let allowed = "a list such as `- { schedule: \"cron(0 8 * * ? *)\", min_capacity: 100 }` is allowed";
        let items = node
            .entry("scheduled_actions")
            .and_then(|entry| self.reader.list(entry, allowed));
        let mut all: Vec<ScheduledAction> = items
            .unwrap_or(&[])
            .iter()
            .flat_map(|item| self.action(item, limits))
            .collect();
        all.sort_by_key(|action| action.time);
        all
    }

    fn action(&self, item: &Node, (lowest, highest): (Option<u32>, Option<u32>)) -> Vec<ScheduledAction> {
        let reader = self.reader;
        check(reader, item, &SCHEDULED_ACTION);
        let (minimum, maximum) = limits(reader, item);
        if item.entry("min_capacity").or(item.entry("max_capacity")).is_none() {
            let found = "this scheduled action changes nothing";
            reader.problem(item.mark, found, "give `min_capacity`, `max_capacity` or both (AAS-10)");
        }
        self.ordered(item, minimum.or(lowest), maximum.or(highest));
        let Some(schedule) = reader.required(item, "schedule", "this scheduled action", item.mark, "rate(1 day)")
        else {
            return Vec::new();
        };
        let zone = item
            .entry("time_zone")
            .map(|entry| reader.value(entry, schedule::time_zone));
        let zone = zone.unwrap_or(Some(TimeZone::UTC)).unwrap_or(TimeZone::UTC);
        self.times(schedule, &zone)
            .into_iter()
            .map(|time| ScheduledAction { time, minimum, maximum })
            .collect()
    }

    fn times(&self, entry: &Entry, zone: &TimeZone) -> Vec<SimTime> {
        let setting = Setting {
            start: self.start,
            duration: self.length,
            zone,
            window: None,
            jitter: None,
            first_firing_at_once: false,
            key: StreamKey::derive(0, 0, "schedule", ""),
        };
        let read = self.reader.value(entry, |text| schedule::schedule(text, &setting));
        let end = SimTime::ZERO + self.length;
        if matches!(&read, Some(Process::At(times)) if times.is_empty()) && !self.length.is_zero() {
            let schedule = entry.value.compact();
            self.reader
                .warn(format!("the scheduled action {schedule} never comes in this scenario"));
        }
        match read {
            Some(Process::At(times)) => times,
            Some(Process::Every { first, interval }) => {
                let next = |time: &SimTime| Some(time.saturating_add(interval)).filter(|time| *time < end);
                std::iter::successors(Some(first).filter(|first| *first < end), next).collect()
            }
            _ => Vec::new(),
        }
    }
}
