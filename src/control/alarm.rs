use super::config::{AlarmConfig, AlarmRule, MissingData};
use crate::facts::AlarmState;
use crate::units::{SimTime, Span};

/// How many periods further back than N an alarm looks for datapoints (ALARM-3).
const LOOKS_FURTHER_BACK: u32 = 2;
const DAY: Span = Span::from_secs(86_400);

/// Periods that an alarm looks at.
pub(super) fn looks_back(evaluation_periods: u32) -> u32 {
    evaluation_periods.saturating_add(LOOKS_FURTHER_BACK)
}

/// How often an alarm is evaluated: by the minute, every ten seconds below a minute, by the hour over more than a day
/// (ALARM-2).
pub(super) fn cadence(config: &AlarmConfig, rule: &AlarmRule) -> Span {
    let window = config.period.as_micros().saturating_mul(rule.evaluation_periods.into());
    if config.period < Span::from_secs(60) {
        Span::from_secs(10)
    } else if window > DAY.as_micros() {
        Span::from_secs(3_600)
    } else {
        Span::from_secs(60)
    }
}

/// Why an alarm is in its state: how many of how many datapoints must breach, and what missing ones mean.
#[derive(Clone, Copy, Debug)]
pub(super) struct Criterion {
    pub evaluation_periods: u32,
    pub datapoints_to_alarm: u32,
    pub missing: MissingData,
}

impl Criterion {
    /// The state that follows `state` (ALARM-2, ALARM-3). `points` are datapoints, the newest first: whether each
    /// breaches, or that it is missing; as many as [`looks_back`] says, fewer at the start of a run.
    pub fn judge(&self, points: &[Option<bool>], state: AlarmState) -> AlarmState {
        let known = || points.iter().flatten().take(self.evaluation_periods as usize);
        let breaching = known().filter(|breaches| **breaches).count() as u32;
        let missing = self.evaluation_periods.saturating_sub(known().count() as u32);
        let verdict = |breaching: u32| match breaching >= self.datapoints_to_alarm {
            true => AlarmState::Alarm,
            false => AlarmState::Ok,
        };
        match self.missing {
            _ if missing == 0 => verdict(breaching),
            MissingData::Breaching => verdict(breaching + missing),
            MissingData::NotBreaching => verdict(breaching),
            MissingData::Missing | MissingData::Ignore => self.judge_known(points, breaching, state),
        }
    }

    /// Some are missing and do not count. Where all that is known breaches, CloudWatch alarms once the oldest of it is M
    /// periods old, unless missing data is ignored.
    fn judge_known(&self, points: &[Option<bool>], breaching: u32, state: AlarmState) -> AlarmState {
        let ignores = self.missing == MissingData::Ignore;
        let oldest = points.iter().rposition(Option::is_some);
        if breaching >= self.datapoints_to_alarm {
            return AlarmState::Alarm;
        }
        match oldest {
            None if ignores => state,
            None => AlarmState::InsufficientData,
            Some(_) if points.contains(&Some(false)) => AlarmState::Ok,
            Some(age) if !ignores && age + 1 >= self.datapoints_to_alarm as usize => AlarmState::Alarm,
            Some(_) => state,
        }
    }
}

/// An alarm's state over time.
#[derive(Clone, Debug, Default)]
pub(super) struct Record {
    pub state: AlarmState,
    since: SimTime,
    in_alarm: Span,
    pub alarms: u64,
    pub first: Option<SimTime>,
}

impl Record {
    /// Takes over a state; whether it is another one.
    pub fn set(&mut self, now: SimTime, state: AlarmState) -> bool {
        if state == self.state {
            return false;
        }
        self.in_alarm = self.in_alarm(now);
        (self.state, self.since) = (state, now);
        if state == AlarmState::Alarm {
            self.alarms += 1;
            self.first.get_or_insert(now);
        }
        true
    }

    /// Time in ALARM up to `now`.
    pub fn in_alarm(&self, now: SimTime) -> Span {
        match self.state {
            AlarmState::Alarm => self.in_alarm.saturating_add(now.since(self.since)),
            AlarmState::Ok | AlarmState::InsufficientData => self.in_alarm,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// CloudWatch's notation, the oldest first: `X` breaches, `0` does not, `-` is missing.
    fn judged(points: &str, to_alarm: u32, missing: MissingData) -> AlarmState {
        let criterion = Criterion {
            evaluation_periods: 3,
            datapoints_to_alarm: to_alarm,
            missing,
        };
        let point = |letter: char| match letter {
            'X' => Some(true),
            '0' => Some(false),
            _ => None,
        };
        let points: Vec<Option<bool>> = points.chars().rev().map(point).collect();
        criterion.judge(&points, AlarmState::InsufficientData)
    }

    const TREATMENTS: [MissingData; 4] = [
        MissingData::Missing,
        MissingData::Ignore,
        MissingData::Breaching,
        MissingData::NotBreaching,
    ];

    /// `R` is the state before, here INSUFFICIENT_DATA, which a row without data has as well.
    fn row(points: &str, to_alarm: u32) -> String {
        let letter = |missing| match judged(points, to_alarm, missing) {
            AlarmState::Ok => 'O',
            AlarmState::Alarm => 'A',
            AlarmState::InsufficientData => 'R',
        };
        TREATMENTS.map(letter).iter().collect()
    }

    #[test]
    fn alarm_3_three_of_three_datapoints_as_in_cloudwatch_s_table_of_missing_data() {
        assert_eq!(row("0-X-X", 3), "OOOO");
        assert_eq!(row("0----", 3), "OOOO");
        assert_eq!(row("-----", 3), "RRAO");
        assert_eq!(row("0XX-X", 3), "AAAA");
        assert_eq!(row("--X--", 3), "ARAO");
    }

    #[test]
    fn alarm_3_two_of_three_datapoints_as_in_cloudwatch_s_table_of_missing_data() {
        assert_eq!(row("0-X-X", 2), "AAAA");
        assert_eq!(row("00X0X", 2), "AAAA");
        assert_eq!(row("0-X--", 2), "OOAO");
        assert_eq!(row("----0", 2), "OOAO");
        assert_eq!(row("---X-", 2), "ARAO");
    }

    #[test]
    fn a_first_breaching_datapoint_of_three_does_not_alarm_yet() {
        assert_eq!(row("----X", 3), "RRAO");
        assert_eq!(row("---XX", 3), "RRAO");
    }

    #[test]
    fn time_in_alarm_is_summed_over_its_stays() {
        let at = |seconds| SimTime::ZERO + Span::from_secs(seconds);
        let mut record = Record::default();
        assert!(record.set(at(60), AlarmState::Alarm) && !record.set(at(120), AlarmState::Alarm));
        record.set(at(180), AlarmState::Ok);
        record.set(at(240), AlarmState::Alarm);
        assert_eq!(record.in_alarm(at(300)), Span::from_secs(180));
        assert_eq!((record.alarms, record.first), (2, Some(at(60))));
    }
}
