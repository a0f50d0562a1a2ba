use std::fmt;

/// MB·ms in one GB-second: 1,024 MB × 1,000 ms (PRICE-7).
pub const MB_MILLIS_PER_GB_SECOND: i128 = 1_024_000;

/// Memory or ephemeral storage in MB of 2^20 bytes, as Lambda counts it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MemoryMb(pub u32);

impl fmt::Display for MemoryMb {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} MB", self.0)
    }
}
