/// A function: its place in the plan's list, which is sorted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FunctionId(pub u32);

/// A version of one function: 0 is `$LATEST`, published versions follow in ascending order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct VersionId(pub u16);

/// How one function is addressed: 0 is the bare name (`$LATEST`), then published versions, then aliases by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct QualifierId(pub u16);

/// A sender: an entry under `traffic:`, or something of the account that sends; its place in the plan's list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TrafficId(pub u32);

/// One sender towards one function and qualifier. A trace with many functions has many flows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct FlowId(pub u32);

/// A way from a sender to a target: its place in the plan's list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct LinkId(pub u32);

/// A queue: its place in the plan's list, which is sorted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct QueueId(pub u32);

/// A stream of shards or partitions: its place in the plan's list, which is sorted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamId(pub u32);

/// A topic: its place in the plan's list, which is sorted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct TopicId(pub u32);

/// An event source mapping: its place in the plan's list, which is sorted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MappingId(pub u32);

/// From here on the numbers of flows stand for links: what arrives there asks for no function.
const FIRST_LINK: u32 = 1 << 31;

impl FlowId {
    /// The flow of arrivals that go to a queue, stream or topic.
    pub const fn of_link(link: LinkId) -> FlowId {
        FlowId(FIRST_LINK | link.0)
    }

    /// The link that this flow stands for, if it leads to no function.
    pub const fn link(self) -> Option<LinkId> {
        if self.0 >= FIRST_LINK {
            Some(LinkId(self.0 ^ FIRST_LINK))
        } else {
            None
        }
    }
}

/// An alarm: its place in the plan's list, which is sorted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct AlarmId(pub u32);

/// A deployment: its place in the plan's list, which is sorted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct DeploymentId(pub u32);

/// A downstream budget: its place in the account's list, which is sorted by name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BudgetId(pub u32);

macro_rules! index {
    ($($id:ty),*) => { $(impl $id {
        /// The number as an index into the plan's list.
        pub const fn index(self) -> usize {
            self.0 as usize
        }
    })* };
}
index!(
    BudgetId,
    FunctionId,
    VersionId,
    QualifierId,
    TrafficId,
    FlowId,
    LinkId,
    QueueId,
    StreamId,
    TopicId,
    MappingId,
    AlarmId,
    DeploymentId
);
