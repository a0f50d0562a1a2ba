use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use super::config::SourceConfig;
use super::source::Source;
use super::stretch::Stretch;
use crate::facts::{Arrival, FlowId, Train, Turn};
use crate::kernel::Distribution;
use crate::units::{SimTime, Span};

/// All sources merged: earlier time first, at one instant by the order of the sources, then by each source's own order
/// (contract §2.5).
pub struct Arrivals {
    sources: Vec<Source>,
    order: Order,
}

/// How the next arrival is found.
enum Order {
    /// Sources that still have an arrival, each with the time of its next one.
    Heap(BinaryHeap<Reverse<(SimTime, u32)>>),
    /// A crowd of sources is read ahead for a stretch of time; no arrivals of one are told as a train then.
    Stretch(Box<Stretch>),
}

impl Arrivals {
    /// The arrivals of `configs`, which must be sorted by the name of their traffic entry.
    pub fn new<'a>(configs: impl IntoIterator<Item = &'a SourceConfig, IntoIter: Clone>) -> Arrivals {
        let configs = configs.into_iter();
        let in_stretches = Stretch::pays(configs.clone());
        let mut sources: Vec<Source> = configs.map(Source::new).collect();
        let first = |source: &mut Source| source.advance().then_some(source.head.time);
        let heads = sources.iter_mut().map(first);
        let order = if in_stretches {
            let heads = heads.map(|head| head.unwrap_or(SimTime::MAX)).collect();
            Order::Stretch(Box::new(Stretch::of(heads)))
        } else {
            let order = (0..)
                .zip(heads)
                .filter_map(|(index, head)| Some(Reverse((head?, index))));
            Order::Heap(order.collect())
        };
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
    pub fn peek(&mut self) -> Option<&Arrival> {
        match &mut self.order {
            Order::Heap(order) => {
                let Reverse((_, source)) = order.peek()?;
                Some(&self.sources[*source as usize].head)
            }
            Order::Stretch(stretch) => stretch.peek(&mut self.sources),
        }
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

    /// Some arrivals after the next one, the nearest first, where they are read in stretches.
    #[inline]
    pub fn coming(&self) -> impl Iterator<Item = (Turn, &Arrival)> {
        let (arrivals, order) = match &self.order {
            Order::Heap(_) => Default::default(),
            Order::Stretch(stretch) => stretch.coming(),
        };
        let places = Turn::ALL.iter().zip(order);
        places.map(|(turn, (_, place))| (*turn, &arrivals[*place as usize]))
    }

    /// The next arrival and those that follow it from the same source, where that source looks ahead.
    #[inline]
    pub fn train(&self) -> Option<Train<'_>> {
        let Order::Heap(order) = &self.order else { return None };
        let order = order.as_slice();
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
        let Order::Heap(order) = &mut self.order else { return };
        let Some(mut top) = order.peek_mut() else { return };
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
        let order = match &mut self.order {
            Order::Heap(order) => order,
            Order::Stretch(stretch) => return stretch.advance(),
        };
        let Some(mut top) = order.peek_mut() else { return };
        let source = &mut self.sources[top.0.1 as usize];
        if source.advance() {
            top.0.0 = source.head.time;
        } else {
            PeekMut::pop(top);
        }
    }
}

#[cfg(test)]
impl Arrivals {
    pub(super) fn is_read_in_stretches(&self) -> bool {
        matches!(self.order, Order::Stretch(_))
    }

    /// How many have been read ahead.
    pub(super) fn held(&self) -> usize {
        match &self.order {
            Order::Heap(_) => 0,
            Order::Stretch(stretch) => stretch.held(),
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
