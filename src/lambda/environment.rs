use super::config::EnvPick;
use super::equipment::Held;
use super::execution::Readiness;
use super::task::Task;
use crate::facts::{QualifierId, StartKind, Verdict, VersionId};
use crate::kernel::{Distribution, prefetch_at};
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

/// One idle environment. What is rarely asked for stands with the environment itself, and what is the same for all with the pool: so
/// much is moved for every invocation.
#[derive(Clone, Copy, Debug)]
pub(super) struct IdleEntry {
    pub since: SimTime,
    /// Its index, and [`IdleEntry::SERVED`]: one word, so that several are written at once.
    tag: u64,
}

impl IdleEntry {
    /// It comes from an invocation: then it can not serve again at once (`env.turnaround`).
    const SERVED: u64 = 1 << u32::BITS;

    /// One that has served until `since`.
    #[inline(always)]
    pub fn served(environment: u32, since: SimTime) -> IdleEntry {
        let tag = IdleEntry::SERVED | u64::from(environment);
        IdleEntry { since, tag }
    }

    /// One that has served nothing yet.
    pub fn fresh(environment: u32, since: SimTime) -> IdleEntry {
        let tag = u64::from(environment);
        IdleEntry { since, tag }
    }

    /// Its index.
    #[inline(always)]
    pub fn environment(&self) -> u32 {
        self.tag as u32
    }

    fn has_served(&self) -> bool {
        self.tag & IdleEntry::SERVED > 0
    }
}

/// What an idle pool must know of its environments now and then.
pub(super) trait Residents {
    /// Counted from 0 in order of creation.
    fn number(&self, environment: u32) -> u64;
    /// End of its maximum life (LIFE-13).
    fn death(&self, environment: u32) -> SimTime;
    /// The uniform of its current idle life.
    fn idle_draw(&self, environment: u32) -> u64;
}

/// Idle environments of one version, the one that became idle last at the back.
///
/// Expiry costs no event: an entry's end is looked at only when somebody could see the difference, and told with its
/// true time.
#[derive(Clone, Debug)]
pub(super) struct IdlePool {
    /// From place `gone` on; what stood before has been taken from the front.
    entries: Vec<IdleEntry>,
    gone: usize,
    life: IdleLife,
    turnaround: Span,
    /// No entry ends before this instant, unless it came by [`IdlePool::push_first`] and comes to the end of its maximum life.
    earliest_end: SimTime,
}

impl IdlePool {
    /// Environments live idle by `life`, and can serve again so long after an invocation (`env.turnaround`).
    pub fn new(life: IdleLife, turnaround: Span) -> IdlePool {
        IdlePool {
            entries: Vec::new(),
            gone: 0,
            life,
            turnaround,
            earliest_end: SimTime::MAX,
        }
    }

    /// The entry that became idle last is looked at soon.
    pub fn prefetch(&self) {
        prefetch_at(&self.entries, self.entries.len().wrapping_sub(1));
    }

    #[inline]
    pub fn push(&mut self, entry: IdleEntry, death: SimTime) {
        let end = entry.since.saturating_add(self.life.floor).min(death);
        self.earliest_end = self.earliest_end.min(end);
        self.entries.push(entry);
    }

    /// The first `count` of four entries. All four are copied, because how many come can not be guessed, and a wrong guess
    /// costs more than three copies.
    #[inline(always)]
    pub fn push_first(&mut self, count: usize, entries: &[IdleEntry; 4]) {
        let end = entries[0].since.saturating_add(self.life.floor);
        if end < self.earliest_end {
            self.note_earlier(end);
        }
        let length = self.entries.len() + count;
        self.entries.extend_from_slice(entries);
        self.entries.truncate(length);
    }

    /// Seldom, since those that came before end before: not by a copy each time.
    #[cold]
    fn note_earlier(&mut self, end: SimTime) {
        self.earliest_end = end;
    }

    /// Puts the last `count` entries in order where several became idle at one instant: what began first comes first (contract
    /// §2.5).
    #[cold]
    pub fn order_last(&mut self, count: usize, order: impl Fn(u32) -> u64) {
        let from = self.entries.len() - count;
        self.entries[from..].sort_by_key(|entry| (entry.since, order(entry.environment())));
    }

    /// Since when the last `count` entries are idle.
    pub fn last_since(&self, count: usize) -> impl Iterator<Item = SimTime> {
        let entries = &self.entries[self.entries.len() - count..];
        entries.iter().map(|entry| entry.since)
    }

    /// Since when the last four entries are idle, the latest first.
    #[inline(always)]
    pub fn latest_four(&self) -> Option<[SimTime; 4]> {
        let four = self.entries.last_chunk::<4>()?;
        Some(std::array::from_fn(|place| four[3 - place].since))
    }

    /// The entry that became idle last if it can serve at `now` and its idle life goes on, whatever is drawn: nearly always.
    #[inline]
    pub fn latest(&self, now: SimTime) -> Option<&IdleEntry> {
        let last = self.entries.last().filter(|_| self.entries.len() > self.gone);
        last.filter(|entry| entry.since.saturating_add(self.life.floor) > now && self.usable(entry) <= now)
    }

    /// Removes [`IdlePool::latest`].
    #[inline(always)]
    pub fn pop_latest(&mut self, now: SimTime) -> Option<IdleEntry> {
        self.latest(now)?;
        self.entries.pop()
    }

    /// An entry is there again as before it was removed by [`IdlePool::pop_latest`].
    #[inline]
    pub fn put_back(&mut self, entry: IdleEntry) {
        self.entries.push(entry);
    }

    /// First instant at which the environment can serve.
    #[inline]
    pub fn usable(&self, entry: &IdleEntry) -> SimTime {
        match entry.has_served() {
            true => entry.since.saturating_add(self.turnaround),
            false => entry.since,
        }
    }

    #[inline]
    fn living(&self) -> &[IdleEntry] {
        &self.entries[self.gone..]
    }

    /// When `entry` ends if nobody takes it before.
    pub fn end_of(&self, entry: &IdleEntry, residents: &impl Residents) -> SimTime {
        end_of(&self.life, entry, residents)
    }

    /// All entries with when they end if nobody takes them, the one that became idle last at the end.
    pub fn entries(&self, residents: &impl Residents) -> impl Iterator<Item = (IdleEntry, SimTime)> {
        let end = move |entry: &IdleEntry| (*entry, end_of(&self.life, entry, residents));
        self.living().iter().map(end)
    }

    /// Whose environments are idle.
    pub fn environments(&self) -> impl Iterator<Item = u32> {
        self.living().iter().map(|entry| entry.environment())
    }

    /// Removes the entry that became idle last.
    #[inline]
    pub fn pop(&mut self) -> Option<IdleEntry> {
        if self.living().is_empty() {
            None
        } else {
            self.entries.pop()
        }
    }

    /// From now on idle environments live by `life`, also those that are idle already.
    pub fn set_life(&mut self, life: IdleLife) {
        self.earliest_end = SimTime::ZERO;
        self.life = life;
    }

    /// Whether some entry may have ended by `now`, as far as that is known here.
    pub fn may_have_ended(&self, now: SimTime) -> bool {
        self.earliest_end <= now
    }

    /// Removes every entry that has ended by `now` and tells each with its end; returns how many it has looked at.
    pub fn settle(
        &mut self,
        now: SimTime,
        residents: &impl Residents,
        mut ended: impl FnMut(IdleEntry, SimTime),
    ) -> usize {
        self.entries.drain(..std::mem::take(&mut self.gone));
        let looked_at = self.entries.len();
        let mut earliest = SimTime::MAX;
        let life = &self.life;
        self.entries.retain(|entry| {
            let end = end_of(life, entry, residents);
            if end <= now {
                ended(*entry, end);
                return false;
            }
            earliest = earliest.min(end);
            true
        });
        self.earliest_end = earliest;
        looked_at
    }

    /// Takes the environment that serves next (LIFE-16) among those that are usable; tells those found to have ended.
    pub fn pick(
        &mut self,
        now: SimTime,
        pick: EnvPick,
        random: impl FnOnce() -> u64,
        residents: &impl Residents,
        mut ended: impl FnMut(IdleEntry, SimTime),
    ) -> Option<IdleEntry> {
        if pick != EnvPick::MostRecentlyUsed {
            if self.may_have_ended(now) {
                self.settle(now, residents, ended);
            }
            return self.take(self.choose(pick, now, random, residents)?);
        }
        let mut place = self.living().len();
        while place > 0 {
            place -= 1;
            let entry = self.living()[place];
            if self.usable(&entry) > now {
                continue;
            }
            let floor = entry.since.saturating_add(self.life.floor);
            if floor.min(residents.death(entry.environment())) > now {
                return self.take(place);
            }
            let end = self.end_of(&entry, residents);
            self.take(place);
            if end > now {
                return Some(entry);
            }
            ended(entry, end);
        }
        None
    }

    /// Removes an entry; nearly always it is the last one, or the first where the one that has been idle longest serves.
    fn take(&mut self, place: usize) -> Option<IdleEntry> {
        if place > 0 {
            return Some(self.entries.remove(self.gone + place));
        }
        let first = self.living().first().copied();
        self.gone += 1;
        if 2 * self.gone > self.entries.len() {
            self.entries.drain(..std::mem::take(&mut self.gone));
        }
        first
    }

    /// Place of the chosen one among those usable, all alive.
    fn choose(
        &self,
        pick: EnvPick,
        now: SimTime,
        random: impl FnOnce() -> u64,
        residents: &impl Residents,
    ) -> Option<usize> {
        let entries = self.living();
        let mut usable = (0..entries.len()).filter(|place| self.usable(&entries[*place]) <= now);
        let by_number = |place: &usize| residents.number(entries[*place].environment());
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

/// What became idle only after the end of its maximum life, unnoticed because it came with others, ended at once.
fn end_of(life: &IdleLife, entry: &IdleEntry, residents: &impl Residents) -> SimTime {
    let death = residents.death(entry.environment()).max(entry.since);
    match &life.life {
        None => death,
        Some(life) => {
            let idle = life.sample(residents.idle_draw(entry.environment()));
            entry.since.saturating_add(idle).min(death)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers run against the order of becoming idle, so that every option picks another one.
    struct Three;

    impl Residents for Three {
        fn number(&self, environment: u32) -> u64 {
            [1, 2, 0][environment as usize % 3]
        }

        fn death(&self, _environment: u32) -> SimTime {
            SimTime::MAX
        }

        fn idle_draw(&self, _environment: u32) -> u64 {
            0
        }
    }

    fn pool_of(idle_since_secs: &[u64], turnaround_secs: u64) -> IdlePool {
        let life = Distribution::constant(Span::from_secs(300));
        let mut pool = IdlePool::new(IdleLife::new(Some(&life)), Span::from_secs(turnaround_secs));
        for (index, &secs) in idle_since_secs.iter().enumerate() {
            let entry = IdleEntry::served(index as u32, SimTime::ZERO + Span::from_secs(secs));
            pool.push(entry, SimTime::MAX);
        }
        pool
    }

    fn picked(pool: &mut IdlePool, pick: EnvPick, at_secs: u64) -> Option<u32> {
        let now = SimTime::ZERO + Span::from_secs(at_secs);
        pool.pick(now, pick, || 0, &Three, |_, _| {})
            .map(|entry| entry.environment())
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
    fn an_environment_that_has_not_served_can_serve_at_once() {
        let mut pool = pool_of(&[10], 5);
        let entry = IdleEntry::fresh(1, SimTime::ZERO + Span::from_secs(40));
        pool.push(entry, SimTime::MAX);
        let now = SimTime::ZERO + Span::from_secs(40);
        assert_eq!(pool.latest(now).map(|entry| entry.environment()), Some(1));
        assert_eq!(picked(&mut pool, EnvPick::MostRecentlyUsed, 40), Some(1));
    }

    #[test]
    fn the_latest_is_taken_while_it_lives_and_can_be_put_back() {
        let mut pool = pool_of(&[10, 20, 30], 5);
        let at = |secs| SimTime::ZERO + Span::from_secs(secs);
        assert_eq!(picked(&mut pool, EnvPick::LeastRecentlyUsed, 40), Some(0));
        assert!(pool.pop_latest(at(34)).is_none() && pool.pop_latest(at(330)).is_none());
        let latest = pool.pop_latest(at(35)).expect("it lives and has turned around");
        assert_eq!(latest.environment(), 2);
        pool.put_back(latest);
        assert_eq!(pool.environments().collect::<Vec<_>>(), [1, 2]);
        let left = [35, 35, 35].map(|secs| pool.pop_latest(at(secs)).map(|entry| entry.environment()));
        assert_eq!(left, [Some(2), Some(1), None]);
    }

    #[test]
    fn those_that_became_idle_last_come_latest_first() {
        let at = |secs: [u64; 4]| secs.map(|secs| SimTime::ZERO + Span::from_secs(secs));
        assert!(pool_of(&[10, 20, 30], 0).latest_four().is_none());
        assert_eq!(
            pool_of(&[10, 20, 30, 40, 50], 0).latest_four(),
            Some(at([50, 40, 30, 20]))
        );
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
        pool.settle(SimTime::ZERO + Span::from_secs(325), &Three, |entry, end| {
            ends.push((entry.environment(), end.as_micros()))
        });
        assert_eq!(ends, [(0, 310_000_000), (1, 320_000_000)]);
        assert!(pool.pop().is_some() && pool.pop().is_none());
    }

    #[test]
    fn what_comes_in_a_train_ends_as_what_comes_by_itself() {
        let at = |secs| SimTime::ZERO + Span::from_secs(secs);
        let mut pool = pool_of(&[], 0);
        assert!(!pool.may_have_ended(at(1_000)));
        let entries = [20, 30, 40, 50].map(|secs| IdleEntry::served(1, at(secs)));
        pool.push_first(2, &entries);
        // An idle life lasts 300 seconds here.
        assert!(!pool.may_have_ended(at(319)) && pool.may_have_ended(at(320)));
        let mut ends = Vec::new();
        pool.settle(at(325), &Three, |_, end| ends.push(end));
        assert_eq!(ends, [at(320)]);
        assert!(!pool.may_have_ended(at(329)) && pool.may_have_ended(at(330)));
        // The next two come after those that are there.
        pool.push_first(
            2,
            &entries.map(|entry| IdleEntry::served(1, entry.since.saturating_add(Span::from_secs(9)))),
        );
        assert!(pool.may_have_ended(at(330)));
    }

    #[test]
    fn a_pool_does_not_grow_with_what_has_been_taken_from_it() {
        for idle in 1..5 {
            let mut pool = pool_of(&vec![0; idle], 0);
            for secs in 1..100 {
                let entry = IdleEntry::fresh(0, SimTime::ZERO + Span::from_secs(secs));
                assert!(picked(&mut pool, EnvPick::LeastRecentlyUsed, secs).is_some());
                pool.push(entry, SimTime::MAX);
                let kept = pool.entries.len();
                assert!(kept <= 2 * idle, "{kept} for {idle} after {secs} s");
            }
        }
    }

    #[test]
    fn entries_leave_a_pool_in_the_order_of_each_end() {
        let mut pool = pool_of(&[0, 1, 2, 3, 4, 5, 6, 7], 0);
        let taken = [0, 1, 2, 3].map(|_| picked(&mut pool, EnvPick::LeastRecentlyUsed, 40));
        assert_eq!(taken, [0, 1, 2, 3].map(Some));
        assert_eq!(pool.environments().collect::<Vec<_>>(), [4, 5, 6, 7]);
        assert_eq!(pool.pop().map(|entry| entry.environment()), Some(7));
        let entry = |since: u64, environment| IdleEntry::served(environment, SimTime::from_micros(since));
        pool.push_first(3, &[entry(8, 9), entry(9, 12), entry(9, 10), entry(99, 11)]);
        pool.order_last(3, u64::from);
        assert_eq!(pool.environments().collect::<Vec<_>>(), [4, 5, 6, 9, 10, 12]);
    }
}
