//! Schedules of EventBridge and its Scheduler (SCHED-1 to SCHED-5): text to firing times.

use croner::Cron;
use croner::parser::{CronParser, Seconds, Year};
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, ToSpan};

use super::keys::nearest;
use super::problem::Fault;
use super::tree::shortened;
use crate::kernel::Distribution;
use crate::kernel::draws::StreamKey;
use crate::units::{SimTime, Span, Timestamp};
use crate::workload::{Firings, Process, Spread, SpreadSchedule};

const FORMS: &str = "allowed: rate(5 minutes), cron(0 8 * * ? *), at(2026-11-20T08:00:00)";

/// What surrounds a schedule.
pub(super) struct Setting<'a> {
    /// Calendar instant of t = 0.
    pub start: Timestamp,
    /// Length of the traffic.
    pub duration: Span,
    /// Zone of cron(…) and at(…).
    pub zone: &'a TimeZone,
    /// Each firing falls anywhere inside this window, instead of the jitter.
    pub window: Option<Span>,
    /// Offset of the whole schedule; `None` is off.
    pub jitter: Option<&'a Distribution>,
    /// Whether rate(…) fires at t = 0 as well.
    pub first_firing_at_once: bool,
    /// Draws of this schedule.
    pub key: StreamKey,
}

/// When the schedule `text` fires.
pub(super) fn schedule(text: &str, setting: &Setting<'_>) -> Result<Process, Fault> {
    let fault = || Fault::new(format!("is \"{}\"", shortened(text)), FORMS);
    let inner = text.trim().strip_suffix(')').ok_or_else(fault)?;
    let (kind, inner) = inner.split_once('(').ok_or_else(fault)?;
    match kind.trim() {
        "rate" => rate(inner, setting),
        "cron" => cron(inner, setting),
        "at" => at(inner, setting),
        _ => Err(fault()),
    }
}

impl Setting<'_> {
    /// Firings by their due times, late by what the setting asks for.
    fn firings(&self, due: impl Iterator<Item = Span>) -> Process {
        self.spread(Firings::At(due.map(|due| SimTime::ZERO.saturating_add(due)).collect()))
    }

    fn spread(&self, due: Firings) -> Process {
        let by = match (self.window, self.jitter) {
            (Some(window), _) => Spread::Window(window),
            (None, Some(jitter)) => Spread::Together(jitter.clone()),
            (None, None) => return due.into(),
        };
        let key = self.key;
        Process::Spread(SpreadSchedule { due, by, key })
    }

    /// Time from t = 0 to an instant; `None` before t = 0 or after the traffic.
    fn since_start(&self, micros: i64) -> Option<Span> {
        let span = micros
            .checked_sub(self.start.0)
            .and_then(|span| u64::try_from(span).ok());
        span.map(Span::from_micros).filter(|span| *span < self.duration)
    }
}

/// `rate(n unit)`: elapsed time since t = 0, whatever the calendar does (SCHED-1, SCHED-5).
fn rate(inner: &str, setting: &Setting<'_>) -> Result<Process, Fault> {
    let allowed = "allowed: rate(1 minute), rate(5 minutes), rate(1 hour), rate(12 hours), rate(1 day) … (SCHED-1)";
    let fault = || Fault::new(format!("is \"rate({})\"", shortened(inner)), allowed);
    let (number, unit) = inner.trim().split_once(' ').ok_or_else(fault)?;
    if matches!(unit.trim(), "second" | "seconds" | "millisecond" | "milliseconds") {
        let found = format!("is \"rate({})\", finer than a minute", shortened(inner));
        return Err(Fault::new(found, "one minute is the finest: rate(1 minute) (LIM-25)"));
    }
    let number = number
        .parse::<u64>()
        .ok()
        .filter(|number| *number > 0)
        .ok_or_else(fault)?;
    let unit = unit.trim();
    let singular = unit.strip_suffix('s').unwrap_or(unit);
    if (number == 1) != (unit == singular) {
        return Err(fault());
    }
    let seconds = match singular {
        "minute" => 60,
        "hour" => 3_600,
        "day" => 86_400,
        _ => return Err(fault()),
    };
    let micros = number
        .checked_mul(seconds * 1_000_000)
        .filter(|micros| *micros < u64::MAX / 4)
        .ok_or_else(fault)?;
    let interval = Span::from_micros(micros);
    let first = if setting.first_firing_at_once {
        Span::ZERO
    } else {
        interval
    };
    if setting.window.is_none() {
        let first = SimTime::ZERO + first;
        return Ok(setting.spread(Firings::Every { first, interval }));
    }
    let count = setting.duration.saturating_sub(first).as_micros().div_ceil(micros);
    let due = (0..count).map(|k| Span::from_micros(first.as_micros() + k * micros));
    Ok(setting.firings(due))
}

/// `at(yyyy-mm-ddThh:mm:ss)` in the schedule's zone (SCHED-3).
fn at(inner: &str, setting: &Setting<'_>) -> Result<Process, Fault> {
    let parsed = DateTime::strptime("%Y-%m-%dT%H:%M:%S", inner.trim());
    let civil = parsed.map_err(|_| {
        Fault::new(
            format!("is \"at({})\"", shortened(inner)),
            "allowed: at(2026-11-20T08:00:00)",
        )
    })?;
    let due = instant(civil, setting.zone);
    if due.is_some_and(|micros| micros < setting.start.0) {
        let found = format!(
            "is \"at({})\", which lies before the scenario's `start`",
            shortened(inner)
        );
        return Err(Fault::new(found, "an instant from `start` on is allowed (SCHED-3)"));
    }
    let due = due.and_then(|micros| setting.since_start(micros));
    Ok(setting.firings(due.into_iter()))
}

/// `cron(minute hour day-of-month month day-of-week year)` (SCHED-2).
fn cron(inner: &str, setting: &Setting<'_>) -> Result<Process, Fault> {
    let cron = parse_cron(inner)?;
    let zone = setting.zone;
    let civil = |micros: i64| {
        jiff::Timestamp::from_microsecond(micros)
            .ok()
            .map(|at| zone.to_datetime(at).date())
    };
    let last = setting.start.0.saturating_add_unsigned(setting.duration.as_micros());
    let (Some(first_day), Some(last_day)) = (civil(setting.start.0), civil(last)) else {
        return Err(Fault::new("runs past the calendar", "shorten the scenario"));
    };
    let mut due = Vec::new();
    let mut day = first_day;
    while day <= last_day {
        if matches_day(&cron, day) {
            due.extend(minutes(&cron, day).filter_map(|civil| setting.since_start(instant(civil, zone)?)));
        }
        match day.checked_add(1.day()) {
            Ok(next) => day = next,
            Err(_) => break,
        }
    }
    due.sort_unstable();
    Ok(setting.firings(due.into_iter()))
}

fn parse_cron(inner: &str) -> Result<Cron, Fault> {
    let wrong =
        |why: &str, allowed: &str| Err(Fault::new(format!("is \"cron({})\": {why}", shortened(inner)), allowed));
    let fields: Vec<&str> = inner.split_whitespace().collect();
    let [minute, hour, day_of_month, month, day_of_week, year] = fields.as_slice() else {
        let allowed = "six fields: minute hour day-of-month month day-of-week year (SCHED-2)";
        return wrong(&format!("it has {} fields", fields.len()), allowed);
    };
    if (*day_of_month == "?") == (*day_of_week == "?") {
        return wrong(
            "day-of-month and day-of-week do not hold exactly one ?",
            "put ? into one of the two (SCHED-2)",
        );
    }
    if [minute, hour, month, year].iter().any(|field| field.contains('?')) || inner.contains('@') {
        return wrong("only the day fields may hold ?", "put * into the others (SCHED-2)");
    }
    if year_is_out_of_range(year) {
        return wrong("the year is out of range", "1970 to 2199 is allowed (SCHED-2)");
    }
    // Alone, L is the last day of the week: Saturday.
    let day_of_week = if *day_of_week == "L" { "SAT" } else { day_of_week };
    let parser = CronParser::builder()
        .seconds(Seconds::Required)
        .year(Year::Required)
        .alternative_weekdays(true)
        .build();
    let pattern = format!("0 {minute} {hour} {day_of_month} {month} {day_of_week} {year}");
    let Ok(cron) = parser.parse(&pattern) else {
        return wrong(
            "a field is out of range",
            "minute 0-59, hour 0-23, day 1-31, month 1-12, weekday 1-7 = SUN-SAT, year 1970-2199",
        );
    };
    Ok(cron)
}

/// Whether a year field names a year that AWS does not know: before its steps, among its lists and ranges.
fn year_is_out_of_range(field: &str) -> bool {
    let starts = field.split(',').filter_map(|part| part.split('/').next());
    let mut years = starts
        .flat_map(|part| part.split('-'))
        .filter_map(|year| year.parse::<u32>().ok());
    years.any(|year| !(1970..=2199).contains(&year))
}

fn matches_day(cron: &Cron, day: Date) -> bool {
    let (year, month, of_month) = (i32::from(day.year()), day.month() as u32, day.day() as u32);
    let pattern = &cron.pattern;
    pattern.year_match(year).unwrap_or(false)
        && pattern.month_match(month).unwrap_or(false)
        && pattern.day_match(year, month, of_month).unwrap_or(false)
}

fn minutes(cron: &Cron, day: Date) -> impl Iterator<Item = DateTime> + '_ {
    let hours = (0..24i8).filter(|hour| cron.pattern.hour_match(*hour as u32).unwrap_or(false));
    hours.flat_map(move |hour| {
        let minutes = (0..60i8).filter(|minute| cron.pattern.minute_match(*minute as u32).unwrap_or(false));
        minutes.filter_map(move |minute| Some(day.to_datetime(Time::new(hour, minute, 0, 0).ok()?)))
    })
}

/// A wall time as microseconds since 1970: none where spring skips it, the first where autumn repeats it (SCHED-5).
fn instant(civil: DateTime, zone: &TimeZone) -> Option<i64> {
    let ambiguous = zone.to_ambiguous_timestamp(civil);
    match ambiguous.offset() {
        AmbiguousOffset::Gap { .. } => None,
        _ => ambiguous.earlier().ok().map(jiff::Timestamp::as_microsecond),
    }
}

/// A time zone by its name.
pub(super) fn time_zone(text: &str) -> Result<TimeZone, Fault> {
    TimeZone::get(text).map_err(|_| {
        let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
        let allowed = match nearest(text, names.iter().map(String::as_str)) {
            Some(name) => format!("did you mean {name}?"),
            None => "an IANA time zone such as Europe/Berlin is allowed".to_owned(),
        };
        Fault::new(format!("is \"{text}\""), allowed)
    })
}

/// A flexible window in minutes (SCHED-3).
pub(super) fn check_window(window: Span) -> Result<Span, Fault> {
    let minute = SignedDuration::from_mins(1).as_secs() as u64;
    let (lowest, highest) = (Span::from_secs(minute), Span::from_secs(1_440 * minute));
    match (lowest..=highest).contains(&window) {
        true => Ok(window),
        false => Err(Fault::new(
            format!("is {window}"),
            "1 min to 1,440 min is allowed (SCHED-3)",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(text: &str, start: &str, duration: &str, zone: &str) -> Vec<u64> {
        let zone = TimeZone::get(zone).unwrap();
        let setting = Setting {
            start: super::super::values::instant(start).unwrap(),
            duration: super::super::values::duration(duration).unwrap(),
            zone: &zone,
            window: None,
            jitter: None,
            first_firing_at_once: false,
            key: StreamKey::derive(0, 0, "schedule", "x"),
        };
        match schedule(text, &setting).unwrap() {
            Process::At(times) => times.iter().map(|time| time.as_micros() / 60_000_000).collect(),
            Process::Every { first, interval } => {
                vec![first.as_micros() / 60_000_000, interval.as_micros() / 60_000_000]
            }
            other => panic!("{other:?}"),
        }
    }

    fn refused(text: &str) -> Fault {
        let zone = TimeZone::UTC;
        let setting = Setting {
            start: Timestamp(0),
            duration: Span::from_secs(86_400),
            zone: &zone,
            window: None,
            jitter: None,
            first_firing_at_once: false,
            key: StreamKey::derive(0, 0, "schedule", "x"),
        };
        schedule(text, &setting).unwrap_err()
    }

    #[test]
    fn a_rate_fires_first_after_one_interval() {
        assert_eq!(times("rate(5 minutes)", "2026-11-20", "1 h", "UTC"), [5, 5]);
        assert_eq!(times("rate(1 day)", "2026-11-20", "3 d", "UTC"), [1_440, 1_440]);
        for wrong in [
            "rate(1 minutes)",
            "rate(5 minute)",
            "rate(0 minutes)",
            "rate(5)",
            "every(5 minutes)",
            "rate(5 minutes",
        ] {
            assert!(!refused(wrong).allowed.is_empty());
        }
        assert!(refused("rate(30 seconds)").allowed.contains("LIM-25"));
    }

    #[test]
    fn cron_takes_the_forms_of_aws() {
        let day = |text| times(text, "2026-11-20", "1 d", "UTC");
        assert_eq!(day("cron(0 8 * * ? *)"), [480]);
        assert_eq!(day("cron(0/30 0-1 * * ? *)"), [0, 30, 60, 90]);
        // 20 November 2026 is a Friday: 6 in AWS's count, which begins with Sunday as 1.
        assert_eq!(day("cron(15 10 ? * 6 *)"), [615]);
        assert_eq!(day("cron(15 10 ? * FRI 2026)"), [615]);
        assert_eq!(day("cron(15 10 ? * MON-THU *)"), Vec::<u64>::new());
        assert_eq!(day("cron(15 10 ? * 6#3 *)"), [615]);
        assert_eq!(day("cron(15 10 ? * 6#2 *)"), Vec::<u64>::new());
        let november = |text| -> Vec<u64> {
            times(text, "2026-11-01", "30 d", "UTC")
                .iter()
                .map(|minute| minute / 1_440 + 1)
                .collect()
        };
        assert_eq!(november("cron(0 0 L * ? *)"), [30]);
        assert_eq!(november("cron(0 0 ? * 6L *)"), [27]);
        // Saturdays: the last day of AWS's week.
        assert_eq!(november("cron(0 0 ? * L *)"), [7, 14, 21, 28]);
        assert_eq!(november("cron(0 0 ? NOV SUN#5,MON *)"), [2, 9, 16, 23, 29, 30]);
        // The 1st is a Sunday: the weekday nearest to it in its month is the 2nd.
        assert_eq!(november("cron(0 0 1W * ? *)"), [2]);
        // The 15th is a Sunday; the nearest weekday is Monday the 16th.
        assert_eq!(november("cron(0 0 15W * ? *)"), [16]);
    }

    #[test]
    fn cron_holds_exactly_one_question_mark_and_six_fields() {
        for wrong in [
            "cron(0 8 * * * *)",
            "cron(0 8 ? * ? *)",
            "cron(0 8 * * ?)",
            "cron(60 8 * * ? *)",
            "cron(? 8 * * ? *)",
            "cron()",
            "cron(0 8 * * ? 1969)",
            "cron(0 8 * * ? 2026-2200)",
            "cron(0 8 ? * 0 *)",
            "cron(0 8 ? * 8 *)",
            "cron(0 8 32 * ? *)",
            "cron(0 8 * 13 ? *)",
            "cron(0/0 8 * * ? *)",
            "cron(0 24 * * ? *)",
        ] {
            assert!(refused(wrong).found.contains("cron("), "{wrong}");
        }
    }

    #[test]
    fn a_wall_time_skipped_in_spring_does_not_fire_and_a_repeated_one_fires_once() {
        // Berlin leaves 02:00 for 03:00 on 29 March 2026 at 01:00 UTC, and repeats 02:00 to 03:00 on 25 October.
        assert_eq!(
            times("cron(30 2 * * ? *)", "2026-03-29", "1 d", "Europe/Berlin"),
            Vec::<u64>::new()
        );
        assert_eq!(times("cron(30 2 * * ? *)", "2026-10-25", "1 d", "Europe/Berlin"), [30]);
        assert_eq!(times("cron(0 8 * * ? *)", "2026-07-01", "1 d", "Europe/Berlin"), [360]);
    }

    #[test]
    fn a_one_time_schedule_fires_once_in_its_zone() {
        assert_eq!(
            times("at(2026-11-20T08:00:00)", "2026-11-20", "1 d", "America/New_York"),
            [780]
        );
        assert_eq!(
            times("at(2026-11-22T08:00:00)", "2026-11-20", "1 d", "UTC"),
            Vec::<u64>::new()
        );
        assert!(refused("at(tomorrow)").allowed.contains("at("));
        assert!(
            refused("at(1969-12-31T23:59:59)")
                .found
                .contains("before the scenario's `start`")
        );
    }
}
