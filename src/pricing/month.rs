use crate::units::{Span, Timestamp};
use jiff::SignedDuration;
use jiff::civil::{Date, DateTime, date};
use std::fmt;

const EPOCH: DateTime = date(1970, 1, 1).at(0, 0, 0, 0);

/// A calendar month (UTC). Instants beyond the year 9999 belong to its December.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    first_day: Date,
}

impl Month {
    /// The month in which an instant lies.
    pub fn of(instant: Timestamp) -> Month {
        Month {
            first_day: day_of(instant).first_of_month(),
        }
    }

    /// Its first instant.
    pub fn start(self) -> Timestamp {
        midnight(self.first_day)
    }

    /// How long it lasts.
    pub fn length(self) -> Span {
        Span::from_secs(self.first_day.days_in_month().unsigned_abs() as u64 * 86_400)
    }

    /// The first instant that is no longer in it.
    pub fn end(self) -> Timestamp {
        Timestamp(self.start().0.saturating_add_unsigned(self.length().as_micros()))
    }
}

/// The day (UTC) in which an instant lies.
pub(super) fn day_of(instant: Timestamp) -> Date {
    EPOCH.saturating_add(SignedDuration::from_micros(instant.0)).date()
}

/// The first instant of a day (UTC).
pub(super) fn midnight(day: Date) -> Timestamp {
    Timestamp(day.duration_since(EPOCH.date()).as_secs() * 1_000_000)
}

impl fmt::Display for Month {
    /// `YYYY-MM`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}", self.first_day.year(), self.first_day.month())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_begin_and_end_where_the_utc_calendar_says() {
        // 2024-02-29T12:00:00Z is 1,709,208,000 s after the epoch.
        let leap = Month::of(Timestamp(1_709_208_000_000_000));
        assert_eq!(leap.to_string(), "2024-02");
        assert_eq!(leap.length(), Span::from_secs(29 * 86_400));
        assert_eq!(leap.end(), Timestamp(1_709_251_200_000_000));
        assert_eq!(Month::of(leap.end()).to_string(), "2024-03");
        assert_eq!(Month::of(Timestamp(leap.end().0 - 1)), leap);
    }

    #[test]
    fn an_instant_just_before_the_epoch_lies_in_december_1969() {
        assert_eq!(Month::of(Timestamp(-1)).to_string(), "1969-12");
    }

    #[test]
    fn instants_beyond_the_calendar_stay_in_its_last_month() {
        let last = Month::of(Timestamp(i64::MAX));
        assert_eq!(last.to_string(), "9999-12");
        assert_eq!(Month::of(last.end()), last);
    }
}
