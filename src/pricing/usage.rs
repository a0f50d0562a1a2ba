use super::allot::{allot, scale};
use super::month::Month;
use crate::facts::{Architecture, FunctionId, QualifierId};
use crate::units::{Bytes, MemoryMb, Span, Timestamp};
use std::collections::BTreeMap;
use std::iter::Sum;

/// /tmp that comes with every environment at no charge (PRICE-10).
const INCLUDED_EPHEMERAL_MB: u32 = 512;
/// What an event may have before it costs extra requests, and what each of those covers (PRICE-3).
const INCLUDED_PAYLOAD: Bytes = Bytes::from_kb(256);
const PAYLOAD_PER_REQUEST: Bytes = Bytes::from_kb(64);
/// Enabled provisioned concurrency is billed in steps of five minutes (PRICE-8).
const PROVISIONED_STEP: Span = Span::from_secs(300);
/// A snapshot is billed for at least so long (PRICE-11).
const CACHE_MINIMUM: Span = Span::from_secs(3 * 3_600);

/// What is counted of usage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Measure {
    /// Attempts that ran on demand (PRICE-1).
    Requests,
    /// Attempts that ran on provisioned concurrency (PRICE-9).
    ProvisionedRequests,
    /// Billed on-demand MB·ms, INIT included.
    Duration,
    /// The part of all billed MB·ms of attempts that INIT adds; for information, billed within `Duration`.
    Init,
    /// Billed MB·ms on provisioned concurrency, its own INIT included (PRICE-9).
    ProvisionedDuration,
    /// MB·ms of configured provisioned concurrency (PRICE-8).
    ProvisionedConcurrency,
    /// MB·ms of /tmp above 512 MB (PRICE-10).
    EphemeralStorage,
    /// MB·ms for which snapshots of published versions are kept (PRICE-11).
    SnapStartCache,
    /// MB restored from snapshots (PRICE-11).
    SnapStartRestore,
    /// Bytes streamed beyond the first 6 MB of each response (PRICE-12).
    StreamedBytes,
    /// MB of environments created for one tenant (PRICE-16).
    TenantEnvironment,
    /// Operations of durable functions (PRICE-17).
    DurableOperations,
    /// Bytes written by durable functions (PRICE-17).
    DurableBytesWritten,
    /// Byte-seconds that durable functions keep (PRICE-17).
    DurableByteSeconds,
    /// Unit-seconds of event pollers of Kafka mappings (PRICE-15).
    KafkaPollerSeconds,
    /// Unit-seconds of event pollers of SQS mappings (PRICE-15).
    SqsPollerSeconds,
    /// Lambda@Edge attempts (PRICE-13).
    EdgeRequests,
    /// Billed MB·ms on Lambda@Edge (PRICE-13).
    EdgeDuration,
    /// The part of all requests that repeats an earlier attempt; for information.
    RetriedRequests,
    /// The part of `Duration` that repeats an earlier attempt; for information.
    RetriedDuration,
    /// The part of `ProvisionedDuration` that repeats an earlier attempt; for information.
    RetriedProvisionedDuration,
    /// The part of all requests that ends in a function error; for information.
    FailedRequests,
    /// The part of `Duration` that ends in a function error; for information.
    FailedDuration,
    /// The part of `ProvisionedDuration` that ends in a function error; for information.
    FailedProvisionedDuration,
}

impl Measure {
    /// All measures, in the order of their numbers.
    pub const ALL: [Measure; 24] = [
        Measure::Requests,
        Measure::ProvisionedRequests,
        Measure::Duration,
        Measure::Init,
        Measure::ProvisionedDuration,
        Measure::ProvisionedConcurrency,
        Measure::EphemeralStorage,
        Measure::SnapStartCache,
        Measure::SnapStartRestore,
        Measure::StreamedBytes,
        Measure::TenantEnvironment,
        Measure::DurableOperations,
        Measure::DurableBytesWritten,
        Measure::DurableByteSeconds,
        Measure::KafkaPollerSeconds,
        Measure::SqsPollerSeconds,
        Measure::EdgeRequests,
        Measure::EdgeDuration,
        Measure::RetriedRequests,
        Measure::RetriedDuration,
        Measure::RetriedProvisionedDuration,
        Measure::FailedRequests,
        Measure::FailedDuration,
        Measure::FailedProvisionedDuration,
    ];
}

/// One whole number per measure.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Amounts([u128; Measure::ALL.len()]);

impl Amounts {
    /// The amount of one measure, in its unit.
    pub const fn get(&self, measure: Measure) -> u128 {
        self.0[measure as usize]
    }

    /// Adds to one measure, in its unit.
    pub const fn add(&mut self, measure: Measure, amount: u128) {
        self.0[measure as usize] += amount;
    }

    fn add_all(&mut self, others: &Amounts) {
        for (own, other) in self.0.iter_mut().zip(others.0) {
            *own += other;
        }
    }

    pub(super) const fn set(&mut self, measure: Measure, amount: u128) {
        self.0[measure as usize] = amount;
    }

    pub(super) fn is_zero(&self) -> bool {
        self.0.iter().all(|amount| *amount == 0)
    }
}

impl<'a> Sum<&'a Amounts> for Amounts {
    fn sum<I: Iterator<Item = &'a Amounts>>(all: I) -> Amounts {
        all.fold(Amounts::default(), |mut sum, amounts| {
            sum.add_all(amounts);
            sum
        })
    }
}

/// Whose usage, and when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct UsageKey {
    /// Calendar month (UTC) in which the invocation started (PRICE-23).
    pub month: Month,
    /// Instruction set.
    pub architecture: Architecture,
    /// The function.
    pub function: FunctionId,
    /// How it was addressed.
    pub qualifier: QualifierId,
}

/// Integer usage of a run, by calendar month, architecture, function and qualifier.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Usage {
    start: Timestamp,
    /// How long it took; `None` for a whole month.
    lasted: Option<Span>,
    entries: BTreeMap<UsageKey, Amounts>,
    /// The part of the entries that only rounds up what is still enabled at the end: a projection goes on instead.
    end_padding: Vec<(UsageKey, Amounts)>,
    /// What a savings plan may cover, hour by hour; empty where it is spread evenly over the time.
    hours: Vec<Hour>,
    /// The time that the hours are taken from, where the usage stands for a month like it.
    measured: Span,
}

/// What a savings plan may cover within an hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Hour {
    /// The month in which it begins.
    pub month: Month,
    /// An hour, less at the end of the run.
    pub length: Span,
    /// MB·µs by architecture, of each of [`Hour::MEASURES`].
    pub used: [[u128; 3]; 2],
}

impl Hour {
    /// What a savings plan may cover (PRICE-19).
    pub const MEASURES: [Measure; 3] = [
        Measure::Duration,
        Measure::ProvisionedDuration,
        Measure::ProvisionedConcurrency,
    ];
}

impl Usage {
    /// No usage yet, of an account from `start` on: that of a whole month, unless [`Usage::lasting`] says otherwise.
    pub fn starting(start: Timestamp) -> Usage {
        Usage {
            start,
            ..Usage::default()
        }
    }

    /// The same usage, of this time from its start on.
    pub fn lasting(mut self, time: Span) -> Usage {
        self.lasted = Some(time);
        self
    }

    /// The same usage, all of it on one architecture.
    pub(super) fn on(&self, architecture: Architecture) -> Usage {
        let mut usage = self.by(|key| UsageKey { architecture, ..*key });
        for hour in &mut usage.hours {
            let all = [0, 1, 2].map(|place| hour.used[0][place] + hour.used[1][place]);
            hour.used = [[0; 3]; 2];
            hour.used[architecture as usize] = all;
        }
        usage
    }

    /// The same usage as if one function had used it all. It costs as much: only shares ask who has used what, and an account may have
    /// a million functions.
    pub(super) fn together(&self) -> Usage {
        self.by(|key| UsageKey {
            function: FunctionId(0),
            qualifier: QualifierId(0),
            ..*key
        })
    }

    /// The same usage under other keys; what comes under the same one is summed.
    fn by(&self, other: impl Fn(&UsageKey) -> UsageKey) -> Usage {
        let entries = self.pooled(&other);
        let padded = |(key, padding): &(UsageKey, Amounts)| (other(key), *padding);
        Usage {
            start: self.start,
            lasted: self.lasted,
            entries,
            end_padding: self.end_padding.iter().map(padded).collect(),
            hours: self.hours.clone(),
            measured: self.measured,
        }
    }

    fn pooled(&self, other: impl Fn(&UsageKey) -> UsageKey) -> BTreeMap<UsageKey, Amounts> {
        let mut pooled: BTreeMap<UsageKey, Amounts> = BTreeMap::new();
        for (key, amounts) in &self.entries {
            pooled.entry(other(key)).or_default().add_all(amounts);
        }
        pooled
    }

    /// The month in which the run starts; usage to date belongs to it.
    pub fn first_month(&self) -> Month {
        Month::of(self.start)
    }

    /// How much of the time lies in a month; `None` for all of it.
    pub(super) fn time_in(&self, month: Month) -> Option<Span> {
        let lasted = self.lasted?;
        let from = self.start.0.max(month.start().0);
        let until = self
            .start
            .0
            .saturating_add_unsigned(lasted.as_micros())
            .min(month.end().0);
        Some(Span::from_micros(u64::try_from(until - from).unwrap_or(0)))
    }

    /// The hours of a month in which something was used that a savings plan may cover, and the time that they are taken
    /// from: of the whole run, where the usage stands for a month like it.
    pub(super) fn hours_of(&self, month: Month) -> (Vec<&Hour>, Span) {
        match self.time_in(month) {
            Some(time) => (self.hours.iter().filter(|hour| hour.month == month).collect(), time),
            None => (self.hours.iter().collect(), self.measured),
        }
    }

    /// How the usage is spread over the hours of the run.
    pub(super) fn set_hours(&mut self, hours: Vec<Hour>) {
        self.hours = hours;
    }

    /// All entries, by month, architecture, function and qualifier.
    pub fn entries(&self) -> impl Iterator<Item = (&UsageKey, &Amounts)> {
        self.entries.iter()
    }

    /// The sum over all entries.
    pub fn total(&self) -> Amounts {
        self.entries.values().sum()
    }

    /// Adds to one entry.
    pub fn add(&mut self, key: UsageKey, amounts: &Amounts) {
        if !amounts.is_zero() {
            self.entries.entry(key).or_default().add_all(amounts);
        }
    }

    /// Makes sure that an entry is there, even without usage: its bill then says 0 instead of nothing.
    pub fn open(&mut self, key: UsageKey) {
        self.entries.entry(key).or_default();
    }

    /// Adds what rounds up provisioned concurrency that is still enabled, or a snapshot that is still kept, at the end of
    /// the run (PRICE-8, PRICE-11).
    pub(super) fn add_end_padding(&mut self, key: UsageKey, amounts: Amounts) {
        self.add(key, &amounts);
        self.end_padding.push((key, amounts));
    }

    /// Adds on-demand attempts of `billed_ms` each, on environments with this memory and /tmp.
    pub fn add_on_demand(
        &mut self,
        key: UsageKey,
        requests: u64,
        billed_ms: u64,
        memory: MemoryMb,
        ephemeral_storage: MemoryMb,
    ) {
        let measures = (Measure::Requests, Measure::Duration);
        self.add_attempts(key, measures, requests, billed_ms, memory, ephemeral_storage);
    }

    /// Adds attempts of `billed_ms` each that ran on provisioned concurrency.
    pub fn add_on_provisioned(
        &mut self,
        key: UsageKey,
        requests: u64,
        billed_ms: u64,
        memory: MemoryMb,
        ephemeral_storage: MemoryMb,
    ) {
        let measures = (Measure::ProvisionedRequests, Measure::ProvisionedDuration);
        self.add_attempts(key, measures, requests, billed_ms, memory, ephemeral_storage);
    }

    fn add_attempts(
        &mut self,
        key: UsageKey,
        (request, duration): (Measure, Measure),
        requests: u64,
        billed_ms: u64,
        memory: MemoryMb,
        ephemeral_storage: MemoryMb,
    ) {
        let millis = requests as u128 * billed_ms as u128;
        let mut amounts = Amounts::default();
        amounts.add(request, requests as u128);
        amounts.add(duration, memory.0 as u128 * millis);
        let ephemeral_mb = billable_ephemeral_mb(ephemeral_storage) as u128;
        amounts.add(Measure::EphemeralStorage, ephemeral_mb * millis);
        self.add(key, &amounts);
    }

    /// Adds provisioned concurrency that was enabled for a contiguous time, rounded up to 5 minutes (PRICE-8).
    pub fn add_provisioned_concurrency(&mut self, key: UsageKey, amount: u32, memory: MemoryMb, enabled: Span) {
        let micros = enabled.as_micros() as u128 + provisioned_padding(enabled).as_micros() as u128;
        let mut amounts = Amounts::default();
        amounts.add(
            Measure::ProvisionedConcurrency,
            amount as u128 * memory.0 as u128 * (micros / 1_000),
        );
        self.add(key, &amounts);
    }

    /// The usage of `month`, had it gone on for all of `length` as it did in the `simulated` time: every sum over an
    /// architecture is scaled and rounded half up, then divided among its entries (§9.4, step 9).
    pub(super) fn projected(&self, month: Month, length: Span, simulated: Span) -> Usage {
        let mut pooled = self.pooled(|key| UsageKey { month, ..*key });
        for (key, padding) in &self.end_padding {
            if let Some(entry) = pooled.get_mut(&UsageKey { month, ..*key }) {
                Measure::ALL
                    .iter()
                    .for_each(|measure| entry.set(*measure, entry.get(*measure) - padding.get(*measure)));
            }
        }
        if !simulated.is_zero() {
            for architecture in [Architecture::X86_64, Architecture::Arm64] {
                let mut entries: Vec<&mut Amounts> = pooled
                    .iter_mut()
                    .filter(|(key, _)| key.architecture == architecture)
                    .map(|(_, amounts)| amounts)
                    .collect();
                scale_all(&mut entries, length, simulated);
            }
        }
        Usage {
            start: month.start(),
            lasted: None,
            entries: pooled,
            end_padding: Vec::new(),
            hours: self.hours.clone(),
            measured: simulated,
        }
    }
}

fn scale_all(entries: &mut [&mut Amounts], length: Span, simulated: Span) {
    let used: Amounts = entries.iter().map(|amounts| &**amounts).sum();
    for measure in Measure::ALL.into_iter().filter(|measure| used.get(*measure) > 0) {
        let weights: Vec<u128> = entries.iter().map(|amounts| amounts.get(measure)).collect();
        let total = scale(
            weights.iter().sum(),
            length.as_micros() as u128,
            simulated.as_micros() as u128,
        );
        for (entry, part) in entries.iter_mut().zip(allot(total, &weights)) {
            entry.set(measure, part);
        }
    }
}

/// Requests that an asynchronous event costs beside that of its attempts: one for each 64 KB begun beyond 256 KB (PRICE-3).
pub(super) fn extra_requests(payload: Bytes) -> u64 {
    payload.beyond(INCLUDED_PAYLOAD).0.div_ceil(PAYLOAD_PER_REQUEST.0)
}

/// MB of /tmp that cost extra (PRICE-10).
pub(super) fn billable_ephemeral_mb(size: MemoryMb) -> u64 {
    size.0.saturating_sub(INCLUDED_EPHEMERAL_MB) as u64
}

/// What the time for which a snapshot was kept lacks to 3 hours (PRICE-11).
pub(super) fn cache_padding(kept: Span) -> Span {
    Span::from_micros(CACHE_MINIMUM.as_micros().saturating_sub(kept.as_micros()))
}

/// What a contiguous enabled time lacks to a multiple of 5 minutes (PRICE-8).
pub(super) fn provisioned_padding(enabled: Span) -> Span {
    let step = PROVISIONED_STEP.as_micros();
    Span::from_micros((step - enabled.as_micros() % step) % step)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_one_architecture_each_hour_has_what_both_have_used() {
        let mut usage = Usage::starting(Timestamp(0)).lasting(Span::from_secs(3_600));
        usage.set_hours(vec![Hour {
            month: Month::of(Timestamp(0)),
            length: Span::from_secs(3_600),
            used: [[1, 20, 300], [4_000, 50_000, 600_000]],
        }]);
        let used = |architecture| {
            let moved = usage.on(architecture);
            let (hours, _) = moved.hours_of(Month::of(Timestamp(0)));
            hours[0].used
        };
        let sums = [4_001, 50_020, 600_300];
        assert_eq!(used(Architecture::X86_64), [sums, [0; 3]]);
        assert_eq!(used(Architecture::Arm64), [[0; 3], sums]);
    }

    #[test]
    fn a_projection_goes_on_with_what_was_used_and_not_with_what_was_rounded_up() {
        let key = |days: i64, architecture| UsageKey {
            month: Month::of(Timestamp(days * 86_400_000_000)),
            architecture,
            function: FunctionId(0),
            qualifier: QualifierId(0),
        };
        let provisioned = |used| {
            let mut amounts = Amounts::default();
            amounts.add(Measure::ProvisionedConcurrency, used);
            amounts
        };
        let mut usage = Usage::starting(Timestamp(0));
        for (architecture, used) in [(Architecture::X86_64, 100), (Architecture::Arm64, 7)] {
            usage.add(key(0, architecture), &provisioned(used));
            usage.add(key(40, architecture), &provisioned(2 * used));
            usage.add_end_padding(key(40, architecture), provisioned(50));
        }
        let march = Month::of(Timestamp(70 * 86_400_000_000));
        let projected = |usage: &Usage| {
            let all = usage.projected(march, Span::from_secs(36_000), Span::from_secs(3_600));
            let found = all.entries().map(|(key, amounts)| {
                let used = amounts.get(Measure::ProvisionedConcurrency);
                (key.month, key.architecture, used)
            });
            found.collect::<Vec<_>>()
        };
        // Ten times 100 + 200, and 7 + 14.
        assert_eq!(
            projected(&usage),
            [(march, Architecture::X86_64, 3_000), (march, Architecture::Arm64, 210)]
        );
        let on_one = usage.on(Architecture::X86_64);
        assert_eq!(projected(&on_one), [(march, Architecture::X86_64, 3_210)]);
    }

    #[test]
    fn gvp_23_an_event_costs_another_request_for_each_64_kb_begun_beyond_256_kb() {
        let requests = [256, 257, 320, 321, 512, 513, 1_024].map(|kb| 1 + extra_requests(Bytes::from_kb(kb)));
        assert_eq!(requests, [1, 2, 2, 3, 5, 6, 13]);
    }
}
