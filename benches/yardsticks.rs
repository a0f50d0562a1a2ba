//! Single operations, and loops of other make: what the machine does alone, beside which whole runs are put.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::hint::black_box;

use dary_heap::QuaternaryHeap;
use lambdasim::kernel::draws::{BLOCK, PairBlock, Purpose, StreamKey};
use lambdasim::kernel::{Agenda, Calendar, Class, Distribution, Key, Moment, math};
use lambdasim::metrics::Histogram;
use lambdasim::units::{SimTime, Span};

use crate::measure::{Measured, Watch};

struct Xorshift(u64);

impl Xorshift {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    /// Above 0, at most 1.
    fn fraction(&mut self) -> f64 {
        ((self.next() >> 11) + 1) as f64 / (1u64 << 53) as f64
    }
}

fn luck() -> Xorshift {
    Xorshift(0x9e37_79b9_7f4a_7c15)
}

fn key() -> StreamKey {
    StreamKey::derive(1, 0, "bench", "yardstick")
}

/// `ref/heap_hold_1k`: one pop and push on the standard heap with a thousand entries.
pub fn heap_hold(length: u64) -> Measured {
    let mut luck = luck();
    let mut heap: BinaryHeap<Reverse<u64>> = (0..1_000).map(|_| Reverse(luck.next() >> 44)).collect();
    let watch = Watch::start();
    for _ in 0..length {
        if let Some(Reverse(key)) = heap.pop() {
            heap.push(Reverse(key + (luck.next() >> 44)));
        }
    }
    black_box(heap);
    watch.stop(length)
}

/// `ref/philox_u64`: one of our uniforms in blocks.
pub fn philox(length: u64) -> Measured {
    let (key, mut block) = (key(), PairBlock::default());
    let watch = Watch::start();
    for first in (0..length / 2).step_by(BLOCK) {
        key.draw_block(first, Purpose::Work, &mut block);
        black_box(&block);
    }
    watch.stop(length)
}

/// `ref/loop`: what a textbook would do: heap, histogram, nothing else; exponential times, platform's logarithm.
#[allow(clippy::disallowed_methods, reason = "the textbook's logarithm is the platform's")]
pub fn minimal_loop(concurrent: u64, length: u64) -> Measured {
    const MEAN: f64 = 500_000.0;
    let (mut luck, gap) = (luck(), MEAN / concurrent as f64);
    let mut busy: BinaryHeap<Reverse<(u64, u32)>> = BinaryHeap::new();
    let mut idle: Vec<u32> = (0..2 * concurrent as u32 + 100).collect();
    let mut histogram = vec![0u32; 64 << 10];
    let (mut now, mut watch) = (0.0f64, Watch::start());
    let warm_up = 2 * concurrent;
    for arrival in 0..warm_up + length {
        if arrival == warm_up {
            watch = Watch::start();
        }
        now += -luck.fraction().ln() * gap;
        while busy.peek().is_some_and(|Reverse((end, _))| *end <= now as u64) {
            idle.extend(busy.pop().map(|Reverse((_, environment))| environment));
        }
        let duration = -luck.fraction().ln() * MEAN;
        let environment = idle.pop().unwrap_or(0);
        busy.push(Reverse(((now + duration) as u64, environment)));
        histogram[(duration.to_bits() >> 42) as usize & 0xffff] += 1;
    }
    black_box(histogram);
    watch.stop(length)
}

/// `ref/no_queue`: draws, billing and histogram of an invocation that never meets another.
pub fn no_queue(length: u64) -> Measured {
    let key = key();
    let (gaps, durations) = (Distribution::exponential(10.0), lognormal());
    let mut block = PairBlock::default();
    let mut sampled = ([Span::ZERO; BLOCK], [Span::ZERO; BLOCK]);
    let (mut histogram, mut now, mut billed) = (Histogram::default(), 0, 0u128);
    let watch = Watch::start();
    for first in (0..length).step_by(BLOCK) {
        key.draw_block(first, Purpose::Work, &mut block);
        gaps.sample_block(&block.first, &mut sampled.0);
        durations.sample_block(&block.second, &mut sampled.1);
        for (gap, duration) in sampled.0.iter().zip(&sampled.1) {
            now += gap.as_micros();
            billed += u128::from(duration.as_micros().div_ceil(1_000)) * 1_024;
            histogram.record(duration.as_micros());
        }
    }
    black_box((histogram, now, billed));
    watch.stop(length)
}

/// The distributions of `draw/*`.
pub fn exponential() -> Distribution {
    Distribution::exponential(200.0)
}

/// Mean 0.2 s, σ 0.6.
pub fn lognormal() -> Distribution {
    Distribution::lognormal(math::ln(200.0) - 0.18, 0.6)
}

pub fn quantiles() -> Distribution {
    Distribution::quantiles(&[(0.01, 20.0), (0.5, 100.0), (0.9, 200.0), (0.99, 700.0), (0.999, 900.0)])
}

/// `draw/*/scalar`: a uniform and its value, one by one.
pub fn draw_singly(distribution: &Distribution, length: u64) -> Measured {
    let (key, watch) = (key(), Watch::start());
    for ordinal in 0..length {
        let uniform = key.draw(ordinal, 0, Purpose::Work).second;
        black_box(distribution.sample(uniform));
    }
    watch.stop(length)
}

/// `draw/*/block`: the same in blocks.
pub fn draw_in_blocks(distribution: &Distribution, length: u64) -> Measured {
    let (key, mut block) = (key(), PairBlock::default());
    let mut sampled = [Span::ZERO; BLOCK];
    let watch = Watch::start();
    for first in (0..length).step_by(BLOCK) {
        key.draw_block(first, Purpose::Work, &mut block);
        distribution.sample_block(&block.second, &mut sampled);
        black_box(&sampled);
    }
    watch.stop(length)
}

/// `draw/alias`: which of two versions a weight of 10 % gives.
pub fn draw_alias(in_blocks: bool, length: u64) -> Measured {
    const THRESHOLD: u64 = (1 << 53) / 10;
    let (key, mut block, mut taken) = (key(), PairBlock::default(), 0u64);
    let watch = Watch::start();
    if in_blocks {
        for first in (0..length).step_by(BLOCK) {
            key.draw_block(first, Purpose::Fate, &mut block);
            taken += block
                .second
                .iter()
                .map(|uniform| u64::from(*uniform < THRESHOLD))
                .sum::<u64>();
        }
    } else {
        for ordinal in 0..length {
            taken += u64::from(key.draw(ordinal, 0, Purpose::Fate).second < THRESHOLD);
        }
    }
    black_box(taken);
    watch.stop(length)
}

/// A queue of what ends when, for the hold model.
pub trait Waiting {
    /// Something ends at `end`.
    fn add(&mut self, end: u64, label: u32);
    /// All that has ended by `now` is taken out.
    fn take_until(&mut self, now: u64);
}

/// The calendar of what is in flight.
#[derive(Default)]
pub struct InCalendar(Calendar, Vec<Key>);

impl Waiting for InCalendar {
    fn add(&mut self, end: u64, label: u32) {
        self.0
            .add(Key::new(SimTime::from_micros(end), label).expect("within two years"));
    }

    fn take_until(&mut self, now: u64) {
        self.1.clear();
        self.0.take_until(SimTime::from_micros(now), &mut self.1);
        black_box(&self.1);
    }
}

/// The agenda of events.
#[derive(Default)]
pub struct InAgenda(Agenda);

impl Waiting for InAgenda {
    fn add(&mut self, end: u64, label: u32) {
        self.0
            .schedule(SimTime::from_micros(end), Class::Completion, u64::from(label));
    }

    fn take_until(&mut self, now: u64) {
        let end = Moment::after(SimTime::from_micros(now));
        while let Some(due) = self.0.pop_before(end) {
            black_box(due);
        }
    }
}

/// Packed keys in a heap of four children a node.
#[derive(Default)]
pub struct InHeap(QuaternaryHeap<Reverse<u64>>);

impl Waiting for InHeap {
    fn add(&mut self, end: u64, label: u32) {
        self.0.push(Reverse(end << 18 | u64::from(label)));
    }

    fn take_until(&mut self, now: u64) {
        while self.0.peek().is_some_and(|Reverse(key)| key >> 18 <= now) {
            black_box(self.0.pop());
        }
    }
}

/// `queue/*/N`: N wait on average; each time one is added, and what has ended by then is taken out. Times are drawn before.
pub fn hold<Q: Waiting>(mut queue: Q, lengths_of_time: &Distribution, pending: u64, length: u64) -> Measured {
    let key = key();
    let times: Vec<u64> = (0..1 << 16)
        .map(|ordinal| {
            lengths_of_time
                .sample(key.draw(ordinal, 0, Purpose::Work).second)
                .as_micros()
        })
        .collect();
    let mean = times.iter().sum::<u64>() / times.len() as u64;
    let warm_up = 5 * pending;
    let (mut now, mut watch) = (0, Watch::start());
    for ordinal in 0..warm_up + length {
        if ordinal == warm_up {
            watch = Watch::start();
        }
        now = ordinal * mean / pending;
        queue.take_until(now);
        queue.add(now + times[ordinal as usize & 0xffff], (ordinal & 0x1ffff) as u32);
    }
    black_box(now);
    watch.stop(length)
}

/// `hist/record`: one value counted.
pub fn histogram(length: u64) -> Measured {
    let (key, distribution) = (key(), lognormal());
    let value = |ordinal| {
        distribution
            .sample(key.draw(ordinal, 0, Purpose::Work).second)
            .as_micros()
    };
    let values: Vec<u64> = (0..1 << 16).map(value).collect();
    let mut histogram = Histogram::default();
    let watch = Watch::start();
    for ordinal in 0..length {
        histogram.record(values[ordinal as usize & 0xffff]);
    }
    black_box(histogram);
    watch.stop(length)
}
