//! Axes: range, ticks and their labels.

use crate::kernel::math::{log10, power_of_ten};
use crate::report::numbers::{milliseconds, significant};
use crate::units::Span;

/// One axis. Values are already in its unit (or, on a logarithmic axis, the decimal logarithm of it).
#[derive(Clone, Debug, PartialEq)]
pub(in crate::report) struct Axis {
    pub(super) label: String,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) ticks: Vec<f64>,
    pub(super) texts: Vec<String>,
}

/// An axis of simulated time and what one of its units is.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct TimeAxis {
    pub(super) axis: Axis,
    pub(super) unit_micros: f64,
}

impl Axis {
    /// From 0 to a little more than `max`, evenly divided. `whole` values get no ticks between them.
    pub(super) fn linear(label: impl Into<String>, max: f64, whole: bool) -> Axis {
        Axis::up_to(label.into(), max, 6.0, whole)
    }

    /// Of counts, from 0 to a little more than `max`, for a low chart that says elsewhere what is counted.
    pub(super) fn few(max: f64) -> Axis {
        Axis::up_to(String::new(), max, 3.0, true)
    }

    /// With about so many ticks.
    fn up_to(label: String, max: f64, ticks: f64, whole: bool) -> Axis {
        let max = if max > 0.0 { max } else { 1.0 };
        let step = round_step(max / ticks);
        let step = if whole { step.max(1.0) } else { step };
        let high = (max * 1.04 / step).ceil() * step;
        Axis::divided(label, high, step, &significant_above(step))
    }

    /// Below and above 0, holding 0 and all of `values`, evenly divided.
    pub(super) fn differences(label: impl Into<String>, values: &[f64]) -> Axis {
        const TICKS: f64 = 8.0;
        let low = values.iter().copied().fold(0.0, f64::min);
        let high = values.iter().copied().fold(0.0, f64::max);
        let (low, high) = if low < high { (low, high) } else { (-1.0, 1.0) };
        let step = round_step((high - low) / TICKS);
        let margin = (high - low) * 0.04;
        let (low, high) = (low - margin, high + margin);
        let (first, last) = ((low / step).ceil() as i32, (high / step).floor() as i32);
        let ticks: Vec<f64> = (first..=last).map(|number| f64::from(number) * step).collect();
        let text = significant_above(step);
        let signed = |tick: &f64| match *tick {
            tick if tick > 0.0 => format!("+{}", text(tick)),
            tick if tick < 0.0 => format!("−{}", text(-tick)),
            _ => "0".to_owned(),
        };
        Axis {
            label: label.into(),
            low,
            high,
            texts: ticks.iter().map(signed).collect(),
            ticks,
        }
    }

    /// From 0 % to 100 %.
    pub(super) fn percent(label: impl Into<String>) -> Axis {
        Axis::divided(label.into(), 100.0, 20.0, &|value| format!("{value:.0} %"))
    }

    fn divided(label: String, high: f64, step: f64, text: &dyn Fn(f64) -> String) -> Axis {
        let count = (high / step + 1e-6).floor() as u32;
        let ticks: Vec<f64> = (0..=count).map(|number| f64::from(number) * step).collect();
        let texts = ticks.iter().map(|tick| text(*tick)).collect();
        Axis {
            label,
            low: 0.0,
            high,
            ticks,
            texts,
        }
    }

    /// Milliseconds on a logarithmic scale that holds `low` to `high`, both positive, with a little room on both sides.
    pub(super) fn log_milliseconds(label: impl Into<String>, low: f64, high: f64) -> Axis {
        let (first, last) = (log10(low).floor() as i32, log10(high).ceil() as i32);
        let steps: &[f64] = if last - first > 3 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let all = (first..=last).flat_map(|decade| steps.iter().map(move |step| step * power_of_ten(decade)));
        let all: Vec<f64> = all.collect();
        let below = all.iter().copied().rfind(|tick| *tick <= low).unwrap_or(low);
        // What lies on the edge would be hidden by the other axis.
        let below = if low < below * 1.02 { low / 1.1 } else { below };
        let above = all
            .iter()
            .copied()
            .find(|tick| *tick >= high * 1.02)
            .unwrap_or(high * 1.1);
        let shown: Vec<f64> = all.into_iter().filter(|tick| (below..=above).contains(tick)).collect();
        Axis {
            label: label.into(),
            low: log10(below),
            high: log10(above),
            ticks: shown.iter().map(|tick| log10(*tick)).collect(),
            texts: shown.iter().map(|tick| decimal_time(*tick)).collect(),
        }
    }

    /// One place for each of `texts`, at 0, 1, 2 …; where there are many, not every one is labelled.
    pub(super) fn places(label: impl Into<String>, texts: &[String]) -> Axis {
        const LABELS: usize = 12;
        let every = texts.len().div_ceil(LABELS).max(1);
        let labelled = texts.iter().enumerate().step_by(every);
        Axis {
            label: label.into(),
            low: -0.5,
            high: texts.len() as f64 - 0.5,
            ticks: labelled.clone().map(|(place, _)| place as f64).collect(),
            texts: labelled.map(|(_, text)| text.clone()).collect(),
        }
    }

    /// Rising values on a scale of numbers, or of their logarithms where they span more than a decade and a half.
    /// Returns the axis and the place of each value.
    pub(super) fn of_values(label: impl Into<String>, values: &[f64]) -> (Axis, Vec<f64>) {
        const DECADE_AND_A_HALF: f64 = 31.0;
        const LABELS: f64 = 10.0;
        let (first, last) = (
            values.first().copied().unwrap_or(0.0),
            values.last().copied().unwrap_or(0.0),
        );
        let logarithmic = first > 0.0 && last / first > DECADE_AND_A_HALF;
        let place = |value: f64| if logarithmic { log10(value) } else { value };
        let (low, high) = (place(first), place(last));
        let margin = if high > low { (high - low) * 0.03 } else { 0.5 };
        let mut axis = Axis {
            label: label.into(),
            low: low - margin,
            high: high + margin,
            ticks: Vec::new(),
            texts: Vec::new(),
        };
        for value in values {
            let far = axis
                .ticks
                .last()
                .is_none_or(|tick| place(*value) - tick >= (high - low) / LABELS);
            if far {
                axis.ticks.push(place(*value));
                axis.texts.push(significant(*value));
            }
        }
        (axis, values.iter().map(|value| place(*value)).collect())
    }

    /// The label of a tick.
    pub(super) fn text(&self, tick: f64) -> String {
        let nearest = self.ticks.iter().position(|known| (known - tick).abs() < 1e-9);
        nearest.map_or_else(String::new, |place| self.texts[place].clone())
    }
}

impl TimeAxis {
    /// From 0 to `length`, in the largest unit that gives a handful of ticks; `since` names the start.
    pub(super) fn new(length: Span, since: &str) -> TimeAxis {
        const TICKS: f64 = 8.0;
        let micros = length.as_micros().max(1);
        let (unit_micros, name, steps): (f64, &str, &[f64]) = match micros {
            0..2_000_000 => (1e3, "milliseconds", &[]),
            2_000_000..120_000_000 => (1e6, "seconds", &[1.0, 2.0, 5.0, 10.0, 15.0, 20.0]),
            120_000_000..7_200_000_000 => (60e6, "minutes", &[1.0, 2.0, 5.0, 10.0, 15.0, 20.0]),
            7_200_000_000..259_200_000_000 => (3_600e6, "hours", &[0.5, 1.0, 2.0, 3.0, 4.0, 6.0, 12.0]),
            _ => (86_400e6, "days", &[0.5, 1.0, 2.0, 5.0, 7.0, 14.0]),
        };
        let high = micros as f64 / unit_micros;
        let wanted = high / TICKS;
        let listed = steps.iter().copied().find(|step| *step >= wanted);
        let step = listed.unwrap_or_else(|| round_step(wanted));
        let label = format!("{name} since {since}");
        TimeAxis {
            axis: Axis::divided(label, high, step, &significant_above(step)),
            unit_micros,
        }
    }

    /// A point of simulated time on this axis.
    pub(super) fn place(&self, micros: u64) -> f64 {
        micros as f64 / self.unit_micros
    }
}

/// A time in milliseconds in a unit that is a power of ten, as decades ask for: `1,000 s` and not `16.7 min`.
fn decimal_time(ms: f64) -> String {
    if ms < 1e3 {
        milliseconds(ms)
    } else {
        format!("{} s", significant(ms / 1e3))
    }
}

/// The smallest of 1, 2, 5 times a power of ten that is not below `least`.
fn round_step(least: f64) -> f64 {
    let decade = power_of_ten(log10(least).floor() as i32);
    let steps = [1.0, 2.0, 5.0, 10.0].map(|step| step * decade);
    steps
        .into_iter()
        .find(|step| *step >= least * (1.0 - 1e-9))
        .unwrap_or(decade * 10.0)
}

/// Labels with as many decimals as ticks `step` apart need.
fn significant_above(step: f64) -> impl Fn(f64) -> String {
    let decimals = (0..12).find(|places| {
        let shifted = step * power_of_ten(*places);
        (shifted - shifted.round()).abs() < 1e-6 * shifted
    });
    let decimals = decimals.unwrap_or(12) as usize;
    move |value| match decimals {
        0 if value >= 100.0 => significant(value),
        _ => format!("{value:.decimals$}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_shown_in_hours_and_a_minute_in_seconds() {
        let day = TimeAxis::new(Span::from_secs(86_400), "noon");
        assert_eq!(day.axis.label, "hours since noon");
        assert_eq!(day.axis.texts, ["0", "3", "6", "9", "12", "15", "18", "21", "24"]);
        assert_eq!(day.place(7_200_000_000), 2.0);
        let minute = TimeAxis::new(Span::from_secs(60), "noon");
        assert_eq!(minute.axis.texts, ["0", "10", "20", "30", "40", "50", "60"]);
    }

    #[test]
    fn whole_counts_get_no_ticks_between_them_and_the_largest_fits() {
        let axis = Axis::linear("count", 3.0, true);
        assert_eq!(axis.texts, ["0", "1", "2", "3", "4"]);
        let axis = Axis::linear("count", 1_240.0, true);
        assert_eq!(axis.texts, ["0", "500", "1,000", "1,500"]);
        let axis = Axis::linear("dollars", 0.0023, false);
        assert_eq!(axis.texts.first().map(String::as_str), Some("0.0000"));
        assert!(axis.high >= 0.0023);
    }

    #[test]
    fn differences_have_signed_ticks_around_zero() {
        let axis = Axis::differences("%", &[-12.0, -8.0, 3.0]);
        assert_eq!(axis.texts, ["−12", "−10", "−8", "−6", "−4", "−2", "0", "+2"]);
        assert!(axis.low < -12.0 && axis.high > 3.0);
        assert!(Axis::differences("%", &[]).texts.contains(&"0".to_owned()));
    }

    #[test]
    fn a_logarithmic_axis_holds_its_range_between_round_ticks() {
        let axis = Axis::log_milliseconds("latency", 70.0, 1_500.0);
        assert_eq!(axis.texts, ["50 ms", "100 ms", "200 ms", "500 ms", "1 s", "2 s"]);
        assert!(axis.low <= log10(70.0) && axis.high >= log10(1_500.0));
        let axis = Axis::log_milliseconds("latency", 10.0, 900_000.0);
        assert_eq!(axis.texts, ["10 ms", "100 ms", "1 s", "10 s", "100 s", "1,000 s"]);
        assert!(axis.low < log10(10.0), "what lies at its lowest tick can be seen");
    }
}
