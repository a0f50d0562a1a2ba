use super::summary::GaugeSummary;
use crate::facts::{GivenBack, Swing};
use crate::units::SimTime;

/// What begins at an instant: a period of datapoints, the window, a step of the timeline.
#[derive(Clone, Copy, Debug)]
pub(super) struct Begins {
    pub period: bool,
    pub window: bool,
    pub step: bool,
}

impl Begins {
    pub fn something(self) -> bool {
        self.period || self.window || self.step
    }
}

/// A whole number over time: its maximum and time-weighted mean over a window that its owner opens and closes.
///
/// It counts all the time; opening notes where the counts stand, closing takes the difference. So a step need not look
/// where the window lies.
#[derive(Clone, Debug, Default)]
pub(super) struct Gauge {
    pub value: u64,
    /// Largest value of the running period of datapoints, of the window, and since somebody last looked.
    period_max: u64,
    window_max: u64,
    look_max: u64,
    /// The smallest of these three: a value up to it changes none of them, so that most steps compare once.
    ceiling: u64,
    /// Instants of the steps down minus those of the steps up, modulo 2^64. With `value` × now added this is value ×
    /// microseconds since the start of the run: only differences are used, and the longest run at 262,144 concurrent stays
    /// below 2^64. A step is one addition instead of a multiplication.
    balance: u64,
    opened_at: u64,
}

impl Gauge {
    /// One more, or one less.
    #[inline]
    pub fn step(&mut self, time: SimTime, up: bool) {
        if up {
            self.value += 1;
            self.balance = self.balance.wrapping_sub(time.as_micros());
            if self.value > self.ceiling {
                self.raise();
            }
        } else {
            self.value -= 1;
            self.balance = self.balance.wrapping_add(time.as_micros());
        }
    }

    /// So many less, at instants of which only the sum is known.
    #[inline]
    pub fn give_back(&mut self, slots: GivenBack) {
        self.value -= slots.count;
        self.balance = self.balance.wrapping_add(slots.instants);
    }

    /// How much it may rise before any maximum changes.
    pub fn headroom(&self) -> i64 {
        self.ceiling as i64 - self.value as i64
    }

    /// What several steps do together.
    pub fn swing(&mut self, swing: Swing) {
        let before = self.value;
        self.balance = self.balance.wrapping_add(swing.balance);
        self.value = before.wrapping_add_signed(swing.rise);
        if self.value > self.ceiling {
            self.raise();
        }
        self.value = before.wrapping_add_signed(swing.change);
    }

    /// So many more at instants of this sum, with others given back in between: at most `rise` above where it stood.
    pub fn train(&mut self, taken: GivenBack, given_back: GivenBack, rise: u64) {
        let before = self.value;
        self.balance = self
            .balance
            .wrapping_sub(taken.instants)
            .wrapping_add(given_back.instants);
        if before + rise > self.ceiling {
            self.value = before + rise;
            self.raise();
        }
        self.value = before + taken.count - given_back.count;
    }

    #[cold]
    fn raise(&mut self) {
        for largest in [&mut self.period_max, &mut self.window_max, &mut self.look_max] {
            *largest = self.value.max(*largest);
        }
        self.ceiling = self.period_max.min(self.window_max).min(self.look_max);
    }

    /// Value × microseconds from the start of the run to `time`, modulo 2^64.
    #[inline]
    pub fn integral_to(&self, time: SimTime) -> u64 {
        self.balance.wrapping_add(self.value.wrapping_mul(time.as_micros()))
    }

    /// What begins now does so with the value that is left after all that ends at this instant.
    pub fn begin_again(&mut self, begins: Begins) {
        for (largest, begins) in [
            (&mut self.period_max, begins.period),
            (&mut self.window_max, begins.window),
            (&mut self.look_max, begins.step),
        ] {
            if begins {
                *largest = self.value;
            }
        }
        self.ceiling = self.period_max.min(self.window_max).min(self.look_max);
    }

    /// The next period of datapoints begins.
    pub fn begin_period(&mut self) {
        (self.period_max, self.ceiling) = (self.value, self.value);
    }

    /// Largest value of the running period of datapoints.
    pub fn period_max(&self) -> u64 {
        self.period_max
    }

    /// Largest value since the window was opened.
    pub fn window_max(&self) -> u64 {
        self.window_max
    }

    /// Largest value since the last look.
    pub fn look(&mut self) -> u64 {
        self.ceiling = self.value;
        std::mem::replace(&mut self.look_max, self.value)
    }

    /// The window begins at `time`: what stands then counts as well.
    pub fn open(&mut self, time: SimTime) {
        (self.window_max, self.ceiling) = (self.value, self.value);
        self.opened_at = self.integral_to(time);
    }

    /// The window that was opened at `from` ends at `to`.
    pub fn close(&self, from: SimTime, to: SimTime) -> GaugeSummary {
        let integral = self.integral_to(to).wrapping_sub(self.opened_at);
        let length = to.since(from).as_micros();
        GaugeSummary {
            max: self.window_max,
            mean: if length == 0 {
                0.0
            } else {
                integral as f64 / length as f64
            },
        }
    }
}

/// The same for steps that are told late: each adds the rest of the window to the integral or takes it off, so order
/// does not matter. The maximum is right if every step up is told in time.
#[derive(Clone, Debug, Default)]
pub(super) struct LateGauge {
    value: u64,
    max: u64,
    integral: i128,
    opened: bool,
}

impl LateGauge {
    /// One more, or one less, of which the window still holds `left` microseconds. `started`: the window has begun.
    pub fn step(&mut self, up: bool, left: u64, started: bool) {
        if started && !self.opened {
            self.opened = true;
            self.max = self.value;
        }
        if up {
            self.value += 1;
            self.integral += left as i128;
            if left > 0 {
                self.max = self.max.max(self.value);
            }
        } else {
            self.value -= 1;
            self.integral -= left as i128;
        }
    }

    /// The result over a window of `length` microseconds.
    pub fn summary(&self, length: u64) -> GaugeSummary {
        let max = if self.opened { self.max } else { self.value };
        GaugeSummary {
            max,
            mean: if length == 0 {
                0.0
            } else {
                self.integral as f64 / length as f64
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn maximum_and_mean_count_only_inside_the_window() {
        let at = SimTime::from_micros;
        let mut gauge = Gauge::default();
        for (time, up) in [(0, true), (50, true), (90, false)] {
            gauge.step(at(time), up);
        }
        gauge.open(at(100));
        gauge.step(at(150), true);
        gauge.step(at(160), false);
        // One throughout, a second one for ten of a hundred microseconds.
        assert_eq!(gauge.close(at(100), at(200)), GaugeSummary { max: 2, mean: 1.1 });
    }

    #[test]
    fn late_steps_give_the_same_whatever_their_order() {
        let result = |steps: [(u64, bool); 4]| {
            let mut gauge = LateGauge::default();
            steps.iter().for_each(|(time, up)| gauge.step(*up, 100 - time, true));
            gauge.summary(100)
        };
        let in_time = result([(0, true), (10, true), (30, false), (40, true)]);
        assert_eq!(in_time, GaugeSummary { max: 2, mean: 1.8 });
        assert_eq!(result([(0, true), (10, true), (40, true), (30, false)]).mean, 1.8);
    }
}
