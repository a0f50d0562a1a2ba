//! A month of usage that is known beforehand: the bill without a simulation.

use super::bill::{Line, LineShare, Quantity};
use super::item::Item;
use super::usage::{Amounts, Measure, Usage, UsageKey, billable_ephemeral_mb, extra_requests};
use crate::facts::Architecture;
use crate::units::{Bytes, MB_MILLIS_PER_GB_SECOND, MemoryMb, Money, Span};

/// A streamed response costs extra beyond its first 6 MB (PRICE-12).
const STREAMED_FREE_BYTES: u64 = 6 << 20;
/// The snapshot of a published version is billed for at least three hours (PRICE-11).
const SHORTEST_CACHE: Span = Span::from_secs(3 * 3_600);
/// Pollers of Kafka mappings in one event poller unit (KAF-3).
const POLLERS_PER_UNIT: u64 = 10;
/// Lambda's fee on managed instances, per cent of EC2's on-demand price (PRICE-18).
const FEE_PERCENT: i128 = 15;
const BILLIONTHS: u128 = 1_000_000_000;
/// Hours are billed to the ten-thousand-millionth.
const FINE: i128 = 10_000_000_000;

/// What one function uses in a month.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Workload {
    /// Instruction set.
    pub architecture: Architecture,
    /// Configured memory.
    pub memory: MemoryMb,
    /// Size of /tmp.
    pub ephemeral_storage: MemoryMb,
    /// Attempts that run.
    pub requests: u64,
    /// `Duration` of each.
    pub duration: Span,
    /// INIT of each cold start.
    pub init: Span,
    /// Share of the requests that start cold, in billionths.
    pub cold_starts: u32,
    /// Size of the event of an asynchronous request in bytes.
    pub event_bytes: u64,
    /// Streamed response of each request in bytes; 0 where it is not streamed.
    pub streamed_bytes: u64,
    /// Provisioned concurrency.
    pub provisioned: Option<ProvisionedUse>,
    /// SnapStart of a Python or .NET function.
    pub snap_start: Option<SnapStartUse>,
    /// Environments created for one tenant each.
    pub tenant_environments: u64,
    /// Durable executions.
    pub durable: Option<DurableUse>,
    /// Pollers of Kafka mappings that share their units, and of SQS mappings.
    pub pollers: PollerUse,
    /// Whether it runs on Lambda@Edge.
    pub edge: bool,
    /// EC2 instances of managed instances; duration is not billed then.
    pub managed: Option<ManagedUse>,
}

/// Provisioned concurrency of a [`Workload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProvisionedUse {
    /// Environments.
    pub amount: u32,
    /// For how long they are enabled.
    pub time: Span,
    /// Share of the requests that they serve, in billionths.
    pub share: u32,
}

/// SnapStart of a [`Workload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SnapStartUse {
    /// Published versions.
    pub versions: u64,
    /// For how long each is kept.
    pub time: Span,
    /// Restores; each is one of the requests.
    pub restores: u64,
    /// `Billed Restore Duration` of each (SNAP-8).
    pub billed_restore: Span,
}

/// Durable executions of a [`Workload`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DurableUse {
    /// Starts, steps, waits …
    pub operations: u64,
    /// Bytes written.
    pub written: u64,
    /// For how long they are kept, running time included.
    pub retained: Span,
}

/// Event pollers of a [`Workload`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PollerUse {
    /// Pollers of Kafka mappings of one group: ten are a unit.
    pub kafka: u64,
    /// Pollers of SQS mappings: each is a unit.
    pub sqs: u64,
    /// For how long.
    pub time: Span,
}

/// Managed instances of a [`Workload`] (PRICE-18).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ManagedUse {
    /// EC2's on-demand price in 10^-15 USD an hour, with at most eight decimals.
    pub price: i128,
    /// What EC2 takes off it, in ten-thousandths.
    pub discount: u32,
    /// Hours of all instances together.
    pub time: Span,
}

/// Dated rules of billed time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BilledTime {
    /// Rounded up to multiples of this (PRICE-4): 1 ms, before SW-1MS 100 ms.
    pub granularity: Span,
    /// Whether INIT is billed (SW-INITBILL).
    pub init_billed: bool,
}

impl BilledTime {
    /// Billed milliseconds of INIT and duration together: one rounding for the sum (PRICE-2).
    pub fn of(&self, init: Span, duration: Span) -> u64 {
        let init = if self.init_billed { init } else { Span::ZERO };
        let step = self.granularity.as_micros();
        (init + duration).as_micros().div_ceil(step) * (step / 1_000)
    }
}

/// Billed bytes of a streamed response (PRICE-12).
pub(super) fn streamed_beyond_free(bytes: u64) -> u64 {
    bytes.saturating_sub(STREAMED_FREE_BYTES)
}

/// `count` times a share in billionths, rounded half up.
fn part(count: u64, billionths: u32) -> u64 {
    ((count as u128 * billionths as u128 + BILLIONTHS / 2) / BILLIONTHS) as u64
}

impl Workload {
    /// Requests that each event is billed as (PRICE-3).
    pub fn requests_each(&self) -> u64 {
        1 + extra_requests(Bytes(self.event_bytes))
    }

    /// Requests that start cold.
    pub fn cold(&self) -> u64 {
        part(self.requests, self.cold_starts)
    }

    /// Requests that provisioned concurrency serves.
    pub fn on_provisioned(&self) -> u64 {
        self.provisioned
            .map_or(0, |provisioned| part(self.requests, provisioned.share))
    }

    /// Groups of equal requests: how many, and their billed milliseconds. Cold ones are those on demand first.
    pub fn groups(&self, billed: &BilledTime) -> Vec<RequestGroup> {
        let provisioned = self.on_provisioned();
        let on_demand = self.requests - provisioned;
        let group = |count, billed_ms, on_provisioned| RequestGroup {
            count,
            billed_ms,
            on_provisioned,
        };
        let warm = billed.of(Span::ZERO, self.duration);
        let restores = self.snap_start.map_or(0, |snap| snap.restores).min(on_demand);
        let restore = self.snap_start.map_or(Span::ZERO, |snap| snap.billed_restore);
        let restored = warm + billed.of(Span::ZERO, restore);
        let cold = self.cold().min(on_demand - restores);
        let groups = [
            group(cold, billed.of(self.init, self.duration), false),
            group(restores, restored, false),
            group(on_demand - restores - cold, warm, false),
            group(provisioned, warm, true),
        ];
        groups.into_iter().filter(|group| group.count > 0).collect()
    }

    /// Adds the month to `usage` under `key`.
    pub fn add_to(&self, usage: &mut Usage, key: UsageKey, billed: &BilledTime) {
        usage.open(key);
        let mut amounts = Amounts::default();
        let memory = self.memory.0 as u128;
        for group in self.groups(billed) {
            let millis = group.count as u128 * group.billed_ms as u128;
            let (requests, duration) = match (self.edge, group.on_provisioned) {
                (true, _) => (Measure::EdgeRequests, Measure::EdgeDuration),
                (_, true) => (Measure::ProvisionedRequests, Measure::ProvisionedDuration),
                _ => (Measure::Requests, Measure::Duration),
            };
            let requests_each = self.requests_each() as u128;
            amounts.add(requests, group.count as u128 * requests_each);
            if self.managed.is_none() {
                amounts.add(duration, memory * millis);
                let ephemeral = billable_ephemeral_mb(self.ephemeral_storage) as u128;
                amounts.add(Measure::EphemeralStorage, ephemeral * millis);
            }
        }
        let streamed = streamed_beyond_free(self.streamed_bytes) as u128;
        amounts.add(Measure::StreamedBytes, streamed * self.requests as u128);
        amounts.add(Measure::TenantEnvironment, memory * self.tenant_environments as u128);
        self.add_kept(&mut amounts);
        usage.add(key, &amounts);
        if let Some(provisioned) = self.provisioned {
            usage.add_provisioned_concurrency(key, provisioned.amount, self.memory, provisioned.time);
        }
    }

    /// What is billed by time, whatever is asked for.
    fn add_kept(&self, amounts: &mut Amounts) {
        let memory = self.memory.0 as u128;
        if let Some(snap) = self.snap_start {
            let millis = snap.time.max(SHORTEST_CACHE).as_micros() as u128 / 1_000;
            amounts.add(Measure::SnapStartCache, memory * snap.versions as u128 * millis);
            amounts.add(Measure::SnapStartRestore, memory * snap.restores as u128);
        }
        if let Some(durable) = self.durable {
            let seconds = durable.retained.as_micros().div_ceil(1_000_000) as u128;
            amounts.add(Measure::DurableOperations, durable.operations as u128);
            amounts.add(Measure::DurableBytesWritten, durable.written as u128);
            amounts.add(Measure::DurableByteSeconds, durable.written as u128 * seconds);
        }
        let PollerUse { kafka, sqs, time } = self.pollers;
        let seconds = billed_seconds(time);
        let units = kafka.div_ceil(POLLERS_PER_UNIT) as u128;
        amounts.add(Measure::KafkaPollerSeconds, units * seconds);
        amounts.add(Measure::SqsPollerSeconds, sqs as u128 * seconds);
    }

    /// The lines of managed instances, which have prices of their own (PRICE-18): what EC2 charges, and Lambda's fee on the
    /// price before discounts.
    pub fn instance_lines(&self, key: UsageKey) -> Vec<Line> {
        let Some(managed) = self.managed else {
            return Vec::new();
        };
        let paid = managed.price * (10_000 - managed.discount as i128) / 10_000;
        let fee = managed.price * FEE_PERCENT / 100;
        let hours = managed.time.as_micros() as i128 * FINE / 3_600_000_000;
        [(Item::ManagedInstance, paid), (Item::ManagedInstanceFee, fee)]
            .map(|(item, unit_price)| instance_line(item, key, hours, unit_price))
            .into()
    }
}

/// Requests of a [`Workload`] that are billed alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RequestGroup {
    /// How many.
    pub count: u64,
    /// Billed milliseconds of each.
    pub billed_ms: u64,
    /// Whether they run on provisioned concurrency.
    pub on_provisioned: bool,
}

/// Event pollers are billed by the second, and for a minute at least (PRICE-15).
fn billed_seconds(time: Span) -> u128 {
    match time.as_micros().div_ceil(1_000_000) {
        0 => 0,
        seconds => seconds.max(60) as u128,
    }
}

fn instance_line(item: Item, key: UsageKey, hours: i128, unit_price: i128) -> Line {
    let quantity = Quantity {
        atoms: hours,
        per_unit: FINE,
    };
    let amount = Money::from_atoms((hours * unit_price * MB_MILLIS_PER_GB_SECOND + FINE / 2) / FINE);
    Line {
        item,
        architecture: Some(key.architecture),
        tier: 1,
        month: key.month.to_string(),
        usage_type: match item {
            Item::ManagedInstance => "BoxUsage".to_owned(),
            _ => "Lambda-Managed-Instances-Management-Hours".to_owned(),
        },
        quantity,
        unit: item.unit(),
        unit_price,
        amount,
        estimated: false,
        source: "given".to_owned(),
        shares: vec![LineShare {
            function: key.function,
            qualifier: key.qualifier,
            quantity,
            amount,
        }],
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::{FunctionId, QualifierId};
    use crate::pricing::Month;
    use crate::units::Timestamp;

    const TODAY: BilledTime = BilledTime {
        granularity: Span::from_millis(1),
        init_billed: true,
    };

    fn key() -> UsageKey {
        UsageKey {
            month: Month::of(Timestamp(0)),
            architecture: Architecture::X86_64,
            function: FunctionId(0),
            qualifier: QualifierId(0),
        }
    }

    fn billed(rule: &BilledTime, init_micros: u64, duration_micros: u64) -> u64 {
        rule.of(Span::from_micros(init_micros), Span::from_micros(duration_micros))
    }

    #[test]
    fn gvp_17_init_and_duration_are_rounded_up_together() {
        let lines = [
            (250_060, 100_770),
            (133_610, 80_000),
            (3_016_780, 84_000),
            (3_004_920, 111_230),
        ];
        let before = BilledTime {
            init_billed: false,
            ..TODAY
        };
        let all = |rule: BilledTime| lines.map(|(duration, init)| billed(&rule, init, duration));
        assert_eq!(all(TODAY), [351, 214, 3_101, 3_117]);
        assert_eq!(all(before), [251, 134, 3_017, 3_005]);
    }

    #[test]
    fn gvp_18_warm_invocations_before_and_after_the_millisecond() {
        let by_hundred = BilledTime {
            granularity: Span::from_millis(100),
            init_billed: false,
        };
        let all = |rule: BilledTime| [79_670, 26_730, 693_920].map(|duration| billed(&rule, 0, duration));
        assert_eq!(all(TODAY), [80, 27, 694]);
        assert_eq!(all(by_hundred), [100, 100, 700]);
    }

    #[test]
    fn gvp_25_a_restored_invocation_bills_duration_and_restore_each_rounded_up() {
        let reports = [
            (127_100, 26, 154),
            (159_870, 118, 278),
            (306_340, 303, 610),
            (2_338_660, 182, 2_521),
            (149_530, 163, 313),
            (36_970, 136, 173),
        ];
        for (duration, restore, expected) in reports {
            let workload = Workload {
                requests: 1,
                duration: Span::from_micros(duration),
                snap_start: Some(SnapStartUse {
                    versions: 1,
                    time: Span::ZERO,
                    restores: 1,
                    billed_restore: Span::from_millis(restore),
                }),
                ..Workload::default()
            };
            let groups = workload.groups(&TODAY);
            assert_eq!((groups.len(), groups[0].billed_ms), (1, expected));
        }
    }

    #[test]
    fn shares_of_requests_are_rounded_half_up() {
        // 1.5 of 3, 1.2 of 4, 0.8 of 2.
        assert_eq!(
            [part(3, 500_000_000), part(4, 300_000_000), part(2, 400_000_000)],
            [2, 1, 1]
        );
    }

    #[test]
    fn requests_that_are_restored_do_not_start_cold_as_well() {
        let workload = Workload {
            requests: 10,
            duration: Span::from_millis(100),
            init: Span::from_millis(50),
            cold_starts: 1_000_000_000,
            snap_start: Some(SnapStartUse {
                versions: 1,
                time: Span::ZERO,
                restores: 4,
                billed_restore: Span::from_millis(20),
            }),
            ..Workload::default()
        };
        let groups = workload.groups(&TODAY);
        let found: Vec<_> = groups.iter().map(|group| (group.count, group.billed_ms)).collect();
        assert_eq!(found, [(6, 150), (4, 120)]);
    }

    #[test]
    fn price_18_instances_are_ec2_s_and_their_fee_is_lambda_s() {
        let workload = Workload {
            managed: Some(ManagedUse {
                // 0.10 USD an hour, half of it taken off, for 90 minutes.
                price: 100_000_000_000_000,
                discount: 5_000,
                time: Span::from_secs(5_400),
            }),
            ..Workload::default()
        };
        let lines = workload.instance_lines(key());
        let found: Vec<_> = lines
            .iter()
            .map(|line| (line.usage_type.as_str(), line.amount.exact()))
            .collect();
        assert_eq!(
            found,
            [
                ("BoxUsage", "0.075".to_owned()),
                ("Lambda-Managed-Instances-Management-Hours", "0.0225".to_owned())
            ]
        );
    }

    #[test]
    fn what_instances_cost_is_rounded_half_up() {
        // Five ten-thousand-millionths of an hour at 10^-12 USD are 0.512 of the smallest amount, two are 0.2.
        let atoms = |hours| {
            let line = instance_line(Item::ManagedInstance, key(), hours, 1_000);
            line.amount.atoms()
        };
        assert_eq!([2, 5].map(atoms), [0, 1]);
    }

    #[test]
    fn pollers_are_billed_for_a_minute_at_least() {
        let seconds = [0, 1, 59_000_001, 60_000_001].map(|micros| billed_seconds(Span::from_micros(micros)));
        assert_eq!(seconds, [0, 60, 60, 61]);
    }
}
