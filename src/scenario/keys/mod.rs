//! Every key of a scenario file in one table, a file for each part. Unknown-key suggestions, merging of includes, the
//! JSON Schema and the reference in `docs/scenario.md` all come from it.

mod account;
mod behaviour;
mod billing;
mod budget;
mod control;
mod equipment;
mod function;
mod key;
mod mapping;
mod messaging;
mod nearest;
mod optimize;
mod parameters;
mod scaling;
mod scenario;
mod sections;
mod traffic;

pub(super) use billing::{BUDGET_PERIODS, BUDGETED, SAVINGS_TERMS};
pub(super) use control::MISSING_DATA;
pub(super) use function::{INVOKES, RECURSIVE_LOOP, VERSION};
pub(super) use key::{Key, Section, Support, Takes, key};
pub(super) use mapping::{METRIC_GROUPS, STARTING_POSITIONS, STREAM_KEYS};
pub(super) use messaging::STREAM_TYPES;
pub use nearest::nearest;
pub(super) use parameters::{FUNCTION_PARAMETERS, PARAMETERS};
pub(super) use scaling::{SCHEDULED_ACTION, TARGET_TRACKING};
pub(super) use scenario::SCENARIO;
pub(super) use sections::sections;
pub(super) use traffic::{EVENT_TYPES, FRONT_ENDS, RETRY_MODES, TOGETHER};
