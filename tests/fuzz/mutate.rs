//! Inputs from kept ones: a few small changes each, from a generator with a seed, so that a finding can be repeated.
//!
//! The changes know lines, numbers and the words of the project's formats, which changes of bytes alone seldom hit.

use std::sync::Arc;

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// What numbers become: limits, ends of ranges, and what is no number.
const NUMBERS: [&str; 24] = [
    "0",
    "1",
    "-1",
    "2",
    "10",
    "127",
    "128",
    "255",
    "1000",
    "65535",
    "65536",
    "10240",
    "10241",
    "2147483647",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e-308",
    "NaN",
    "inf",
    "0.000000000000000000000000001",
];

/// What is put between other things.
const WORDS: [&str; 56] = [
    " ms", " s", " min", " h", " d", "/s", "/min", " MB", " %", "us", "ns", " million", "null", "~", "true", "off",
    "none", "{}", "[]", "{ ", " }", "[ ", " ]", ": ", ", ", "- ", "\n", "\r\n", "\n\n", "\t", "\"", "'", "&a ", "*a",
    "<<: *a", "!Ref ", "!Sub ", "${", "}", "|\n", "# ", "\u{feff}", "\0", "\u{1e}", "ü", "\u{202e}", "\x1b[2J", "=1+1",
    "../", "/", "cron(", "rate(", "at(", "L", "*/", "?",
];

/// Longest input that is made.
const LONGEST: usize = 1 << 16;

/// A stream of inputs.
pub struct Mutator {
    dice: ChaCha8Rng,
    seeds: Arc<[Vec<u8>]>,
}

impl Mutator {
    /// Inputs made from `seeds`, of which there must be one, the same for the same number.
    pub fn new(seeds: impl Into<Arc<[Vec<u8>]>>, number: u64) -> Mutator {
        let seeds = seeds.into();
        assert!(!seeds.is_empty(), "nothing to begin with");
        let dice = ChaCha8Rng::seed_from_u64(number);
        Mutator { dice, seeds }
    }

    /// The next input.
    pub fn input(&mut self) -> Vec<u8> {
        let mut input = self.seed();
        for _ in 0..self.dice.random_range(1..=5) {
            self.change(&mut input);
        }
        input.truncate(LONGEST);
        input
    }

    /// Changes `input` a little.
    pub fn change(&mut self, input: &mut Vec<u8>) {
        match self.dice.random_range(0..12) {
            0 => self.flip(input),
            1 => self.remove(input),
            2 => self.repeat(input),
            3 => input.truncate(self.below(input.len() + 1)),
            4 | 5 => self.put_word(input),
            6..=8 => self.put_number(input),
            9 => self.swap_lines(input),
            _ => self.take_line(input),
        }
    }

    fn seed(&mut self) -> Vec<u8> {
        let which = self.below(self.seeds.len());
        self.seeds[which].clone()
    }

    /// A place below `end`; 0 where there is none.
    fn below(&mut self, end: usize) -> usize {
        self.dice.random_range(0..end.max(1))
    }

    fn flip(&mut self, input: &mut [u8]) {
        let at = self.below(input.len());
        if let Some(byte) = input.get_mut(at) {
            *byte = self.dice.random();
        }
    }

    /// A short stretch; half of the time a long one.
    fn stretch(&mut self, length: usize) -> std::ops::Range<usize> {
        let longest = if self.dice.random() { 8 } else { length };
        let start = self.below(length);
        let end = start + self.below(longest.min(length - start) + 1);
        start..end
    }

    fn remove(&mut self, input: &mut Vec<u8>) {
        let stretch = self.stretch(input.len());
        input.drain(stretch);
    }

    fn repeat(&mut self, input: &mut Vec<u8>) {
        let stretch = self.stretch(input.len());
        let times = 1 << self.below(5);
        let copies = input[stretch.clone()].repeat(times);
        if input.len() + copies.len() <= LONGEST {
            input.splice(stretch.end..stretch.end, copies);
        }
    }

    fn put_word(&mut self, input: &mut Vec<u8>) {
        let (word, at) = (WORDS[self.below(WORDS.len())], self.below(input.len() + 1));
        input.splice(at..at, word.bytes());
    }

    /// Another number in place of one that is there.
    fn put_number(&mut self, input: &mut Vec<u8>) {
        let from = self.below(input.len());
        let Some(start) = (from..input.len()).find(|at| input[*at].is_ascii_digit()) else {
            return self.put_word(input);
        };
        let length = input[start..].iter().take_while(|byte| byte.is_ascii_digit()).count();
        let number = NUMBERS[self.below(NUMBERS.len())];
        input.splice(start..start + length, number.bytes());
    }

    fn line(&mut self, text: &[u8]) -> std::ops::Range<usize> {
        let at = self.below(text.len());
        let start = text[..at]
            .iter()
            .rposition(|byte| *byte == b'\n')
            .map_or(0, |before| before + 1);
        let end = text[at..]
            .iter()
            .position(|byte| *byte == b'\n')
            .map_or(text.len(), |after| at + after + 1);
        start..end
    }

    /// A line is moved to another place.
    fn swap_lines(&mut self, input: &mut Vec<u8>) {
        let from = self.line(input);
        let line: Vec<u8> = input.drain(from).collect();
        let to = self.line(input).start;
        input.splice(to..to, line);
    }

    /// A line of another seed comes into this one, or in place of one.
    fn take_line(&mut self, input: &mut Vec<u8>) {
        let seeds = Arc::clone(&self.seeds);
        let other = &seeds[self.below(seeds.len())];
        let line = other[self.line(other)].to_vec();
        let here = self.line(input);
        let replaced = if self.dice.random() {
            here.clone()
        } else {
            here.start..here.start
        };
        input.splice(replaced, line);
    }
}
