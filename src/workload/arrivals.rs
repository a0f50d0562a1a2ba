use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::config::SourceConfig;
use super::source::Source;
use crate::facts::{Arrival, FlowId, Train, Turn};
use crate::kernel::Distribution;
use crate::units::{SimTime, Span};

/// All sources merged: earlier time first, at one instant by the order of the sources, then by each source's own order
/// (contract §2.5).
pub struct Arrivals {
    sources: Vec<Source>,
    /// Sources that still have an arrival, each with the time of its next one.
    order: BinaryHeap<Reverse<(SimTime, u32)>>,
}

impl Arrivals {
    /// The arrivals of `configs`, which must be sorted by the name of their traffic entry.
    pub fn new<'a>(configs: impl IntoIterator<Item = &'a SourceConfig>) -> Arrivals {
        let mut sources: Vec<Source> = configs.into_iter().map(Source::new).collect();
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

    /// Somebody asks for the next arrivals soon: what that takes is asked for ahead.
    pub fn prefetch(&self, turn: Turn) {
        if let Some(source) = self.sources.first() {
            match turn {
                Turn::Third => source.prefetch(),
                Turn::Second => source.prefetch_draws(),
                Turn::Next => {}
            }
        }
    }

    /// The next arrival and those that follow it from the same source, where that source looks ahead.
    #[inline]
    pub fn train(&self) -> Option<Train<'_>> {
        let order = self.order.as_slice();
        let Reverse((_, source)) = order.first()?;
        // The second is one of the first's children in the heap; at one instant sources come in their order.
        let second = order[1..].iter().take(2).map(|Reverse(entry)| entry).min();
        let until = second.map_or(SimTime::MAX, |(time, other)| match source < other {
            true => time.saturating_add(Span::from_micros(1)),
            false => *time,
        });
        self.sources[*source as usize].train(until)
    }

    /// Leaves out the next `count` arrivals, all of one train.
    pub fn advance_by(&mut self, count: usize) {
        let Some(mut top) = self.order.peek_mut() else { return };
        let source = &mut self.sources[top.0.1 as usize];
        if source.advance_by(count) {
            top.0.0 = source.head.time;
        } else {
            PeekMut::pop(top);
        }
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
