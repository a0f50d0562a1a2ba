//! What the usage of a run costs: dated prices, integer usage, exact bill (lambda-model §9).

mod adjoining;
mod adjoining_config;
mod adjoining_meter;
mod allot;
mod answers;
mod bill;
mod billable;
mod budget;
mod cell;
mod charge;
mod days;
mod discount;
#[cfg(test)]
mod golden;
mod hours;
mod item;
mod meter;
mod month;
mod pollers;
mod tariff;
mod usage;
mod utilization;
mod workload;

pub use adjoining::{AdjoiningUsage, adjoining_bill, adjoining_estimate};
pub use adjoining_config::{AdjoiningConfig, AdjoiningService};
pub use adjoining_meter::{AdjoiningMeter, AdjoiningSources};
pub use answers::{BreakEven, CostAnswers, answers, break_even};
pub use bill::{
    Bill, BillingConfig, BudgetConfig, BudgetPeriod, Discount, FreeTier, Line, LineShare, MonthLength, MonthToDate,
    Quantity, Rounding, SavingsPlan, SavingsTerm,
};
pub use budget::{BudgetAlert, BudgetMeter};
pub use charge::{bill, monthly_estimate};
pub use days::{DayType, month_of, of_whole_month};
pub use item::Item;
pub use meter::{Meter, MeteredFunction, MeteredQualifier, MeteredVersion};
pub use month::Month;
pub use tariff::{PriceBook, PriceProblem, PriceProblems, PriceRow, Tier};
pub use usage::{Amounts, Measure, Usage, UsageKey};
pub use utilization::{ProvisionedTimes, UtilizationMeter};
pub use workload::{
    BilledTime, DurableUse, ManagedUse, PollerUse, ProvisionedUse, RequestGroup, SnapStartUse, Workload,
};
