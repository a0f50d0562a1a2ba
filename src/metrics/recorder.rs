use std::collections::{BTreeMap, VecDeque};

use super::apart::{Apart, Over};
use super::backlog::Backlog;
use super::budget::BudgetState;
use super::fingerprint::Fingerprint;
use super::function_state::FunctionState;
use super::gauge::Begins;
use super::histogram::{Histogram, Values, bucket_of};
use super::mappings::{MappingMetrics, MappingState};
use super::period::{Period, UrlPeriod, emit, emit_throttles};
use super::queues::QueueState;
use super::retries::RetryState;
use super::scope::Scope;
use super::sink::Sink;
use super::stream_book::StreamBook;
use super::summary::{Counts, GaugeSummary};
use super::timeline::{Standing, Tallied, Tally, Timeline};
use crate::facts::{
    ActivePollers, AsyncStep, Attempt, BatchEnded, Blockage, BudgetCall, Call, Compute, Ended, Ending, ErrorCode,
    EventStep, FlowId, FunctionId, GivenBack, InvocationType, MappingId, Message, MessageStep, Observer, Pool,
    QualifierId, QueueId, RecordStep, Refusal, ServedTrain, SlotSteps, StartKind, StoredTrain, StreamId, Streamed,
    TrafficId, Turn, VersionId,
};
use crate::kernel::{prefetch, prefetch_at};
use crate::units::{MemoryMb, SimTime, Span};

/// What the [`Recorder`] must know of a run.
#[derive(Clone, Debug)]
pub struct RecorderConfig {
    /// Arrivals before it do not count in the summary.
    pub warm_up: Span,
    /// End of the traffic and of all gauges.
    pub duration: Span,
    /// End of the run.
    pub horizon: SimTime,
    /// Number of traffic entries.
    pub traffic: usize,
    /// Per flow.
    pub flows: Vec<FlowInfo>,
    /// Per function.
    pub functions: Vec<FunctionInfo>,
    /// Number of queues.
    pub queues: usize,
    /// Metrics of each event source mapping.
    pub mappings: Vec<MappingMetrics>,
    /// Number of downstream budgets.
    pub budgets: usize,
    /// Number of streams.
    pub streams: usize,
    /// What it hears.
    pub scope: Scope,
}

/// What is known of a flow.
#[derive(Clone, Copy, Debug)]
pub struct FlowInfo {
    /// Its traffic entry.
    pub traffic: TrafficId,
    /// Its function.
    pub function: FunctionId,
    /// How that is addressed.
    pub qualifier: QualifierId,
    /// How it is invoked.
    pub invocation_type: InvocationType,
    /// Number that stands for its name in the fingerprint.
    pub identity: u64,
    /// Whether it comes through a function URL (MET-18).
    pub url: bool,
    /// Whether its sender is an event source mapping.
    pub polled: bool,
}

/// What is known of a function.
#[derive(Clone, Debug)]
pub struct FunctionInfo {
    /// Reserved concurrency.
    pub reserved: Option<u32>,
    /// Memory of each version.
    pub memory: Vec<MemoryMb>,
    /// Number of its qualifiers.
    pub qualifiers: usize,
}

/// The listener behind the summary, `metrics.csv` and `throttles.csv`.
///
/// Nothing is kept per invocation: counts, gauges, histograms, and the datapoints of the running period, which go to the
/// [`Sink`] when it is over.
pub struct Recorder<'a> {
    pub(super) config: RecorderConfig,
    sink: &'a mut dyn Sink,
    pub(super) window: Window,
    pub(super) fingerprint: Fingerprint,
    pub(super) flows: Vec<FlowState>,
    pub(super) functions: Vec<FunctionState>,
    /// Times to first byte of streamed responses, by traffic entry.
    pub(super) first_byte: Vec<Option<Box<Histogram>>>,
    pub(super) queues: Vec<QueueState>,
    mappings: Vec<MappingState>,
    /// Retries by traffic entry.
    pub(super) retries: Vec<RetryState>,
    pub(super) budgets: Vec<BudgetState>,
    pub(super) streams: StreamBook,
    pub(super) account: AccountState,
    pub(super) periods: Vec<Period>,
    /// Periods that have something to tell, as places in `periods`.
    touched: Vec<u32>,
    period: Span,
    period_end: SimTime,
    /// Of the running step of the timeline.
    pub(super) tally: Tallied,
    /// Of steps that are over, with the memory of their histograms.
    spare: Vec<Tallied>,
    /// Durations and latencies of the train that is told.
    pub(super) values: Box<(Values, Values)>,
    /// While functions are told one after another.
    pub(super) apart: Option<Box<Apart>>,
    /// Periods that are over for all functions, and not for the account yet.
    pub(super) over: VecDeque<Over>,
    pub(super) timeline: Timeline,
    pub(super) backlog: Backlog,
    /// The earliest of `period_end`, the end of the timeline's step and the next edge of the window.
    next_cut: SimTime,
    /// What callers behind front ends were answered.
    pub(super) statuses: BTreeMap<(TrafficId, u16), u64>,
    /// Answers of function URLs by period, because they are known ahead of their time (MET-18).
    urls: BTreeMap<(u64, FunctionId), UrlPeriod>,
}

const LATENCY_CELLS: usize = 2 * StartKind::ALL.len();

/// The part of a run over which gauges are taken.
#[derive(Clone, Copy, Debug)]
pub(super) struct Window {
    from: SimTime,
    to: SimTime,
}

impl Window {
    fn contains(&self, time: SimTime) -> bool {
        self.from <= time && time < self.to
    }

    /// Microseconds of the window from `time` on.
    fn left(&self, time: SimTime) -> u64 {
        self.to.since(time.max(self.from)).as_micros()
    }

    pub fn micros(&self) -> u64 {
        self.to.since(self.from).as_micros()
    }
}

/// What is counted of one flow. Traffic entries and functions are sums over their flows, made at the end: each count is
/// kept once.
#[derive(Debug)]
pub(super) struct FlowState {
    pub info: FlowInfo,
    /// Without those that were served plainly.
    pub counts: Counts,
    /// Arrivals that were served plainly, by one invocation that succeeded.
    pub served: u64,
    /// Final answers by start kind and whether they were good.
    pub latency: [Option<Box<Histogram>>; LATENCY_CELLS],
    /// Durations of plain invocations whose answer took no longer: counted once here instead of in `latency` and among its
    /// function's durations, to which they are added at the end.
    pub answered_at_once: Option<Box<Histogram>>,
}

impl FlowState {
    fn new(info: FlowInfo) -> FlowState {
        FlowState {
            info,
            counts: Counts::default(),
            served: 0,
            latency: Default::default(),
            answered_at_once: None,
        }
    }

    /// The same, known by other numbers.
    pub fn of(self, info: FlowInfo) -> FlowState {
        FlowState { info, ..self }
    }

    pub fn counts(&self) -> Counts {
        let mut counts = self.counts;
        counts.arrivals += self.served;
        counts.requests += self.served;
        counts.invocations += self.served;
        counts.succeeded += self.served;
        counts
    }

    fn prefetch(&self) {
        prefetch(&self.info);
        prefetch(&self.counts);
        prefetch(&self.served);
        prefetch(&self.answered_at_once);
    }

    pub fn is_synchronous(&self) -> bool {
        self.info.invocation_type == InvocationType::RequestResponse
    }

    /// Answers that were good.
    pub fn good(&self) -> impl Iterator<Item = &Option<Box<Histogram>>> {
        StartKind::ALL.into_iter().map(|kind| &self.latency[cell(kind, true)])
    }

    /// Answers that were not.
    pub fn bad(&self) -> impl Iterator<Item = &Option<Box<Histogram>>> {
        StartKind::ALL.into_iter().map(|kind| &self.latency[cell(kind, false)])
    }
}

#[derive(Debug, Default)]
pub(super) struct AccountState {
    pub concurrency: GaugeSummary,
    pub unreserved: GaugeSummary,
    reserved: u64,
    /// Provisioned concurrency by function and qualifier.
    provisioned: BTreeMap<(FunctionId, QualifierId), u32>,
    /// Of functions without reservation.
    provisioned_total: u64,
    pub claimed_max: u64,
}

impl AccountState {
    /// CONC-11, beside the unreserved concurrency that runs.
    fn claimed(&self) -> u64 {
        self.reserved + self.provisioned_total
    }
}

/// Period of datapoints: a minute, longer for long runs (contract §4).
fn period_for(horizon: SimTime) -> Span {
    const DAY: u64 = 86_400_000_000;
    match horizon.as_micros().div_ceil(DAY) {
        0..=15 => Span::from_secs(60),
        16..=63 => Span::from_secs(300),
        _ => Span::from_secs(3_600),
    }
}

impl<'a> Recorder<'a> {
    /// A recorder that gives datapoints to `sink`.
    pub fn new(mut config: RecorderConfig, sink: &'a mut dyn Sink) -> Recorder<'a> {
        let mut periods = vec![Period::default()];
        let mut functions = Vec::with_capacity(config.functions.len());
        for (index, function) in config.functions.iter().enumerate() {
            functions.push(FunctionState::new(
                periods.len() as u32,
                function.qualifiers,
                &function.memory,
            ));
            for qualifier in 0..function.qualifiers {
                let named = (qualifier > 0).then_some(QualifierId(qualifier as u16));
                periods.push(Period::new(FunctionId(index as u32), named));
            }
        }
        let period = period_for(config.horizon);
        let reserved = config
            .functions
            .iter()
            .filter_map(|function| function.reserved)
            .map(u64::from)
            .sum();
        Recorder {
            window: Window {
                from: SimTime::ZERO + config.warm_up,
                to: SimTime::ZERO + config.duration,
            },
            fingerprint: Fingerprint::default(),
            flows: std::mem::take(&mut config.flows)
                .into_iter()
                .map(FlowState::new)
                .collect(),
            functions,
            first_byte: vec![None; config.traffic],
            queues: vec![QueueState::default(); config.queues],
            mappings: config.mappings.iter().map(|shown| MappingState::new(*shown)).collect(),
            retries: vec![RetryState::default(); config.traffic],
            budgets: vec![BudgetState::default(); config.budgets],
            streams: StreamBook::new(config.streams),
            account: AccountState {
                reserved,
                claimed_max: reserved,
                ..AccountState::default()
            },
            periods,
            touched: Vec::new(),
            period,
            period_end: SimTime::ZERO + period,
            tally: Tallied::default(),
            spare: Vec::new(),
            values: Box::default(),
            apart: None,
            over: VecDeque::new(),
            timeline: Timeline::new(config.horizon, watched(&config)),
            backlog: Backlog::new(config.queues, config.streams),
            next_cut: SimTime::ZERO,
            statuses: BTreeMap::new(),
            urls: BTreeMap::new(),
            config,
            sink,
        }
    }

    /// The run is over, and with it the period that runs.
    pub(super) fn end_periods(&mut self) {
        self.cut_until(self.config.horizon);
        if self.period_end.as_micros() - self.period.as_micros() < self.config.horizon.as_micros() {
            self.end_period();
        }
    }

    /// Whether what arrived then counts in the summary (contract §4, `warm_up`).
    pub(super) fn counts(&self, arrived: SimTime) -> bool {
        arrived >= self.window.from
    }

    pub(super) fn cut_until(&mut self, time: SimTime) {
        while time >= self.next_cut {
            self.cut();
        }
    }

    /// A period or a step is over, or the window of the gauges begins or ends.
    fn cut(&mut self) {
        let now = self.next_cut;
        if now == self.window.to {
            self.close_window();
        }
        if now == self.window.from {
            self.open_window();
        }
        if now == self.timeline.step_end {
            self.end_step(now);
        }
        if now == self.period_end {
            self.end_period();
        }
        self.find_next_cut(now);
    }

    fn find_next_cut(&mut self, now: SimTime) {
        let edges = [
            self.window.from,
            self.window.to,
            self.period_end,
            self.timeline.step_end,
        ];
        self.next_cut = edges
            .into_iter()
            .filter(|edge| *edge > now)
            .min()
            .unwrap_or(SimTime::MAX);
    }

    /// A step or a period is over in a window in which functions were told one after another. These have been counted in the steps
    /// after the running one, and told of the periods that have ended.
    fn cut_apart(&mut self, steps: &mut impl Iterator<Item = Tallied>) {
        let now = self.next_cut;
        if now == self.timeline.step_end {
            let standing = self.standing(now);
            let mut tally = std::mem::replace(&mut self.tally, steps.next().unwrap_or_default());
            self.timeline.end_step(&tally, standing, std::iter::empty());
            // Steps of parts are begun elsewhere.
            if matches!(self.config.scope, Scope::Account) {
                tally.clear();
                self.spare.push(tally);
            }
        }
        if now == self.period_end {
            self.end_period();
        }
        self.find_next_cut(now);
    }

    fn end_step(&mut self, now: SimTime) {
        let standing = self.standing(now);
        let periods = &mut self.periods;
        let configs = &self.config.functions;
        let functions = self.functions.iter_mut().zip(configs).map(|(state, config)| {
            let busy = &mut periods[state.first_period as usize].busy;
            state.end_step(busy, config.reserved.is_some(), now)
        });
        self.timeline.end_step(&self.tally, standing, functions);
        self.tally.clear();
        self.backlog.end_step();
    }

    /// How the account stands at the end of a step.
    fn standing(&mut self, now: SimTime) -> Standing {
        let ready = match self.account.provisioned.is_empty() {
            true => 0,
            false => self.periods.iter().map(|period| u64::from(period.ready)).sum(),
        };
        let account = &mut self.periods[0];
        Standing {
            concurrency_max: account.busy.look(),
            concurrency_integral: account.busy.integral_to(now),
            provisioned_ready: ready,
            provisioned_busy_max: account.provisioned_busy().look(),
            provisioned_busy_integral: account.provisioned_busy().integral_to(now),
        }
    }

    fn open_window(&mut self) {
        self.fold_claims();
        for period in &mut self.periods {
            period.open(self.window.from);
        }
        for state in &mut self.functions {
            let utilization = utilization(&self.periods[state.first_period as usize..][..state.qualifiers as usize]);
            if utilization > 0.0 || state.special.is_some() {
                state.special().utilization_max = utilization;
            }
        }
        self.account.claimed_max = self.account.claimed() + self.periods[0].unreserved_busy().value;
        self.queues.iter_mut().for_each(|queue| queue.open(self.window.from));
    }

    fn close_window(&mut self) {
        self.fold_claims();
        let (from, to) = (self.window.from, self.window.to);
        self.account.concurrency = self.periods[0].busy.close(from, to);
        self.account.unreserved = self.periods[0].unreserved_busy().close(from, to);
        for state in &mut self.functions {
            state.concurrency = self.periods[state.first_period as usize].busy.close(from, to);
        }
        self.queues.iter_mut().for_each(|queue| queue.close(from, to));
    }

    /// `ClaimedAccountConcurrency` (CONC-11) moves with unreserved concurrency between changes of what is provisioned: its
    /// maximum since the last look follows from the largest of that.
    fn fold_claims(&mut self) {
        let claimed = self.account.claimed() + self.periods[0].unreserved_busy().look();
        self.periods[0].claim(claimed);
        if self.next_cut > self.window.from && self.next_cut <= self.window.to {
            self.account.claimed_max = self.account.claimed_max.max(claimed);
        }
    }

    /// Only the provisioned concurrency of functions without reservation is claimed beside reservations (CONC-9).
    fn sum_provisioned(&mut self) {
        let unreserved = |function: &FunctionId| self.config.functions[function.index()].reserved.is_none();
        let amounts = self.account.provisioned.iter();
        self.account.provisioned_total = amounts
            .filter(|((function, _), _)| unreserved(function))
            .map(|(_, amount)| *amount as u64)
            .sum();
    }

    /// Hands the datapoints of the period that is over to the sink; what is still busy goes on into the next one.
    fn end_period(&mut self) {
        if matches!(self.config.scope, Scope::Part(..)) {
            let over = self.end_period_of_all();
            self.over.push_back(over);
            self.begin_period();
            return;
        }
        let over = self.over.pop_front();
        let mut told = over.unwrap_or_else(|| self.end_period_of_all());
        // Functions are told in few runs, each in order: this finds them.
        told.sort_by_key(Period::owner);
        self.periods[0].add_functions(told.iter());
        let start = self.tell_account();
        told.iter().for_each(|period| emit(period, start, self.sink));
        told.iter().for_each(|period| emit_throttles(period, start, self.sink));
        self.tell_urls(start);
        self.begin_period();
    }

    /// The period that runs is over for all functions.
    fn end_period_of_all(&mut self) -> Over {
        let periods = &mut self.periods;
        let told = self.touched.iter().filter_map(|place| periods[*place as usize].end());
        let told = told.collect();
        self.touched.retain(|place| periods[*place as usize].touched);
        self.carry_utilization();
        told
    }

    /// Hands out the account's datapoints of the period that is over, to which its functions have added theirs, and those of
    /// queues and mappings; returns when it began.
    fn tell_account(&mut self) -> SimTime {
        self.fold_claims();
        let start = SimTime::from_micros(self.period_end.as_micros() - self.period.as_micros());
        emit(&self.periods[0], start, self.sink);
        self.periods[0].begin_next();
        for (number, queue) in (0..).zip(&mut self.queues) {
            queue.end_period(QueueId(number), start, self.sink);
        }
        for (number, mapping) in (0..).zip(&mut self.mappings) {
            mapping.end_period(MappingId(number), start, self.sink);
        }
        start
    }

    /// Hands out what function URLs answered in the period that is over.
    fn tell_urls(&mut self, start: SimTime) {
        let number = start.as_micros() / self.period.as_micros();
        while let Some(entry) = self.urls.first_entry().filter(|entry| entry.key().0 <= number) {
            let ((_, function), answers) = entry.remove_entry();
            answers.emit(start, function, self.sink);
        }
    }

    pub(super) fn begin_period(&mut self) {
        self.period_end = self.period_end.saturating_add(self.period);
    }

    /// Provisioned environments that are busy across a boundary keep their utilisation, also in their function's datapoints.
    fn carry_utilization(&mut self) {
        if self.account.provisioned.is_empty() {
            return;
        }
        for state in &self.functions {
            let first = state.first_period as usize;
            if self.periods[first].provisioned_busy().value > 0 {
                let largest = utilization(&self.periods[first..][..state.qualifiers as usize]);
                self.periods[first].utilized(largest);
            }
        }
    }

    /// Changes the running period of the function, and of the qualifier if it has a name.
    #[inline(always)]
    fn in_periods(&mut self, function: FunctionId, qualifier: QualifierId, mut change: impl FnMut(&mut Period)) {
        let first = self.functions[function.index()].first_period as usize;
        let places = [first, first + qualifier.index()];
        let named = usize::from(qualifier.0 > 0);
        // Called in one place, so that it is inlined.
        for place in &places[..1 + named] {
            change(&mut self.periods[*place]);
        }
    }

    /// The same where that is something to tell.
    #[inline(always)]
    pub(super) fn note_in_periods(
        &mut self,
        function: FunctionId,
        qualifier: QualifierId,
        change: impl FnMut(&mut Period),
    ) {
        self.touch(function, qualifier);
        self.in_periods(function, qualifier, change);
    }

    /// Notes that the function, and the qualifier if it has a name, have something to tell of the running period.
    #[inline]
    pub(super) fn touch(&mut self, function: FunctionId, qualifier: QualifierId) {
        let first = self.functions[function.index()].first_period as usize;
        if !(self.periods[first].touched && self.periods[first + qualifier.index()].touched) {
            self.touch_first(function, qualifier);
        }
    }

    #[cold]
    fn touch_first(&mut self, function: FunctionId, qualifier: QualifierId) {
        let first = self.functions[function.index()].first_period;
        let named = first + qualifier.0 as u32;
        for place in std::iter::once(first).chain((named > first).then_some(named)) {
            let period = &mut self.periods[place as usize];
            if !period.touched {
                period.touched = true;
                self.touched.push(place);
            }
        }
    }

    /// Follows the maximum utilisation of a qualifier's provisioned environments (PC-11).
    fn utilize(&mut self, time: SimTime, pool: &Pool) {
        let first = self.functions[pool.function.index()].first_period as usize;
        let utilization = self.periods[first + pool.qualifier.index()].utilization();
        self.in_periods(pool.function, pool.qualifier, |period| period.utilized(utilization));
        if self.window.contains(time) {
            let special = self.functions[pool.function.index()].special();
            special.utilization_max = special.utilization_max.max(utilization);
        }
    }
}

/// Adds to a histogram that exists once it has something to hold.
fn record(histogram: &mut Option<Box<Histogram>>, time: Span) {
    histogram.get_or_insert_with(Box::default).record(time.as_micros());
}

/// Largest utilisation among a function's qualifiers (PC-11).
fn utilization(qualifiers: &[Period]) -> f64 {
    qualifiers.iter().map(Period::utilization).fold(0.0, f64::max)
}

/// How many functions are drawn on their own.
fn watched(config: &RecorderConfig) -> usize {
    let functions = config.functions.len();
    match config.scope {
        Scope::Account => Timeline::watches(functions),
        Scope::Part(_, all) => functions.min(Timeline::watches(all)),
        Scope::Joined => 0,
    }
}

/// Whether an event that ended so had been stored before.
fn was_queued(ending: Ending) -> bool {
    !matches!(ending, Ending::Throttled | Ending::Refused)
}

/// Place of good answers of warm environments among a flow's histograms.
pub(super) fn warm_answer() -> usize {
    cell(StartKind::Warm, true)
}

/// Place of a final answer among a flow's histograms.
pub(super) fn cell(kind: StartKind, good: bool) -> usize {
    2 * kind as usize + usize::from(good)
}

impl Recorder<'_> {
    /// What plain attempts do not have.
    #[cold]
    fn ran_otherwise(&mut self, attempt: &Attempt) {
        let cold = u64::from(attempt.start_kind.is_cold());
        let failed = u64::from(attempt.completes && !attempt.verdict.is_ok());
        self.tally.cold_starts += cold;
        self.tally.errors += failed;
        self.tally.spilled += u64::from(attempt.spilled);
        if !self.counts(attempt.arrived) {
            return;
        }
        let flow = &mut self.flows[attempt.flow.index()];
        flow.counts.cold_starts += cold;
        flow.counts.errors += failed;
        let state = &mut self.functions[attempt.function.index()];
        let answers = attempt.completes && attempt.verdict.is_ok() && attempt.answered < self.config.horizon;
        if answers && flow.is_synchronous() {
            state.special().answers.note(attempt);
        }
        let version = &mut state.versions[attempt.version.index()].counts;
        version.cold_starts += cold;
        version.errors += failed;
        let state = state.special();
        state.provisioned_invocations += u64::from(attempt.start_kind == StartKind::Provisioned);
        state.provisioned_spillover += u64::from(attempt.spilled);
        match attempt.start_kind {
            StartKind::Cold => state.init.record(attempt.init.as_micros()),
            StartKind::SnapStart => record(&mut state.restore, attempt.restore),
            _ => {}
        }
        if attempt.completes && !attempt.extension.is_zero() {
            record(&mut state.extensions, attempt.extension);
        }
    }

    /// A slot of the account was taken or given back; those of functions that are told one after another come at the end.
    #[inline(always)]
    fn slot_of_account(&mut self, time: SimTime, taken: bool, unreserved: bool) {
        if self.apart.is_none() {
            let account = &mut self.periods[0];
            account.busy.step(time, taken);
            if unreserved {
                account.unreserved_busy().step(time, taken);
            }
        }
    }

    /// Slots of the account were taken and given back before `cut`, of which so many have been told; returns how many have been now.
    fn swing_account(&mut self, slots: &mut SlotSteps, done: usize, cut: SimTime) -> usize {
        let end = slots.before(cut);
        let account = &mut self.periods[0];
        let floors = [account.busy.headroom(), account.unreserved_busy().headroom()];
        let (all, unreserved) = slots.swings(done..end, floors);
        account.busy.swing(all);
        account.unreserved_busy().swing(unreserved);
        end
    }

    /// All functions have been told up to the end of the window; returns what was counted in each step.
    pub(super) fn end_apart(&mut self, mut apart: Apart) -> Vec<Tallied> {
        let over = self.end_periods_apart(&mut apart);
        self.over.extend(over);
        let last = apart.until.just_before();
        for function in 0..self.timeline.watched() {
            self.end_steps_of_function(FunctionId(function as u32), last);
        }
        self.spare = std::mem::take(&mut apart.spare);
        apart.finish(std::mem::take(&mut self.tally)).collect()
    }

    /// The same for the account: these were its slots, and this was counted in each step.
    pub(super) fn end_window(
        &mut self,
        (from, until): (SimTime, SimTime),
        slots: &mut SlotSteps,
        mut steps: impl Iterator<Item = Tallied>,
    ) {
        self.tally = steps.next().unwrap_or_default();
        // What ends at a boundary belongs to what lies before it.
        let mut done = self.swing_account(slots, 0, from);
        self.begin_account_again(self.begins_at(from));
        while self.next_cut < until {
            done = self.swing_account(slots, done, self.next_cut);
            self.cut_apart(&mut steps);
        }
        self.swing_account(slots, done, SimTime::MAX);
        self.find_next_cut(until.just_before());
    }

    /// The same for what was told to the recorder of a part.
    pub(super) fn pass_window(&mut self, until: SimTime) {
        while self.next_cut < until {
            let now = self.next_cut;
            if now == self.timeline.step_end {
                self.timeline
                    .end_step(&Tally::default(), Standing::default(), std::iter::empty());
            }
            if now == self.period_end {
                self.begin_period();
            }
            self.find_next_cut(now);
        }
    }

    /// What of the account and its functions begins at `time`.
    fn begins_at(&self, time: SimTime) -> Begins {
        Begins {
            period: time.as_micros() / self.period.as_micros() * self.period.as_micros() == time.as_micros(),
            window: self.window.from == time,
            step: self.timeline.begins_at(time),
        }
    }

    /// The account's slots that were given back at the instant of a cut were not taken in what begins with it.
    fn begin_account_again(&mut self, begins: Begins) {
        let account = &mut self.periods[0];
        account.busy.begin_again(begins);
        account.provisioned_busy().begin_again(begins);
        // Claims are looked at where a period or the window begins, not at each step.
        account.unreserved_busy().begin_again(Begins {
            step: begins.period || begins.window,
            ..begins
        });
        if begins.window {
            self.account.claimed_max = self.account.claimed() + self.periods[0].unreserved_busy().value;
        }
    }

    /// Counts what follows in the step that holds `time`.
    fn turn_to_step(&mut self, time: SimTime) {
        if let Some(apart) = &mut self.apart {
            apart.turn(&self.timeline, time, &mut self.tally);
        }
    }

    /// Where the step ends that is counted in; [`SimTime::MAX`] outside of windows, where each cut is told in its turn.
    fn step_ends(&self) -> SimTime {
        self.apart.as_ref().map_or(SimTime::MAX, |apart| apart.step_ends())
    }

    /// Counts a train that goes through several steps in each of them.
    fn count_in_steps(&mut self, train: &ServedTrain) {
        let memory = self.functions[train.function.index()].versions[train.version.index()].memory;
        let (starts, mut from) = (train.starts(), 0);
        while let Some(first) = starts.get(from) {
            self.turn_to_step(*first);
            let step_ends = self.step_ends();
            let count = starts[from..].iter().take_while(|start| **start < step_ends).count();
            let here = from..from + count;
            let billed_ms = train.billed_ms()[here.clone()].iter().sum();
            self.tally.served(count as u64, billed_ms, memory);
            for duration in &train.durations()[here] {
                self.tally.latency.record((*duration + train.overhead).as_micros());
            }
            from += count;
        }
    }

    /// The steps of the function that is told now are over up to `time`.
    fn end_steps_of_function(&mut self, function: FunctionId, time: SimTime) {
        let state = &mut self.functions[function.index()];
        let busy = &mut self.periods[state.first_period as usize].busy;
        let reserved = self.config.functions[function.index()].reserved.is_some();
        self.timeline
            .end_steps_of(function, time, |end| state.end_step(busy, reserved, end));
    }

    /// The period is over that runs for the function that is told now.
    fn end_period_of_function(&mut self) {
        let Some(apart) = &mut self.apart else { return };
        let state = &self.functions[apart.function.index()];
        let places = state.first_period..state.first_period + state.qualifiers;
        let told = |place: u32| self.periods[place as usize].end();
        apart.end_period(places.filter_map(told));
    }

    /// The periods that have ended in a window in which functions were told one after another.
    fn end_periods_apart(&mut self, apart: &mut Apart) -> Vec<Over> {
        if apart.has_periods() {
            // What is still busy, but did nothing in this window.
            for place in &self.touched {
                let period = &mut self.periods[*place as usize];
                if period.function().is_some_and(|function| !apart.has_told(function)) {
                    apart.end_all_periods(period);
                }
            }
            self.touched.sort_unstable();
            self.touched.dedup();
            self.touched.retain(|place| self.periods[*place as usize].touched);
        }
        apart.end_periods()
    }

    /// Slots that a train took and gave back.
    fn given_back_in_train(&mut self, train: &ServedTrain) {
        self.tally.backlog -= train.given_back.events as i64;
        let mut taken = GivenBack::default();
        train.starts().iter().for_each(|start| taken.add(*start));
        let first = self.functions[train.function.index()].first_period as usize;
        let (given_back, rise) = (train.given_back, train.rise);
        self.periods[first].busy.train(taken, given_back, rise);
        if train.qualifier.0 > 0 {
            self.periods[first + train.qualifier.index()]
                .busy
                .train(taken, given_back, rise);
        }
        if self.apart.is_some() {
            return;
        }
        self.periods[0].busy.train(taken, given_back, rise);
        if !train.reserved {
            self.periods[0].unreserved_busy().train(taken, given_back, rise);
        }
    }

    /// A slot through a named qualifier, or of a provisioned environment, was taken or given back.
    #[inline(never)]
    fn slot_of_qualifier(&mut self, time: SimTime, pool: &Pool, taken: bool) {
        let first = self.functions[pool.function.index()].first_period as usize;
        if pool.qualifier.0 > 0 {
            self.periods[first + pool.qualifier.index()].busy.step(time, taken);
        }
        if taken {
            self.touch(pool.function, pool.qualifier);
        }
        if !pool.provisioned {
            return;
        }
        self.periods[0].provisioned_busy().step(time, taken);
        self.in_periods(pool.function, pool.qualifier, |period| {
            period.provisioned_busy().step(time, taken);
        });
        if taken {
            self.utilize(time, pool);
        }
    }
}

impl Observer for Recorder<'_> {
    #[inline(always)]
    fn arrived(&mut self, call: &Call) {
        self.tally.arrivals += 1;
        if self.counts(call.arrived) {
            self.flows[call.flow.index()].counts.arrivals += 1;
        }
    }

    #[inline(always)]
    fn ran(&mut self, attempt: &Attempt) {
        let flow = &mut self.flows[attempt.flow.index()];
        if attempt.completes {
            self.fingerprint.add(flow.info.identity, attempt);
        }
        let state = &mut self.functions[attempt.function.index()];
        let version = &mut state.versions[attempt.version.index()];
        let mb_ms = attempt.billed_ms * version.memory.0 as u64;
        self.tally.invocations += 1;
        self.tally.billed_mb_ms += mb_ms as u128;
        self.periods[state.first_period as usize].ran(attempt);
        if attempt.qualifier.0 > 0 {
            self.periods[state.first_period as usize + attempt.qualifier.index()].ran(attempt);
        }
        if attempt.arrived >= self.window.from {
            flow.counts.requests += 1;
            flow.counts.invocations += 1;
            version.counts.invocations += 1;
            let retries = &mut self.retries[flow.info.traffic.index()];
            match (attempt.attempt, flow.info.polled) {
                (0, false) => retries.first(attempt),
                (_, false) => retries.further(attempt, mb_ms as u128),
                (_, true) => retries.polled(mb_ms as u128),
            }
            if attempt.completes {
                state.duration.record(attempt.duration.as_micros());
                if flow.info.invocation_type == InvocationType::Event && attempt.verdict.is_ok() {
                    state.events().time.note(attempt);
                }
            }
        }
        if !attempt.is_plain() {
            self.ran_otherwise(attempt);
        }
    }

    /// The same as the calls that tell it otherwise, but each thing is looked up once, and what goes up in step is counted
    /// once.
    #[inline(always)]
    fn served(&mut self, call: &Call, pool: Pool, attempt: &Attempt) {
        let flow = &mut self.flows[call.flow.index()];
        let state = &mut self.functions[attempt.function.index()];
        let version = &mut state.versions[attempt.version.index()];
        self.fingerprint.add(flow.info.identity, attempt);
        self.tally.served += 1;
        self.tally.billed_mb_ms += (attempt.billed_ms * version.memory.0 as u64) as u128;
        let latency = attempt.answered.since(attempt.arrived).as_micros();
        let bucket = bucket_of(latency);
        self.tally.latency.record_in(bucket, latency);
        if attempt.arrived >= self.window.from {
            flow.served += 1;
            version.counts.invocations += 1;
            if latency == attempt.duration.as_micros() {
                flow.answered_at_once.get_or_insert_default().record_in(bucket, latency);
            } else {
                state.duration.record(attempt.duration.as_micros());
                flow.latency[warm_answer()]
                    .get_or_insert_default()
                    .record_in(bucket, latency);
            }
        }
        let period = &mut self.periods[state.first_period as usize];
        period.busy.step(attempt.start, true);
        period.ran(attempt);
        if !period.touched {
            self.touch(pool.function, pool.qualifier);
        }
        self.slot_of_account(attempt.start, true, !pool.reserved);
        if pool.qualifier.0 > 0 {
            self.slot_of_qualifier(attempt.start, &pool, true);
            let first = self.functions[pool.function.index()].first_period as usize;
            self.periods[first + pool.qualifier.index()].ran(attempt);
        }
    }

    fn served_train(&mut self, train: &ServedTrain) {
        let Some(first) = train.starts().first() else {
            return self.given_back_in_train(train);
        };
        if train.invocation_type == InvocationType::Event {
            self.note_tried(train);
            return self.given_back_in_train(train);
        }
        let in_one_step = train.starts()[train.count - 1] < self.step_ends();
        let flow = &mut self.flows[train.flow.index()];
        let state = &mut self.functions[train.function.index()];
        let version = &mut state.versions[train.version.index()];
        let count = train.count as u64;
        self.fingerprint.add_train(flow.info.identity, train);
        let (durations, latencies) = &mut *self.values;
        durations.hold(train.durations(), Span::ZERO);
        let delayed = !train.overhead.is_zero();
        if delayed {
            latencies.hold(train.durations(), train.overhead);
        }
        let (durations, latencies) = (&*durations, if delayed { &*latencies } else { &*durations });
        if in_one_step {
            let billed_ms = train.billed_ms().iter().sum();
            self.tally.served(count, billed_ms, version.memory);
            self.tally.latency.record_all(latencies);
        }
        if *first >= self.window.from {
            flow.served += count;
            version.counts.invocations += count;
            if delayed {
                state.duration.record_all(durations);
                flow.latency[warm_answer()]
                    .get_or_insert_default()
                    .record_all(latencies);
            } else {
                flow.answered_at_once.get_or_insert_default().record_all(durations);
            }
        }
        let first = state.first_period;
        let named = (train.qualifier.0 > 0).then_some(first + train.qualifier.0 as u32);
        for place in std::iter::once(first).chain(named) {
            self.periods[place as usize].ran_train(durations);
        }
        if !self.periods[first as usize].touched || named.is_some() {
            self.touch(train.function, train.qualifier);
        }
        self.given_back_in_train(train);
        if !in_one_step {
            self.count_in_steps(train);
        }
    }

    fn stored(&mut self, train: &StoredTrain<'_>) {
        self.note_stored(train);
    }

    #[inline]
    fn refused(&mut self, refusal: &Refusal) {
        if let Some((_, cause)) = refusal.throttle {
            self.tally.throttles[cause as usize] += 1;
            self.functions[refusal.function.index()].throttled_in_step += 1;
            self.note_in_periods(refusal.function, refusal.qualifier, Period::throttled);
        }
        if refusal.code == ErrorCode::RecursiveInvocation {
            self.note_in_periods(refusal.function, refusal.qualifier, Period::ended_loop);
        }
        if !self.counts(refusal.arrived) {
            return;
        }
        let counts = &mut self.flows[refusal.flow.index()].counts;
        counts.requests += 1;
        counts.throttles += u64::from(refusal.throttle.is_some());
        counts.rejected += u64::from(refusal.throttle.is_none());
        let state = &mut self.functions[refusal.function.index()];
        if refusal.throttle.is_none() {
            *state.special().rejected.entry(refusal.code).or_insert(0) += 1;
        }
        if let Some((reason, cause)) = refusal.throttle {
            let special = state.special();
            special.by_reason[reason as usize] += 1;
            special.by_cause[cause as usize] += 1;
            self.periods[state.first_period as usize].count_throttle((refusal.qualifier, reason, cause));
        }
    }

    #[inline(always)]
    fn ended(&mut self, ended: &Ended) {
        let call = &ended.call;
        let latency = ended.time.since(call.arrived).as_micros();
        if call.invocation_type == InvocationType::Event {
            self.tally.backlog -= i64::from(was_queued(ended.ending));
        } else if ended.ending == Ending::Succeeded {
            self.tally.latency.record(latency);
        }
        if !self.counts(call.arrived) {
            return;
        }
        let flow = &mut self.flows[call.flow.index()];
        match ended.ending {
            Ending::Succeeded => flow.counts.succeeded += 1,
            Ending::Failed | Ending::Refused => flow.counts.failed += 1,
            Ending::Throttled => flow.counts.throttled += 1,
            Ending::Dropped => flow.counts.dropped += 1,
            Ending::DryRun => flow.counts.dry_run += 1,
        }
        let place = cell(ended.start_kind, ended.ending == Ending::Succeeded);
        flow.latency[place].get_or_insert_with(Box::default).record(latency);
        if call.invocation_type == InvocationType::Event && was_queued(ended.ending) {
            self.functions[call.function.index()].events().latency.record(latency);
        }
    }

    /// Where most are told it is known which step it is, and the rest of this is left out.
    #[inline(always)]
    fn asynchronous(&mut self, time: SimTime, call: &Call, step: AsyncStep) {
        let age = time.since(call.arrived);
        self.tally.backlog += i64::from(step == AsyncStep::Received);
        self.tally.events.count(step);
        if step == AsyncStep::Attempted {
            self.tally.event_age = self.tally.event_age.max(Some(age));
        }
        if Period::shows(step) {
            self.note_in_periods(call.function, call.qualifier, |period| period.asynchronous(step, age));
        }
        if !self.counts(call.arrived) {
            return;
        }
        self.retries[self.flows[call.flow.index()].info.traffic.index()].kept(step);
        let state = self.functions[call.function.index()].events();
        let events = &mut state.counts;
        match step {
            AsyncStep::Received => events.received += 1,
            AsyncStep::Attempted => state.age.record(age.as_micros()),
            AsyncStep::RetriedAfterThrottle => events.retries_throttled += 1,
            AsyncStep::RetriedAfterError => events.retries_error += 1,
            AsyncStep::Expired | AsyncStep::Refused => {
                events.expired += 1;
                events.dropped += 1;
            }
            AsyncStep::Exhausted => {
                events.exhausted += 1;
                events.dropped += 1;
            }
            AsyncStep::DeadLettered => events.dead_lettered += 1,
            AsyncStep::DestinationSuccess => events.destination_success += 1,
            AsyncStep::DestinationFailure => events.destination_failure += 1,
        }
    }

    fn message(&mut self, time: SimTime, queue: QueueId, message: &Message, step: MessageStep) {
        let counts = self.counts(message.sent);
        self.queues[queue.index()].step(time, message, step, counts, time >= self.window.from);
        self.backlog.message(time, queue, message, step);
    }

    fn left_in_queue(&mut self, time: SimTime, queue: QueueId, oldest: SimTime) {
        self.queues[queue.index()].grew_old(time, oldest);
    }

    fn record_sent(&mut self, _time: SimTime, stream: StreamId, record: &Message) {
        if self.counts(record.sent) {
            self.streams.sent(stream);
        }
    }

    fn records(
        &mut self,
        _time: SimTime,
        stream: StreamId,
        mapping: Option<MappingId>,
        records: &[Message],
        step: RecordStep,
    ) {
        let counted = records.iter().filter(|record| self.counts(record.sent)).count();
        self.streams.records(stream, mapping, counted as u64, step);
    }

    fn batch_ended(&mut self, ended: &BatchEnded) {
        self.note_in_periods(ended.function, ended.qualifier, |period| period.batch_ended(ended));
        self.mappings[ended.mapping.index()].batch_ended(ended);
        self.backlog.batch_ended(ended);
        if self.counts(ended.last_sent) {
            self.streams.batch_ended(ended);
        }
    }

    fn mapping_events(&mut self, _time: SimTime, mapping: MappingId, step: EventStep, amount: u64) {
        self.mappings[mapping.index()].count(step, amount);
    }

    fn pollers(&mut self, active: &ActivePollers) {
        self.mappings[active.mapping.index()].active(active);
    }

    fn blocked(&mut self, blockage: &Blockage) {
        if self.counts(blockage.until) {
            self.streams.blocked(blockage);
        }
    }

    fn status(&mut self, asked: SimTime, time: SimTime, call: &Call, status: u16) {
        let flow = self.flows[call.flow.index()].info;
        if flow.url {
            let period = time.as_micros() / self.period.as_micros();
            let answers = self.urls.entry((period, flow.function)).or_default();
            answers.answered(status, time.since(asked));
        }
        if self.counts(call.arrived) {
            *self.statuses.entry((flow.traffic, status)).or_insert(0) += 1;
        }
    }

    fn streamed(&mut self, streamed: &Streamed) {
        if streamed.first_byte >= self.config.horizon || !self.counts(streamed.arrived) {
            return;
        }
        let traffic = self.flows[streamed.flow.index()].info.traffic;
        self.first_byte[traffic.index()]
            .get_or_insert_with(Box::default)
            .record(streamed.first_byte.since(streamed.arrived).as_micros());
    }

    #[inline(always)]
    fn slot(&mut self, time: SimTime, pool: Pool, taken: bool) {
        let first = self.functions[pool.function.index()].first_period as usize;
        let period = &mut self.periods[first];
        period.busy.step(time, taken);
        if taken && !period.touched {
            self.touch(pool.function, pool.qualifier);
        }
        self.slot_of_account(time, taken, !pool.provisioned && !pool.reserved);
        if pool.provisioned || pool.qualifier.0 > 0 {
            self.slot_of_qualifier(time, &pool, taken);
        }
    }

    fn takes_sums(&self) -> bool {
        true
    }

    fn next_cut(&self) -> SimTime {
        self.apart.as_ref().map_or(self.next_cut, |apart| apart.next_cut())
    }

    fn cut(&mut self, time: SimTime) {
        let Some(apart) = &self.apart else {
            return self.cut_until(time);
        };
        let period_is_over = apart.period_ends() <= time;
        if self.timeline.watched() > 0 {
            self.end_steps_of_function(apart.function, time);
        }
        self.turn_to_step(time);
        if period_is_over {
            self.end_period_of_function();
        }
    }

    fn ended_at_cut(&mut self, time: SimTime) {
        let begins = self.begins_at(time);
        if !begins.something() {
            return;
        }
        match self.apart.as_ref().map(|apart| apart.function) {
            Some(function) => {
                let state = &self.functions[function.index()];
                let first = state.first_period as usize;
                let own = &mut self.periods[first..first + state.qualifiers as usize];
                own.iter_mut().for_each(|period| period.busy.begin_again(begins));
            }
            None => {
                self.begin_account_again(begins);
                if begins.period || begins.window || self.timeline.watched() > 0 {
                    self.periods[1..]
                        .iter_mut()
                        .for_each(|period| period.busy.begin_again(begins));
                }
            }
        }
    }

    fn minds_each_cut(&self) -> bool {
        self.apart.is_none() || self.timeline.watched() > 0
    }

    /// The window of the gauges has its ends for all functions together, and so have periods of so many functions that it would take
    /// much memory to keep what each has to tell of several.
    fn apart_until(&self, from: SimTime) -> SimTime {
        let edges = [self.window.from, self.window.to, self.config.horizon];
        // Not that of the running period: of one that ends at `from` it may not have been told yet.
        let running = from.as_micros() / self.period.as_micros();
        let period_end = SimTime::from_micros((running + 1) * self.period.as_micros());
        let period = (self.timeline.watched() == 0).then_some(period_end);
        let ahead = edges.into_iter().chain(period).filter(|edge| *edge > from);
        ahead.min().unwrap_or(SimTime::MAX)
    }

    fn begin_cells(&mut self, from: SimTime, until: SimTime) {
        let (period, functions) = ((self.period, self.period_end), self.functions.len());
        let mut apart = Apart::new((from, until), &self.timeline, period, functions);
        apart.spare = std::mem::take(&mut self.spare);
        self.apart = Some(Box::new(apart));
    }

    fn coming(&mut self, flow: FlowId, function: FunctionId, turn: Turn) {
        let (flow, state) = (&self.flows[flow.index()], &self.functions[function.index()]);
        match turn {
            Turn::Third => {
                flow.prefetch();
                state.prefetch();
            }
            Turn::Second => {
                self.periods[state.first_period as usize].prefetch();
                prefetch_at(&state.versions, 0);
                flow.answered_at_once.iter().for_each(|times| times.prefetch());
                state.events.iter().for_each(|events| prefetch(&**events));
            }
            Turn::Next => {
                flow.answered_at_once.iter().for_each(|times| times.prefetch_values());
                state.duration.prefetch_values();
            }
        }
    }

    fn begin_cell(&mut self, function: FunctionId) {
        if let Some(apart) = &mut self.apart {
            apart.begin(function);
            let from = apart.from;
            self.turn_to_step(from);
        }
    }

    fn end_cells(&mut self, slots: &mut SlotSteps) {
        let Some(apart) = self.apart.take() else { return };
        let window = (apart.from, apart.until);
        let steps = self.end_apart(*apart);
        self.end_window(window, slots, steps.into_iter());
    }

    #[inline(always)]
    fn given_back(&mut self, pool: Pool, slots: GivenBack) {
        self.tally.backlog -= slots.events as i64;
        let first = self.functions[pool.function.index()].first_period as usize;
        self.periods[first].busy.give_back(slots);
        if pool.qualifier.0 > 0 {
            self.periods[first + pool.qualifier.index()].busy.give_back(slots);
        }
    }

    #[inline(always)]
    fn given_back_to_account(&mut self, all: GivenBack, unreserved: GivenBack) {
        if self.apart.is_none() {
            let account = &mut self.periods[0];
            account.busy.give_back(all);
            account.unreserved_busy().give_back(unreserved);
        }
    }

    fn environment(&mut self, time: SimTime, function: FunctionId, created: bool) {
        let state = &mut self.functions[function.index()];
        state
            .environments
            .step(created, self.window.left(time), time >= self.window.from);
        state.created += u64::from(created && self.window.contains(time));
    }

    fn environment_used(&mut self, time: SimTime, function: FunctionId) {
        self.functions[function.index()].used += u64::from(self.window.contains(time));
    }

    fn provisioned(&mut self, _time: SimTime, function: FunctionId, qualifier: QualifierId, amount: u32, ready: u32) {
        self.fold_claims();
        let first = self.functions[function.index()].first_period;
        self.periods[(first + qualifier.0 as u32) as usize].ready = ready;
        self.account.provisioned.insert((function, qualifier), amount);
        self.sum_provisioned();
        self.fold_claims();
    }

    fn budget(&mut self, call: &BudgetCall) {
        let counts = self.counts(call.arrived);
        let micros = self.window.left(call.from).saturating_sub(self.window.left(call.until));
        self.budgets[call.budget.index()].note(call, counts, micros);
    }

    fn reservation(&mut self, time: SimTime, function: FunctionId, reserved: Option<u32>, on_demand: u32) {
        self.fold_claims();
        let before = std::mem::replace(&mut self.config.functions[function.index()].reserved, reserved);
        let amount = |reserved: Option<u32>| reserved.unwrap_or(0) as u64;
        self.account.reserved = self.account.reserved - amount(before) + amount(reserved);
        if before.is_some() != reserved.is_some() {
            // What runs on demand moves into the unreserved pool or out of it.
            let unreserved = self.periods[0].unreserved_busy();
            (0..on_demand).for_each(|_| unreserved.step(time, reserved.is_none()));
            unreserved.look();
            self.sum_provisioned();
        }
        self.fold_claims();
    }

    fn configured(&mut self, _time: SimTime, function: FunctionId, version: VersionId, compute: Compute) {
        self.functions[function.index()].versions[version.index()].memory = compute.memory;
    }
}
