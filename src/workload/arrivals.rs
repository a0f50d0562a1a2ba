use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::config::SourceConfig;
use super::source::Source;
use crate::facts::{Arrival, FlowId};
use crate::kernel::Distribution;
use crate::units::SimTime;

/// All sources merged: earlier time first, at one instant by the order of the sources, then by each source's own order
/// (contract §2.5).
pub struct Arrivals {
    sources: Vec<Source>,
    /// Sources that still have an arrival, each with the time of its next one.
    order: BinaryHeap<Reverse<(SimTime, u32)>>,
}

impl Arrivals {
    /// The arrivals of `configs`, which must be sorted by the name of their traffic entry.
    pub fn new(configs: &[SourceConfig]) -> Arrivals {
        let mut sources: Vec<Source> = configs.iter().map(Source::new).collect();
        let first =
            |(index, source): (u32, &mut Source)| source.advance().then_some(Reverse((source.head.time, index)));
        let order = (0..).zip(&mut sources).filter_map(first).collect();
        Arrivals { sources, order }
    }

    /// Lets handler durations be sampled ahead, in blocks, where `durations` tells what those of a flow are sampled from, now
    /// and until the end of the run.
    pub fn sample_ahead<'a>(&mut self, durations: impl Fn(FlowId) -> Option<&'a Distribution>) {
        self.sources
            .iter_mut()
            .for_each(|source| source.sample_ahead(&durations));
    }

    /// The next arrival, left where it is: it is read in place, not copied.
    #[inline]
    pub fn peek(&self) -> Option<&Arrival> {
        let Reverse((_, source)) = self.order.peek()?;
        Some(&self.sources[*source as usize].head)
    }

    /// Goes on to the arrival after the next one.
    #[inline]
    pub fn advance(&mut self) {
        let Some(mut top) = self.order.peek_mut() else { return };
        let source = &mut self.sources[top.0.1 as usize];
        if source.advance() {
            top.0.0 = source.head.time;
        } else {
            PeekMut::pop(top);
        }
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let arrival = *self.peek()?;
        self.advance();
        Some(arrival)
    }
}
