//! Queues and the pollers that read them: what they hold, and how many batches may be in work.

use std::collections::BTreeSet;

use lambdasim::facts::LinkId;
use lambdasim::lambda::{MappingSource, QueueMappingConfig, ScalingConfig};
use lambdasim::messaging::QueueConfig;
use lambdasim::simulation::Plan;

/// Microseconds of a minute: levels are batches times this, so that what grows by the minute stays whole.
const MINUTE: u64 = 60_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    /// It can be received from an instant on; after how many others it came back, if it was received before.
    Waits {
        from: u64,
        returned: Option<u64>,
    },
    InFlight,
    Gone,
}

/// A message in a queue.
#[derive(Clone, Copy, Debug)]
pub struct Letter {
    pub sent: u64,
    pub link: LinkId,
    pub ordinal: u64,
    pub receives: u16,
    pub group: u32,
    place: Place,
}

pub struct Queue {
    pub config: QueueConfig,
    /// All that ever came, in the order in which they came.
    pub letters: Vec<Letter>,
    /// Those that are not gone, by the same order.
    present: Vec<usize>,
    returned: u64,
    /// Message groups of which a batch is in work (SQS-9).
    in_work: BTreeSet<u32>,
}

impl Queue {
    pub fn new(config: &QueueConfig) -> Queue {
        Queue {
            config: config.clone(),
            letters: Vec::new(),
            present: Vec::new(),
            returned: 0,
            in_work: BTreeSet::new(),
        }
    }

    /// Takes a message in, which can be received after the delay if it is new.
    pub fn takes(&mut self, now: u64, sent: u64, link: LinkId, ordinal: u64, group: u32) {
        let is_new = sent == now;
        let from = now + if is_new { self.config.delay.as_micros() } else { 0 };
        self.returned += u64::from(!is_new);
        let returned = (!is_new).then_some(self.returned);
        self.present.push(self.letters.len());
        self.letters.push(Letter {
            sent,
            link,
            ordinal,
            receives: 0,
            group,
            place: Place::Waits { from, returned },
        });
    }

    /// Messages that can be received: any that waits, of a FIFO queue the first of each group without a batch in work.
    fn receivable(&self, now: u64) -> Vec<usize> {
        let waits = |index: &usize| matches!(self.letters[*index].place, Place::Waits { from, .. } if from <= now);
        let Some(groups) = self.config.groups else {
            return self.present.iter().copied().filter(waits).collect();
        };
        let firsts = (0..groups)
            .filter(|group| !self.in_work.contains(group))
            .filter_map(|group| self.first_of(group, |_| true));
        firsts.filter(waits).collect()
    }

    /// The first message of a group that is as asked for.
    fn first_of(&self, group: u32, is: impl Fn(&Letter) -> bool) -> Option<usize> {
        let found = |index: &usize| self.letters[*index].group == group && is(&self.letters[*index]);
        let all = self.present.iter().copied().filter(found);
        all.min_by_key(|index| (self.letters[*index].sent, *index))
    }

    /// Which message the next receive begins with: the oldest; of some as old, what has come back, then what came first.
    fn first(&self, now: u64) -> Option<usize> {
        let all = self.receivable(now).into_iter();
        if self.config.groups.is_some() {
            return all.min_by_key(|index| (self.letters[*index].sent, self.letters[*index].group));
        }
        let age = |index: &usize| match self.letters[*index].place {
            Place::Waits { returned, .. } => (self.letters[*index].sent, returned.is_none(), returned, *index),
            _ => panic!("only what waits can be received"),
        };
        all.min_by_key(age)
    }

    /// The message that a receive of `group` takes next (any group, where none is named); it is in flight from now on.
    pub fn receives(&mut self, now: u64, group: Option<u32>) -> Option<usize> {
        let index = match group {
            None => self.first(now)?,
            Some(group) => {
                let first = self.first_of(group, |letter| matches!(letter.place, Place::Waits { .. }))?;
                let can = matches!(self.letters[first].place, Place::Waits { from, .. } if from <= now);
                can.then_some(first)?
            }
        };
        self.letters[index].place = Place::InFlight;
        Some(index)
    }

    pub fn waits(&self, index: usize) -> bool {
        matches!(self.letters[index].place, Place::Waits { .. })
    }

    pub fn is_gone(&mut self, index: usize) {
        self.letters[index].place = Place::Gone;
        self.present.retain(|other| *other != index);
    }

    pub fn comes_back(&mut self, now: u64, index: usize) {
        self.returned += 1;
        self.letters[index].place = Place::Waits {
            from: now,
            returned: Some(self.returned),
        };
    }

    /// A batch of a group is in work: the group cannot be read.
    pub fn locks(&mut self, group: Option<u32>) {
        self.in_work.extend(group);
    }

    /// The batch of a group is over.
    pub fn unlocks(&mut self, group: Option<u32>) {
        self.in_work.retain(|other| Some(*other) != group);
    }

    /// Batches that can be received now: of a FIFO queue one of each message group (SQS-9).
    pub fn batches(&self, now: u64, size: usize) -> u64 {
        let messages = self.receivable(now).len();
        match self.config.groups {
            Some(_) => messages as u64,
            None => messages.div_ceil(size) as u64,
        }
    }

    /// When a message can be received for the first time.
    pub fn first_receivable(&self, index: usize) -> u64 {
        match self.letters[index].place {
            Place::Waits { from, .. } => from,
            _ => panic!("it has just come"),
        }
    }

    /// Messages that are not gone.
    pub fn present(&self) -> Vec<usize> {
        self.present.clone()
    }
}

/// Messages that are handed to a function together.
#[derive(Clone, Debug)]
pub struct Batch {
    pub mapping: usize,
    pub number: u64,
    pub attempt: u32,
    pub letters: Vec<usize>,
    /// The message group of all its messages (SQS-9).
    pub group: Option<u32>,
    /// When its messages can be received again.
    pub hidden_until: u64,
    pub opened: u64,
    pub refusals: u32,
}

/// The pollers of one mapping.
pub struct Pollers {
    pub config: QueueMappingConfig,
    /// Batches in work.
    pub busy: u64,
    /// Reads under way, and all so far.
    pub reads: u64,
    pub all_reads: u64,
    pub batches: u64,
    pub open: Option<Batch>,
    /// Batches that may be in work, times [`MINUTE`].
    level: u64,
    seen: u64,
    /// When pollers look next because of growth.
    pub looks_at: Option<u64>,
    /// Whether messages wait that nobody reads.
    pub backlog: bool,
    /// Whether anything is read or in work.
    pub work: bool,
    /// Whether there ever was.
    worked: bool,
}

impl Pollers {
    pub fn of(plan: &Plan, mapping: usize) -> Option<Pollers> {
        let MappingSource::Queue(config) = &plan.mappings[mapping].source else {
            return None;
        };
        Some(Pollers {
            config: config.clone(),
            busy: 0,
            reads: 0,
            all_reads: 0,
            looks_at: None,
            batches: 0,
            open: None,
            level: u64::from(config.scaling.start) * MINUTE,
            seen: 0,
            backlog: false,
            work: false,
            worked: false,
        })
    }

    fn scaling(&self) -> &ScalingConfig {
        &self.config.scaling
    }

    /// What has happened to the level up to now (SQS-5, SQS-7).
    pub fn advance(&mut self, now: u64) {
        let passed = now - self.seen;
        self.seen = now;
        self.worked |= self.work;
        let scaling = *self.scaling();
        if self.backlog {
            let grown = self.level + u64::from(scaling.growth_per_minute) * passed;
            self.level = grown.min(u64::from(scaling.ceiling) * MINUTE).max(self.level);
        } else if self.worked {
            let least = u64::from(if self.work { scaling.start } else { scaling.idle }) * MINUTE;
            let fallen = self
                .level
                .saturating_sub(u64::from(scaling.scale_in_per_minute) * passed);
            self.level = fallen.max(least).min(self.level);
        }
    }

    /// Whether one more read may begin: into the open batch, or for a batch that may be in work.
    pub fn has_room(&self) -> bool {
        self.busy + self.reads < self.allowed() + u64::from(self.open.is_some())
    }

    /// SQS-8: whether a read that is done has a place for what it gets: the open batch, or one more in work.
    pub fn may_receive(&self) -> bool {
        self.open.is_some() || self.busy < u64::from(self.scaling().ceiling)
    }

    fn allowed(&self) -> u64 {
        self.level / MINUTE
    }

    /// When one batch more is allowed, if the backlog lasts.
    pub fn grows_at(&self) -> Option<u64> {
        let scaling = self.scaling();
        let next = (self.allowed() + 1) * MINUTE;
        let grows = self.backlog && next <= u64::from(scaling.ceiling) * MINUTE;
        grows.then(|| self.seen + (next - self.level).div_ceil(u64::from(scaling.growth_per_minute)))
    }

    /// SQS-12: half as many, 2 at least.
    pub fn backs_off(&mut self, now: u64) {
        self.advance(now);
        if self.scaling().backs_off {
            self.level = (self.level / 2).max((2 * MINUTE).min(self.level));
        }
    }

    /// SQS-12: 1, 2, 4 … 30 s.
    pub fn wait(&self, refusals: u32) -> u64 {
        let (first, longest) = self.config.retry;
        let doubled = first.as_micros().saturating_mul(1 << (refusals - 1).min(30));
        doubled.min(longest.as_micros())
    }
}
