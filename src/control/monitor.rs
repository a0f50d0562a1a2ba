use std::collections::BTreeMap;

use super::ages::Ages;
use super::claims::Claims;
use super::gauge::Gauge;
use super::metric::{Dimension, Metric, Nature, Statistic};
use super::samples::{ByPeriod, Samples};
use crate::facts::{
    AsyncStep, Attempt, BatchEnded, Call, FunctionId, Message, MessageStep, Observer, Pool, QualifierId, QueueId,
    Refusal, StartKind, StreamId, VersionId,
};
use crate::units::{Fraction, SimTime, Span};

/// What somebody watches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Watch {
    pub metric: Metric,
    pub dimension: Dimension,
    pub period: Span,
    /// How many periods are looked back.
    pub keep: u32,
}

/// A listener that keeps the latest datapoints of watched metrics.
///
/// A datapoint's time is the start of the invocation (§10.1), but what only its end tells is not seen before that: so
/// datapoints of earlier periods may still grow.
#[derive(Debug)]
pub struct Monitor {
    series: Vec<Series>,
    /// Places in `series` of what concerns each function.
    by_function: Vec<Vec<u32>>,
    /// Likewise of each queue and stream that is watched.
    by_queue: BTreeMap<QueueId, Vec<u32>>,
    by_stream: BTreeMap<StreamId, Vec<u32>>,
    /// Samples that are not to be seen yet: by when they are, whose they are, and of which period.
    unseen: BTreeMap<(SimTime, u32, u64), Samples>,
    /// Somebody looks at multiples of it.
    looks_every: Span,
    claims: Claims,
    /// Places in `series` of those that watch claims.
    watching_claims: Vec<u32>,
}

#[derive(Debug)]
struct Series {
    watch: Watch,
    samples: ByPeriod<Samples>,
    gauge: Gauge,
    /// Where the age of a queue's oldest message is watched.
    ages: Option<Box<Ages>>,
}

impl Monitor {
    /// Keeps what `watches` ask for; they are looked at in multiples of `looks_every`. `reserved` is the reserved
    /// concurrency of each function.
    pub(super) fn new(watches: Vec<Watch>, looks_every: Span, reserved: Vec<Option<u32>>) -> Monitor {
        let mut by_function = vec![Vec::new(); reserved.len()];
        let (mut by_queue, mut by_stream) = (BTreeMap::<_, Vec<u32>>::new(), BTreeMap::<_, Vec<u32>>::new());
        for (place, watch) in (0..).zip(&watches) {
            match watch.dimension {
                Dimension::Account => by_function.iter_mut().for_each(|places| places.push(place)),
                Dimension::Function(function) | Dimension::Qualifier(function, _) | Dimension::Version(function, _) => {
                    by_function[function.index()].push(place);
                }
                Dimension::Queue(queue) => by_queue.entry(queue).or_default().push(place),
                Dimension::Stream(stream) => by_stream.entry(stream).or_default().push(place),
            }
        }
        let watches_claims = |place: &u32| watches[*place as usize].metric == Metric::ClaimedAccountConcurrency;
        let watching_claims = (0..watches.len() as u32).filter(watches_claims).collect();
        let claims = Claims::new(reserved);
        let series = |watch: Watch| Series {
            gauge: Gauge::new(u64::from(watch.metric != Metric::ProvisionedConcurrencyUtilization)),
            samples: ByPeriod::default(),
            ages: (watch.metric == Metric::ApproximateAgeOfOldestMessage).then(Box::default),
            watch,
        };
        let mut monitor = Monitor {
            series: watches.into_iter().map(series).collect(),
            by_function,
            by_queue,
            by_stream,
            unseen: BTreeMap::new(),
            looks_every,
            claims,
            watching_claims,
        };
        monitor.claim(SimTime::ZERO);
        monitor
    }

    /// Everything up to `now` can be seen.
    pub(super) fn look(&mut self, now: SimTime) {
        while let Some(entry) = self.unseen.first_entry() {
            let (visible, place, period) = *entry.key();
            if visible > now {
                break;
            }
            let samples = entry.remove();
            self.series[place as usize].book(period, &samples);
        }
        for series in &mut self.series {
            series.gauge.advance(now, series.watch.period);
            let period = now.as_micros() / series.watch.period.as_micros();
            let first = period.saturating_sub(series.watch.keep.into());
            series.samples.forget_before(first);
            series.gauge.forget_before(first);
            if let Some(ages) = &mut series.ages {
                ages.advance(now, series.watch.period);
                ages.forget_before(first);
            }
        }
    }

    /// A statistic of the watch at `place` over its period number `period`; none where there is no datapoint.
    pub(super) fn statistic(&self, place: usize, period: u64, statistic: Statistic) -> Option<Fraction> {
        let series = &self.series[place];
        let found = series.statistic(period, statistic);
        // A queue that is polled has its datapoints all the time.
        found.or(series.watch.metric.is_of_queues().then_some(Fraction::ZERO))
    }

    /// Adds a sample of `metric` that happened at `time` and can be seen from `visible` on.
    fn sample(&mut self, metric: Metric, of: &Origin, time: SimTime, visible: SimTime, value: u64) {
        let every = self.looks_every.as_micros();
        let next_look = (time.as_micros() / every + 1) * every;
        for place in &self.by_function[of.function.index()] {
            let series = &mut self.series[*place as usize];
            if series.watch.metric != metric || !series.watch.dimension.holds(of.function, of.qualifier, of.version) {
                continue;
            }
            let period = time.as_micros() / series.watch.period.as_micros();
            let sample = Samples::one(value);
            if visible.as_micros() <= next_look {
                series.book(period, &sample);
                continue;
            }
            let seen = SimTime::from_micros(visible.as_micros().div_ceil(every) * every);
            let unseen = self.unseen.entry((seen, *place, period));
            unseen.and_modify(|samples| samples.add(&sample)).or_insert(sample);
        }
    }

    /// Changes the gauges of `metric` to which `of` belongs.
    fn gauge(&mut self, metric: Metric, of: &Origin, time: SimTime, change: impl Fn(&mut Gauge, Span)) {
        for place in &self.by_function[of.function.index()] {
            let series = &mut self.series[*place as usize];
            if series.watch.metric == metric && series.watch.dimension.holds(of.function, of.qualifier, of.version) {
                series.gauge.advance(time, series.watch.period);
                change(&mut series.gauge, series.watch.period);
            }
        }
    }

    /// Adds a sample of a batch to what is watched of its stream.
    fn batch_sample(&mut self, metric: Metric, stream: StreamId, time: SimTime, value: u64) {
        for place in self.by_stream.get(&stream).into_iter().flatten() {
            let series = &mut self.series[*place as usize];
            if series.watch.metric == metric {
                let period = time.as_micros() / series.watch.period.as_micros();
                series.book(period, &Samples::one(value));
            }
        }
    }

    fn claim(&mut self, time: SimTime) {
        for place in &self.watching_claims {
            let series = &mut self.series[*place as usize];
            series.gauge.advance(time, series.watch.period);
            series.gauge.value = self.claims.total();
            series.gauge.touch(series.watch.period);
        }
    }
}

impl Series {
    fn statistic(&self, period: u64, statistic: Statistic) -> Option<Fraction> {
        let per_unit = match (&self.ages, self.watch.metric.nature()) {
            (Some(ages), _) => return ages.statistic(period, self.watch.period, statistic),
            (None, Nature::Gauge) => return self.gauge.statistic(period, self.watch.period, statistic),
            (None, Nature::Count) => 1,
            (None, Nature::Time) => 1_000,
        };
        let samples = self.samples.get(period)?;
        Some(samples.statistic(statistic, per_unit))
    }

    /// A message of the queue that is watched takes a step.
    fn message(&mut self, time: SimTime, message: &Message, step: MessageStep) {
        use MessageStep::{DeadLettered, Deleted, Expired, Received, Rejected, Returned, Sent};
        let period = self.watch.period;
        let counted = match self.watch.metric {
            Metric::ApproximateNumberOfMessagesVisible => {
                let change = match step {
                    Sent | Returned => 1,
                    Received | DeadLettered | Expired => -1,
                    Deleted | Rejected => 0,
                };
                return self.hold(time, change);
            }
            Metric::ApproximateNumberOfMessagesNotVisible => {
                let change = match step {
                    Received => 1,
                    Returned | Deleted => -1,
                    Sent | DeadLettered | Expired | Rejected => 0,
                };
                return self.hold(time, change);
            }
            Metric::NumberOfMessagesSent => Sent,
            Metric::NumberOfMessagesReceived => Received,
            Metric::NumberOfMessagesDeleted => Deleted,
            _ => {
                if let Some(ages) = &mut self.ages {
                    ages.step(time, message, step, period);
                }
                return;
            }
        };
        if step == counted {
            self.book(time.as_micros() / period.as_micros(), &Samples::one(1));
        }
    }

    fn hold(&mut self, time: SimTime, change: i64) {
        self.gauge.advance(time, self.watch.period);
        self.gauge.value = self.gauge.value.saturating_add_signed(change);
        self.gauge.touch(self.watch.period);
    }

    fn book(&mut self, period: u64, samples: &Samples) {
        let mut fresh = false;
        let kept = self.samples.entry(period, || {
            fresh = true;
            *samples
        });
        if !fresh {
            kept.add(samples);
        }
    }
}

/// Where something comes from.
struct Origin {
    function: FunctionId,
    qualifier: QualifierId,
    version: Option<VersionId>,
}

impl Observer for Monitor {
    fn takes_sums(&self) -> bool {
        self.series.is_empty()
    }

    fn ran(&mut self, attempt: &Attempt) {
        let of = &Origin {
            function: attempt.function,
            qualifier: attempt.qualifier,
            version: Some(attempt.version),
        };
        let start = attempt.start;
        let mut count = |metric, value: bool| self.sample(metric, of, start, start, value.into());
        count(Metric::Invocations, true);
        count(Metric::Throttles, false);
        if attempt.start_kind == StartKind::Provisioned {
            count(Metric::ProvisionedConcurrencyInvocations, true);
        }
        if attempt.spilled {
            count(Metric::ProvisionedConcurrencySpilloverInvocations, true);
        }
        if attempt.start_kind == StartKind::Cold {
            count(Metric::SimColdStarts, true);
        }
        if attempt.completes {
            let failed = u64::from(!attempt.verdict.is_ok());
            self.sample(Metric::Errors, of, start, attempt.end, failed);
            self.sample(Metric::Duration, of, start, attempt.end, attempt.duration.as_micros());
        }
    }

    fn refused(&mut self, refusal: &Refusal) {
        if refusal.throttle.is_some() {
            let of = Origin {
                function: refusal.function,
                qualifier: refusal.qualifier,
                version: None,
            };
            self.sample(Metric::Throttles, &of, refusal.time, refusal.time, 1);
        }
    }

    fn asynchronous(&mut self, time: SimTime, call: &Call, step: AsyncStep) {
        let of = Origin {
            function: call.function,
            qualifier: call.qualifier,
            version: None,
        };
        match step {
            AsyncStep::Received => self.sample(Metric::AsyncEventsReceived, &of, time, time, 1),
            AsyncStep::Attempted => {
                let age = time.since(call.arrived).as_micros();
                self.sample(Metric::AsyncEventAge, &of, time, time, age);
            }
            AsyncStep::Expired | AsyncStep::Refused | AsyncStep::Exhausted => {
                self.sample(Metric::AsyncEventsDropped, &of, time, time, 1);
            }
            _ => {}
        }
    }

    fn message(&mut self, time: SimTime, queue: QueueId, message: &Message, step: MessageStep) {
        for place in self.by_queue.get(&queue).into_iter().flatten() {
            self.series[*place as usize].message(time, message, step);
        }
    }

    fn batch_ended(&mut self, ended: &BatchEnded) {
        let of = Origin {
            function: ended.function,
            qualifier: ended.qualifier,
            version: None,
        };
        let told = [
            (Metric::IteratorAge, Some(ended.iterator_age().as_micros())),
            (Metric::OffsetLag, ended.offset_lag),
        ];
        for (metric, value) in told {
            let Some(value) = value else { continue };
            self.sample(metric, &of, ended.time, ended.time, value);
            self.batch_sample(metric, ended.stream, ended.time, value);
        }
    }

    fn slot(&mut self, time: SimTime, pool: Pool, taken: bool) {
        let of = &Origin {
            function: pool.function,
            qualifier: pool.qualifier,
            version: None,
        };
        let change = |gauge: &mut Gauge, period: Span| {
            if taken {
                gauge.value += 1;
                gauge.touch(period);
            } else {
                gauge.value -= 1;
            }
        };
        self.gauge(Metric::ConcurrentExecutions, of, time, change);
        if pool.provisioned {
            self.gauge(Metric::ProvisionedConcurrentExecutions, of, time, change);
            self.gauge(Metric::ProvisionedConcurrencyUtilization, of, time, change);
        } else if !pool.reserved {
            self.gauge(Metric::UnreservedConcurrentExecutions, of, time, change);
            self.claims.step(taken);
            self.claim(time);
        }
    }

    fn reservation(&mut self, time: SimTime, function: FunctionId, reserved: Option<u32>, on_demand: u32) {
        let of = &Origin {
            function,
            qualifier: QualifierId(0),
            version: None,
        };
        let change = self.claims.reserve(function, reserved, on_demand);
        self.gauge(Metric::UnreservedConcurrentExecutions, of, time, |gauge, period| {
            gauge.value = gauge.value.saturating_add_signed(change);
            gauge.touch(period);
        });
        self.claim(time);
    }

    fn provisioned(&mut self, time: SimTime, function: FunctionId, qualifier: QualifierId, amount: u32, ready: u32) {
        let of = Origin {
            function,
            qualifier,
            version: None,
        };
        self.gauge(Metric::ProvisionedConcurrencyUtilization, &of, time, |gauge, _| {
            gauge.whole = ready.into();
        });
        self.claims.provision(function, qualifier, amount);
        self.claim(time);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MINUTE: Span = Span::from_secs(60);

    fn at(seconds: u64) -> SimTime {
        SimTime::ZERO + Span::from_secs(seconds)
    }

    fn monitor(metric: Metric, dimension: Dimension) -> Monitor {
        let watch = Watch {
            metric,
            dimension,
            period: MINUTE,
            keep: 5,
        };
        Monitor::new(vec![watch], MINUTE, vec![None, Some(7)])
    }

    #[test]
    fn what_only_the_end_of_an_invocation_tells_is_not_seen_before_it_and_counts_where_it_began() {
        let mut monitor = monitor(Metric::Errors, Dimension::Function(FunctionId(0)));
        let of = Origin {
            function: FunctionId(0),
            qualifier: QualifierId(0),
            version: None,
        };
        monitor.sample(Metric::Errors, &of, at(10), at(130), 1);
        monitor.sample(Metric::Errors, &of, at(10), at(60), 1);
        let sum = |monitor: &mut Monitor, now| {
            monitor.look(at(now));
            monitor.statistic(0, 0, Statistic::Sum)
        };
        assert_eq!(sum(&mut monitor, 60), Some(Fraction::new(1, 1)));
        assert_eq!(sum(&mut monitor, 120), Some(Fraction::new(1, 1)));
        assert_eq!(sum(&mut monitor, 180), Some(Fraction::new(2, 1)));
        assert_eq!(sum(&mut monitor, 420), None);
    }

    #[test]
    fn claims_are_what_runs_unreserved_beside_what_is_reserved_and_provisioned() {
        let mut monitor = monitor(Metric::ClaimedAccountConcurrency, Dimension::Account);
        let pool = Pool {
            function: FunctionId(0),
            qualifier: QualifierId(0),
            provisioned: false,
            reserved: false,
        };
        monitor.slot(at(10), pool, true);
        monitor.provisioned(at(20), FunctionId(0), QualifierId(1), 3, 0);
        monitor.slot(at(30), pool, false);
        monitor.look(at(120));
        let maxima = [0, 1].map(|period| monitor.statistic(0, period, Statistic::Maximum));
        // 7 reserved, 3 provisioned, 1 running; then without it.
        assert_eq!(maxima, [11, 10].map(|claimed| Some(Fraction::new(claimed, 1))));
    }
}
