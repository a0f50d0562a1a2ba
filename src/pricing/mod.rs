//! What the usage of a run costs: dated prices, integer usage, exact bill (lambda-model §9).

mod allot;
mod bill;
mod billable;
mod charge;
mod discount;
#[cfg(test)]
mod golden;
mod hours;
mod item;
mod meter;
mod month;
mod tariff;
mod usage;
mod workload;

pub use bill::{
    Bill, BillingConfig, Discount, FreeTier, Line, LineShare, MonthLength, MonthToDate, Quantity, Rounding,
    SavingsPlan, SavingsTerm,
};
pub use charge::{bill, monthly_estimate};
pub use item::Item;
pub use meter::{Meter, MeteredFunction, MeteredQualifier, MeteredVersion};
pub use month::Month;
pub use tariff::{PriceBook, PriceProblem, PriceProblems, PriceRow, Tier};
pub use usage::{Amounts, Measure, Usage, UsageKey};
pub use workload::{
    BilledTime, DurableUse, ManagedUse, PollerUse, ProvisionedUse, RequestGroup, SnapStartUse, Workload,
};
