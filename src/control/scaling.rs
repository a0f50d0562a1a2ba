use super::alarm::{Criterion, looks_back};
use super::config::{MissingData, ScalingConfig, TargetTracking};
use crate::facts::{AlarmState, ScalingCause};
use crate::units::{Fraction, SimTime, Span};

/// Period of the datapoints of target tracking (AAS-3).
pub(super) const PERIOD: Span = Span::from_secs(60);
/// Below this share of the target a policy scales in (AAS-3).
const LOW: Fraction = Fraction::new(9, 10);

/// What a scalable target has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Capacity {
    /// What was asked for.
    pub requested: u32,
    /// What serves.
    pub ready: u32,
}

/// A scalable target over time.
#[derive(Clone, Debug)]
pub(super) struct Target {
    minimum: u32,
    maximum: u32,
    scheduled: usize,
    policies: Vec<Policy>,
}

/// One target tracking policy over time: its pair of alarms and its cooldowns.
#[derive(Clone, Debug, Default)]
struct Policy {
    high: AlarmState,
    low: AlarmState,
    out_until: SimTime,
    in_until: SimTime,
}

/// What a policy wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Vote {
    Out(u32),
    In(u32),
    Stay,
}

/// How many periods a policy's alarms look back.
pub(super) fn keeps(tracking: &TargetTracking) -> u32 {
    looks_back(tracking.points_high.max(tracking.points_low))
}

impl Target {
    pub fn new(config: &ScalingConfig) -> Target {
        Target {
            minimum: config.minimum,
            maximum: config.maximum,
            scheduled: 0,
            policies: vec![Policy::default(); config.policies.len()],
        }
    }

    /// When its next scheduled action is due.
    pub fn next_scheduled(&self, config: &ScalingConfig) -> Option<SimTime> {
        config.scheduled.get(self.scheduled).map(|action| action.time)
    }

    /// Takes over the limits of the actions due at `now`; the capacity they ask for, whatever the cooldowns (AAS-10).
    pub fn schedule(&mut self, now: SimTime, config: &ScalingConfig, capacity: Capacity) -> Option<u32> {
        let before = self.scheduled;
        while let Some(action) = config.scheduled.get(self.scheduled).filter(|action| action.time <= now) {
            self.minimum = action.minimum.unwrap_or(self.minimum);
            self.maximum = action.maximum.unwrap_or(self.maximum).max(self.minimum);
            self.scheduled += 1;
        }
        let wanted = self.within(capacity.requested);
        (self.scheduled > before && wanted != capacity.requested).then_some(wanted)
    }

    /// The capacity that target tracking asks for at a boundary of a minute, and why. `utilization` gives the datapoint
    /// of a policy so many periods ago, 0 for the period that has just ended.
    pub fn track(
        &mut self,
        now: SimTime,
        config: &ScalingConfig,
        capacity: Capacity,
        utilization: impl Fn(usize, u32) -> Option<Fraction>,
    ) -> Option<(u32, ScalingCause)> {
        let policies = self.policies.iter_mut().zip(&config.policies).enumerate();
        let votes: Vec<Vote> = policies
            .map(|(place, (policy, tracking))| policy.vote(now, tracking, capacity, |ago| utilization(place, ago)))
            .collect();
        let out = votes.iter().filter_map(|vote| match vote {
            Vote::Out(desired) => Some(*desired),
            Vote::In(_) | Vote::Stay => None,
        });
        if let Some(desired) = out.max() {
            let wanted = self.within(desired);
            return (wanted > capacity.requested).then_some((wanted, ScalingCause::ScaleOut));
        }
        // All must agree to scale in, and the largest wins (AAS-9).
        let inwards: Option<Vec<u32>> = votes
            .iter()
            .map(|vote| match vote {
                Vote::In(desired) => Some(*desired),
                Vote::Out(_) | Vote::Stay => None,
            })
            .collect();
        let wanted = self.within(inwards?.into_iter().max()?);
        (wanted < capacity.requested).then_some((wanted, ScalingCause::ScaleIn))
    }

    /// Cooldowns begin: the capacity has been changed at `now` (AAS-7).
    pub fn scaled(&mut self, now: SimTime, config: &ScalingConfig, cause: ScalingCause) {
        for (policy, tracking) in self.policies.iter_mut().zip(&config.policies) {
            match cause {
                ScalingCause::ScaleOut => policy.out_until = now.saturating_add(tracking.scale_out_cooldown),
                ScalingCause::ScaleIn => policy.in_until = now.saturating_add(tracking.scale_in_cooldown),
                ScalingCause::Schedule => {}
            }
        }
    }

    fn within(&self, capacity: u32) -> u32 {
        capacity.clamp(self.minimum, self.maximum)
    }
}

impl Policy {
    fn vote(
        &mut self,
        now: SimTime,
        tracking: &TargetTracking,
        capacity: Capacity,
        utilization: impl Fn(u32) -> Option<Fraction>,
    ) -> Vote {
        let low = tracking.target.times(LOW);
        let points = |evaluation_periods: u32, breaches: &dyn Fn(Fraction) -> bool| -> Vec<Option<bool>> {
            (0..looks_back(evaluation_periods))
                .map(|ago| utilization(ago).map(breaches))
                .collect()
        };
        let criterion = |points: u32| Criterion {
            evaluation_periods: points,
            datapoints_to_alarm: points,
            missing: MissingData::Missing,
        };
        let high_points = points(tracking.points_high, &|value| value > tracking.target);
        let low_points = points(tracking.points_low, &|value| value < low);
        self.high = criterion(tracking.points_high).judge(&high_points, self.high);
        self.low = criterion(tracking.points_low).judge(&low_points, self.low);
        // Without a datapoint for the latest period there is nothing to scale by (AAS-8).
        let Some(metric) = utilization(0) else {
            return Vote::Stay;
        };
        let proportional = metric.scaled_up(capacity.ready, tracking.target);
        if self.high == AlarmState::Alarm && now >= self.out_until {
            // What is on its way already counts: the metric is a share of what serves (AAS-5).
            return Vote::Out(proportional);
        }
        let settled = capacity.ready == capacity.requested;
        if self.low == AlarmState::Alarm && now >= self.in_until && settled && tracking.scales_in {
            let floor = tracking.scale_in_floor.scaled_up(capacity.ready, Fraction::new(1, 1));
            return Vote::In(proportional.max(floor));
        }
        Vote::Stay
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::config::ScheduledAction;
    use crate::control::metric::Statistic;
    use crate::facts::{FunctionId, QualifierId};

    fn tracking(target: u128) -> TargetTracking {
        TargetTracking {
            target: Fraction::new(target, 100),
            statistic: Statistic::Average,
            points_high: 3,
            points_low: 15,
            scale_in_floor: Fraction::new(9, 10),
            scale_out_cooldown: Span::ZERO,
            scale_in_cooldown: Span::ZERO,
            scales_in: true,
        }
    }

    fn config(policies: Vec<TargetTracking>) -> ScalingConfig {
        ScalingConfig {
            function: FunctionId(0),
            qualifier: QualifierId(1),
            initial: 100,
            minimum: 10,
            maximum: 1_000,
            policies,
            scheduled: Vec::new(),
        }
    }

    const HUNDRED: Capacity = Capacity {
        requested: 100,
        ready: 100,
    };

    /// What is asked for at each minute while the utilization is `percent`; none is a missing datapoint.
    fn tracked(config: &ScalingConfig, percent: &[Option<u128>]) -> Vec<Option<(u32, ScalingCause)>> {
        let mut target = Target::new(config);
        let at_minute = |minute: usize| {
            let now = SimTime::ZERO + Span::from_secs(60 * minute as u64);
            target.track(now, config, HUNDRED, |_, ago| {
                let place = minute.checked_sub(1 + ago as usize)?;
                percent[place].map(|percent| Fraction::new(percent, 100))
            })
        };
        (1..=percent.len()).map(at_minute).collect()
    }

    #[test]
    fn gvb_18_three_minutes_at_84_percent_scale_a_hundred_out_to_120() {
        let asked = tracked(&config(vec![tracking(70)]), &[Some(84); 3]);
        assert_eq!(asked, [None, None, Some((120, ScalingCause::ScaleOut))]);
    }

    #[test]
    fn gvb_19_only_below_63_percent_fifteen_minutes_scale_in_and_keep_nine_tenths() {
        for percent in [65, 63] {
            let asked = tracked(&config(vec![tracking(70)]), &[Some(percent); 40]);
            assert!(asked.iter().all(Option::is_none), "{percent}");
        }
        let asked = tracked(&config(vec![tracking(70)]), &[Some(62); 15]);
        assert_eq!(asked.iter().position(Option::is_some), Some(14));
        assert_eq!(asked[14], Some((90, ScalingCause::ScaleIn)));
    }

    #[test]
    fn gvb_20_without_datapoints_nothing_scales() {
        let mut percent = vec![Some(50); 10];
        percent.extend([None; 40]);
        assert!(
            tracked(&config(vec![tracking(70)]), &percent)
                .iter()
                .all(Option::is_none)
        );
    }

    #[test]
    fn aas_9_the_largest_of_several_policies_wins_and_all_must_agree_to_scale_in() {
        let both = config(vec![tracking(70), tracking(40)]);
        let asked = tracked(&both, &[Some(84); 3]);
        // 100 × 0.84 / 0.4.
        assert_eq!(asked[2], Some((210, ScalingCause::ScaleOut)));
        // 0.38 is below 0.63 but not below 0.36.
        assert!(tracked(&both, &[Some(38); 40]).iter().all(Option::is_none));
        assert_eq!(tracked(&both, &[Some(30); 15])[14], Some((90, ScalingCause::ScaleIn)));
    }

    #[test]
    fn aas_10_a_scheduled_action_moves_the_limits_and_the_capacity_into_them() {
        let action = |minute: u64, minimum, maximum| ScheduledAction {
            time: SimTime::ZERO + Span::from_secs(60 * minute),
            minimum,
            maximum,
        };
        let config = ScalingConfig {
            scheduled: vec![
                action(5, Some(150), None),
                action(6, Some(20), Some(40)),
                action(7, None, Some(200)),
            ],
            ..config(Vec::new())
        };
        let mut target = Target::new(&config);
        let mut at = |minute: u64| target.schedule(SimTime::ZERO + Span::from_secs(60 * minute), &config, HUNDRED);
        assert_eq!([4, 5, 6, 7].map(&mut at), [None, Some(150), Some(40), None]);
    }

    #[test]
    fn aas_7_cooldowns_hold_back_what_follows() {
        let mut slow = tracking(70);
        slow.scale_out_cooldown = Span::from_secs(300);
        let config = config(vec![slow]);
        let mut target = Target::new(&config);
        let mut at = |minute: u64| {
            let now = SimTime::ZERO + Span::from_secs(60 * minute);
            let asked = target.track(now, &config, HUNDRED, |_, _| Some(Fraction::new(84, 100)));
            if let Some((_, cause)) = asked {
                target.scaled(now, &config, cause);
            }
            asked.is_some()
        };
        let minutes: Vec<u64> = (3..=14).filter(|minute| at(*minute)).collect();
        assert_eq!(minutes, [3, 8, 13]);
    }
}
