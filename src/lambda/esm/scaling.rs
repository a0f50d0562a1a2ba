use super::config::ScalingConfig;
use crate::units::{SimTime, Span};

const MINUTE: u64 = 60_000_000;
/// Below this a throttle or an error takes nothing away (SQS-12).
const LEAST_AFTER_BACK_OFF: u32 = 2;

/// How many batches a mapping's pollers may have in work at once, over time (SQS-4…8, SQS-12, SQSP-3).
///
/// It follows the backlog steadily, but is only looked at when somebody wants to know: kept in batches × microseconds of a
/// minute, so that whole numbers stay exact.
#[derive(Clone, Debug)]
pub(super) struct Scaling {
    pub config: ScalingConfig,
    level: u64,
    /// What it did since `since`.
    trend: Trend,
    since: SimTime,
    /// Backlog since growth last came, where it comes once a minute.
    waited: u64,
    /// Whether it has ever had work: before that it stays at its start.
    worked: bool,
}

/// Where the allowance goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trend {
    /// Up: there is more to read than may be read.
    Backlog,
    /// Down to its start: there is work, but no backlog.
    Busy,
    /// Down to its least: there is nothing to do.
    Idle,
}

impl Scaling {
    pub fn new(config: ScalingConfig) -> Scaling {
        Scaling {
            config,
            level: config.start as u64 * MINUTE,
            trend: Trend::Idle,
            since: SimTime::ZERO,
            waited: 0,
            worked: false,
        }
    }

    /// Other bounds from now on.
    pub fn set_config(&mut self, now: SimTime, config: ScalingConfig) {
        self.settle(now);
        self.config = config;
        let (least, most) = (config.idle as u64 * MINUTE, config.ceiling as u64 * MINUTE);
        self.level = self.level.clamp(least.min(most), most);
    }

    /// Batches that may be in work at once.
    pub fn allowed(&mut self, now: SimTime) -> u32 {
        self.settle(now);
        (self.level / MINUTE) as u32
    }

    /// Pollers of provisioned mode that are active, as of the last look.
    pub fn pollers(&self) -> Option<u32> {
        let batches = self.level.div_ceil(MINUTE) as u32;
        self.config.per_poller.map(|per_poller| batches.div_ceil(per_poller))
    }

    /// From now on it goes where `trend` says.
    pub fn follow(&mut self, now: SimTime, trend: Trend) {
        self.settle(now);
        self.worked |= trend != Trend::Idle;
        if trend != Trend::Backlog {
            self.waited = 0;
        }
        self.trend = trend;
    }

    /// When it should be looked at again: once it has grown by one whole batch, if the backlog remains; or once one
    /// provisioned poller less is active.
    pub fn next_change(&self) -> Option<SimTime> {
        if self.trend != Trend::Backlog {
            return self.next_poller_less();
        }
        let ceiling = self.config.ceiling as u64 * MINUTE;
        if self.level >= ceiling || self.config.growth_per_minute == 0 {
            return None;
        }
        let wait = match self.config.minute_steps {
            true => MINUTE - self.waited,
            false => (MINUTE - self.level % MINUTE).div_ceil(self.config.growth_per_minute as u64),
        };
        Some(self.since.saturating_add(Span::from_micros(wait)))
    }

    fn next_poller_less(&self) -> Option<SimTime> {
        let per_poller = self.config.per_poller? as u64 * MINUTE;
        let rate = self.config.scale_in_per_minute as u64;
        let fewer = (self.level.div_ceil(per_poller) - 1) * per_poller;
        if rate == 0 || !self.worked || fewer < self.config.start as u64 * MINUTE {
            return None;
        }
        let wait = (self.level - fewer).div_ceil(rate);
        Some(self.since.saturating_add(Span::from_micros(wait)))
    }

    /// A batch was throttled or has failed (SQS-12).
    pub fn back_off(&mut self, now: SimTime) {
        self.settle(now);
        if self.config.backs_off {
            let least = LEAST_AFTER_BACK_OFF
                .max(self.provisioned_floor())
                .min(self.config.ceiling) as u64
                * MINUTE;
            self.level = (self.level / 2).max(least).min(self.level);
        }
    }

    /// Provisioned pollers stay, whatever happens (SQSP-1).
    fn provisioned_floor(&self) -> u32 {
        self.config.per_poller.map_or(0, |_| self.config.start)
    }

    fn settle(&mut self, now: SimTime) {
        let elapsed = now.since(self.since).as_micros();
        self.since = now;
        let floor = match self.trend {
            Trend::Backlog => return self.grow(elapsed),
            Trend::Busy => self.config.start,
            Trend::Idle if self.worked => self.config.idle,
            Trend::Idle => return,
        };
        let floor = floor as u64 * MINUTE;
        let gone = elapsed.saturating_mul(self.config.scale_in_per_minute as u64);
        self.level = self.level.saturating_sub(gone).max(floor.min(self.level));
    }

    fn grow(&mut self, elapsed: u64) {
        let growth = self.config.growth_per_minute as u64;
        let grown = if self.config.minute_steps {
            let waited = self.waited + elapsed;
            self.waited = waited % MINUTE;
            (waited / MINUTE).saturating_mul(growth * MINUTE)
        } else {
            elapsed.saturating_mul(growth)
        };
        let ceiling = self.config.ceiling as u64 * MINUTE;
        self.level = self.level.saturating_add(grown).min(ceiling.max(self.level));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn standard(minute_steps: bool) -> ScalingConfig {
        ScalingConfig {
            start: 5,
            idle: 2,
            ceiling: 1_250,
            growth_per_minute: 300,
            scale_in_per_minute: 300,
            minute_steps,
            backs_off: true,
            per_poller: None,
        }
    }

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + Span::from_secs(secs)
    }

    #[test]
    fn gvb_31_a_deep_backlog_takes_pollers_to_1250_in_249_seconds_or_in_steps_of_a_minute() {
        let mut scaling = Scaling::new(standard(false));
        scaling.follow(at(0), Trend::Backlog);
        assert_eq!(
            [0, 1, 248, 249, 300].map(|secs| scaling.allowed(at(secs))),
            [5, 10, 1_245, 1_250, 1_250]
        );
        let mut steps = Scaling::new(standard(true));
        steps.follow(at(0), Trend::Backlog);
        let minutes = [59, 60, 120, 180, 240, 300].map(|secs| steps.allowed(at(secs)));
        assert_eq!(minutes, [5, 305, 605, 905, 1_205, 1_250]);
        let before = ScalingConfig {
            ceiling: 1_000,
            growth_per_minute: 60,
            ..standard(false)
        };
        let mut before = Scaling::new(before);
        before.follow(at(0), Trend::Backlog);
        assert_eq!([994, 995].map(|secs| before.allowed(at(secs))), [999, 1_000]);
    }

    #[test]
    fn sqs_7_pollers_go_at_300_a_minute_to_five_with_work_and_to_two_without() {
        let mut scaling = Scaling::new(standard(false));
        scaling.follow(at(0), Trend::Backlog);
        scaling.follow(at(100), Trend::Busy);
        assert_eq!([101, 160, 300].map(|secs| scaling.allowed(at(secs))), [500, 205, 5]);
        scaling.follow(at(300), Trend::Idle);
        assert_eq!([300, 301].map(|secs| scaling.allowed(at(secs))), [5, 2]);
    }

    #[test]
    fn where_growth_comes_once_a_minute_it_is_looked_at_when_the_minute_is_over() {
        let mut steps = Scaling::new(standard(true));
        steps.follow(at(0), Trend::Backlog);
        assert_eq!(steps.allowed(at(20)), 5);
        assert_eq!(steps.next_change(), Some(at(60)));
        steps.follow(at(30), Trend::Backlog);
        assert_eq!(steps.next_change(), Some(at(60)));
        // A minute counts while the backlog remains.
        steps.follow(at(40), Trend::Busy);
        steps.follow(at(50), Trend::Backlog);
        assert_eq!(steps.next_change(), Some(at(110)));
        assert_eq!([109, 110].map(|secs| steps.allowed(at(secs))), [5, 305]);
    }

    #[test]
    fn sqs_5_growth_is_looked_at_when_one_more_batch_may_be_in_work() {
        let mut scaling = Scaling::new(standard(false));
        scaling.follow(at(0), Trend::Backlog);
        // Five more in a second: half of one after 100 ms.
        let half = at(0) + Span::from_millis(100);
        assert_eq!(scaling.allowed(half), 5);
        assert_eq!(scaling.next_change(), Some(at(0) + Span::from_millis(200)));
        assert_eq!(scaling.allowed(at(249)), 1_250);
        assert_eq!(scaling.next_change(), None);
        let mut fixed = Scaling::new(ScalingConfig {
            growth_per_minute: 0,
            ..standard(false)
        });
        fixed.follow(at(0), Trend::Backlog);
        assert_eq!(fixed.next_change(), None);
    }

    #[test]
    fn sqs_4_before_there_was_work_it_stays_at_its_start() {
        let mut scaling = Scaling::new(standard(false));
        assert_eq!(scaling.allowed(at(1_000)), 5);
        scaling.follow(at(1_000), Trend::Busy);
        scaling.follow(at(1_000), Trend::Idle);
        assert_eq!(scaling.allowed(at(2_000)), 2);
    }

    #[test]
    fn other_bounds_hold_from_the_moment_they_are_set() {
        let bounds = |idle, ceiling| ScalingConfig {
            idle,
            ceiling,
            ..standard(false)
        };
        let mut scaling = Scaling::new(standard(false));
        scaling.follow(at(0), Trend::Backlog);
        assert_eq!(scaling.allowed(at(60)), 305);
        scaling.set_config(at(60), bounds(2, 20));
        assert_eq!([60, 120].map(|secs| scaling.allowed(at(secs))), [20, 20]);
        scaling.set_config(at(120), bounds(50, 1_250));
        assert_eq!(scaling.allowed(at(120)), 50);
        // No bound is met between them.
        scaling.set_config(at(120), bounds(2, 1_250));
        assert_eq!([120, 180].map(|secs| scaling.allowed(at(secs))), [50, 350]);
    }

    #[test]
    fn sqsp_2_provisioned_pollers_go_one_by_one_with_ten_batches_each_and_the_first_ones_stay() {
        let provisioned = |scale_in_per_minute| ScalingConfig {
            start: 20,
            idle: 20,
            ceiling: 2_000,
            growth_per_minute: 1_000,
            scale_in_per_minute,
            minute_steps: false,
            backs_off: true,
            per_poller: Some(10),
        };
        let mut scaling = Scaling::new(provisioned(300));
        assert_eq!((scaling.pollers(), scaling.next_change()), (Some(2), None));
        scaling.follow(at(0), Trend::Backlog);
        scaling.follow(at(60), Trend::Busy);
        // 20 + 1,000 batches; ten fewer take 2 s.
        assert_eq!((scaling.pollers(), scaling.next_change()), (Some(102), Some(at(62))));
        assert_eq!((scaling.allowed(at(61)), scaling.next_change()), (1_015, Some(at(62))));
        // The third poller goes last, from 30 batches on.
        assert_eq!((scaling.allowed(at(258)), scaling.next_change()), (30, Some(at(260))));
        assert_eq!((scaling.allowed(at(260)), scaling.next_change()), (20, None));
        assert_eq!(scaling.pollers(), Some(2));
        scaling.back_off(at(260));
        assert_eq!(scaling.allowed(at(260)), 20);
        let mut steady = Scaling::new(provisioned(0));
        steady.follow(at(0), Trend::Backlog);
        steady.follow(at(60), Trend::Busy);
        assert_eq!((steady.allowed(at(300)), steady.next_change()), (1_020, None));
    }

    #[test]
    fn sqs_12_a_throttle_halves_but_leaves_two() {
        let mut scaling = Scaling::new(standard(false));
        scaling.follow(at(0), Trend::Backlog);
        let mut halved = || {
            scaling.back_off(at(7));
            scaling.allowed(at(7))
        };
        assert_eq!([halved(), halved(), halved(), halved(), halved()], [20, 10, 5, 2, 2]);
        assert_eq!(scaling.next_change(), Some(at(7) + Span::from_micros(200_000)));
    }
}
