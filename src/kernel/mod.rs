//! What any discrete-event simulator needs and no part of Lambda knows: what is due next, luck that can be repeated, and
//! who does what can be done at the same time.

mod agenda;
mod calendar;
mod crew;
mod distribution;
pub mod draws;
pub mod math;
mod prefetch;
mod ration;
mod size;

pub use agenda::{Agenda, Class, Moment};
pub use calendar::{Calendar, Key};
pub use crew::{Crew, Job, PARTS_PER_HAND, each, in_stretches};
pub use distribution::Distribution;
pub use prefetch::{prefetch, prefetch_at};
pub use ration::Ration;
pub use size::SizeDistribution;
