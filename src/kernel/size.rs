use super::Distribution;
use crate::units::{Bytes, Span};

/// A distribution of sizes, sampled as a [`Distribution`] of times is: a byte takes the place of a microsecond, so a
/// thousand bytes that of the millisecond which its constructors take.
#[derive(Clone, Debug, PartialEq)]
pub struct SizeDistribution(Distribution);

impl SizeDistribution {
    /// Always `size`.
    pub fn constant(size: Bytes) -> SizeDistribution {
        SizeDistribution(Distribution::constant(Span::from_micros(size.0)))
    }

    /// What `bytes_as_micros` gives, its microseconds read as bytes.
    pub fn new(bytes_as_micros: Distribution) -> SizeDistribution {
        SizeDistribution(bytes_as_micros)
    }

    /// The smallest size that can be drawn.
    pub fn minimum(&self) -> Bytes {
        Bytes(self.0.minimum().as_micros())
    }

    /// The size at a 53-bit uniform draw.
    pub fn sample(&self, uniform: u64) -> Bytes {
        Bytes(self.0.sample(uniform).as_micros())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_drawn_in_bytes() {
        let even = SizeDistribution::new(Distribution::uniform(1.0, 3.0));
        assert_eq!([even.sample(0), even.sample(1 << 52)], [Bytes(1_000), Bytes(2_000)]);
        assert_eq!(SizeDistribution::constant(Bytes::from_kb(12)).minimum(), Bytes(12_288));
    }
}
