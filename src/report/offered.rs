//! What a plan offers its functions and queues, where that can be told without a run.

use crate::facts::{FlowId, FunctionId, QueueId, Target};
use crate::lambda::{FlowConfig, FunctionConfig, Sender, Through, VersionConfig};
use crate::report::queueing::Moments;
use crate::simulation::Plan;
use crate::units::{Share, SimTime};
use crate::workload::{Process, RateProfile, SourceConfig};

/// Arrivals in the window that counts.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Arriving {
    /// Expected number.
    pub(super) count: f64,
    /// The part of it that is Poisson: its number varies.
    pub(super) poisson: f64,
    /// Whether all of it is Poisson at one rate.
    pub(super) steady: bool,
}

/// Whether all traffic comes at one rate over the whole window that counts, so that there is a level to come to.
pub(super) fn keeps_one_level(plan: &Plan) -> bool {
    let level = |source: &SourceConfig| match &source.process {
        Process::Constant(_) => spans_window(plan, source),
        _ => is_steady(plan, source),
    };
    plan.changes.is_empty() && !plan.sources.is_empty() && plan.sources.iter().all(level)
}

/// Seconds of the window that counts.
pub(super) fn window_seconds(plan: &Plan) -> f64 {
    plan.duration.as_secs_f64() - plan.warm_up.as_secs_f64()
}

/// What traffic sends a function by itself, with the moments of how long that holds its slot once warm, downstream budgets
/// left aside. `None` where that cannot be told: others call it as well, something changes during the run, or its time
/// depends on more than its duration.
pub(super) fn offered(plan: &Plan, function: FunctionId) -> Option<(Arriving, Moments)> {
    let changes = !plan.changes.is_empty() || !plan.control.deployments.is_empty();
    let config = &plan.functions[function.index()];
    if changes || config.events.duplicates != Share::NONE {
        return None;
    }
    let flows = (0..)
        .map(FlowId)
        .zip(&plan.flows)
        .filter(|(_, flow)| flow.function == function);
    let mut all = Arriving {
        steady: true,
        ..Arriving::default()
    };
    let mut sum = Moments { mean: 0.0, square: 0.0 };
    for (id, flow) in flows {
        if !comes_from_traffic(plan, flow) {
            return None;
        }
        let arriving = arriving(plan, id)?;
        let service = service(config, flow)?;
        sum.mean += arriving.count * service.mean;
        sum.square += arriving.count * service.square;
        all.count += arriving.count;
        all.poisson += arriving.poisson;
        all.steady &= arriving.steady;
    }
    let moments = Moments {
        mean: sum.mean / all.count,
        square: sum.square / all.count,
    };
    (all.count > 0.0).then_some((all, moments))
}

/// What traffic alone sends to a queue, by links that deliver at once. `None` where that cannot be told.
pub(super) fn sent_to_queue(plan: &Plan, queue: QueueId) -> Option<Arriving> {
    let links = (0..).map(crate::facts::LinkId).zip(&plan.links);
    let mut all = Arriving {
        steady: true,
        ..Arriving::default()
    };
    for (id, link) in links.filter(|(_, link)| link.target == Target::Queue(queue)) {
        if link.push.is_some() || !plan.changes.is_empty() {
            return None;
        }
        let arriving = arriving(plan, FlowId::of_link(id))?;
        all.count += arriving.count;
        all.poisson += arriving.poisson;
        all.steady &= arriving.steady;
    }
    (all.count > 0.0).then_some(all)
}

fn comes_from_traffic(plan: &Plan, flow: &FlowConfig) -> bool {
    let sender = &plan.traffic[flow.traffic.index()];
    let once = match &sender.through {
        Some(Through::Push(push)) => push.duplicates == Share::NONE,
        Some(Through::Front(_)) | None => true,
    };
    sender.sender == Sender::Traffic && once
}

/// How long an invocation over this flow holds a warm environment, downstream budgets left aside.
pub(super) fn service(function: &FunctionConfig, flow: &FlowConfig) -> Option<Moments> {
    let qualifier = &function.qualifiers[flow.qualifier.index()];
    let moments = |version: &VersionConfig| {
        let lengthens = version.equipment.as_deref().is_some_and(|equipment| {
            let transfers = equipment.mount.as_ref().is_some_and(|mount| mount.transfer.is_some());
            equipment.extensions.is_some() || transfers
        });
        (version.per_record.is_none() && !lengthens)
            .then(|| Moments::of(&version.duration, version.duration_factor, version.timeout))
    };
    let first = moments(&function.versions[qualifier.version.index()])?;
    match qualifier.additional {
        None => Some(first),
        Some((version, share)) => {
            let second = moments(&function.versions[version.index()])?;
            Some(first.mixed(second, share.as_fraction()))
        }
    }
}

/// What all sources of a flow send in the window that counts; `None` without a source, or where one cannot be told.
fn arriving(plan: &Plan, flow: FlowId) -> Option<Arriving> {
    let mut sources = plan.sources.iter().filter(|source| source.flow == flow).peekable();
    sources.peek()?;
    let mut all = Arriving {
        steady: true,
        ..Arriving::default()
    };
    for source in sources {
        let (count, poisson) = expected(plan, source)?;
        all.count += count;
        all.poisson += if poisson { count } else { 0.0 };
        all.steady &= is_steady(plan, source);
    }
    Some(all)
}

/// Expected arrivals of a source in the window that counts, and whether they are Poisson.
fn expected(plan: &Plan, source: &SourceConfig) -> Option<(f64, bool)> {
    let window = |end: SimTime| end.min(source.until).min(SimTime::ZERO + plan.duration);
    let from = source.from.max(SimTime::ZERO + plan.warm_up);
    let until = window(SimTime::MAX).max(from);
    let passing = source.scale * source.pass.as_fraction();
    let (count, poisson) = match &source.process {
        Process::Poisson(profile) => (integral(profile, from, until), true),
        Process::Constant(rate) => (rate.per_second() * until.since(from).as_secs_f64(), false),
        _ => return None,
    };
    // Thinned, what was regular is not so any more, and what was Poisson still is.
    let thinned = source.pass != Share::ALL;
    Some((count * passing, poisson || thinned))
}

/// A rate over time from one instant to another: the number that it makes.
fn integral(profile: &RateProfile, from: SimTime, until: SimTime) -> f64 {
    let period = profile.repeat.map_or(u64::MAX, |repeat| repeat.as_micros());
    let (mut sum, mut now) = (0.0, from.as_micros());
    while now < until.as_micros() {
        let base = now - now % period;
        let next = profile.points.iter().map(|(at, _)| base.saturating_add(at.as_micros()));
        let next = next.chain([base.saturating_add(period), until.as_micros()]);
        let end = next
            .filter(|at| *at > now)
            .min()
            .unwrap_or(u64::MAX)
            .min(until.as_micros());
        let seconds = (end - now) as f64 / 1e6;
        // Linear in between, so the rate in the middle is the mean.
        sum += seconds * rate_at(profile, (now - base) as f64 + seconds * 5e5);
        now = end;
    }
    sum
}

/// Events a second at an offset in microseconds from the start of the profile's period.
fn rate_at(profile: &RateProfile, offset: f64) -> f64 {
    let points = &profile.points;
    let after = points.partition_point(|(at, _)| (at.as_micros() as f64) <= offset);
    let value = |place: usize| points[place].1.per_second();
    if after == 0 {
        return value(0);
    }
    if after == points.len() {
        return value(after - 1);
    }
    let at = |place: usize| points[place].0.as_micros() as f64;
    let part = (offset - at(after - 1)) / (at(after) - at(after - 1));
    value(after - 1) + (value(after) - value(after - 1)) * part
}

/// Poisson arrivals of one rate over the whole window that counts.
fn is_steady(plan: &Plan, source: &SourceConfig) -> bool {
    let steady = matches!(&source.process, Process::Poisson(profile) if profile.points.len() == 1);
    steady && spans_window(plan, source)
}

fn spans_window(plan: &Plan, source: &SourceConfig) -> bool {
    source.from <= SimTime::ZERO + plan.warm_up && source.until >= SimTime::ZERO + plan.duration
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::Sample;
    use crate::units::{Rate, Span};

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + Span::from_secs(seconds)
    }

    fn per_second(count: u64) -> Rate {
        Rate::events(count, Span::from_secs(1))
    }

    #[test]
    fn a_profile_is_integrated_between_its_points_and_beyond_them() {
        let mut profile = RateProfile {
            points: vec![(at(10), per_second(2)), (at(20), per_second(6))],
            repeat: None,
        };
        // 10 s of 2, 10 s of 4 on average, 10 s of 6.
        assert!((integral(&profile, at(0), at(30)) - 120.0).abs() < 1e-9);
        // From 15 s (rate 4) to 20 s: 5 s of 5 on average.
        assert!((integral(&profile, at(15), at(20)) - 25.0).abs() < 1e-9);
        profile.repeat = Some(Span::from_secs(30));
        assert!((integral(&profile, at(0), at(95)) - (3.0 * 120.0 + 10.0)).abs() < 1e-9);
    }

    #[test]
    fn what_traffic_offers_is_counted_in_the_window_with_scale_and_filter() {
        let mut plan = Sample::simulated_plan();
        plan.warm_up = Span::from_secs(600);
        let source = &mut plan.sources[0];
        (source.scale, source.pass) = (2.0, Share::from_fraction(0.25));
        let (arriving, service) = offered(&plan, FunctionId(0)).unwrap();
        // 50 a second for 3,000 s, doubled, of which a quarter passes.
        assert!((arriving.count - 75_000.0).abs() < 1e-6 && arriving.steady);
        assert!((service.mean - 0.4).abs() < 1e-4);
        assert_eq!(offered(&plan, FunctionId(1)), None);
    }

    #[test]
    fn what_cannot_be_told_without_a_run_is_not_told() {
        let told = |change: &dyn Fn(&mut Plan)| {
            let mut plan = Sample::simulated_plan();
            change(&mut plan);
            offered(&plan, FunctionId(0)).is_some()
        };
        assert!(told(&|_| {}));
        assert!(!told(&|plan| plan.sources.clear()));
        assert!(!told(&|plan| plan.traffic[0].sender = Sender::Link));
        assert!(!told(&|plan| plan.sources[0].process = Process::At(Vec::new())));
        assert!(!told(
            &|plan| plan.function_mut(0).events.duplicates = Share::from_fraction(0.5)
        ));
        let record = plan_record();
        assert!(!told(
            &move |plan| plan.function_mut(0).versions[1].per_record = Some(record.clone())
        ));
    }

    fn plan_record() -> crate::kernel::Distribution {
        crate::kernel::Distribution::constant(Span::from_millis(1))
    }
}
