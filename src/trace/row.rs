use crate::facts::Recorded;
use crate::units::SimTime;

/// One row of a trace as it stands in the file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Row {
    /// As in [`TraceProblem::row`].
    pub number: u64,
    pub time: SimTime,
    pub recorded: Recorded,
}
