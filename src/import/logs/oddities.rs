use crate::import::Remarks;

/// What may be odd about a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Oddity {
    Broken,
    TooLong,
    NotUtf8,
    OutOfOrder,
    Duplicate,
    StartAlone,
    FailedInit,
    Contradiction,
}

impl Oddity {
    const ALL: [Oddity; 8] = [
        Oddity::Broken,
        Oddity::TooLong,
        Oddity::NotUtf8,
        Oddity::OutOfOrder,
        Oddity::Duplicate,
        Oddity::StartAlone,
        Oddity::FailedInit,
        Oddity::Contradiction,
    ];

    const fn words(self) -> &'static str {
        match self {
            Oddity::Broken => "the line is cut off or not to be understood; it was left out",
            Oddity::TooLong => "the line is longer than 2 MB; it was left out",
            Oddity::NotUtf8 => "the line is not UTF-8; what could be read of it was used",
            Oddity::OutOfOrder => "the line is earlier than one before it; it was used all the same",
            Oddity::Duplicate => "the REPORT was there before; it was left out",
            Oddity::StartAlone => "START without a REPORT: the log ends before the invocation does; it was left out",
            Oddity::FailedInit => "an INIT that failed; what of it is billed is not documented (PRICE-5)",
            Oddity::Contradiction => "more billed durations that contradict the rules (LOG-10)",
        }
    }
}

/// How often each oddity came, and where first.
#[derive(Clone, Debug, Default)]
pub(super) struct Oddities([(u64, u64); Oddity::ALL.len()]);

impl Oddities {
    /// Counts one at a line, from 1.
    pub fn add(&mut self, oddity: Oddity, line: u64) {
        let (first, count) = &mut self.0[oddity as usize];
        *first = if *count == 0 { line } else { (*first).min(line) };
        *count += 1;
    }

    /// Tells each oddity once, with its first line.
    pub fn tell(&self, remarks: &mut Remarks) {
        for oddity in Oddity::ALL {
            let (first, count) = self.0[oddity as usize];
            if count > 0 {
                remarks.add_many(u32::try_from(first).ok(), oddity.words(), count);
            }
        }
    }
}
