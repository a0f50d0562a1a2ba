use crate::facts::{FunctionId, VersionId};
use crate::units::Span;

/// What the short way must know of a flow that may take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlainFlow {
    pub function: FunctionId,
    /// The version that serves it, or most of it.
    pub version: VersionId,
    /// Whether another version has a part of it (ALIAS-3): then it is drawn for each arrival.
    pub weighted: bool,
    /// How long its clients wait for an answer.
    pub patience: Span,
    /// Where it consists of events: from storage to the first attempt (ASYNC-1). Then they are served in trains alone.
    pub wait: Option<Span>,
}
