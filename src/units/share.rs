/// A probability as a threshold on a 53-bit uniform draw: integer, so that a draw is compared exactly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Share(u64);

impl Share {
    /// Never.
    pub const NONE: Share = Share(0);
    /// Always.
    pub const ALL: Share = Share(1 << 53);

    /// The share nearest to `fraction`, which must lie in 0..=1 (values outside are clamped).
    pub fn from_fraction(fraction: f64) -> Share {
        Share((fraction.clamp(0.0, 1.0) * (1u64 << 53) as f64).round() as u64)
    }

    /// The share as a fraction in 0..=1.
    pub fn as_fraction(self) -> f64 {
        self.0 as f64 / (1u64 << 53) as f64
    }

    /// Whether a uniform draw of 53 bits falls into the share.
    pub const fn covers(self, uniform: u64) -> bool {
        uniform < self.0
    }

    /// Whether the share is zero.
    pub const fn is_none(self) -> bool {
        self.0 == 0
    }
}
