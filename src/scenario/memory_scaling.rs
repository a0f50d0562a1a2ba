//! How a handler's duration depends on memory (CPU-2, CPU-4).

use super::behaviour::{Behaviour, FULL_CPU, Platform, is_batch, slowdown};
use super::tree::Entry;
use super::values;
use crate::kernel::{Distribution, Ration};
use crate::units::{MemoryMb, Span};

impl Platform<'_> {
    /// The duration with what `memory_scaling` makes of it: as a distribution, and as a factor on what is drawn.
    pub fn scaled(&self, place: &Behaviour<'_>, given: Option<Distribution>, memory: MemoryMb) -> (Distribution, f64) {
        let scaling = place
            .all
            .get("memory_scaling")
            .and_then(|entry| self.scaling(place, entry, memory));
        match (given, scaling) {
            (Some(duration), Some(Scaling::Bound(factor))) => (duration, factor),
            (Some(duration), Some(Scaling::Rationed { plain, cpu, ration })) => {
                (duration.rationed(plain, cpu, ration), 1.0)
            }
            (Some(duration), Some(Scaling::Measured { here, there })) => (duration, here / there),
            (Some(duration), None) => (duration, 1.0),
            (None, Some(Scaling::Measured { here, .. })) => {
                (Distribution::constant(Span::from_micros(here.round() as u64)), 1.0)
            }
            (None, _) => {
                if !place.told(&["duration"]) {
                    let found = format!("{} has no `duration`", place.owner);
                    self.reader
                        .problem(place.mark, found, "add one, such as `duration: 80 ms`");
                }
                (Distribution::constant(Span::ZERO), 1.0)
            }
        }
    }

    fn scaling(&self, place: &Behaviour<'_>, entry: &Entry, memory: MemoryMb) -> Option<Scaling> {
        let node = &entry.value;
        let measured_at = match node.entry("measured_at") {
            Some(at) => self.reader.value(at, values::memory)?,
            None => place.function_memory.unwrap_or(memory),
        };
        match (node.entry("cpu_bound"), node.entry("measured")) {
            (Some(bound), None) => {
                if measured_at.0 == 0 {
                    self.reader
                        .problem(node.mark, "`measured_at` is 0 MB", "a memory size above 0 is allowed");
                    return None;
                }
                let bound = self.reader.fraction(bound)?;
                let period = node.entry("cpu_period").map(|entry| self.cpu_period(place, entry));
                match period {
                    Some(period) if memory < FULL_CPU => Some(Scaling::Rationed {
                        plain: 1.0 - bound,
                        cpu: bound / slowdown(measured_at),
                        ration: ration(period?, memory),
                    }),
                    _ => Some(Scaling::Bound(
                        1.0 - bound + bound * slowdown(memory) / slowdown(measured_at),
                    )),
                }
            }
            (None, Some(measured)) => {
                if let Some(period) = node.entry("cpu_period") {
                    let allowed = "it belongs to `cpu_bound`: drop one of them";
                    self.reader
                        .problem(period.mark, "`cpu_period` stands beside `measured`", allowed);
                }
                let points = self.measured(measured)?;
                Some(Scaling::Measured {
                    here: interpolated(&points, memory),
                    there: interpolated(&points, measured_at),
                })
            }
            _ => {
                let allowed =
                    "allowed: { cpu_bound: 80 %, measured_at: 1024 MB } or { measured: { 512 MB: 400 ms, … } }";
                let found = format!("`memory_scaling` is {}", node.described());
                self.reader.problem(
                    node.mark,
                    format!("{found} without exactly one of cpu_bound and measured"),
                    allowed,
                );
                None
            }
        }
    }

    /// Length of the periods in which the CPU is handed out.
    fn cpu_period(&self, place: &Behaviour<'_>, entry: &Entry) -> Option<Span> {
        if let Some(duration) = place.all.get("duration").filter(|duration| is_batch(duration)) {
            let found = format!("{} has `cpu_period` and the duration of a batch", place.owner);
            let allowed = "records cannot be rationed one by one: drop `cpu_period`, or `base` and `per_record`";
            self.reader.problem(duration.mark, found, allowed);
        }
        self.reader
            .duration_within(entry, Span::from_millis(1), Span::from_secs(1), " (CPU-4)")
    }

    /// Memory in MB and duration in microseconds, by memory.
    fn measured(&self, entry: &Entry) -> Option<Vec<(u32, f64)>> {
        let mut points: Vec<(u32, f64)> = Vec::new();
        for point in entry.value.entries() {
            let memory = match values::memory(&point.key) {
                Ok(memory) => memory.0,
                Err(fault) => {
                    self.reader.fault(point.mark, fault.of("the memory size"));
                    return None;
                }
            };
            let span = self
                .reader
                .duration_within(point, Span::from_micros(1), Span::MAX, "")?;
            points.push((memory, span.as_micros() as f64));
        }
        points.sort_by_key(|point| point.0);
        if points.is_empty() || points.windows(2).any(|pair| pair[0].0 == pair[1].0) {
            let allowed = "at least one memory size, each once, is allowed";
            self.reader.problem(
                entry.value.mark,
                "`measured` is empty or holds a memory size twice",
                allowed,
            );
            return None;
        }
        Some(points)
    }
}

enum Scaling {
    /// Factor on the duration.
    Bound(f64),
    /// The part of the duration that stays, and that as CPU time of a full vCPU.
    Rationed { plain: f64, cpu: f64, ration: Ration },
    /// Microseconds at the configured memory and at `measured_at`.
    Measured { here: f64, there: f64 },
}

/// How `memory` below a full vCPU has its CPU handed out. Of the looks tried, one after every 2/5 of a period in use, on Lambda
/// 8 ms, fits measured durations best (VALIDATION.md).
fn ration(period: Span, memory: MemoryMb) -> Ration {
    Ration {
        period: period.as_micros(),
        check: period.as_micros() * 2 / 5,
        share: (u64::from(memory.0), u64::from(FULL_CPU.0)),
    }
}

/// Linear between points, constant outside.
fn interpolated(points: &[(u32, f64)], memory: MemoryMb) -> f64 {
    let after = points.partition_point(|point| point.0 < memory.0);
    match (after.checked_sub(1).map(|before| points[before]), points.get(after)) {
        (Some((m0, d0)), Some(&(m1, d1))) => d0 + (d1 - d0) * f64::from(memory.0 - m0) / f64::from(m1 - m0),
        (Some((_, last)), None) => last,
        (None, Some(&(_, first))) => first,
        (None, None) => 0.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn measured_durations_are_linear_between_points_and_constant_outside() {
        let points = [(512, 400.0), (1_024, 200.0)];
        let at = |memory| interpolated(&points, MemoryMb(memory));
        assert_eq!(
            [at(128), at(512), at(768), at(1_024), at(4_096)],
            [400.0, 400.0, 300.0, 200.0, 200.0]
        );
    }
}
