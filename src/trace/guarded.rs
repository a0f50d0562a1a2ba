use std::io::{self, Read};

const MEGABYTE: u64 = 1_000_000;

/// Text that ends in a line feed and holds no line longer than some megabytes, so that one that never ends (a binary file, an
/// open quote, a bomb of one compressed letter) does not fill the memory. Whoever reads it tells where lines start.
#[derive(Debug)]
pub struct GuardedText<R> {
    source: R,
    megabytes: u64,
    read: u64,
    line_start: u64,
    last: u8,
}

impl<R: Read> GuardedText<R> {
    /// The text of `source` in lines of up to `megabytes` MB.
    pub fn new(source: R, megabytes: u64) -> GuardedText<R> {
        GuardedText {
            source,
            megabytes,
            read: 0,
            line_start: 0,
            last: b'\n',
        }
    }

    /// The next line starts at this byte.
    pub fn line_starts_at(&mut self, byte: u64) {
        self.line_start = byte;
    }

    /// Whether a line may not be as long.
    pub fn is_too_long(&self, bytes: u64) -> bool {
        bytes > self.megabytes * MEGABYTE
    }

    /// What is said of such a line.
    pub fn too_long(&self) -> String {
        format!("the line is longer than {} MB", self.megabytes)
    }
}

impl<R: Read> Read for GuardedText<R> {
    fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
        if self.is_too_long(self.read - self.line_start) {
            return Err(io::Error::other(self.too_long()));
        }
        let mut count = self.source.read(target)?;
        if count == 0 && self.last != b'\n' && !target.is_empty() {
            target[0] = b'\n';
            count = 1;
        }
        if count > 0 {
            self.last = target[count - 1];
        }
        self.read += count as u64;
        Ok(count)
    }
}
