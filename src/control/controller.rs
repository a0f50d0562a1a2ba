use super::act::Act;
use super::alarm::{Criterion, Record, cadence, looks_back};
use super::config::{AlarmConfig, ControlConfig, DeploymentConfig};
use super::deployment::{Move, Rollout};
use super::journal::{AlarmSummary, ControlSummary, Journal};
use super::metric::{Dimension, Metric};
use super::monitor::{Monitor, Watch};
use super::scaling::{self, Capacity, Target};
use crate::facts::{Action, AlarmId, AlarmState, DeploymentId, DeploymentStep, Observer, ScalingCause, VersionId};
use crate::lambda::Platform;
use crate::units::{Fraction, SimTime, Span};

/// Alarms, Application Auto Scaling and deployments of one run.
///
/// At one instant scheduled actions come first, then alarms, then target tracking, then deployments, each by name.
#[derive(Debug)]
pub struct Controller<'a> {
    config: &'a ControlConfig,
    /// By alarm; watches of alarms come first, in their order.
    alarms: Vec<Watched>,
    targets: Vec<Scaled>,
    rollouts: Vec<Rollout>,
    /// The versions that deployments move away from.
    old_versions: Vec<Option<VersionId>>,
    next_tracking: Option<SimTime>,
    journal: Journal,
}

/// An alarm and when it is evaluated next.
#[derive(Debug)]
struct Watched {
    record: Record,
    next: SimTime,
}

/// A scalable target and where the watches of its policies begin.
#[derive(Debug)]
struct Scaled {
    target: Target,
    first_watch: usize,
}

/// What listens to a run: the monitor, where something is watched, and everybody else. One type for both kinds of run: a
/// second one would be a second copy of the core loop, and neither would be inlined.
pub type Watchers<'o, O> = (Option<Monitor>, &'o mut O);

impl<'a> Controller<'a> {
    /// What `config` describes, with the monitor that must listen to the same run. `reserved` is the reserved concurrency
    /// of each function.
    pub fn new(config: &'a ControlConfig, reserved: Vec<Option<u32>>) -> (Controller<'a>, Option<Monitor>) {
        let mut watches: Vec<Watch> = config.alarms.iter().map(alarm_watch).collect();
        let mut targets = Vec::new();
        for scaled in &config.scaling {
            targets.push(Scaled {
                target: Target::new(scaled),
                first_watch: watches.len(),
            });
            watches.extend(scaled.policies.iter().map(|tracking| Watch {
                metric: Metric::ProvisionedConcurrencyUtilization,
                dimension: Dimension::Qualifier(scaled.function, scaled.qualifier),
                period: scaling::PERIOD,
                keep: scaling::keeps(tracking),
            }));
        }
        let tracks = config.scaling.iter().any(|scaled| !scaled.policies.is_empty());
        let watched = |alarm: &AlarmConfig| Watched {
            record: Record::default(),
            next: SimTime::ZERO + cadence(alarm, &alarm.rule),
        };
        let shortest = |alarm: &AlarmConfig| {
            let later = alarm.changes.iter().map(|(_, rule)| cadence(alarm, rule));
            later.fold(cadence(alarm, &alarm.rule), Span::min)
        };
        let looks_every = config.alarms.iter().map(shortest).min().unwrap_or(scaling::PERIOD);
        let anything = !watches.is_empty();
        let monitor = anything.then(|| Monitor::new(watches, looks_every.min(scaling::PERIOD), reserved));
        let controller = Controller {
            config,
            alarms: config.alarms.iter().map(watched).collect(),
            targets,
            rollouts: config.deployments.iter().map(|_| Rollout::new()).collect(),
            old_versions: vec![None; config.deployments.len()],
            next_tracking: tracks.then_some(SimTime::ZERO + scaling::PERIOD),
            journal: Journal::new(config),
        };
        (controller, monitor)
    }

    /// What has happened, at the end of the run.
    pub fn finish(self, end: SimTime) -> ControlSummary {
        let alarm = |watched: &Watched| AlarmSummary {
            state: watched.record.state,
            alarms: watched.record.alarms,
            in_alarm: watched.record.in_alarm(end),
            first: watched.record.first,
        };
        self.journal.finish(self.alarms.iter().map(alarm).collect())
    }

    fn schedule<O: Observer>(&mut self, now: SimTime, platform: &mut Platform, watchers: &mut Watchers<O>) {
        for place in 0..self.targets.len() {
            let config = &self.config.scaling[place];
            let capacity = capacity_of(platform, place, self.config);
            if let Some(wanted) = self.targets[place].target.schedule(now, config, capacity) {
                self.scale(now, place, wanted, ScalingCause::Schedule, platform, watchers);
            }
        }
    }

    fn evaluate<O: Observer>(&mut self, now: SimTime, watchers: &mut Watchers<O>) {
        for place in 0..self.alarms.len() {
            if self.alarms[place].next > now {
                continue;
            }
            let config = &self.config.alarms[place];
            self.alarms[place].next = now.saturating_add(cadence(config, config.rule(now)));
            let state = self.judge(now, place, watchers.0.as_ref());
            if self.alarms[place].record.set(now, state) {
                let alarm = AlarmId(place as u32);
                self.journal.write(now, Action::Alarm { alarm, state }, watchers);
            }
        }
    }

    fn judge(&self, now: SimTime, place: usize, monitor: Option<&Monitor>) -> AlarmState {
        let config = &self.config.alarms[place];
        let rule = config.rule(now);
        let breaches = |ago: u32| {
            let value = datapoint(monitor, place, config.period, now, ago, config.statistic)?;
            Some(rule.comparison.breaches(value, rule.threshold))
        };
        let points: Vec<Option<bool>> = (0..looks_back(rule.evaluation_periods)).map(breaches).collect();
        let criterion = Criterion {
            evaluation_periods: rule.evaluation_periods,
            datapoints_to_alarm: rule.datapoints_to_alarm,
            missing: rule.missing,
        };
        criterion.judge(&points, self.alarms[place].record.state)
    }

    fn track<O: Observer>(&mut self, now: SimTime, platform: &mut Platform, watchers: &mut Watchers<O>) {
        if self.next_tracking.is_none_or(|next| next > now) {
            return;
        }
        self.next_tracking = Some(now.saturating_add(scaling::PERIOD));
        for place in 0..self.targets.len() {
            let config = &self.config.scaling[place];
            let capacity = capacity_of(platform, place, self.config);
            let (scaled, monitor) = (&mut self.targets[place], watchers.0.as_ref());
            let utilization = |policy: usize, ago: u32| {
                let statistic = config.policies[policy].statistic;
                datapoint(
                    monitor,
                    scaled.first_watch + policy,
                    scaling::PERIOD,
                    now,
                    ago,
                    statistic,
                )
            };
            if let Some((wanted, cause)) = scaled.target.track(now, config, capacity, utilization) {
                self.scale(now, place, wanted, cause, platform, watchers);
            }
        }
    }

    fn scale<O: Observer>(
        &mut self,
        now: SimTime,
        place: usize,
        wanted: u32,
        cause: ScalingCause,
        platform: &mut Platform,
        watchers: &mut Watchers<O>,
    ) {
        let config = &self.config.scaling[place];
        let (function, qualifier) = (config.function, config.qualifier);
        let from = capacity_of(platform, place, self.config).requested;
        let accepted = platform
            .set_provisioned(now, function, qualifier, wanted, watchers)
            .is_ok();
        if accepted {
            self.targets[place].target.scaled(now, config, cause);
            self.journal.scaled(now, place, wanted, cause);
        } else {
            self.journal.refused(place);
        }
        let action = Action::Scaling {
            function,
            qualifier,
            from,
            to: wanted,
            cause,
            accepted,
        };
        self.journal.write(now, action, watchers);
    }

    fn deploy<O: Observer>(&mut self, now: SimTime, platform: &mut Platform, watchers: &mut Watchers<O>) {
        for place in 0..self.rollouts.len() {
            // An alarm that is on when a deployment begins stops it as well.
            self.heed_alarms(now, place, watchers);
            self.roll_out(now, place, platform, watchers);
            self.heed_alarms(now, place, watchers);
            self.roll_out(now, place, platform, watchers);
        }
    }

    fn heed_alarms<O: Observer>(&mut self, now: SimTime, place: usize, watchers: &mut Watchers<O>) {
        let config = &self.config.deployments[place];
        let on = |alarm: &&AlarmId| self.alarms[alarm.index()].record.state == AlarmState::Alarm;
        let Some(alarm) = config.alarms.iter().find(on) else {
            return;
        };
        if self.rollouts[place].alarmed(now, config) {
            self.tell(now, place, DeploymentStep::Alarmed(*alarm), watchers);
        }
    }

    fn roll_out<O: Observer>(
        &mut self,
        now: SimTime,
        place: usize,
        platform: &mut Platform,
        watchers: &mut Watchers<O>,
    ) {
        let config = &self.config.deployments[place];
        while let Some((step, change)) = self.rollouts[place].step(now, config) {
            self.tell(now, place, step, watchers);
            let old = *self.old_versions[place].get_or_insert(platform.version(config.function, config.qualifier));
            move_traffic(now, config, change, old, platform, watchers);
        }
    }

    fn tell<O: Observer>(&mut self, now: SimTime, place: usize, step: DeploymentStep, watchers: &mut Watchers<O>) {
        let deployment = DeploymentId(place as u32);
        self.journal.deployed(now, place, step);
        self.journal
            .write(now, Action::Deployment { deployment, step }, watchers);
    }
}

impl<'o, O: Observer> Act<Watchers<'o, O>> for Controller<'_> {
    fn next_due(&self) -> Option<SimTime> {
        let scheduled = self.targets.iter().zip(&self.config.scaling);
        let scheduled = scheduled.filter_map(|(scaled, config)| scaled.target.next_scheduled(config));
        let deployments = self.rollouts.iter().zip(&self.config.deployments);
        let deployments = deployments.filter_map(|(rollout, config)| rollout.next_due(config));
        let alarms = self.alarms.iter().map(|watched| watched.next);
        scheduled
            .chain(deployments)
            .chain(alarms)
            .chain(self.next_tracking)
            .min()
    }

    fn act(&mut self, now: SimTime, platform: &mut Platform, watchers: &mut Watchers<'o, O>) {
        if let Some(monitor) = &mut watchers.0 {
            monitor.look(now);
        }
        self.schedule(now, platform, watchers);
        self.evaluate(now, watchers);
        self.track(now, platform, watchers);
        self.deploy(now, platform, watchers);
    }
}

fn alarm_watch(alarm: &AlarmConfig) -> Watch {
    Watch {
        metric: alarm.metric,
        dimension: alarm.dimension,
        period: alarm.period,
        keep: looks_back(alarm.most_periods()),
    }
}

fn capacity_of(platform: &Platform, place: usize, config: &ControlConfig) -> Capacity {
    let scaled = &config.scaling[place];
    let (requested, ready) = platform.provisioned(scaled.function, scaled.qualifier);
    Capacity { requested, ready }
}

/// The datapoint of a watch so many periods ago, 0 for the last one that is over.
fn datapoint(
    monitor: Option<&Monitor>,
    watch: usize,
    period: Span,
    now: SimTime,
    ago: u32,
    statistic: super::metric::Statistic,
) -> Option<Fraction> {
    let over = now.as_micros() / period.as_micros();
    monitor?.statistic(watch, over.checked_sub(1 + u64::from(ago))?, statistic)
}

fn move_traffic<O: Observer>(
    now: SimTime,
    config: &DeploymentConfig,
    change: Move,
    old: VersionId,
    platform: &mut Platform,
    watchers: &mut Watchers<O>,
) {
    use crate::units::Share;
    let (version, additional) = match change {
        Move::Stay => return,
        Move::Ask(link) => return platform.begin_chain(now, link, watchers),
        Move::Back => (old, None),
        Move::Shift(Share::ALL) => (config.to_version, None),
        Move::Shift(share) => (old, Some((config.to_version, share))),
    };
    platform.set_routing(now, config.function, config.qualifier, version, additional, watchers);
}
