//! The ground floor: time, memory, money, shares and rates as integers with their units in the type.

mod bytes;
mod fraction;
mod memory;
mod money;
mod rate;
mod share;
mod time;

pub use bytes::Bytes;
pub use fraction::Fraction;
pub use memory::{MB_MILLIS_PER_GB_SECOND, MemoryMb};
pub use money::Money;
pub(crate) use money::exact_decimal;
pub use rate::Rate;
pub use share::Share;
pub use time::{SimTime, Span, Timestamp};
