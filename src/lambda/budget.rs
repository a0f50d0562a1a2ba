use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::config::{Beyond, BudgetConfig, BudgetLimit, BudgetUse};
use super::execution::Execution;
use crate::facts::{BudgetCall, BudgetOutcome, FunctionId, Observer, Verdict};
use crate::units::{SimTime, Span};

/// What functions use together downstream: connections of a database, calls of an interface.
///
/// The end of an attempt is known when it is admitted, so who waits knows at once when its turn comes: when enough of those
/// before it have ended.
#[derive(Clone, Debug)]
pub(super) struct Budget {
    pub config: BudgetConfig,
    /// When each connection in use is free again.
    taken: BinaryHeap<Reverse<SimTime>>,
    /// The latest period in which calls are made, and how many.
    period: u64,
    made: u64,
}

/// What an invocation finds.
#[derive(Clone, Copy, Debug)]
struct Found {
    room: bool,
    /// When there is room.
    at: SimTime,
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asking<'a> {
    pub function: FunctionId,
    pub arrived: SimTime,
    pub now: SimTime,
    pub timeout: Span,
    pub uses: &'a [BudgetUse],
}

impl Budget {
    pub fn new(config: &BudgetConfig) -> Budget {
        Budget {
            config: config.clone(),
            taken: BinaryHeap::new(),
            period: 0,
            made: 0,
        }
    }

    /// Looks for room without taking it.
    fn look(&mut self, now: SimTime, amount: u32) -> Found {
        match self.config.limit {
            BudgetLimit::Connections(limit) => {
                while self.taken.peek().is_some_and(|Reverse(end)| *end <= now) {
                    self.taken.pop();
                }
                let missing = (self.taken.len() + amount as usize).saturating_sub(limit as usize);
                Found {
                    room: missing == 0,
                    at: self.release(missing).max(now),
                }
            }
            BudgetLimit::Rate { calls, per } => {
                let current = now.as_micros() / per.as_micros();
                if self.period < current {
                    (self.period, self.made) = (current, 0);
                }
                if self.made + amount as u64 > calls && self.config.beyond == Beyond::Queue {
                    (self.period, self.made) = (self.period + 1, 0);
                }
                let at = SimTime::from_micros(self.period.saturating_mul(per.as_micros())).max(now);
                Found {
                    room: at == now && self.made + amount as u64 <= calls,
                    at,
                }
            }
        }
    }

    /// When the `count`-th of the connections in use is free again.
    fn release(&mut self, count: usize) -> SimTime {
        let first: Vec<Reverse<SimTime>> = (0..count).filter_map(|_| self.taken.pop()).collect();
        let last = first.last().map_or(SimTime::ZERO, |Reverse(end)| *end);
        self.taken.extend(first);
        last
    }

    /// Takes what was found, until `end`; returns from when to when that counts as used, and what is in use with it.
    fn take(&mut self, found: Found, amount: u32, end: SimTime) -> (SimTime, SimTime, u64) {
        match self.config.limit {
            BudgetLimit::Connections(limit) => {
                if self.config.beyond == Beyond::Queue {
                    let missing = (self.taken.len() + amount as usize).saturating_sub(limit as usize);
                    for _ in 0..missing {
                        self.taken.pop();
                    }
                }
                self.taken.extend((0..amount).map(|_| Reverse(end)));
                (found.at, end, self.taken.len() as u64)
            }
            BudgetLimit::Rate { per, .. } => {
                self.made += amount as u64;
                let start = SimTime::from_micros(self.period * per.as_micros());
                (start, start.saturating_add(per), self.made)
            }
        }
    }

    /// What is in use now.
    fn in_use(&self) -> u64 {
        match self.config.limit {
            BudgetLimit::Connections(_) => self.taken.len() as u64,
            BudgetLimit::Rate { .. } => self.made,
        }
    }
}

/// Lets an attempt meet the budgets that its function uses: where one has no room, the attempt is slowed, waits inside its
/// `Duration`, or fails. Bounded by the timeout, which ends waiting as well.
pub(super) fn meet<O: Observer>(
    asking: &Asking<'_>,
    budgets: &mut [Budget],
    execution: &mut Execution,
    observer: &mut O,
) {
    let (mut begin, mut factor, mut fails) = (asking.now, 1.0, false);
    let mut found = Vec::with_capacity(asking.uses.len());
    for wanted in asking.uses {
        let budget = &mut budgets[wanted.budget.index()];
        let place = budget.look(asking.now, wanted.amount);
        found.push(place);
        match budget.config.beyond {
            _ if place.room => {}
            Beyond::Slow(slower) => factor *= slower,
            Beyond::Queue => begin = begin.max(place.at),
            Beyond::Fail => fails = true,
        }
    }
    let handler = asking
        .now
        .saturating_add(execution.placement)
        .saturating_add(execution.init)
        .saturating_add(execution.restore);
    let wait = begin.since(handler);
    let in_vain = wait >= asking.timeout;
    execution.stretch(wait, factor, asking.timeout);
    if fails && execution.verdict.is_ok() {
        execution.verdict = Verdict::Error;
    }
    let end = asking.now.saturating_add(execution.busy());
    for (wanted, place) in asking.uses.iter().zip(found) {
        let budget = &mut budgets[wanted.budget.index()];
        let outcome = match budget.config.beyond {
            _ if place.room => BudgetOutcome::Free,
            Beyond::Slow(_) => BudgetOutcome::Slowed,
            Beyond::Queue => BudgetOutcome::Queued(wait.min(asking.timeout)),
            Beyond::Fail => BudgetOutcome::Failed,
        };
        let (from, until, in_use) = if outcome == BudgetOutcome::Failed || in_vain {
            (asking.now, asking.now, budget.in_use())
        } else {
            budget.take(place, wanted.amount, end)
        };
        observer.budget(&BudgetCall {
            budget: wanted.budget,
            function: asking.function,
            arrived: asking.arrived,
            time: asking.now,
            amount: wanted.amount,
            from,
            until,
            in_use,
            outcome,
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::BudgetId;

    fn at(secs: u64) -> SimTime {
        SimTime::ZERO + Span::from_secs(secs)
    }

    fn budget(limit: BudgetLimit, beyond: Beyond) -> Budget {
        Budget::new(&BudgetConfig {
            name: "db".to_owned(),
            limit,
            beyond,
        })
    }

    /// What a call at `time` that would take 1 s is told, where it waits for `timeout` seconds at most.
    fn told(budget: &mut Budget, time: u64, timeout: u64) -> BudgetCall {
        struct Told(Option<BudgetCall>);
        impl Observer for Told {
            fn budget(&mut self, call: &BudgetCall) {
                self.0 = Some(*call);
            }
        }
        let mut told = Told(None);
        let asking = Asking {
            function: FunctionId(0),
            arrived: at(time),
            now: at(time),
            timeout: Span::from_secs(timeout),
            uses: &[BudgetUse {
                budget: BudgetId(0),
                amount: 1,
            }],
        };
        let mut execution = Execution {
            duration: Span::from_secs(1),
            ..Execution::NOTHING
        };
        meet(&asking, std::slice::from_mut(budget), &mut execution, &mut told);
        told.0.unwrap()
    }

    /// Duration in seconds and verdict of calls that would take `secs`, one after another at these seconds.
    fn run(budget: &mut Budget, amount: u32, secs: u64, times: &[u64]) -> Vec<(u64, Verdict)> {
        let uses = [BudgetUse {
            budget: BudgetId(0),
            amount,
        }];
        let mut call = |time: &u64| {
            let asking = Asking {
                function: FunctionId(0),
                arrived: at(*time),
                now: at(*time),
                timeout: Span::from_secs(60),
                uses: &uses,
            };
            let mut execution = Execution {
                duration: Span::from_secs(secs),
                ..Execution::NOTHING
            };
            meet(&asking, std::slice::from_mut(budget), &mut execution, &mut ());
            (execution.duration.as_micros() / 1_000_000, execution.verdict)
        };
        times.iter().map(&mut call).collect()
    }

    #[test]
    fn beyond_its_connections_calls_take_longer_and_hold_them_longer() {
        let mut budget = budget(BudgetLimit::Connections(2), Beyond::Slow(3.0));
        let ok = |secs| (secs, Verdict::Ok);
        // The third holds its connection until 31 s: at 12 s it is the only one, at 13 s there are two.
        assert_eq!(
            run(&mut budget, 1, 10, &[0, 0, 1, 12, 13]),
            [ok(10), ok(10), ok(30), ok(10), ok(30)]
        );
    }

    #[test]
    fn who_waits_is_served_in_order_as_connections_are_given_back() {
        let mut budget = budget(BudgetLimit::Connections(2), Beyond::Queue);
        let ok = |secs| (secs, Verdict::Ok);
        // Free at 10, 10, 20, 20, 30 s.
        assert_eq!(
            run(&mut budget, 1, 10, &[0, 0, 1, 2, 3]),
            [ok(10), ok(10), ok(19), ok(18), ok(27)]
        );
    }

    #[test]
    fn two_connections_at_once_wait_for_the_later_one() {
        let mut budget = budget(BudgetLimit::Connections(3), Beyond::Queue);
        assert_eq!(run(&mut budget, 2, 10, &[0]), [(10, Verdict::Ok)]);
        // One is free, the other two at 10 s.
        assert_eq!(run(&mut budget, 2, 10, &[4]), [(16, Verdict::Ok)]);
        assert_eq!(run(&mut budget, 1, 10, &[5]), [(15, Verdict::Ok)]);
    }

    #[test]
    fn waiting_ends_at_the_timeout_and_takes_nothing() {
        let mut budget = budget(BudgetLimit::Connections(1), Beyond::Queue);
        assert_eq!(run(&mut budget, 1, 60, &[0]), [(60, Verdict::Ok)]);
        assert_eq!(run(&mut budget, 1, 10, &[0]), [(60, Verdict::Timeout)]);
        // The next one gets the connection at 60 s and is cut at 65 s; the last one waits for that, 45 s.
        assert_eq!(run(&mut budget, 1, 10, &[5]), [(60, Verdict::Timeout)]);
        assert_eq!(run(&mut budget, 1, 10, &[20]), [(55, Verdict::Ok)]);
    }

    #[test]
    fn who_waits_in_vain_leaves_the_turn_of_others_where_it_was() {
        let mut budget = budget(BudgetLimit::Connections(1), Beyond::Queue);
        assert_eq!(run(&mut budget, 1, 60, &[0]), [(60, Verdict::Ok)]);
        let impatient = told(&mut budget, 5, 10);
        assert_eq!((impatient.from, impatient.until, impatient.in_use), (at(5), at(5), 1));
        assert_eq!(impatient.outcome, BudgetOutcome::Queued(Span::from_secs(10)));
        assert_eq!(run(&mut budget, 1, 10, &[20]), [(50, Verdict::Ok)]);
    }

    #[test]
    fn who_is_refused_is_told_what_others_use() {
        let mut connections = budget(BudgetLimit::Connections(3), Beyond::Fail);
        run(&mut connections, 3, 10, &[0]);
        let per = Span::from_secs(10);
        let mut rate = budget(BudgetLimit::Rate { calls: 2, per }, Beyond::Fail);
        run(&mut rate, 1, 1, &[0, 0]);
        for (mut budget, in_use) in [(connections, 3), (rate, 2)] {
            let refused = told(&mut budget, 5, 60);
            assert_eq!((refused.from, refused.until, refused.in_use), (at(5), at(5), in_use));
            assert_eq!(refused.outcome, BudgetOutcome::Failed);
        }
    }

    #[test]
    fn calls_beyond_a_failing_budget_are_errors_that_hold_nothing() {
        let mut budget = budget(BudgetLimit::Connections(1), Beyond::Fail);
        let found = run(&mut budget, 1, 10, &[0, 5, 9, 10]);
        let verdicts: Vec<Verdict> = found.into_iter().map(|(_, verdict)| verdict).collect();
        assert_eq!(verdicts, [Verdict::Ok, Verdict::Error, Verdict::Error, Verdict::Ok]);
    }

    #[test]
    fn a_rate_counts_calls_by_whole_periods() {
        let limit = BudgetLimit::Rate {
            calls: 2,
            per: Span::from_secs(10),
        };
        let ok = |secs| (secs, Verdict::Ok);
        // Of five at 8 s two are made at once, two from 10 s on, one at 20 s; the one at 12 s finds place at 20 s as well.
        let mut queueing = budget(limit, Beyond::Queue);
        assert_eq!(
            run(&mut queueing, 1, 1, &[8, 8, 8, 8, 8, 12]),
            [ok(1), ok(1), ok(3), ok(3), ok(13), ok(9)]
        );
        let mut slowing = budget(limit, Beyond::Slow(2.0));
        assert_eq!(run(&mut slowing, 1, 1, &[8, 8, 9, 10]), [ok(1), ok(1), ok(2), ok(1)]);
    }

    #[test]
    fn what_a_rate_has_given_counts_as_used_until_its_period_ends() {
        let per = Span::from_secs(10);
        let mut budget = budget(BudgetLimit::Rate { calls: 5, per }, Beyond::Queue);
        let mut take = |time, amount| {
            let found = budget.look(at(time), amount);
            budget.take(found, amount, at(time + 1))
        };
        assert_eq!(take(23, 2), (at(20), at(30), 2));
        assert_eq!(take(24, 2), (at(20), at(30), 4));
        assert_eq!(take(29, 2), (at(30), at(40), 2));
    }
}
