//! A month put together from runs of single days: their usage is combined, not their dollars.

use super::bill::BillingConfig;
use super::month::Month;
use super::usage::{Usage, UsageKey};
use crate::facts::{FunctionId, QualifierId};
use crate::units::{Span, Timestamp};

const DAY: Span = Span::from_secs(86_400);

/// Days of one kind in a month.
#[derive(Clone, Copy, Debug)]
pub struct DayType<'a> {
    /// Usage of a run.
    pub usage: &'a Usage,
    /// How long the run took: its usage is scaled to a day.
    pub simulated: Span,
    /// Days like it.
    pub days: u32,
    /// What each function of the run is called in the combined usage, by [`FunctionId`].
    pub functions: &'a [FunctionId],
}

/// The usage of a month of such days; `start` says which month. Qualifiers are not told apart. A savings plan spreads it
/// evenly over the hours.
pub fn month_of(types: &[DayType], start: Timestamp) -> Usage {
    let month = Month::of(start);
    let mut combined = Usage::starting(month.start());
    for kind in types {
        let length = Span::from_micros(DAY.as_micros() * u64::from(kind.days));
        for (key, amounts) in kind.usage.projected(month, length, kind.simulated).entries() {
            let key = UsageKey {
                function: kind.functions[key.function.index()],
                qualifier: QualifierId(0),
                ..*key
            };
            combined.open(key);
            combined.add(key, amounts);
        }
    }
    combined
}

/// How such a month is billed: as its runs, from its first day on.
pub fn of_whole_month(config: &BillingConfig) -> BillingConfig {
    BillingConfig {
        month_to_date: super::bill::MonthToDate::default(),
        free_tier: config.free_tier.of_whole_month(),
        ..config.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::Architecture;
    use crate::pricing::Measure;
    use crate::units::MemoryMb;

    #[test]
    fn a_month_is_the_sum_of_its_days_scaled_from_whatever_was_simulated() {
        let start = Timestamp(1_795_132_800_000_000);
        let run = |requests, qualifier| {
            let key = UsageKey {
                month: Month::of(start),
                architecture: Architecture::X86_64,
                function: FunctionId(0),
                qualifier: QualifierId(qualifier),
            };
            let mut usage = Usage::starting(start).lasting(DAY);
            usage.add_on_demand(key, requests, 100, MemoryMb(1_024), MemoryMb(512));
            usage
        };
        let (weekday, hour) = (run(1_000, 1), run(10, 2));
        let names = [FunctionId(3)];
        let kind = |usage, simulated, days| DayType {
            usage,
            simulated,
            days,
            functions: &names,
        };
        let types = [kind(&weekday, DAY, 21), kind(&hour, Span::from_secs(3_600), 9)];
        let month = month_of(&types, start);
        // 21 × 1,000 + 9 × 24 × 10.
        assert_eq!(month.total().get(Measure::Requests), 23_160);
        assert_eq!(month.total().get(Measure::Duration), 23_160 * 102_400);
        let keys = month.entries().map(|(key, _)| (key.function, key.qualifier));
        assert!(keys.eq([(FunctionId(3), QualifierId(0))]));
    }
}
