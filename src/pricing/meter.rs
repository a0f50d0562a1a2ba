use super::cell::Cell;
use super::hours::Hours;
use super::month::Month;
use super::pollers::{Active, Pollers};
use super::usage::{
    Amounts, Measure, Usage, UsageKey, billable_ephemeral_mb, cache_padding, extra_requests, provisioned_padding,
};
use super::workload::streamed_beyond_free;
use crate::facts::{
    ActivePollers, Architecture, Attempt, Call, Compute, FlowId, FunctionId, Observer, Pool, QualifierId, ServedTrain,
    StartKind, Streamed, Turn, VersionId,
};
use crate::kernel::prefetch_at;
use crate::units::{Bytes, MemoryMb, Share, SimTime, Span, Timestamp};

/// Weights of aliases are taken to the billionth, so that a half stays a half.
const SHARE_SCALE: u64 = 1_000_000_000;
const ARCHITECTURES: [Architecture; 2] = [Architecture::X86_64, Architecture::Arm64];

/// What the bill depends on in a version.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeteredVersion {
    /// Instruction set.
    pub architecture: Architecture,
    /// Configured memory.
    pub memory: MemoryMb,
    /// Size of /tmp.
    pub ephemeral_storage: MemoryMb,
    /// Whether it is published with a snapshot that is billed (PRICE-11).
    pub snapshot: bool,
    /// When it is published: the start, for most.
    pub published: SimTime,
    /// Whether it runs on Lambda@Edge (PRICE-13).
    pub edge: bool,
}

/// What a qualifier stands for: provisioned concurrency belongs to its versions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MeteredQualifier {
    /// The version it stands for.
    pub version: VersionId,
    /// A second version and its share of invocations (ALIAS-3).
    pub additional: Option<(VersionId, Share)>,
}

/// What the bill depends on in a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeteredFunction {
    /// By [`VersionId`].
    pub versions: Vec<MeteredVersion>,
    /// By [`QualifierId`].
    pub qualifiers: Vec<MeteredQualifier>,
}

/// A listener that sums usage.
#[derive(Clone, Debug)]
pub struct Meter {
    start: Timestamp,
    billing_granularity: Span,
    versions: Vec<Rate>,
    functions: Vec<Places>,
    qualifiers: Vec<Qualifier>,
    months: Vec<MonthCells>,
    /// Place in `months` of the last attempt.
    current: usize,
    /// Where a savings plan may cover something.
    hours: Option<Hours>,
    pollers: Pollers,
    /// When each version is published, by its place.
    published: Vec<SimTime>,
}

/// What one billed millisecond of a version adds.
#[derive(Clone, Copy, Debug)]
struct Rate {
    memory: u64,
    ephemeral: u64,
    /// Place in `ARCHITECTURES`.
    architecture: usize,
    snapshot: bool,
    edge: bool,
}

/// Where a function's versions and qualifiers begin in the lists of all.
#[derive(Clone, Copy, Debug)]
struct Places {
    versions: usize,
    qualifiers: usize,
}

/// A qualifier and its provisioned concurrency.
#[derive(Clone, Copy, Debug)]
struct Qualifier {
    function: FunctionId,
    qualifier: QualifierId,
    meaning: MeteredQualifier,
    amount: u32,
    enabled_at: SimTime,
    booked_until: SimTime,
}

/// The usage of one calendar month: one cell per qualifier and architecture. Provisioned concurrency and snapshots are in
/// MB·µs here.
#[derive(Clone, Debug)]
struct MonthCells {
    month: Month,
    start: SimTime,
    end: SimTime,
    cells: Vec<Cell>,
}

impl Meter {
    /// A meter of a run that starts at `start`, with functions in the order of their ids.
    pub fn new(start: Timestamp, functions: &[MeteredFunction]) -> Meter {
        let mut meter = Meter {
            start,
            billing_granularity: Span::from_millis(1),
            versions: Vec::new(),
            functions: Vec::new(),
            qualifiers: Vec::new(),
            months: Vec::new(),
            current: 0,
            hours: None,
            pollers: Pollers::default(),
            published: Vec::new(),
        };
        for (id, function) in (0..).map(FunctionId).zip(functions) {
            meter.functions.push(Places {
                versions: meter.versions.len(),
                qualifiers: meter.qualifiers.len(),
            });
            meter.versions.extend(function.versions.iter().map(Rate::of));
            meter
                .published
                .extend(function.versions.iter().map(|version| version.published));
            let qualifiers = (0..).map(QualifierId).zip(&function.qualifiers);
            meter
                .qualifiers
                .extend(qualifiers.map(|(qualifier, meaning)| Qualifier {
                    function: id,
                    qualifier,
                    meaning: *meaning,
                    amount: 0,
                    enabled_at: SimTime::ZERO,
                    booked_until: SimTime::ZERO,
                }));
        }
        meter.current = meter.month_at(SimTime::ZERO);
        meter
    }

    /// The same meter, rounding the INIT of provisioned environments up to whole multiples of `granularity`, at least
    /// 1 ms (PRICE-4); 1 ms unless told. Attempts come with their billed time.
    pub fn billing_by(mut self, granularity: Span) -> Meter {
        self.billing_granularity = granularity;
        self
    }

    /// The same meter, which also tells hours apart, as a savings plan needs it (PRICE-19).
    pub fn by_the_hour(mut self) -> Meter {
        self.hours = Some(Hours::default());
        self
    }

    /// Takes over what functions of a part of the account have used, by their numbers in the account. Nothing is provisioned there,
    /// nothing polled.
    pub fn take_in(&mut self, part: Meter, functions: &[FunctionId]) {
        for cells in &part.months {
            let month = self.month_at(cells.start);
            for (place, qualifier) in part.qualifiers.iter().enumerate() {
                let own = self.place(functions[qualifier.function.index()], qualifier.qualifier);
                let both = [own, place].map(|place| place * ARCHITECTURES.len());
                self.months[month].cells[both[0]..][..ARCHITECTURES.len()]
                    .clone_from_slice(&cells.cells[both[1]..][..ARCHITECTURES.len()]);
            }
        }
        if let (Some(own), Some(hours)) = (&mut self.hours, &part.hours) {
            own.add_all(hours);
        }
    }

    /// The usage of the run, which ends at `end`. What runs on is billed in the month in which it started (PRICE-23);
    /// provisioned concurrency that is still enabled is rounded up as if it ended here (PRICE-8).
    pub fn finish(mut self, end: SimTime) -> Usage {
        let mut paddings = Vec::new();
        for place in 0..self.qualifiers.len() {
            let enabled = self.qualifiers[place];
            if enabled.amount > 0 && end > enabled.enabled_at {
                self.book(place, enabled.booked_until, end);
                let month = self.month_at(SimTime::from_micros(end.as_micros() - 1));
                paddings.push((
                    place,
                    self.months[month].month,
                    provisioned_padding(end - enabled.enabled_at),
                ));
            }
        }
        let snapshots = self.keep_snapshots(end);
        for (active, until) in std::mem::take(&mut self.pollers).finish(end) {
            self.poll(active, until);
        }
        let mut usage = Usage::starting(self.start).lasting(end - SimTime::ZERO);
        if let Some(hours) = &self.hours {
            usage.set_hours(hours.of_run(self.start, end));
        }
        for MonthCells { month, cells, .. } in &self.months {
            for (qualifier, cells) in self.qualifiers.iter().zip(cells.chunks(ARCHITECTURES.len())) {
                let edge = self.rate(qualifier.function, qualifier.meaning.version).edge;
                for (architecture, cell) in ARCHITECTURES.into_iter().zip(cells) {
                    let Some(amounts) = cell.amounts().map(in_millis) else {
                        continue;
                    };
                    let amounts = if edge { at_edge(amounts) } else { amounts };
                    usage.add(qualifier.key(*month, architecture), &amounts);
                }
            }
        }
        for (place, month, padding) in paddings {
            let qualifier = self.qualifiers[place];
            for (version, amount) in qualifier.versions() {
                let rate = self.rate(qualifier.function, version);
                let mut amounts = Amounts::default();
                let mb_micros = amount as u128 * rate.memory as u128 * padding.as_micros() as u128;
                amounts.add(Measure::ProvisionedConcurrency, mb_micros / 1_000);
                usage.add_end_padding(qualifier.key(month, ARCHITECTURES[rate.architecture]), amounts);
            }
        }
        for (key, amounts) in snapshots {
            usage.add_end_padding(key, amounts);
        }
        if usage.entries().next().is_none() {
            self.open(&mut usage);
        }
        usage
    }

    /// Where nothing was used, the bill of each function says so with lines of 0.
    fn open(&self, usage: &mut Usage) {
        let month = usage.first_month();
        let plain = self.qualifiers.iter().filter(|one| one.qualifier == QualifierId(0));
        for one in plain {
            let rate = self.rate(one.function, one.meaning.version);
            usage.open(one.key(month, ARCHITECTURES[rate.architecture]));
        }
    }

    /// PRICE-11: snapshots are kept from their publication to `end`; what they lack then to the least time comes back.
    fn keep_snapshots(&mut self, end: SimTime) -> Vec<(UsageKey, Amounts)> {
        let mut paddings = Vec::new();
        for function in 0..self.functions.len() {
            let Places { versions, qualifiers } = self.functions[function];
            let next = self.functions.get(function + 1).map(|places| places.versions);
            for (number, version) in (versions..next.unwrap_or(self.versions.len())).enumerate() {
                let rate = self.versions[version];
                let from = self.published[version];
                if !rate.snapshot || from >= end {
                    continue;
                }
                // A published version is the qualifier of its number, after the bare name.
                let place = qualifiers + number;
                let last = self.keep_snapshot(place, rate, (from, end));
                let mut amounts = Amounts::default();
                let padding = cache_padding(end.since(from)).as_micros();
                amounts.add(Measure::SnapStartCache, rate.memory as u128 * (padding / 1_000) as u128);
                let key = self.qualifiers[place].key(self.months[last].month, ARCHITECTURES[rate.architecture]);
                paddings.push((key, amounts));
            }
        }
        paddings
    }

    /// Books a snapshot that is kept for a while, month by month; returns the last month.
    fn keep_snapshot(&mut self, place: usize, rate: Rate, (mut from, end): (SimTime, SimTime)) -> usize {
        let mut month = self.month_at(from);
        while from < end {
            month = self.month_at(from);
            let cut = self.months[month].end.min(end);
            let mb_micros = rate.memory as u128 * (cut - from).as_micros() as u128;
            let cell = self.months[month].cell(place, rate.architecture);
            cell.add(Measure::SnapStartCache, mb_micros);
            from = cut;
        }
        month
    }

    /// Books the time of provisioned pollers, month by month (SQSP-5, KAF-3).
    fn poll(&mut self, active: Active, until: SimTime) {
        let mut from = active.from;
        while from < until {
            let month = self.month_at(from);
            let cut = self.months[month].end.min(until);
            let micros = active.units as u128 * (cut - from).as_micros() as u128;
            self.months[month]
                .cell(active.place, Architecture::X86_64 as usize)
                .add(active.measure, micros);
            from = cut;
        }
    }

    fn place(&self, function: FunctionId, qualifier: QualifierId) -> usize {
        self.functions[function.index()].qualifiers + qualifier.index()
    }

    fn version_place(&self, function: FunctionId, version: VersionId) -> usize {
        self.functions[function.index()].versions + version.index()
    }

    fn rate(&self, function: FunctionId, version: VersionId) -> Rate {
        self.versions[self.version_place(function, version)]
    }

    /// The place of the month of an instant in `months`, which then has it.
    fn month_at(&mut self, time: SimTime) -> usize {
        let known = self.months.iter().position(|month| month.holds(time));
        known.unwrap_or_else(|| {
            let month = Month::of(self.instant(time));
            let cells = vec![Cell::default(); ARCHITECTURES.len() * self.qualifiers.len()];
            let is_last = Month::of(month.end()) == month;
            self.months.push(MonthCells {
                month,
                start: self.simulated(month.start()),
                end: if is_last {
                    SimTime::MAX
                } else {
                    self.simulated(month.end())
                },
                cells,
            });
            self.months.len() - 1
        })
    }

    fn instant(&self, time: SimTime) -> Timestamp {
        Timestamp(self.start.0.saturating_add_unsigned(time.as_micros()))
    }

    fn simulated(&self, instant: Timestamp) -> SimTime {
        SimTime::from_micros(u64::try_from(instant.0.saturating_sub(self.start.0)).unwrap_or(0))
    }

    /// From `time` on, `amount` environments are provisioned. Each amount counts for its own time; the end of a
    /// contiguous enabled period is rounded up to 5 minutes at its last amount, in the month of its last instant
    /// (PRICE-8).
    fn provide(&mut self, place: usize, time: SimTime, amount: u32) {
        let before = self.qualifiers[place];
        if before.amount > 0 {
            self.book(place, before.booked_until, time);
            if amount == 0 && time > before.enabled_at {
                let last_instant = SimTime::from_micros(time.as_micros() - 1);
                let month = self.month_at(last_instant);
                self.book_in(month, place, provisioned_padding(time - before.enabled_at));
            }
        }
        let now = &mut self.qualifiers[place];
        if before.amount == 0 {
            now.enabled_at = time;
        }
        now.amount = amount;
        now.booked_until = time;
    }

    fn book(&mut self, place: usize, from: SimTime, until: SimTime) {
        let mut from = from;
        while from < until {
            let month = self.month_at(from);
            let cut = self.months[month].end.min(until);
            self.book_in(month, place, cut - from);
            self.book_hours(place, from, cut);
            from = cut;
        }
    }

    fn add_at(
        &mut self,
        time: SimTime,
        (function, qualifier, version): (FunctionId, QualifierId, VersionId),
        measure: Measure,
        amount: u64,
    ) {
        let month = self.month_at(time);
        let rate = self.rate(function, version);
        let place = self.place(function, qualifier);
        self.months[month]
            .cell(place, rate.architecture)
            .add(measure, amount as u128);
    }

    fn book_hours(&mut self, place: usize, from: SimTime, until: SimTime) {
        let qualifier = self.qualifiers[place];
        for (version, amount) in qualifier.versions() {
            let rate = self.rate(qualifier.function, version);
            if let Some(hours) = &mut self.hours {
                hours.provide(rate.architecture, (from, until), amount as u128 * rate.memory as u128);
            }
        }
    }

    fn book_in(&mut self, month: usize, place: usize, enabled: Span) {
        let qualifier = self.qualifiers[place];
        for (version, amount) in qualifier.versions() {
            let rate = self.rate(qualifier.function, version);
            let mb_micros = amount as u128 * rate.memory as u128 * enabled.as_micros() as u128;
            let cell = self.months[month].cell(place, rate.architecture);
            cell.add(Measure::ProvisionedConcurrency, mb_micros);
        }
    }
}

impl Meter {
    /// What an attempt uses beside a request and its duration.
    #[inline(never)]
    fn ran_otherwise(&mut self, attempt: &Attempt) {
        let rate = self.rate(attempt.function, attempt.version);
        let place = self.place(attempt.function, attempt.qualifier);
        let cell = self.months[self.current].cell(place, rate.architecture);
        let (_, duration) = measures(attempt.start_kind);
        if attempt.start_kind == StartKind::SnapStart && rate.snapshot {
            cell.add(Measure::SnapStartRestore, rate.memory as u128);
        }
        cell.add(Measure::Init, (rate.memory * attempt.billed_init_ms) as u128);
        add_wasted(cell, attempt, duration, (rate.memory * attempt.billed_ms) as u128);
        if rate.ephemeral > 0 {
            cell.add(Measure::EphemeralStorage, (rate.ephemeral * attempt.billed_ms) as u128);
        }
        if let Some(hours) = self.hours.as_mut().filter(|_| !rate.edge) {
            hours.add(
                attempt.start,
                rate.architecture,
                duration,
                (rate.memory * attempt.billed_ms) as u128,
            );
        }
    }
}

impl Observer for Meter {
    fn takes_sums(&self) -> bool {
        true
    }

    #[inline(always)]
    fn served(&mut self, _call: &Call, _pool: Pool, attempt: &Attempt) {
        self.ran(attempt);
    }

    fn served_train(&mut self, train: &ServedTrain) {
        let rate = self.rate(train.function, train.version);
        let in_month = |time: Option<&SimTime>| time.is_some_and(|time| self.months[self.current].holds(*time));
        let together = in_month(train.starts().first()) && in_month(train.starts().last());
        if !together || self.hours.is_some() || rate.ephemeral > 0 {
            (0..train.count).for_each(|index| self.ran(&train.one(index).1));
            return;
        }
        let place = self.place(train.function, train.qualifier);
        let cell = self.months[self.current].cell(place, rate.architecture);
        let billed_ms: u64 = train.billed_ms().iter().sum();
        cell.add(Measure::Requests, train.count as u128);
        cell.add(Measure::Duration, rate.memory as u128 * billed_ms as u128);
    }

    #[inline(always)]
    fn ran(&mut self, attempt: &Attempt) {
        if !self.months[self.current].holds(attempt.start) {
            self.current = self.month_at(attempt.start);
        }
        let rate = self.rate(attempt.function, attempt.version);
        let place = self.place(attempt.function, attempt.qualifier);
        let cell = self.months[self.current].cell(place, rate.architecture);
        let (requests, duration) = measures(attempt.start_kind);
        cell.add(requests, 1);
        cell.add(duration, (rate.memory * attempt.billed_ms) as u128);
        if !attempt.is_plain() || self.hours.is_some() || rate.ephemeral > 0 {
            self.ran_otherwise(attempt);
        }
    }

    fn coming(&mut self, _flow: FlowId, function: FunctionId, turn: Turn) {
        match turn {
            Turn::Third => prefetch_at(&self.functions, function.index()),
            Turn::Second => {
                let Places { versions, qualifiers } = self.functions[function.index()];
                prefetch_at(&self.versions, versions);
                prefetch_at(&self.months[self.current].cells, qualifiers * ARCHITECTURES.len());
            }
            Turn::Next => {}
        }
    }

    fn configured(&mut self, _time: SimTime, function: FunctionId, version: VersionId, compute: Compute) {
        // Attempts that began before have been booked whole.
        let place = self.version_place(function, version);
        self.versions[place] = Rate::of(&MeteredVersion {
            architecture: compute.architecture,
            memory: compute.memory,
            ephemeral_storage: compute.ephemeral_storage,
            snapshot: self.versions[place].snapshot,
            published: self.published[place],
            edge: self.versions[place].edge,
        });
    }

    /// Further requests of a large event are billed once, when it is stored (PRICE-3).
    fn event_stored(&mut self, time: SimTime, call: &Call, payload: Bytes) {
        let further = extra_requests(payload);
        // Most events are small: nothing is looked up for them.
        if further > 0 {
            let meaning = self.qualifiers[self.place(call.function, call.qualifier)].meaning;
            let who = (call.function, call.qualifier, meaning.version);
            self.add_at(time, who, Measure::Requests, further);
        }
    }

    fn streamed(&mut self, streamed: &Streamed) {
        let beyond = streamed_beyond_free(streamed.sent.0);
        let who = (streamed.function, streamed.qualifier, streamed.version);
        self.add_at(streamed.time, who, Measure::StreamedBytes, beyond);
    }

    fn pollers(&mut self, active: &ActivePollers) {
        let place = self.place(active.function, active.qualifier);
        if let Some(before) = self.pollers.change(active, place) {
            self.poll(before, active.time);
        }
    }

    fn provisioned(&mut self, time: SimTime, function: FunctionId, qualifier: QualifierId, amount: u32, _ready: u32) {
        self.provide(self.place(function, qualifier), time, amount);
    }

    fn routed(
        &mut self,
        time: SimTime,
        function: FunctionId,
        qualifier: QualifierId,
        version: VersionId,
        additional: Option<(VersionId, Share)>,
    ) {
        let place = self.place(function, qualifier);
        self.provide(place, time, self.qualifiers[place].amount);
        self.qualifiers[place].meaning = MeteredQualifier { version, additional };
    }

    fn provisioned_init(
        &mut self,
        time: SimTime,
        function: FunctionId,
        qualifier: QualifierId,
        version: VersionId,
        init: Span,
    ) {
        let month = self.month_at(time);
        let rate = self.rate(function, version);
        let place = self.place(function, qualifier);
        let steps = init.as_micros().div_ceil(self.billing_granularity.as_micros());
        let billed_ms = steps * (self.billing_granularity.as_micros() / 1_000);
        let cell = self.months[month].cell(place, rate.architecture);
        let mb_ms = rate.memory as u128 * billed_ms as u128;
        cell.add(Measure::ProvisionedDuration, mb_ms);
        if let Some(hours) = &mut self.hours {
            hours.add(time, rate.architecture, Measure::ProvisionedDuration, mb_ms);
        }
    }
}

/// What a request and its duration are billed as.
#[inline]
fn measures(start_kind: StartKind) -> (Measure, Measure) {
    match start_kind {
        StartKind::Provisioned => (Measure::ProvisionedRequests, Measure::ProvisionedDuration),
        StartKind::Cold | StartKind::Warm | StartKind::SnapStart | StartKind::None => {
            (Measure::Requests, Measure::Duration)
        }
    }
}

impl Qualifier {
    fn key(&self, month: Month, architecture: Architecture) -> UsageKey {
        UsageKey {
            month,
            architecture,
            function: self.function,
            qualifier: self.qualifier,
        }
    }

    /// The versions that its provisioned environments belong to, with their number (PC-8).
    fn versions(&self) -> impl Iterator<Item = (VersionId, u32)> + use<> {
        let (additional, second) = self.meaning.additional.map_or((None, 0), |(version, share)| {
            let billionths = (share.as_fraction() * SHARE_SCALE as f64).round() as u64;
            let second = (self.amount as u64 * billionths + SHARE_SCALE / 2) / SHARE_SCALE;
            (Some((version, second as u32)), second as u32)
        });
        [(self.meaning.version, self.amount - second)]
            .into_iter()
            .chain(additional)
    }
}

impl MonthCells {
    /// Of a qualifier on one of [`ARCHITECTURES`].
    #[inline]
    fn cell(&mut self, place: usize, architecture: usize) -> &mut Cell {
        &mut self.cells[ARCHITECTURES.len() * place + architecture]
    }

    fn holds(&self, time: SimTime) -> bool {
        self.start <= time && time < self.end
    }
}

impl Rate {
    fn of(version: &MeteredVersion) -> Rate {
        Rate {
            memory: version.memory.0 as u64,
            ephemeral: billable_ephemeral_mb(version.ephemeral_storage),
            architecture: version.architecture as usize,
            snapshot: version.snapshot,
            edge: version.edge,
        }
    }
}

/// Requests and duration of an edge function have items of their own (PRICE-13).
fn at_edge(mut amounts: Amounts) -> Amounts {
    for (measure, edge) in [
        (Measure::Requests, Measure::EdgeRequests),
        (Measure::Duration, Measure::EdgeDuration),
    ] {
        amounts.add(edge, amounts.get(measure));
        amounts.set(measure, 0);
    }
    // A part of the duration, which is no longer there.
    amounts.set(Measure::Init, 0);
    amounts
}

/// Books an attempt once more if it repeats another or fails, for whoever asks what that costs.
fn add_wasted(cell: &mut Cell, attempt: &Attempt, duration: Measure, mb_ms: u128) {
    let provisioned = duration == Measure::ProvisionedDuration;
    if attempt.attempt > 0 {
        cell.add(Measure::RetriedRequests, 1);
        let retried = if provisioned {
            Measure::RetriedProvisionedDuration
        } else {
            Measure::RetriedDuration
        };
        cell.add(retried, mb_ms);
    }
    if !attempt.verdict.is_ok() {
        cell.add(Measure::FailedRequests, 1);
        let failed = if provisioned {
            Measure::FailedProvisionedDuration
        } else {
            Measure::FailedDuration
        };
        cell.add(failed, mb_ms);
    }
}

/// A cell with its provisioned concurrency and snapshots in MB·ms, rounded half up.
fn in_millis(cell: Amounts) -> Amounts {
    let mut amounts = cell;
    for measure in [Measure::ProvisionedConcurrency, Measure::SnapStartCache] {
        amounts.set(measure, (cell.get(measure) + 500) / 1_000);
    }
    for measure in [Measure::SqsPollerSeconds, Measure::KafkaPollerSeconds] {
        amounts.set(measure, cell.get(measure).div_ceil(1_000_000));
    }
    amounts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{FlowId, Verdict};
    use crate::pricing::golden::version;

    /// 2026-11-30T23:00:00Z.
    const LAST_HOUR_OF_NOVEMBER: Timestamp = Timestamp(1_796_079_600_000_000);
    const DAY: u64 = 86_400;

    /// GB-seconds of provisioned concurrency by architecture.
    fn provisioned_by_architecture(usage: &Usage) -> Vec<(Architecture, u128)> {
        let billed = |amounts: &Amounts| amounts.get(Measure::ProvisionedConcurrency) / 1_024_000;
        let entries = usage.entries();
        entries
            .map(|(key, amounts)| (key.architecture, billed(amounts)))
            .collect()
    }

    /// Function 0: x86_64, 512 MB. Function 1: as `$LATEST` and version 1 arm64 with 1,024 MB and 1 GB of /tmp, as
    /// version 2 x86_64 with 2,048 MB; its alias sends 30 % to version 2.
    fn meter(start: Timestamp) -> Meter {
        let simple = |version| MeteredQualifier {
            version: VersionId(version),
            additional: None,
        };
        let alias = MeteredQualifier {
            version: VersionId(1),
            additional: Some((VersionId(2), Share::from_fraction(0.3))),
        };
        let arm = version(Architecture::Arm64, 1_024, 1_024);
        let functions = [
            MeteredFunction {
                versions: vec![version(Architecture::X86_64, 512, 512)],
                qualifiers: vec![simple(0)],
            },
            MeteredFunction {
                versions: vec![arm, arm, version(Architecture::X86_64, 2_048, 512)],
                qualifiers: vec![simple(0), simple(1), simple(2), alias],
            },
        ];
        Meter::new(start, &functions)
    }

    fn attempt(function: u32, version: u16, qualifier: u16, start: SimTime, start_kind: StartKind) -> Attempt {
        Attempt {
            flow: FlowId(0),
            ordinal: 0,
            attempt: 0,
            function: FunctionId(function),
            version: VersionId(version),
            qualifier: QualifierId(qualifier),
            arrived: start,
            start,
            end: start + Span::from_millis(100),
            answered: start + Span::from_millis(100),
            completes: true,
            verdict: Verdict::Ok,
            start_kind,
            spilled: false,
            placement: Span::ZERO,
            init: Span::ZERO,
            init_abandoned: false,
            restore: Span::ZERO,
            duration: Span::from_millis(100),
            extension: Span::ZERO,
            billed_ms: 100,
            billed_init_ms: 40,
            environment: 0,
        }
    }

    fn at(seconds: u64) -> SimTime {
        SimTime::from_micros(seconds * 1_000_000)
    }

    fn provisioned_gb_seconds(usage: &Usage) -> u128 {
        let mb_ms = usage.total().get(Measure::ProvisionedConcurrency);
        assert_eq!(mb_ms % 1_024_000, 0);
        mb_ms / 1_024_000
    }

    #[test]
    fn attempts_are_summed_by_function_qualifier_and_architecture() {
        let mut meter = meter(Timestamp(0));
        meter.ran(&attempt(0, 0, 0, at(1), StartKind::Cold));
        meter.ran(&attempt(1, 1, 3, at(2), StartKind::Warm));
        meter.ran(&attempt(1, 2, 3, at(2), StartKind::Provisioned));
        let usage = meter.finish(at(10));
        let found: Vec<_> = usage
            .entries()
            .map(|(key, amounts)| {
                let amounts: Vec<u128> = Measure::ALL[..7].iter().map(|measure| amounts.get(*measure)).collect();
                (key.architecture, key.function.0, key.qualifier.0, amounts)
            })
            .collect();
        assert_eq!(
            found,
            [
                (Architecture::X86_64, 0, 0, vec![1, 0, 51_200, 20_480, 0, 0, 0]),
                (Architecture::X86_64, 1, 3, vec![0, 1, 0, 81_920, 204_800, 0, 0]),
                (Architecture::Arm64, 1, 3, vec![1, 0, 102_400, 40_960, 0, 0, 51_200]),
            ]
        );
    }

    #[test]
    fn an_attempt_is_billed_in_the_month_in_which_it_starts() {
        let mut meter = meter(LAST_HOUR_OF_NOVEMBER);
        meter.ran(&attempt(0, 0, 0, at(3_600 - 1), StartKind::Warm));
        meter.ran(&attempt(0, 0, 0, at(3_600), StartKind::Warm));
        meter.ran(&attempt(0, 0, 0, at(3_600 + 31 * DAY), StartKind::Warm));
        meter.ran(&attempt(0, 0, 0, at(3_600 + 31 * DAY), StartKind::Warm));
        assert_eq!(meter.months.len(), 3);
        let usage = meter.finish(at(3_600 + 31 * DAY + 1));
        let months: Vec<String> = usage.entries().map(|(key, _)| key.month.to_string()).collect();
        assert_eq!(months, ["2026-11", "2026-12", "2027-01"]);
        assert_eq!(usage.first_month().to_string(), "2026-11");
    }

    #[test]
    fn enabled_provisioned_concurrency_is_padded_to_five_minutes_at_its_last_amount() {
        let mut meter = meter(Timestamp(0));
        meter.provisioned(at(0), FunctionId(1), QualifierId(1), 10, 0);
        meter.provisioned(at(90), FunctionId(1), QualifierId(1), 10, 10);
        meter.provisioned(at(100), FunctionId(1), QualifierId(1), 4, 4);
        meter.provisioned(at(310), FunctionId(1), QualifierId(1), 0, 0);
        // A second period of exactly five minutes needs no padding.
        meter.provisioned(at(1_000), FunctionId(1), QualifierId(1), 1, 0);
        let usage = meter.finish(at(1_300));
        assert_eq!(provisioned_gb_seconds(&usage), 10 * 100 + 4 * 210 + 4 * 290 + 300);
    }

    #[test]
    fn provisioned_concurrency_is_cut_at_the_end_of_the_month_and_padded_before_it() {
        let mut meter = meter(LAST_HOUR_OF_NOVEMBER);
        meter.provisioned(at(3_000), FunctionId(1), QualifierId(1), 2, 2);
        meter.provisioned(at(3_600 + 120), FunctionId(1), QualifierId(1), 1, 1);
        meter.provisioned(at(3_600 + 200), FunctionId(1), QualifierId(1), 0, 0);
        let usage = meter.finish(at(2 * DAY));
        let gb_seconds: Vec<_> = usage
            .entries()
            .map(|(key, amounts)| {
                (
                    key.month.to_string(),
                    amounts.get(Measure::ProvisionedConcurrency) / 1_024_000,
                )
            })
            .collect();
        // November: 2 × 600 s. December: 2 × 120 s + 80 s, and 100 s to make 900 of 800.
        assert_eq!(gb_seconds, [("2026-11".to_owned(), 1_200), ("2026-12".to_owned(), 420)]);
    }

    #[test]
    fn price_8_what_ends_with_its_month_is_padded_in_that_month() {
        for disabled in [true, false] {
            let mut meter = meter(LAST_HOUR_OF_NOVEMBER);
            meter.provisioned(at(3_500), FunctionId(1), QualifierId(1), 3, 3);
            if disabled {
                meter.provisioned(at(3_600), FunctionId(1), QualifierId(1), 0, 0);
            }
            let usage = meter.finish(at(3_600));
            let months: Vec<_> = usage
                .entries()
                .map(|(key, amounts)| (key.month.to_string(), amounts.get(Measure::ProvisionedConcurrency)))
                .collect();
            // 100 s of 3 GB, and 200 s to make 300 of them.
            let expected = [("2026-11".to_owned(), 900 * 1_024_000)];
            assert_eq!(months, expected, "disabled: {disabled}");
        }
    }

    #[test]
    fn price_8_what_is_enabled_for_no_time_costs_nothing() {
        let mut taken_back = meter(Timestamp(0));
        taken_back.provisioned(at(0), FunctionId(1), QualifierId(1), 1, 0);
        taken_back.provisioned(at(0), FunctionId(1), QualifierId(1), 0, 0);
        assert_eq!(taken_back.finish(at(10)).total(), Amounts::default());
        let mut ended = meter(Timestamp(0));
        ended.provisioned(at(0), FunctionId(1), QualifierId(1), 1, 0);
        assert_eq!(ended.finish(at(0)).total(), Amounts::default());
    }

    #[test]
    fn price_19_only_hours_in_which_something_was_used_are_told() {
        let hours = |meter: Meter| {
            let usage = meter.finish(at(7_200));
            let (hours, _) = usage.hours_of(Month::of(Timestamp(0)));
            hours.iter().map(|hour| hour.used).collect::<Vec<_>>()
        };
        assert!(hours(meter(Timestamp(0)).by_the_hour()).is_empty());
        // Three of 1 GB on arm64, enabled for the second of two hours.
        let mut late = meter(Timestamp(0)).by_the_hour();
        late.provisioned(at(3_600), FunctionId(1), QualifierId(1), 3, 3);
        assert_eq!(hours(late), [[[0; 3], [0, 0, 3 * 1_024 * 3_600_000_000]]]);
        // 100 ms of half a GB on x86_64.
        let mut called = meter(Timestamp(0)).by_the_hour();
        called.ran(&attempt(0, 0, 0, at(1), StartKind::Warm));
        assert_eq!(hours(called), [[[512 * 100_000, 0, 0], [0; 3]]]);
    }

    #[test]
    fn an_alias_with_weights_divides_its_provisioned_environments() {
        let mut meter = meter(Timestamp(0));
        // Of 5, 1.5 belong to version 2: rounded half up, 2 × 2,048 MB on x86_64 and 3 × 1,024 MB on arm64.
        meter.provisioned(at(0), FunctionId(1), QualifierId(3), 5, 5);
        let usage = meter.finish(at(300));
        let gb_seconds = provisioned_by_architecture(&usage);
        assert_eq!(gb_seconds, [(Architecture::X86_64, 1_200), (Architecture::Arm64, 900)]);
    }

    #[test]
    fn init_of_a_provisioned_environment_is_billed_as_provisioned_duration() {
        let init = Span::from_micros(250_001);
        let billed = |mut meter: Meter| {
            meter.provisioned_init(at(5), FunctionId(1), QualifierId(1), VersionId(1), init);
            meter.finish(at(10)).total().get(Measure::ProvisionedDuration) / 1_024
        };
        assert_eq!(billed(meter(Timestamp(0))), 251);
        // Before SW-1MS (PRICE-4).
        assert_eq!(billed(meter(Timestamp(0)).billing_by(Span::from_millis(100))), 300);
    }

    #[test]
    fn price_11_a_snapshot_is_kept_for_three_hours_at_least_and_each_restore_is_its_memory() {
        let snapshots = || {
            let latest = version(Architecture::X86_64, 512, 512);
            let published = MeteredVersion {
                snapshot: true,
                ..latest
            };
            let simple = |version| MeteredQualifier {
                version: VersionId(version),
                additional: None,
            };
            let function = MeteredFunction {
                versions: vec![latest, published],
                qualifiers: vec![simple(0), simple(1)],
            };
            Meter::new(Timestamp(0), &[function])
        };
        let mut meter = snapshots();
        meter.ran(&attempt(0, 1, 1, at(1), StartKind::SnapStart));
        meter.ran(&attempt(0, 1, 1, at(2), StartKind::Warm));
        let short = meter.finish(at(3_600)).total();
        assert_eq!(short.get(Measure::SnapStartRestore), 512);
        // Half a GB for three hours, and then by the second.
        assert_eq!(short.get(Measure::SnapStartCache), 512 * 10_800_000);
        let long = snapshots().finish(at(40 * DAY)).total();
        assert_eq!(long.get(Measure::SnapStartCache), 512 * 40 * 86_400_000);
    }

    #[test]
    fn where_nothing_was_used_each_function_has_an_entry_of_0() {
        let mut meter = meter(Timestamp(0));
        meter.provisioned(at(0), FunctionId(1), QualifierId(1), 0, 0);
        let usage = meter.finish(at(DAY));
        let functions: Vec<u32> = usage.entries().map(|(key, _)| key.function.0).collect();
        assert_eq!((functions, usage.total()), (vec![0, 1], Amounts::default()));
    }

    #[test]
    fn calls_told_together_are_billed_as_if_they_were_told_one_by_one() {
        let large = version(Architecture::Arm64, 1_024, 1_024);
        let function = |version| MeteredFunction {
            versions: vec![version],
            qualifiers: vec![MeteredQualifier {
                version: VersionId(0),
                additional: None,
            }],
        };
        let functions = [function(version(Architecture::X86_64, 512, 512)), function(large)];
        let usage = |mut meter: Meter, function, starts: [u64; 2], together: bool| {
            let mut train = ServedTrain::new();
            train.function = FunctionId(function);
            train.count = 2;
            train.starts[..2].copy_from_slice(&starts.map(at));
            train.billed_ms[..2].copy_from_slice(&[30, 50]);
            match together {
                true => meter.served_train(&train),
                false => (0..2).for_each(|index| meter.ran(&train.one(index).1)),
            }
            meter.finish(at(7_200))
        };
        for function in [0, 1] {
            for starts in [[1, 2], [3_599, 3_600], [3_600, 3_601]] {
                let meter = || Meter::new(LAST_HOUR_OF_NOVEMBER, &functions);
                let told = |together| usage(meter(), function, starts, together);
                assert_eq!(told(true), told(false), "{function} at {starts:?}");
                let told = |together| usage(meter().by_the_hour(), function, starts, together);
                assert_eq!(told(true), told(false), "{function} at {starts:?} by the hour");
            }
        }
        let plain = usage(Meter::new(LAST_HOUR_OF_NOVEMBER, &functions), 0, [1, 2], true).total();
        assert_eq!(
            (plain.get(Measure::Requests), plain.get(Measure::Duration)),
            (2, 80 * 512)
        );
    }

    #[test]
    fn what_repeats_or_fails_is_told_apart_on_demand_and_on_provisioned_concurrency() {
        let mut meter = meter(Timestamp(0));
        for start_kind in [StartKind::Warm, StartKind::Provisioned] {
            let first = Attempt {
                billed_ms: if start_kind == StartKind::Warm { 100 } else { 300 },
                ..attempt(0, 0, 0, at(1), start_kind)
            };
            let failed = Attempt {
                verdict: Verdict::Error,
                ..first
            };
            let repeated = Attempt { attempt: 1, ..first };
            for attempt in [first, failed, failed, repeated] {
                meter.ran(&attempt);
            }
        }
        let total = meter.finish(at(10)).total();
        let wasted: Vec<u128> = Measure::ALL[18..].iter().map(|measure| total.get(*measure)).collect();
        // 100 and 300 ms of 512 MB.
        assert_eq!(wasted, [2, 51_200, 153_600, 4, 102_400, 307_200]);
    }

    #[test]
    fn snapshots_belong_to_their_function_and_only_billed_ones_that_are_published_in_the_run_cost() {
        let latest = version(Architecture::X86_64, 512, 512);
        let published = |published, snapshot| MeteredVersion {
            snapshot,
            published,
            ..latest
        };
        let function = |versions: Vec<MeteredVersion>| MeteredFunction {
            qualifiers: (0..versions.len() as u16)
                .map(|version| MeteredQualifier {
                    version: VersionId(version),
                    additional: None,
                })
                .collect(),
            versions,
        };
        let day = SimTime::ZERO + Span::from_secs(DAY);
        let functions = [
            function(vec![latest, published(day, true), published(day, true)]),
            function(vec![
                latest,
                published(SimTime::ZERO, false),
                published(at(DAY - 60), true),
            ]),
        ];
        let mut meter = Meter::new(Timestamp(0), &functions);
        meter.ran(&attempt(1, 1, 1, at(1), StartKind::SnapStart));
        let usage = meter.finish(day);
        let kept: Vec<_> = usage
            .entries()
            .map(|(key, amounts)| (key.function.0, key.qualifier.0, amounts.get(Measure::SnapStartCache)))
            .filter(|(_, _, kept)| *kept > 0)
            .collect();
        // Three hours at least.
        assert_eq!(kept, [(1, 2, 512 * 10_800_000)]);
        assert_eq!(usage.total().get(Measure::SnapStartRestore), 0);
    }

    #[test]
    fn pc_8_provisioned_concurrency_of_an_alias_moves_with_it_to_another_version() {
        let mut meter = meter(Timestamp(0));
        meter.routed(at(0), FunctionId(1), QualifierId(3), VersionId(1), None);
        meter.provisioned(at(0), FunctionId(1), QualifierId(3), 1, 0);
        meter.routed(at(100), FunctionId(1), QualifierId(3), VersionId(2), None);
        let usage = meter.finish(at(300));
        let gb_seconds = provisioned_by_architecture(&usage);
        // 1 GB on arm64 for 100 s, 2 GB on x86_64 for 200 s.
        assert_eq!(gb_seconds, [(Architecture::X86_64, 400), (Architecture::Arm64, 100)]);
    }
}
