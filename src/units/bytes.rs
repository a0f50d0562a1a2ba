use std::fmt;

/// A size of data in bytes. KB, MB and GB are powers of 1,024, as Lambda counts them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Bytes(pub u64);

impl Bytes {
    const KB: u64 = 1 << 10;
    const MB: u64 = 1 << 20;
    const GB: u64 = 1 << 30;

    /// `count` KB of 1,024 bytes.
    pub const fn from_kb(count: u64) -> Bytes {
        Bytes(count * Bytes::KB)
    }

    /// `count` MB of 1,024 KB.
    pub const fn from_mb(count: u64) -> Bytes {
        Bytes(count * Bytes::MB)
    }

    /// Both together.
    pub const fn plus(self, other: Bytes) -> Bytes {
        Bytes(self.0.saturating_add(other.0))
    }

    /// What is above `other`; nothing where there is no more.
    pub const fn beyond(self, other: Bytes) -> Bytes {
        Bytes(self.0.saturating_sub(other.0))
    }
}

impl fmt::Display for Bytes {
    /// In the largest unit in which it is whole.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => f.write_str("0 B"),
            bytes if bytes % Bytes::GB == 0 => write!(f, "{} GB", bytes / Bytes::GB),
            bytes if bytes % Bytes::MB == 0 => write!(f, "{} MB", bytes / Bytes::MB),
            bytes if bytes % Bytes::KB == 0 => write!(f, "{} KB", bytes / Bytes::KB),
            bytes => write!(f, "{bytes} B"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_shown_in_the_largest_whole_unit() {
        let shown = [0, 1_023, 1_024, 262_144, 6 << 20, 3 << 30, (6 << 20) + 1].map(|bytes| Bytes(bytes).to_string());
        assert_eq!(shown, ["0 B", "1023 B", "1 KB", "256 KB", "6 MB", "3 GB", "6291457 B"]);
    }
}
