use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::config::SourceConfig;
use super::source::Source;
use crate::facts::Arrival;
use crate::units::SimTime;

/// All sources merged: earlier time first, at one instant by the order of the sources, then by each source's own order
/// (contract §2.5).
pub struct Arrivals {
    sources: Vec<Source>,
    /// The next arrival of each source that still has one.
    heads: Vec<Option<Arrival>>,
    order: BinaryHeap<Reverse<(SimTime, u32)>>,
}

impl Arrivals {
    /// The arrivals of `configs`, which must be sorted by the name of their traffic entry.
    pub fn new(configs: &[SourceConfig]) -> Arrivals {
        let mut sources: Vec<Source> = configs.iter().map(Source::new).collect();
        let heads: Vec<Option<Arrival>> = sources.iter_mut().map(Source::next).collect();
        let key = |(index, head): (usize, &Option<Arrival>)| head.map(|arrival| Reverse((arrival.time, index as u32)));
        let order = heads.iter().enumerate().filter_map(key).collect();
        Arrivals { sources, heads, order }
    }

    /// When the next arrival comes.
    pub fn next_time(&self) -> Option<SimTime> {
        self.order.peek().map(|Reverse((time, _))| *time)
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let mut top = self.order.peek_mut()?;
        let index = top.0.1 as usize;
        let following = self.sources[index].next();
        match following {
            Some(arrival) => top.0.0 = arrival.time,
            None => {
                PeekMut::pop(top);
            }
        }
        std::mem::replace(&mut self.heads[index], following)
    }
}
