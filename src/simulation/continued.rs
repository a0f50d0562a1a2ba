use crate::metrics::{Datapoint, Sink, ThrottleRow};

/// A sink that is told again, from the beginning, by a run that does the same.
pub(super) struct Continued<'a> {
    sink: &'a mut dyn Sink,
    /// Rows told so far, and rows that the sink has already.
    told: u64,
    known: u64,
}

impl<'a> Continued<'a> {
    pub fn of(sink: &'a mut dyn Sink) -> Continued<'a> {
        Continued {
            sink,
            told: 0,
            known: 0,
        }
    }

    /// What comes now has been told before, as far as it was.
    pub fn begin_again(&mut self) {
        (self.known, self.told) = (self.told, 0);
    }

    fn is_new(&mut self) -> bool {
        self.told += 1;
        self.told > self.known
    }
}

impl Sink for Continued<'_> {
    fn datapoint(&mut self, datapoint: &Datapoint) {
        if self.is_new() {
            self.sink.datapoint(datapoint);
        }
    }

    fn throttles(&mut self, row: &ThrottleRow) {
        if self.is_new() {
            self.sink.throttles(row);
        }
    }
}
