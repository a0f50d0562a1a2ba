use crate::facts::{FlowId, FunctionId, TrafficId};

/// What a recorder hears.
#[derive(Clone, Debug, Default)]
pub enum Scope {
    /// Everything in the account.
    #[default]
    Account,
    /// Some functions of so many.
    Part(Members, usize),
    /// What recorders of parts have heard.
    Joined,
}

/// What belongs to a part of an account: by number there, its number in the account.
#[derive(Clone, Debug, Default)]
pub struct Members {
    /// Its functions.
    pub functions: Vec<FunctionId>,
    /// Its flows.
    pub flows: Vec<FlowId>,
    /// Traffic entries, which may belong to several parts.
    pub traffic: Vec<TrafficId>,
}
