use std::collections::VecDeque;

use super::config::EnvPick;
use super::equipment::Held;
use super::execution::Readiness;
use super::task::Task;
use crate::facts::{QualifierId, StartKind, Verdict, VersionId};
use crate::kernel::Distribution;
use crate::units::{SimTime, Span};

/// One execution environment (lambda-model §2.1).
#[derive(Clone, Debug)]
pub(super) struct Environment {
    /// Counted from 0 in order of creation, for people.
    pub number: u64,
    pub created: SimTime,
    /// End of its maximum life (LIFE-13).
    pub death: SimTime,
    pub version: VersionId,
    /// Through which qualifier it is provisioned; `None` on demand.
    pub provisioned: Option<QualifierId>,
    /// Whether the next invocation must run INIT again (LIFE-6).
    pub reset: bool,
    /// Whether INIT ran ahead of any invocation, and none has come yet.
    pub fresh: bool,
    /// Whether it has served an invocation in the window of the gauges.
    pub used: bool,
    /// Whether it serves one now.
    pub busy: bool,
    /// Its place in the order of what was begun, while it serves.
    pub order: u64,
    /// What it holds of what all functions share.
    pub held: Held,
    /// How its current or last invocation started.
    pub start_kind: StartKind,
    /// How its current or last invocation ends.
    pub verdict: Verdict,
    /// What it runs, or ran last.
    pub task: Task,
}

impl Environment {
    /// What it has just finished.
    pub fn finished(&self) -> Finished {
        Finished {
            task: self.task,
            start_kind: self.start_kind,
            verdict: self.verdict,
        }
    }

    /// Whose slot it takes while it is busy.
    #[inline]
    pub fn pool_kind(&self) -> StartKind {
        match self.provisioned {
            Some(_) => StartKind::Provisioned,
            None => StartKind::Warm,
        }
    }

    /// In what state an idle one meets its next invocation.
    #[inline]
    pub fn readiness(&self) -> Readiness {
        match (self.reset, self.fresh) {
            (false, false) => Readiness::Warm,
            (false, true) => Readiness::Fresh,
            (true, _) => Readiness::Reset,
        }
    }
}

/// What an environment has just finished.
#[derive(Clone, Copy, Debug)]
pub(super) struct Finished {
    pub task: Task,
    pub start_kind: StartKind,
    pub verdict: Verdict,
}

/// When an idle environment ends.
#[derive(Clone, Debug)]
pub(super) struct IdleLife {
    life: Option<Distribution>,
    /// No idle life is shorter.
    floor: Span,
}

impl IdleLife {
    pub fn new(life: Option<&Distribution>) -> IdleLife {
        IdleLife {
            life: life.cloned(),
            floor: life.map_or(Span::MAX, Distribution::minimum),
        }
    }

    /// Environments that never end by themselves: provisioned ones (LIFE-19).
    pub fn endless() -> IdleLife {
        IdleLife::new(None)
    }
}

/// One idle environment.
#[derive(Clone, Copy, Debug)]
pub(super) struct IdleEntry {
    pub environment: u32,
    pub number: u64,
    pub since: SimTime,
    /// First instant at which it can serve again (`env.turnaround`).
    pub usable: SimTime,
    pub death: SimTime,
}

/// Idle environments of one version, the one that became idle last at the back.
///
/// Expiry costs no event: an entry's end is looked at only when somebody could see the difference, and told with its
/// true time.
#[derive(Clone, Debug)]
pub(super) struct IdlePool {
    entries: VecDeque<IdleEntry>,
    life: IdleLife,
    /// No entry ends before this instant.
    earliest_end: SimTime,
}

impl IdlePool {
    pub fn new(life: IdleLife) -> IdlePool {
        IdlePool {
            entries: VecDeque::new(),
            life,
            earliest_end: SimTime::MAX,
        }
    }

    #[inline]
    pub fn push(&mut self, entry: IdleEntry) {
        let end = entry.since.saturating_add(self.life.floor).min(entry.death);
        self.earliest_end = self.earliest_end.min(end);
        self.entries.push_back(entry);
    }

    /// The entry that became idle last if it can serve at `now` and certainly lives, whatever is drawn: nearly always.
    #[inline]
    pub fn latest_alive(&self, now: SimTime) -> Option<&IdleEntry> {
        let alive = |entry: &&IdleEntry| entry.since.saturating_add(self.life.floor).min(entry.death) > now;
        self.entries.back().filter(alive).filter(|entry| entry.usable <= now)
    }

    /// When `entry` ends if nobody takes it before.
    pub fn end_of(&self, entry: &IdleEntry, draw: impl Fn(u32) -> u64) -> SimTime {
        end_of(&self.life, entry, &draw)
    }

    /// All entries with when they end if nobody takes them, the one that became idle last at the end.
    pub fn entries(&self, draw: impl Fn(u32) -> u64) -> impl Iterator<Item = (IdleEntry, SimTime)> {
        let end = move |entry: &IdleEntry| (*entry, end_of(&self.life, entry, &draw));
        self.entries.iter().map(end)
    }

    /// Removes the entry that became idle last.
    pub fn pop(&mut self) -> Option<IdleEntry> {
        self.entries.pop_back()
    }

    /// From now on idle environments live by `life`, also those that are idle already.
    pub fn set_life(&mut self, life: IdleLife) {
        let end = |entry: &IdleEntry| entry.since.saturating_add(life.floor).min(entry.death);
        self.earliest_end = self.entries.iter().map(end).min().unwrap_or(SimTime::MAX);
        self.life = life;
    }

    /// Whether some entry may have ended by `now`.
    pub fn may_have_ended(&self, now: SimTime) -> bool {
        self.earliest_end <= now && !self.entries.is_empty()
    }

    /// Removes every entry that has ended by `now` and tells each with its end. `draw` gives an environment's uniform of
    /// its idle life.
    pub fn settle(&mut self, now: SimTime, draw: impl Fn(u32) -> u64, mut ended: impl FnMut(IdleEntry, SimTime)) {
        if !self.may_have_ended(now) {
            return;
        }
        let mut earliest = SimTime::MAX;
        let life = &self.life;
        self.entries.retain(|entry| {
            let end = end_of(life, entry, &draw);
            if end <= now {
                ended(*entry, end);
                return false;
            }
            earliest = earliest.min(end);
            true
        });
        self.earliest_end = earliest;
    }

    /// Takes the environment that serves next (LIFE-16) among those that are usable; tells those found to have ended.
    pub fn pick(
        &mut self,
        now: SimTime,
        pick: EnvPick,
        random: impl FnOnce() -> u64,
        draw: impl Fn(u32) -> u64,
        mut ended: impl FnMut(IdleEntry, SimTime),
    ) -> Option<IdleEntry> {
        if pick != EnvPick::MostRecentlyUsed {
            self.settle(now, draw, ended);
            return self.entries.remove(self.choose(pick, now, random)?);
        }
        let mut index = self.entries.len();
        while index > 0 {
            index -= 1;
            let entry = self.entries[index];
            if entry.usable > now {
                continue;
            }
            let certainly_alive = entry.since.saturating_add(self.life.floor).min(entry.death) > now;
            if certainly_alive {
                return self.take(index);
            }
            let end = end_of(&self.life, &entry, &draw);
            self.take(index);
            if end > now {
                return Some(entry);
            }
            ended(entry, end);
        }
        None
    }

    /// Removes an entry; nearly always it is the last one.
    fn take(&mut self, index: usize) -> Option<IdleEntry> {
        if index + 1 == self.entries.len() {
            self.entries.pop_back()
        } else {
            self.entries.remove(index)
        }
    }

    /// Index of the chosen one among those usable, all alive.
    fn choose(&self, pick: EnvPick, now: SimTime, random: impl FnOnce() -> u64) -> Option<usize> {
        let mut usable = (0..self.entries.len()).filter(|index| self.entries[*index].usable <= now);
        let by_number = |index: &usize| self.entries[*index].number;
        match pick {
            EnvPick::MostRecentlyUsed => usable.next_back(),
            EnvPick::LeastRecentlyUsed => usable.next(),
            EnvPick::NewestCreated => usable.max_by_key(by_number),
            EnvPick::Oldest => usable.min_by_key(by_number),
            EnvPick::Random => {
                let count = usable.clone().count() as u128;
                usable.nth(((random() as u128 * count) >> 53) as usize)
            }
        }
    }
}

fn end_of(life: &IdleLife, entry: &IdleEntry, draw: &impl Fn(u32) -> u64) -> SimTime {
    match &life.life {
        None => entry.death,
        Some(life) => entry
            .since
            .saturating_add(life.sample(draw(entry.environment)))
            .min(entry.death),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool_of(idle_since_secs: &[u64], turnaround_secs: u64) -> IdlePool {
        let life = Distribution::constant(Span::from_secs(300));
        let mut pool = IdlePool::new(IdleLife::new(Some(&life)));
        // Numbers run against the order of becoming idle, so that every option picks another one.
        for (index, &secs) in idle_since_secs.iter().enumerate() {
            let number = [1, 2, 0][index % 3];
            let since = SimTime::ZERO + Span::from_secs(secs);
            pool.push(IdleEntry {
                environment: index as u32,
                number,
                since,
                usable: since + Span::from_secs(turnaround_secs),
                death: SimTime::MAX,
            });
        }
        pool
    }

    fn picked(pool: &mut IdlePool, pick: EnvPick, at_secs: u64) -> Option<u32> {
        let now = SimTime::ZERO + Span::from_secs(at_secs);
        pool.pick(now, pick, || 0, |_| 0, |_, _| {})
            .map(|entry| entry.environment)
    }

    #[test]
    fn each_option_of_life_16_picks_its_own_environment() {
        let cases = [
            (EnvPick::MostRecentlyUsed, 2),
            (EnvPick::LeastRecentlyUsed, 0),
            (EnvPick::NewestCreated, 1),
            (EnvPick::Oldest, 2),
            (EnvPick::Random, 0),
        ];
        for (pick, expected) in cases {
            assert_eq!(
                picked(&mut pool_of(&[10, 20, 30], 0), pick, 40),
                Some(expected),
                "{pick:?}"
            );
        }
    }

    #[test]
    fn an_environment_whose_idle_life_ends_now_is_gone() {
        for pick in [EnvPick::MostRecentlyUsed, EnvPick::LeastRecentlyUsed] {
            assert_eq!(picked(&mut pool_of(&[0, 1], 0), pick, 301), None);
            assert!(picked(&mut pool_of(&[0, 2], 0), pick, 301).is_some());
        }
    }

    #[test]
    fn an_environment_is_not_reused_before_its_turnaround() {
        for pick in [EnvPick::MostRecentlyUsed, EnvPick::Oldest] {
            assert_eq!(picked(&mut pool_of(&[10, 39], 5), pick, 40), Some(0), "{pick:?}");
        }
    }

    #[test]
    fn the_order_of_a_mixture_s_parts_does_not_lengthen_a_life() {
        let part = |secs| (0.5, Distribution::constant(Span::from_secs(secs)));
        for parts in [vec![part(600), part(60)], vec![part(60), part(600)]] {
            let life = IdleLife::new(Some(&Distribution::mixture(parts)));
            assert_eq!(life.floor, Span::from_secs(60));
        }
    }

    #[test]
    fn settling_tells_the_true_end_of_each_environment() {
        let mut pool = pool_of(&[10, 20, 30], 0);
        let mut ends = Vec::new();
        pool.settle(
            SimTime::ZERO + Span::from_secs(325),
            |_| 0,
            |entry, end| ends.push((entry.environment, end.as_micros())),
        );
        assert_eq!(ends, [(0, 310_000_000), (1, 320_000_000)]);
        assert!(pool.pop().is_some() && pool.pop().is_none());
    }
}
