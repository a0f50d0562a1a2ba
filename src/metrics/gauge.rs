use super::summary::GaugeSummary;
use crate::units::SimTime;

/// The part of a run over which gauges are taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    pub from: u64,
    pub to: u64,
}

impl Window {
    pub fn new(from: SimTime, to: SimTime) -> Window {
        Window {
            from: from.as_micros(),
            to: to.as_micros().max(from.as_micros()),
        }
    }

    pub fn contains(&self, time: SimTime) -> bool {
        (self.from..self.to).contains(&time.as_micros())
    }

    /// Microseconds of the window from `time` on.
    pub fn left(&self, time: SimTime) -> u64 {
        self.to - time.as_micros().clamp(self.from, self.to)
    }

    pub fn micros(&self) -> u64 {
        self.to - self.from
    }
}

/// A whole number over time: its maximum and time-weighted mean.
///
/// Each step adds the rest of the window to the integral or takes it off, so steps may be told in any order.
#[derive(Clone, Debug, Default)]
pub(super) struct Gauge {
    pub value: u64,
    /// Largest value of the running period of datapoints, whatever the window.
    pub period_max: u64,
    max: u64,
    /// Value × microseconds. Takes part in sums modulo 2^64; the final value of any run fits.
    integral: u64,
    opened: bool,
}

impl Gauge {
    /// A gauge that stands at `value` when its window opens.
    pub fn holding(value: u64, window: &Window) -> Gauge {
        Gauge {
            value,
            period_max: value,
            max: value,
            integral: value * window.micros(),
            opened: true,
        }
    }

    pub fn step(&mut self, time: SimTime, up: bool, window: &Window) {
        let left = window.left(time);
        if !self.opened && time.as_micros() >= window.from {
            // What stood when the window opened counts as well.
            self.opened = true;
            self.max = self.value;
        }
        if up {
            self.value += 1;
            self.period_max = self.period_max.max(self.value);
            self.integral = self.integral.wrapping_add(left);
            if window.contains(time) {
                self.max = self.max.max(self.value);
            }
        } else {
            self.value -= 1;
            self.integral = self.integral.wrapping_sub(left);
        }
    }

    pub fn summary(&self, window: &Window) -> GaugeSummary {
        let max = if self.opened { self.max } else { self.value };
        GaugeSummary {
            max,
            mean: self.integral as f64 / window.micros().max(1) as f64,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maximum_and_mean_count_only_inside_the_window() {
        let at = SimTime::from_micros;
        let window = Window::new(at(100), at(200));
        let mut gauge = Gauge::default();
        for (time, up) in [
            (0, true),
            (50, true),
            (90, false),
            (150, true),
            (160, false),
            (250, true),
        ] {
            gauge.step(at(time), up, &window);
        }
        // One throughout, a second one for ten of a hundred microseconds.
        assert_eq!(gauge.summary(&window), GaugeSummary { max: 2, mean: 1.1 });
    }
}
