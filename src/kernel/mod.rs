//! What any discrete-event simulator needs and no part of Lambda knows: what is due next, and luck that can be repeated.

mod agenda;
mod calendar;
mod distribution;
pub mod draws;
pub mod math;
mod prefetch;
mod ration;
mod size;

pub use agenda::{Agenda, Class, Moment};
pub use calendar::{Calendar, Key};
pub use distribution::Distribution;
pub use prefetch::{prefetch, prefetch_at};
pub use ration::Ration;
pub use size::SizeDistribution;
