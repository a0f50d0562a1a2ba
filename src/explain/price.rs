use super::line::PriceLine;
use super::told::{Told, What};
use crate::facts::Observer;
use crate::pricing::{self, BillingConfig, Discount, FreeTier, Item, MonthToDate, Rounding};
use crate::simulation::{Plan, meter_of};
use crate::units::{Money, exact_decimal};

/// 10^-15 USD in one.
const PRICE_UNIT: i128 = 1_000_000_000_000_000;

/// What the attempts that were told cost, and the sum: at the prices of the first tier, without free tier, savings plan or
/// discount, which depend on all else that the account uses. Provisioned concurrency is paid for by time, not by invocation.
pub(super) fn price(plan: &Plan, told: &[Told]) -> (Vec<PriceLine>, String) {
    let mut meter = meter_of(plan);
    let mut billed = false;
    for one in told {
        match &one.what {
            What::Ran(attempt) => {
                billed = true;
                meter.ran(attempt);
            }
            What::Streamed(streamed) => meter.streamed(streamed),
            What::Stored(call, payload) => meter.event_stored(one.time, call, *payload),
            _ => {}
        }
    }
    if !billed {
        return (Vec::new(), "0".to_owned());
    }
    let config = BillingConfig {
        free_tier: FreeTier::Off,
        month_to_date: MonthToDate::default(),
        rounding: Rounding::Exact,
        savings_plan: None,
        custom_discount: Discount::NONE,
        ..plan.billing.clone()
    };
    let bill = pricing::bill(&meter.finish(plan.horizon()), &config);
    let mine = |line: &&pricing::Line| line.item != Item::SnapStartCache && line.quantity.atoms > 0;
    let lines: Vec<&pricing::Line> = bill.lines.iter().filter(mine).collect();
    let total: Money = lines.iter().map(|line| line.amount).sum();
    let line = |line: &&pricing::Line| PriceLine {
        item: line.item.name(),
        quantity: line.quantity.exact(),
        unit: line.unit,
        unit_price: exact_decimal(line.unit_price, PRICE_UNIT),
        amount: line.amount.exact(),
        rules: rules_of(line.item),
    };
    (lines.iter().map(line).collect(), total.exact())
}

fn rules_of(item: Item) -> Vec<&'static str> {
    match item {
        Item::Request => vec!["PRICE-1", "PRICE-3"],
        Item::Duration => vec!["PRICE-2", "PRICE-7"],
        Item::ProvisionedDuration => vec!["PRICE-9"],
        Item::EphemeralStorage => vec!["PRICE-10"],
        Item::SnapStartRestore => vec!["PRICE-11"],
        Item::ResponseStreaming => vec!["PRICE-12"],
        Item::EdgeRequest | Item::EdgeDuration => vec!["PRICE-13"],
        _ => Vec::new(),
    }
}
