use super::{BudgetId, FunctionId};
use crate::units::{SimTime, Span};

/// How an invocation met a downstream budget.
#[derive(Clone, Copy, Debug)]
pub struct BudgetCall {
    /// The budget.
    pub budget: BudgetId,
    /// The function that uses it.
    pub function: FunctionId,
    /// When the arrival arrived.
    pub arrived: SimTime,
    /// When it asked.
    pub time: SimTime,
    /// How many connections it holds, or how many calls it makes.
    pub amount: u32,
    /// From when on it counts as used: connections from then on, calls in the period that begins then.
    pub from: SimTime,
    /// Until when.
    pub until: SimTime,
    /// What is in use with it: connections at that moment, calls in that period.
    pub in_use: u64,
    /// What became of it.
    pub outcome: BudgetOutcome,
}

/// What became of an invocation at a downstream budget.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BudgetOutcome {
    /// There was room.
    Free,
    /// There was none, so it took longer.
    Slowed,
    /// There was none, so it waited that long; it may have reached its timeout then.
    Queued(Span),
    /// There was none, so it failed.
    Failed,
}
