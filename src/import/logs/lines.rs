use std::io::{self, Read};

/// Longest line that is looked at; longer ones are passed over. CloudWatch's own limit is 1 MB.
const LONGEST: usize = 2 << 20;
const FIRST_CAPACITY: usize = 1 << 18;

/// Lines of a text of any size, read in blocks into one buffer.
pub(super) struct Lines<R> {
    source: R,
    buffer: Vec<u8>,
    /// What is filled and not yet given out.
    filled: std::ops::Range<usize>,
    /// Number of the line given out last.
    line: u64,
    at_end: bool,
    /// Why the source ended early; told once all that came before it has been given out.
    failure: Option<io::Error>,
}

/// What comes next.
pub(super) enum Next<'a> {
    Line(&'a [u8]),
    /// A line of more than 2 MB, of which only the first part was read.
    TooLong,
    End,
}

impl<R: Read> Lines<R> {
    pub fn new(source: R) -> Lines<R> {
        Lines {
            source,
            buffer: vec![0; FIRST_CAPACITY],
            filled: 0..0,
            line: 0,
            at_end: false,
            failure: None,
        }
    }

    /// Number of the line given out last, from 1.
    pub fn number(&self) -> u64 {
        self.line
    }

    /// The first bytes of the text: up to 256 KB. Before the first line only.
    pub fn peek(&mut self) -> &[u8] {
        while self.filled.end < self.buffer.len() && !self.at_end {
            self.fill();
        }
        &self.buffer[self.filled.clone()]
    }

    /// What was peeked at, and all that follows it.
    pub fn into_reader(self) -> impl Read {
        let start = self.buffer[self.filled].to_vec();
        io::Cursor::new(start).chain(self.source).chain(Failing(self.failure))
    }

    /// The next line, without its end.
    ///
    /// # Errors
    /// Why the source ended early, once all lines before that have been given out.
    pub fn next(&mut self) -> io::Result<Next<'_>> {
        let mut searched = 0;
        loop {
            let open = &self.buffer[self.filled.clone()];
            if let Some(end) = memchr::memchr(b'\n', &open[searched..]) {
                let start = self.filled.start;
                self.filled.start += searched + end + 1;
                self.line += 1;
                return Ok(Next::Line(&self.buffer[start..start + searched + end]));
            }
            searched = open.len();
            if self.at_end {
                return self.rest();
            }
            if searched >= LONGEST {
                self.skip_line();
                self.line += 1;
                return Ok(Next::TooLong);
            }
            self.fill();
        }
    }

    /// A last line without an end, then why the source ended.
    fn rest(&mut self) -> io::Result<Next<'_>> {
        let last = self.filled.clone();
        if last.is_empty() {
            return self.failure.take().map_or(Ok(Next::End), Err);
        }
        self.filled.start = last.end;
        self.line += 1;
        Ok(Next::Line(&self.buffer[last]))
    }

    /// Passes over the rest of a line.
    fn skip_line(&mut self) {
        loop {
            let open = &self.buffer[self.filled.clone()];
            if let Some(end) = memchr::memchr(b'\n', open) {
                self.filled.start += end + 1;
                return;
            }
            self.filled = 0..0;
            if self.at_end {
                return;
            }
            self.fill();
        }
    }

    /// Reads more behind what is filled, after making room.
    fn fill(&mut self) {
        if self.filled.end == self.buffer.len() {
            if self.filled.start == 0 {
                self.buffer.resize(self.buffer.len() * 2, 0);
            } else {
                self.buffer.copy_within(self.filled.clone(), 0);
                self.filled = 0..self.filled.len();
            }
        }
        match self.source.read(&mut self.buffer[self.filled.end..]) {
            Ok(count) => {
                self.at_end = count == 0;
                self.filled.end += count;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => (self.at_end, self.failure) = (true, Some(error)),
        }
    }
}

/// Ends, or fails as the source before it has.
struct Failing(Option<io::Error>);

impl Read for Failing {
    fn read(&mut self, _target: &mut [u8]) -> io::Result<usize> {
        self.0.take().map_or(Ok(0), Err)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives out a few bytes at a time.
    struct Drip(Vec<u8>, usize);

    impl Read for Drip {
        fn read(&mut self, target: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(target.len());
            target[..count].copy_from_slice(&self.0[..count]);
            self.0.drain(..count);
            Ok(count)
        }
    }

    fn all(text: &[u8], at_once: usize) -> Vec<Option<usize>> {
        let mut lines = Lines::new(Drip(text.to_vec(), at_once));
        let mut found = Vec::new();
        loop {
            match lines.next().expect("no errors") {
                Next::Line(line) => found.push(Some(line.len())),
                Next::TooLong => found.push(None),
                Next::End => return found,
            }
        }
    }

    #[test]
    fn lines_are_the_same_however_the_source_gives_them_out() {
        let text = b"one\n\nthree\r\nlast";
        for at_once in [1, 2, 5, 100] {
            assert_eq!(all(text, at_once), [Some(3), Some(0), Some(6), Some(4)], "{at_once}");
        }
        assert_eq!(all(b"", 10), []);
    }

    #[test]
    fn a_line_larger_than_the_buffer_is_read_and_one_without_end_is_passed_over() {
        let mut text = vec![b'x'; FIRST_CAPACITY * 3];
        text.push(b'\n');
        text.extend(vec![b'y'; LONGEST * 2]);
        text.extend(b"\nend");
        assert_eq!(all(&text, 1 << 17), [Some(FIRST_CAPACITY * 3), None, Some(3)]);
    }
}
