use super::report::{Report, RequestId, mixed};

/// Lines that are looked back at, about.
const SLOTS: usize = 1 << 20;

/// What a line is beside those shortly before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Novelty {
    /// A request that was not seen before.
    New,
    /// Another attempt at a request that was seen before: an event is tried again under its own id (LOG-11).
    Again,
    /// The very same line once more, as where two exports overlap.
    Duplicate,
}

/// The latest million requests or so, in a table of fixed size: a newer request takes the place of an older one.
pub(super) struct Recent(Vec<(RequestId, u64)>);

impl Recent {
    pub fn new() -> Recent {
        Recent(vec![(RequestId(0), 0); SLOTS])
    }

    pub fn see(&mut self, report: &Report, time: Option<i64>) -> Novelty {
        let content = content(report, time);
        let slot = &mut self.0[report.request.0 as usize % SLOTS];
        let before = std::mem::replace(slot, (report.request, content));
        match before {
            (request, _) if request != report.request => Novelty::New,
            (_, same) if same == content => Novelty::Duplicate,
            _ => Novelty::Again,
        }
    }
}

fn content(report: &Report, time: Option<i64>) -> u64 {
    let numbers = [
        report.duration.as_micros(),
        report.billed_ms,
        u64::from(report.max_memory),
        report.init.map_or(0, |init| init.as_micros() + 1),
        time.map_or(0, |time| time as u64),
    ];
    let mut bytes = [0; 40];
    for (place, number) in bytes.chunks_exact_mut(8).zip(numbers) {
        place.copy_from_slice(&number.to_le_bytes());
    }
    mixed(&bytes)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::Span;

    #[test]
    fn log_11_an_attempt_is_another_line_of_its_request_and_a_duplicate_the_same() {
        let mut recent = Recent::new();
        let report = |id: &[u8], millis| Report {
            request: RequestId::of(id),
            duration: Span::from_millis(millis),
            ..Report::default()
        };
        assert_eq!(recent.see(&report(b"a", 5), Some(1)), Novelty::New);
        assert_eq!(recent.see(&report(b"b", 5), Some(1)), Novelty::New);
        assert_eq!(recent.see(&report(b"a", 5), Some(2)), Novelty::Again);
        assert_eq!(recent.see(&report(b"a", 6), Some(2)), Novelty::Again);
        assert_eq!(recent.see(&report(b"a", 6), Some(2)), Novelty::Duplicate);
    }
}
