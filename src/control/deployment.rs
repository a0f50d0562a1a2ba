use super::config::{DeploymentConfig, Hook};
use crate::facts::{DeploymentStep, LinkId};
use crate::kernel::draws::Purpose;
use crate::units::{Share, SimTime, Span};

/// A deployment over time.
#[derive(Clone, Debug)]
pub(super) struct Rollout {
    phase: Phase,
    /// When an alarm takes it back (DEP-6).
    rollback_at: Option<SimTime>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Planned,
    /// The hook before traffic decides.
    Before {
        until: SimTime,
    },
    /// The traffic moves; `next` counts the steps made since `began`.
    Shifting {
        began: SimTime,
        next: usize,
    },
    /// All steps are made.
    Moved {
        since: SimTime,
    },
    /// The hook after traffic decides.
    After {
        until: SimTime,
    },
    /// Nothing but a rollback is due.
    Doomed,
    Over,
}

/// What a step does to the alias.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    /// The new version gets this share.
    Shift(Share),
    /// All goes back to the old version.
    Back,
    /// Its function is told to decide.
    Ask(LinkId),
    /// Nothing.
    Stay,
}

/// The weights of a deployment that first gives `share` and all after `interval` (DEP-2).
pub fn canary(share: Share, interval: Span) -> Vec<(Span, Share)> {
    vec![(Span::ZERO, share), (interval, Share::ALL)]
}

/// The weights of a deployment that gives `percent` more at the start and after each `interval`, until all is given
/// (DEP-3).
pub fn linear(percent: u32, interval: Span) -> Vec<(Span, Share)> {
    let percent = percent.clamp(1, 100);
    let steps = 100u32.div_ceil(percent);
    (0..steps)
        .map(|step| {
            let given = (percent * (step + 1)).min(100);
            let after = Span::from_micros(interval.as_micros() * u64::from(step));
            (after, Share::from_fraction(f64::from(given) / 100.0))
        })
        .collect()
}

impl DeploymentConfig {
    /// The longest time that it takes, if no alarm takes it back.
    pub fn longest(&self) -> Span {
        let hook = |hook: Option<Hook>| hook.map_or(Span::ZERO, |hook| hook.takes);
        let shifting = self.steps.last().map_or(Span::ZERO, |(after, _)| *after);
        hook(self.before_traffic)
            .saturating_add(shifting)
            .saturating_add(hook(self.after_traffic))
    }
}

impl Rollout {
    pub fn new() -> Rollout {
        Rollout {
            phase: Phase::Planned,
            rollback_at: None,
        }
    }

    /// When something happens next; none once it is over.
    pub fn next_due(&self, config: &DeploymentConfig) -> Option<SimTime> {
        let due = match self.phase {
            Phase::Planned => Some(config.at),
            Phase::Before { until } | Phase::After { until } | Phase::Moved { since: until } => Some(until),
            Phase::Shifting { began, next } => Some(began.saturating_add(config.steps[next].0)),
            Phase::Doomed => None,
            Phase::Over => return None,
        };
        due.into_iter().chain(self.rollback_at).min()
    }

    /// Notes that an alarm of it is in ALARM; whether that is news (DEP-6).
    pub fn alarmed(&mut self, now: SimTime, config: &DeploymentConfig) -> bool {
        let runs = !matches!(self.phase, Phase::Planned | Phase::Over);
        let news = runs && self.rollback_at.is_none();
        if news {
            self.rollback_at = Some(now.saturating_add(config.rollback_lag));
        }
        news
    }

    /// What happens at `now`, one thing at a time; nothing more once it returns none.
    pub fn step(&mut self, now: SimTime, config: &DeploymentConfig) -> Option<(DeploymentStep, Move)> {
        if self.next_due(config).is_none_or(|due| due > now) {
            return None;
        }
        if self.rollback_at.is_some_and(|due| due <= now) {
            self.phase = Phase::Over;
            self.rollback_at = None;
            return Some((DeploymentStep::RolledBack, Move::Back));
        }
        Some(match self.phase {
            Phase::Planned => {
                self.phase = match config.before_traffic {
                    Some(hook) => Phase::Before {
                        until: now.saturating_add(hook.takes),
                    },
                    None => Phase::Shifting { began: now, next: 0 },
                };
                (DeploymentStep::Started, asked(config.before_traffic))
            }
            Phase::Before { .. } if fails(config, config.before_traffic, 0) => self.refused(now),
            Phase::Before { .. } => {
                self.phase = Phase::Shifting { began: now, next: 0 };
                return self.step(now, config);
            }
            Phase::Shifting { began, next } => self.shift(now, began, next, config),
            Phase::Moved { .. } => {
                let takes = config.after_traffic.map_or(Span::ZERO, |hook| hook.takes);
                self.phase = Phase::After {
                    until: now.saturating_add(takes),
                };
                match config.after_traffic {
                    Some(_) => (DeploymentStep::Checking, asked(config.after_traffic)),
                    None => return self.step(now, config),
                }
            }
            Phase::After { .. } if fails(config, config.after_traffic, 1) => self.refused(now),
            Phase::After { .. } if self.rollback_at.is_some() => {
                self.phase = Phase::Doomed;
                return None;
            }
            Phase::After { .. } => {
                self.phase = Phase::Over;
                (DeploymentStep::Succeeded, Move::Stay)
            }
            Phase::Doomed | Phase::Over => return None,
        })
    }

    /// A hook has failed: the rollback is at once (DEP-5).
    fn refused(&mut self, now: SimTime) -> (DeploymentStep, Move) {
        self.phase = Phase::Doomed;
        self.rollback_at = Some(now);
        (DeploymentStep::HookFailed, Move::Stay)
    }

    fn shift(
        &mut self,
        now: SimTime,
        began: SimTime,
        next: usize,
        config: &DeploymentConfig,
    ) -> (DeploymentStep, Move) {
        let (_, share) = config.steps[next];
        self.phase = if next + 1 < config.steps.len() {
            Phase::Shifting { began, next: next + 1 }
        } else {
            Phase::Moved { since: now }
        };
        (DeploymentStep::Shifted(share), Move::Shift(share))
    }
}

fn asked(hook: Option<Hook>) -> Move {
    hook.and_then(|hook| hook.invokes).map_or(Move::Stay, Move::Ask)
}

fn fails(config: &DeploymentConfig, hook: Option<Hook>, ordinal: u64) -> bool {
    let draw = || config.key.draw(ordinal, 0, Purpose::Fate).first;
    hook.is_some_and(|hook| hook.fails.covers(draw()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{FunctionId, QualifierId, VersionId};
    use crate::kernel::draws::StreamKey;

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + Span::from_secs(seconds)
    }

    fn config(steps: Vec<(Span, Share)>) -> DeploymentConfig {
        DeploymentConfig {
            name: "new".to_owned(),
            at: at(100),
            function: FunctionId(0),
            qualifier: QualifierId(1),
            to_version: VersionId(2),
            steps,
            alarms: Vec::new(),
            rollback_lag: Span::from_secs(10),
            before_traffic: None,
            after_traffic: None,
            key: StreamKey::derive(0, 0, "deployment", "new"),
        }
    }

    /// Everything that happens, with an alarm found at `alarm`.
    fn run(config: &DeploymentConfig, alarm: Option<SimTime>) -> Vec<(u64, DeploymentStep)> {
        let mut rollout = Rollout::new();
        let mut told = Vec::new();
        let mut pending = alarm;
        loop {
            let due = rollout.next_due(config).into_iter().chain(pending).min();
            let Some(now) = due else { return told };
            if pending.is_some_and(|time| time <= now) {
                rollout.alarmed(now, config);
                pending = None;
            }
            while let Some((step, _)) = rollout.step(now, config) {
                told.push((now.as_micros() / 1_000_000 - 100, step));
            }
        }
    }

    fn percent(percent: u32) -> Share {
        Share::from_fraction(f64::from(percent) / 100.0)
    }

    #[test]
    fn gvb_43_a_canary_gives_a_tenth_and_all_after_300_s_and_linear_a_tenth_more_each_minute_up_to_540_s() {
        let canary = run(&config(canary(percent(10), Span::from_secs(300))), None);
        let shifted = DeploymentStep::Shifted;
        assert_eq!(
            canary,
            [
                (0, DeploymentStep::Started),
                (0, shifted(percent(10))),
                (300, shifted(Share::ALL)),
                (300, DeploymentStep::Succeeded)
            ]
        );
        let linear = linear(10, Span::from_secs(60));
        let expected: Vec<(Span, Share)> = (0..10u64)
            .map(|step| (Span::from_secs(60 * step), percent(10 * (step as u32 + 1))))
            .collect();
        assert_eq!(linear, expected);
    }

    #[test]
    fn dep_6_an_alarm_takes_everything_back_after_the_lag_even_if_all_has_moved_by_then() {
        let canary = config(canary(percent(10), Span::from_secs(300)));
        let told = run(&canary, Some(at(220)));
        assert_eq!(told.last(), Some(&(130, DeploymentStep::RolledBack)));
        assert_eq!(told.len(), 3);
        let late = run(&canary, Some(at(395)));
        assert_eq!(
            late[2..],
            [
                (300, DeploymentStep::Shifted(Share::ALL)),
                (305, DeploymentStep::RolledBack)
            ]
        );
        assert_eq!(
            run(&canary, Some(at(401))).last(),
            Some(&(300, DeploymentStep::Succeeded))
        );
        assert_eq!(
            run(&canary, Some(at(40))).last(),
            Some(&(300, DeploymentStep::Succeeded))
        );
    }

    #[test]
    fn dep_5_hooks_delay_traffic_and_take_it_back() {
        let hook = |fails| {
            Some(Hook {
                takes: Span::from_secs(50),
                fails,
                invokes: None,
            })
        };
        let all_at_once = || config(vec![(Span::ZERO, Share::ALL)]);
        let mut before = all_at_once();
        before.before_traffic = hook(Share::NONE);
        assert_eq!(run(&before, None)[1], (50, DeploymentStep::Shifted(Share::ALL)));
        before.before_traffic = hook(Share::ALL);
        let told = run(&before, None);
        let ends = [(50, DeploymentStep::HookFailed), (50, DeploymentStep::RolledBack)];
        assert_eq!(told[1..], ends);
        let mut after = all_at_once();
        after.after_traffic = hook(Share::ALL);
        assert_eq!(run(&after, None)[2], (0, DeploymentStep::Checking));
        assert_eq!(run(&after, None)[3..], ends);
        assert_eq!(after.longest(), Span::from_secs(50));
    }
}
