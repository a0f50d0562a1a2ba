use crate::facts::ErrorCode;
use crate::kernel::{Distribution, SizeDistribution};
use crate::units::{SimTime, Span};

/// What environments of a version are equipped with beyond code, memory and runtime. Most versions have none of it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Equipment {
    /// Added to every INIT: package size times `init.ms_per_mb` (PKG-1).
    pub package_init: Span,
    /// SnapStart: restored instead of initialised (SNAP-4).
    pub snapshot: Option<Snapshot>,
    /// Extensions (EXT-1).
    pub extensions: Option<Extensions>,
    /// A mounted file system (EFS-1).
    pub mount: Option<Mount>,
    /// How it is attached to a VPC.
    pub network: Option<Network>,
    /// What idling for two weeks does to it (VPC-4, SNAP-7).
    pub dormancy: Option<Dormancy>,
    /// When it is published, if that is during the run.
    pub publication: Option<Publication>,
}

impl Equipment {
    /// Whether its environments hold something of which there is a limited number.
    pub fn holds(&self) -> bool {
        self.mount.is_some() || matches!(self.network, Some(Network::Sliced { .. }))
    }
}

/// How a snapshot is restored.
#[derive(Clone, Debug, PartialEq)]
pub struct Snapshot {
    /// The whole restore (SNAP-6).
    pub restore: Distribution,
    /// The part of it that is billed: loading the runtime, and after-restore hooks (SNAP-8).
    pub billed: Distribution,
    /// Whether keeping and restoring it is billed: not for Java (PRICE-11).
    pub priced: bool,
}

/// What the extensions of a version do.
#[derive(Clone, Debug, PartialEq)]
pub struct Extensions {
    /// Their INIT, added to that of the function.
    pub init: Distribution,
    /// How long they go on after the runtime has answered (LIFE-7).
    pub post_runtime: Distribution,
    /// How long they keep a dying environment (LIFE-10), already bounded.
    pub shutdown: Span,
}

/// A file system mounted by every environment.
#[derive(Clone, Debug, PartialEq)]
pub struct Mount {
    /// Place in [`super::AccountConfig::file_systems`].
    pub file_system: u16,
    /// Mounting, in INIT (EFS-1).
    pub time: Distribution,
    /// What each invocation transfers; `None` where that takes no time (EFS-3).
    pub transfer: Option<SizeDistribution>,
}

/// What one environment holds of things of which there is a limited number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Held {
    /// A connection to this file system (EFS-2).
    pub file_system: Option<u16>,
    /// So many MB of network interfaces (VPC-6).
    pub interface_mb: u32,
}

/// How a version is attached to its VPC.
#[derive(Clone, Debug, PartialEq)]
pub enum Network {
    /// Interfaces shared by all environments, made when the function was configured: one in each of so many subnets
    /// (VPC-1); none where no subnet had an address for one (VPC-5).
    Shared(u16),
    /// Before SW-VPC: an interface for each 3 GB of environments (VPC-6).
    Sliced {
        /// Places in [`super::AccountConfig::subnets`].
        subnets: Vec<u16>,
    },
}

/// A version that is published during the run.
#[derive(Clone, Debug, PartialEq)]
pub struct Publication {
    /// When: before that there is no such version.
    pub at: SimTime,
    /// How long a new network interface keeps it Pending (VPC-3).
    pub pending: Distribution,
    /// Whether its snapshot is made then, which takes an INIT (SNAP-3).
    pub snapshots: bool,
}

/// A version that nobody invoked for 14 days cannot serve at once.
#[derive(Clone, Debug, PartialEq)]
pub struct Dormancy {
    /// What the invocation that wakes it is told.
    pub error: ErrorCode,
    /// How long its network interface takes (VPC-3).
    pub pending: Distribution,
    /// Whether its snapshot has to be made again, which takes an INIT (SNAP-7).
    pub rebuilds: bool,
}
