//! What travels through the house: names by number, arrivals, and what the platform tells its listeners.

mod action;
mod arrival;
mod attempt;
mod budget;
mod call;
mod compute;
mod error_code;
mod event_step;
mod failure;
mod ids;
mod look;
mod message;
mod observer;
mod pollers;
mod record;
mod slots;
mod train;

pub use action::{Action, AlarmState, DeploymentStep, ScalingCause};
pub use arrival::{Arrival, InvocationType, Recorded};
pub use attempt::{Attempt, Cause, Denial, Reason, Refusal, StartKind, Verdict};
pub use budget::{BudgetCall, BudgetOutcome};
pub use call::{Call, GivenBack, Pool};
pub use compute::{Architecture, Compute, PackageType};
pub use error_code::ErrorCode;
pub use event_step::EventStep;
pub use failure::Failure;
pub use ids::{
    AlarmId, BudgetId, DeploymentId, FlowId, FunctionId, LinkId, MappingId, QualifierId, QueueId, StreamId, TopicId,
    TrafficId, VersionId,
};
pub use look::{
    ClientRetry, EndedEnvironment, IdleEnvironment, Look, ProvisionedRoom, Room, Slots, WaitCause, Waiting,
};
pub use message::{Message, MessageStep, Target};
pub use observer::{AsyncStep, Ended, Ending, Observer, Streamed, Turn};
pub use pollers::{ActivePollers, PollerKind};
pub use record::{BatchEnded, Blockage, RecordStep};
pub use slots::{SlotSteps, Swing};
pub use train::{ServedTrain, StoredTrain, TRAIN, Train};
