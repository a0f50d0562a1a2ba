//! How each item of the price list is billed: what it counts, in which unit, and what of it is free.

use super::item::Item;
use super::usage::{Amounts, Measure};
use crate::units::MB_MILLIS_PER_GB_SECOND;

const GIBIBYTE: u128 = 1 << 30;
/// Durable functions count decimal GB and months of 30 days (PRICE-17).
const GIGABYTE: u128 = 1_000_000_000;
const THIRTY_DAYS: u128 = 30 * 86_400;
const MB_PER_GB: i128 = 1_024;
/// Hours, GB and GB-months are billed to the ten-thousand-millionth, as AWS's usage reports show them.
const FINE: i128 = 10_000_000_000;

/// How an item is billed.
pub(super) struct Billable {
    /// The item.
    pub item: Item,
    /// AWS's name of it on x86_64 in us-east-1.
    pub usage_type: &'static str,
    /// Whether AWS has a usage type of its own for arm64.
    pub by_architecture: bool,
    /// What it bills, after the free tier if it has one.
    pub measure: Measure,
    /// What it bills besides, never free (PRICE-9).
    pub never_free: Option<Measure>,
    /// What the free tier leaves out in a month, in the measure's own atoms (PRICE-12, PRICE-14).
    pub free: u128,
    /// From the measure to the line.
    pub scale: Scale,
}

/// From atoms of a measure to the atoms of a line's quantity.
#[derive(Clone, Copy)]
pub(super) struct Scale {
    /// Atoms of the quantity in one unit of the line.
    pub per_unit: i128,
    /// Atoms of the measure in one unit of the line.
    measured: u128,
}

impl Scale {
    /// Atoms of the measure are those of the line.
    pub const fn exact(per_unit: i128) -> Scale {
        Scale {
            per_unit,
            measured: per_unit as u128,
        }
    }

    /// So many atoms of the measure are one unit, which is billed to ten decimals.
    pub const fn fine(measured: u128) -> Scale {
        Scale {
            per_unit: FINE,
            measured,
        }
    }

    /// The atoms of a quantity, rounded half up where the units do not meet. What two parts of a month use adds up to the
    /// whole, because lines are cut out of what the month has used before and after.
    pub fn atoms(self, measured: u128) -> u128 {
        let per_unit = self.per_unit as u128;
        if per_unit == self.measured {
            return measured;
        }
        let (units, rest) = (measured / self.measured, measured % self.measured);
        units * per_unit + (rest * per_unit + self.measured / 2) / self.measured
    }

    /// Atoms of money for one atom of quantity. Whole, because prices of what is billed to ten decimals have at most
    /// eight.
    pub const fn money_atoms(self, unit_price: i128) -> i128 {
        MB_MILLIS_PER_GB_SECOND * unit_price / self.per_unit
    }
}

impl Billable {
    /// All that some usage adds to the item.
    pub fn used(&self, amounts: &Amounts) -> u128 {
        amounts.get(self.measure) + self.never_free.map_or(0, |measure| amounts.get(measure))
    }

    /// Whether every bill shows it, used or not.
    pub fn is_basic(&self) -> bool {
        matches!(self.item, Item::Request | Item::Duration)
    }
}

/// Decimals that a price of this item may have: so many that its amounts stay exact.
pub(super) const fn price_decimals(item: Item) -> usize {
    match item {
        Item::ResponseStreaming
        | Item::DurableDataWritten
        | Item::DurableDataRetained
        | Item::EventPollerUnit
        | Item::EventPollerUnitSqs
        | Item::CloudWatchLogs
        | Item::KinesisShard
        | Item::NatGateway
        | Item::NatGatewayData
        | Item::InternetEgress => 8,
        _ => 15,
    }
}

const fn billable(item: Item, usage_type: &'static str, measure: Measure, scale: Scale) -> Billable {
    Billable {
        item,
        usage_type,
        by_architecture: false,
        measure,
        never_free: None,
        free: 0,
        scale,
    }
}

const fn by_architecture(item: Item, usage_type: &'static str, measure: Measure, scale: Scale) -> Billable {
    Billable {
        by_architecture: true,
        ..billable(item, usage_type, measure, scale)
    }
}

const ONE: Scale = Scale::exact(1);
const GB_SECONDS: Scale = Scale::exact(MB_MILLIS_PER_GB_SECOND);
const GB_OF_MEMORY: Scale = Scale::exact(MB_PER_GB);

/// In the order in which a bill lists them.
pub(super) const BILLABLES: [Billable; 16] = [
    Billable {
        never_free: Some(Measure::ProvisionedRequests),
        free: 1_000_000,
        ..by_architecture(Item::Request, "Request", Measure::Requests, ONE)
    },
    Billable {
        free: 400_000 * MB_MILLIS_PER_GB_SECOND as u128,
        ..by_architecture(Item::Duration, "Lambda-GB-Second", Measure::Duration, GB_SECONDS)
    },
    by_architecture(
        Item::ProvisionedConcurrency,
        "Lambda-Provisioned-Concurrency",
        Measure::ProvisionedConcurrency,
        GB_SECONDS,
    ),
    by_architecture(
        Item::ProvisionedDuration,
        "Lambda-Provisioned-GB-Second",
        Measure::ProvisionedDuration,
        GB_SECONDS,
    ),
    by_architecture(
        Item::EphemeralStorage,
        "Lambda-Storage-GB-Second",
        Measure::EphemeralStorage,
        GB_SECONDS,
    ),
    billable(
        Item::SnapStartCache,
        "Lambda-SnapStart-Cached-GB-S",
        Measure::SnapStartCache,
        GB_SECONDS,
    ),
    billable(
        Item::SnapStartRestore,
        "Lambda-SnapStart-Restored-GB",
        Measure::SnapStartRestore,
        GB_OF_MEMORY,
    ),
    Billable {
        free: 100 * GIBIBYTE,
        ..by_architecture(
            Item::ResponseStreaming,
            "Lambda-Streaming-Response-Processed-Bytes",
            Measure::StreamedBytes,
            Scale::fine(GIBIBYTE),
        )
    },
    by_architecture(
        Item::TenantEnvironment,
        "Lambda-Tenant-Environment-GB",
        Measure::TenantEnvironment,
        GB_OF_MEMORY,
    ),
    billable(
        Item::DurableOperation,
        "Lambda-Durable-Execution-Operations",
        Measure::DurableOperations,
        ONE,
    ),
    billable(
        Item::DurableDataWritten,
        "Lambda-Durable-Execution-Written-Bytes",
        Measure::DurableBytesWritten,
        Scale::fine(GIGABYTE),
    ),
    billable(
        Item::DurableDataRetained,
        "Lambda-Durable-Execution-TimedStorage-ByteHrs",
        Measure::DurableByteSeconds,
        Scale::fine(GIGABYTE * THIRTY_DAYS),
    ),
    billable(
        Item::EventPollerUnit,
        "Lambda-Event-Poller-Unit-Hour",
        Measure::KafkaPollerSeconds,
        Scale::fine(3_600),
    ),
    billable(
        Item::EventPollerUnitSqs,
        "Lambda-SQS-Event-Poller-Unit-Hour",
        Measure::SqsPollerSeconds,
        Scale::fine(3_600),
    ),
    billable(Item::EdgeRequest, "Lambda-Edge-Request", Measure::EdgeRequests, ONE),
    billable(
        Item::EdgeDuration,
        "Lambda-Edge-GB-Second",
        Measure::EdgeDuration,
        GB_SECONDS,
    ),
];
