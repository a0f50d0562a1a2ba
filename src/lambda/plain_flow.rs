use crate::facts::{FunctionId, VersionId};
use crate::units::Span;

/// What the short way must know of a flow that may take it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct PlainFlow {
    pub function: FunctionId,
    pub version: VersionId,
    /// How long its clients wait for an answer.
    pub patience: Span,
}
