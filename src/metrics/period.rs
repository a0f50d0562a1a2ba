use super::gauge::Gauge;
use super::histogram::Values;
use super::sink::{Datapoint, Sink, ThrottleRow};
use crate::facts::{AsyncStep, Attempt, BatchEnded, Cause, FunctionId, QualifierId, Reason, StartKind};
use crate::kernel::prefetch;
use crate::units::{SimTime, Span};

/// What is alike in a function's throttles that are told together.
pub(super) type Throttled = (QualifierId, Reason, Cause);

/// What happened in the running period to the account, a function or a qualifier: the datapoints of lambda-model §10.1.
///
/// Small, because there is one for each function and qualifier, and every invocation looks at it: what only some have stands
/// elsewhere once there is some.
#[derive(Clone, Debug, Default)]
pub(super) struct Period {
    function: Option<FunctionId>,
    qualifier: Option<QualifierId>,
    /// Whether there is something to tell.
    pub touched: bool,
    /// Provisioned environments that serve.
    pub ready: u32,
    /// `ConcurrentExecutions`.
    pub busy: Gauge,
    invocations: u64,
    duration: Spread,
    special: Option<Box<Special>>,
}

/// What most functions do not have most of the time.
#[derive(Clone, Debug, Default)]
struct Special {
    /// `ProvisionedConcurrentExecutions`.
    provisioned_busy: Gauge,
    /// `UnreservedConcurrentExecutions` of the account.
    unreserved_busy: Gauge,
    counted: Counted,
}

/// What begins anew with each period.
#[derive(Clone, Debug, Default, PartialEq)]
struct Counted {
    errors: u64,
    throttles: u64,
    /// Those of a function whose arrivals count, in order.
    throttled: Vec<(Throttled, u64)>,
    loops: u64,
    cold_starts: u64,
    provisioned: u64,
    spilled: u64,
    init: Spread,
    restore: Spread,
    extension: Spread,
    claimed_max: u64,
    utilization_max: f64,
    received: u64,
    dropped: u64,
    event_age: Spread,
    iterator_age: Spread,
    offset_lag_max: u64,
}

impl Special {
    /// Whether there is something to tell of a function or a qualifier.
    fn tells(&self) -> bool {
        self.provisioned_busy.period_max() > 0 || self.counted != Counted::default()
    }
}

/// Sum and extremes of lengths of time.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Spread {
    count: u64,
    sum: u64,
    /// Above everything while there is nothing.
    min: u64,
    max: u64,
}

impl Default for Spread {
    fn default() -> Spread {
        Spread {
            count: 0,
            sum: 0,
            min: u64::MAX,
            max: 0,
        }
    }
}

impl Spread {
    #[inline]
    fn add(&mut self, span: Span) {
        let micros = span.as_micros();
        self.min = self.min.min(micros);
        self.max = self.max.max(micros);
        self.sum = self.sum.saturating_add(micros);
        self.count += 1;
    }

    fn merge(&mut self, other: &Spread) {
        self.min = self.min.min(other.min);
        self.max = self.max.max(other.max);
        self.sum = self.sum.saturating_add(other.sum);
        self.count += other.count;
    }
}

impl Period {
    pub fn new(function: FunctionId, qualifier: Option<QualifierId>) -> Period {
        Period {
            function: Some(function),
            qualifier,
            ..Period::default()
        }
    }

    pub fn prefetch(&self) {
        prefetch(&self.touched);
        prefetch(&self.busy);
        prefetch(&self.duration);
    }

    fn special(&mut self) -> &mut Special {
        self.special.get_or_insert_default()
    }

    fn counted(&mut self) -> &mut Counted {
        &mut self.special().counted
    }

    #[inline(always)]
    pub fn ran(&mut self, attempt: &Attempt) {
        self.invocations += 1;
        if attempt.completes {
            self.duration.add(attempt.duration);
        }
        if !attempt.is_plain() {
            self.ran_otherwise(attempt);
        }
    }

    /// Plain attempts of so many durations.
    pub(super) fn ran_train(&mut self, durations: &Values) {
        self.invocations += durations.count as u64;
        self.duration.merge(&Spread {
            count: durations.count as u64,
            sum: durations.sum,
            min: durations.min,
            max: durations.max,
        });
    }

    /// What plain attempts do not have.
    #[cold]
    fn ran_otherwise(&mut self, attempt: &Attempt) {
        let counted = self.counted();
        counted.provisioned += u64::from(attempt.start_kind == StartKind::Provisioned);
        counted.spilled += u64::from(attempt.spilled);
        match attempt.start_kind {
            StartKind::Cold => {
                counted.cold_starts += 1;
                counted.init.add(attempt.init);
            }
            StartKind::SnapStart => {
                counted.cold_starts += 1;
                counted.restore.add(attempt.restore);
            }
            _ => {}
        }
        if attempt.completes {
            counted.errors += u64::from(!attempt.verdict.is_ok());
            if !attempt.extension.is_zero() {
                counted.extension.add(attempt.extension);
            }
        }
    }

    pub fn throttled(&mut self) {
        self.counted().throttles += 1;
    }

    /// A throttle of the function that `throttles.csv` tells.
    #[inline]
    pub fn count_throttle(&mut self, throttled: Throttled) {
        let counts = &mut self.counted().throttled;
        match counts.iter_mut().find(|(known, _)| *known == throttled) {
            Some((_, count)) => *count += 1,
            None => first_throttle(counts, throttled),
        }
    }

    /// `RecursiveInvocationsDropped` (MET-16).
    pub fn ended_loop(&mut self) {
        self.counted().loops += 1;
    }

    /// Takes over what functions counted: the account's datapoints are sums over its functions, not over their qualifiers.
    pub fn add_functions<'a>(&mut self, periods: impl Iterator<Item = &'a Period>) {
        periods
            .filter(|period| period.qualifier.is_none())
            .for_each(|function| self.add(function));
    }

    fn add(&mut self, function: &Period) {
        self.invocations += function.invocations;
        self.duration.merge(&function.duration);
        let Some(special) = &function.special else { return };
        let (sum, part) = (self.counted(), &special.counted);
        sum.errors += part.errors;
        sum.throttles += part.throttles;
        sum.loops += part.loops;
        sum.cold_starts += part.cold_starts;
        sum.provisioned += part.provisioned;
        sum.spilled += part.spilled;
        sum.received += part.received;
        sum.dropped += part.dropped;
        sum.init.merge(&part.init);
        sum.restore.merge(&part.restore);
        sum.extension.merge(&part.extension);
        sum.event_age.merge(&part.event_age);
        sum.iterator_age.merge(&part.iterator_age);
        sum.offset_lag_max = sum.offset_lag_max.max(part.offset_lag_max);
    }

    /// `None` for the account.
    pub fn function(&self) -> Option<FunctionId> {
        self.function
    }

    /// From now on its function is known by another number.
    pub fn rename(&mut self, known_as: impl Fn(FunctionId) -> FunctionId) {
        self.function = self.function.map(known_as);
    }

    /// Whose it is, in the order in which datapoints are told.
    pub fn owner(&self) -> (Option<FunctionId>, Option<QualifierId>) {
        (self.function, self.qualifier)
    }

    /// Whether a step is in a datapoint of its own; the others follow such a one at the same instant.
    pub fn shows(step: AsyncStep) -> bool {
        !matches!(
            step,
            AsyncStep::RetriedAfterThrottle
                | AsyncStep::RetriedAfterError
                | AsyncStep::DeadLettered
                | AsyncStep::DestinationSuccess
                | AsyncStep::DestinationFailure
        )
    }

    #[inline]
    pub fn asynchronous(&mut self, step: AsyncStep, age: Span) {
        match step {
            AsyncStep::Received => self.counted().received += 1,
            AsyncStep::Attempted => self.counted().event_age.add(age),
            AsyncStep::Expired | AsyncStep::Refused | AsyncStep::Exhausted => self.counted().dropped += 1,
            _ => {}
        }
    }

    /// So many events were stored.
    pub fn stored(&mut self, count: u64) {
        self.counted().received += count;
    }

    /// So many events of one age were tried.
    pub fn tried(&mut self, count: u64, age: Span) {
        let micros = age.as_micros();
        self.counted().event_age.merge(&Spread {
            count,
            sum: micros.saturating_mul(count),
            min: micros,
            max: micros,
        });
    }

    pub fn batch_ended(&mut self, ended: &BatchEnded) {
        let counted = self.counted();
        match ended.offset_lag {
            Some(lag) => counted.offset_lag_max = counted.offset_lag_max.max(lag),
            None => counted.iterator_age.add(ended.iterator_age()),
        }
    }

    fn gauges(&mut self) -> impl Iterator<Item = &mut Gauge> {
        let special = self.special.as_deref_mut();
        let more = special.map(|special| [&mut special.provisioned_busy, &mut special.unreserved_busy]);
        std::iter::once(&mut self.busy).chain(more.into_iter().flatten())
    }

    /// The window of the gauges begins. One that is made later has been zero until then.
    pub fn open(&mut self, time: SimTime) {
        self.gauges().for_each(|gauge| gauge.open(time));
    }

    /// `ProvisionedConcurrentExecutions`.
    pub fn provisioned_busy(&mut self) -> &mut Gauge {
        &mut self.special().provisioned_busy
    }

    /// `UnreservedConcurrentExecutions` of the account.
    #[inline]
    pub fn unreserved_busy(&mut self) -> &mut Gauge {
        &mut self.special().unreserved_busy
    }

    pub fn claim(&mut self, claimed: u64) {
        let counted = self.counted();
        counted.claimed_max = counted.claimed_max.max(claimed);
    }

    /// PC-11: busy provisioned environments against those that serve.
    pub fn utilization(&self) -> f64 {
        match &self.special {
            Some(special) if self.ready > 0 => special.provisioned_busy.value as f64 / self.ready as f64,
            _ => 0.0,
        }
    }

    pub fn utilized(&mut self, utilization: f64) {
        let counted = self.counted();
        counted.utilization_max = counted.utilization_max.max(utilization);
    }

    /// What there is to tell of the period that is over, if anything: the next one begins.
    pub fn end(&mut self) -> Option<Period> {
        self.touched.then(|| {
            let over = Period {
                special: self.special.as_ref().filter(|special| special.tells()).cloned(),
                busy: self.busy.clone(),
                ..*self
            };
            self.begin_next();
            over
        })
    }

    /// Begins the next period; whether there is already something to tell in it.
    pub fn begin_next(&mut self) -> bool {
        self.gauges().for_each(Gauge::begin_period);
        (self.invocations, self.duration) = (0, Spread::default());
        let utilization_max = self.utilization();
        if let Some(special) = &mut self.special {
            special.counted = Counted {
                utilization_max,
                ..Counted::default()
            };
        }
        self.touched = self.busy.value > 0;
        self.touched
    }
}

/// The first of its kind in a period.
#[cold]
fn first_throttle(counts: &mut Vec<(Throttled, u64)>, throttled: Throttled) {
    let place = counts.partition_point(|(known, _)| *known < throttled);
    counts.insert(place, (throttled, 1));
}

/// Hands out the throttles of a period that began at `time`.
pub(super) fn emit_throttles(period: &Period, time: SimTime, sink: &mut dyn Sink) {
    let (Some(function), Some(special)) = (period.function, &period.special) else {
        return;
    };
    for ((qualifier, reason, cause), count) in &special.counted.throttled {
        sink.throttles(&ThrottleRow {
            time,
            function,
            qualifier: *qualifier,
            reason: *reason,
            cause: *cause,
            count: *count,
        });
    }
}

/// Hands out the datapoints of a period that began at `time`; what has no value has no datapoint.
pub(super) fn emit(period: &Period, time: SimTime, sink: &mut dyn Sink) {
    let mut put = |metric, statistic, value: f64| {
        if value > 0.0 {
            let (function, qualifier) = (period.function, period.qualifier);
            sink.datapoint(&Datapoint {
                time,
                function,
                qualifier,
                queue: None,
                mapping: None,
                metric,
                statistic,
                value,
            });
        }
    };
    let nothing = Special::default();
    let special = period.special.as_deref().unwrap_or(&nothing);
    let counted = &special.counted;
    put("Invocations", "Sum", period.invocations as f64);
    put("Errors", "Sum", counted.errors as f64);
    put("Throttles", "Sum", counted.throttles as f64);
    put("RecursiveInvocationsDropped", "Sum", counted.loops as f64);
    put("ConcurrentExecutions", "Maximum", period.busy.period_max() as f64);
    if period.function.is_none() {
        put(
            "UnreservedConcurrentExecutions",
            "Maximum",
            special.unreserved_busy.period_max() as f64,
        );
        put("ClaimedAccountConcurrency", "Maximum", counted.claimed_max as f64);
    }
    put(
        "ProvisionedConcurrentExecutions",
        "Maximum",
        special.provisioned_busy.period_max() as f64,
    );
    put("ProvisionedConcurrencyInvocations", "Sum", counted.provisioned as f64);
    put(
        "ProvisionedConcurrencySpilloverInvocations",
        "Sum",
        counted.spilled as f64,
    );
    put("ProvisionedConcurrencyUtilization", "Maximum", counted.utilization_max);
    put("AsyncEventsReceived", "Sum", counted.received as f64);
    put("AsyncEventsDropped", "Sum", counted.dropped as f64);
    put("OffsetLag", "Maximum", counted.offset_lag_max as f64);
    put("SimColdStarts", "Sum", counted.cold_starts as f64);
    for (metric, spread) in [
        ("Duration", &period.duration),
        ("PostRuntimeExtensionsDuration", &counted.extension),
        ("SimInitDuration", &counted.init),
        ("SimRestoreDuration", &counted.restore),
        ("AsyncEventAge", &counted.event_age),
        ("IteratorAge", &counted.iterator_age),
    ] {
        if spread.count > 0 {
            let millis = |micros: u64| micros as f64 / 1e3;
            let values = [
                ("Average", spread.sum as f64 / spread.count as f64 / 1e3),
                ("Minimum", millis(spread.min)),
                ("Maximum", millis(spread.max)),
            ];
            for (statistic, value) in values {
                let (function, qualifier) = (period.function, period.qualifier);
                sink.datapoint(&Datapoint {
                    time,
                    function,
                    qualifier,
                    queue: None,
                    mapping: None,
                    metric,
                    statistic,
                    value,
                });
            }
        }
    }
}

/// What a function's URL answered in a period (MET-18).
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct UrlPeriod {
    client_errors: u64,
    server_errors: u64,
    latency: Spread,
}

impl UrlPeriod {
    pub fn answered(&mut self, status: u16, latency: Span) {
        self.client_errors += u64::from(status / 100 == 4);
        self.server_errors += u64::from(status / 100 == 5);
        self.latency.add(latency);
    }

    /// Hands its datapoints to the sink.
    pub fn emit(&self, time: SimTime, function: FunctionId, sink: &mut dyn Sink) {
        let millis = |micros: u64| micros as f64 / 1e3;
        let latency = &self.latency;
        let points = [
            ("UrlRequestCount", "Sum", latency.count as f64),
            ("Url4xxCount", "Sum", self.client_errors as f64),
            ("Url5xxCount", "Sum", self.server_errors as f64),
            (
                "UrlRequestLatency",
                "Average",
                millis(latency.sum) / latency.count as f64,
            ),
            ("UrlRequestLatency", "Minimum", millis(latency.min)),
            ("UrlRequestLatency", "Maximum", millis(latency.max)),
        ];
        for (metric, statistic, value) in points.into_iter().filter(|(.., value)| *value > 0.0) {
            sink.datapoint(&Datapoint {
                time,
                function: Some(function),
                qualifier: None,
                queue: None,
                mapping: None,
                metric,
                statistic,
                value,
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Points(Vec<(&'static str, &'static str, f64)>);

    impl Sink for Points {
        fn datapoint(&mut self, point: &Datapoint) {
            self.0.push((point.metric, point.statistic, point.value));
        }
    }

    struct Throttles(Vec<ThrottleRow>);

    impl Sink for Throttles {
        fn throttles(&mut self, row: &ThrottleRow) {
            self.0.push(*row);
        }
    }

    #[test]
    fn throttles_of_a_period_are_told_by_qualifier_reason_and_cause_and_begin_anew_in_the_next() {
        let (slots, rate) = (
            Reason::ConcurrentInvocationLimitExceeded,
            Reason::CallerRateLimitExceeded,
        );
        let kinds = [
            (QualifierId(0), slots, Cause::AccountConcurrency),
            (QualifierId(0), rate, Cause::AccountRate),
            (QualifierId(2), slots, Cause::AccountConcurrency),
            (QualifierId(2), slots, Cause::ScalingRate),
        ];
        let mut period = Period::new(FunctionId(7), None);
        period.touched = true;
        for (place, times) in [(2, 5), (0, 1), (3, 2), (1, 4), (0, 30)] {
            (0..times).for_each(|_| period.count_throttle(kinds[place]));
        }
        let over = period.end().expect("it has something to tell");
        let told = |period: &Period| {
            let mut rows = Throttles(Vec::new());
            emit_throttles(period, SimTime::ZERO, &mut rows);
            rows.0
        };
        let row = |((qualifier, reason, cause), count)| ThrottleRow {
            time: SimTime::ZERO,
            function: FunctionId(7),
            qualifier,
            reason,
            cause,
            count,
        };
        assert_eq!(
            told(&over),
            kinds.into_iter().zip([31, 4, 5, 2]).map(row).collect::<Vec<_>>()
        );
        assert_eq!(told(&period), []);
    }

    #[test]
    fn met_18_answers_of_a_function_url_are_counted_by_the_hundreds_of_their_status() {
        let mut url = UrlPeriod::default();
        for (status, ms) in [(200, 10), (200, 30), (429, 2), (502, 18)] {
            url.answered(status, Span::from_millis(ms));
        }
        let mut points = Points::default();
        url.emit(SimTime::ZERO, FunctionId(0), &mut points);
        assert_eq!(
            points.0,
            [
                ("UrlRequestCount", "Sum", 4.0),
                ("Url4xxCount", "Sum", 1.0),
                ("Url5xxCount", "Sum", 1.0),
                ("UrlRequestLatency", "Average", 15.0),
                ("UrlRequestLatency", "Minimum", 2.0),
                ("UrlRequestLatency", "Maximum", 30.0),
            ]
        );
    }
}
