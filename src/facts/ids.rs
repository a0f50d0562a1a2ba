/// A function: its place in the plan's list, which is sorted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

/// A version of one function: 0 is `$LATEST`, published versions follow in ascending order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionId(pub u16);

/// How one function is addressed: 0 is the bare name (`$LATEST`), then published versions, then aliases by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct QualifierId(pub u16);

/// An entry under `traffic:`: its place in the plan's list, which is sorted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrafficId(pub u32);

/// One traffic entry towards one function and qualifier. A trace with many functions has many flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowId(pub u32);

macro_rules! index {
    ($($id:ty),*) => { $(impl $id {
        /// The number as an index into the plan's list.
        pub const fn index(self) -> usize {
            self.0 as usize
        }
    })* };
}
index!(FunctionId, VersionId, QualifierId, TrafficId, FlowId);
