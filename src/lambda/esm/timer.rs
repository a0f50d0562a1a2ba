use crate::facts::{LinkId, MappingId, QueueId};

/// What has come true outside of functions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lambda) enum DriverEvent {
    /// Something that a mapping waits for; the number says of which of its batches or lanes.
    Mapping(MappingId, Timer, u32),
    /// The oldest message of a queue may have outlived its retention.
    Expiry(QueueId),
    /// A service delivers something over a link (SRC-1).
    Delivery(LinkId),
}

/// What a mapping waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::lambda) enum Timer {
    /// A poller reads what it has noticed.
    Poll,
    /// A batching window is over (ESM-2).
    Window,
    /// A refused batch is tried again.
    Retry,
    /// A visibility timeout has passed.
    Return,
    /// There may be something more to read.
    Look,
    /// A change of the mapping takes effect (ESM-8).
    Activate,
    /// One more batch may be in work, or one provisioned poller less is active (SQS-5, SQSP-3).
    Scale,
}

const TIMERS: [Timer; 7] = [
    Timer::Poll,
    Timer::Window,
    Timer::Retry,
    Timer::Return,
    Timer::Look,
    Timer::Activate,
    Timer::Scale,
];
const DELIVERY: u64 = 14;
const EXPIRY: u64 = 15;

/// Bits of the agenda's word: that it is the driver's (both upper bits, above all kinds of functions' events), what, whose,
/// which.
const DRIVER: u64 = 3 << 62;
const KIND_SHIFT: u32 = 58;
const OWNER_SHIFT: u32 = 32;
const OWNER_MASK: u32 = (1 << (KIND_SHIFT - OWNER_SHIFT)) - 1;

impl DriverEvent {
    /// Whether a word of the agenda is one of these.
    #[inline]
    pub fn is(word: u64) -> bool {
        word >= DRIVER
    }

    /// The event as one word. Numbers of mappings and queues stay below 2^26.
    pub fn pack(self) -> u64 {
        let (kind, owner, index) = match self {
            DriverEvent::Mapping(mapping, timer, index) => (timer as u64, mapping.0, index),
            DriverEvent::Expiry(queue) => (EXPIRY, queue.0, 0),
            DriverEvent::Delivery(link) => (DELIVERY, link.0, 0),
        };
        DRIVER | kind << KIND_SHIFT | (owner as u64) << OWNER_SHIFT | index as u64
    }

    pub fn unpack(word: u64) -> DriverEvent {
        let owner = (word >> OWNER_SHIFT) as u32 & OWNER_MASK;
        let kind = (word & !DRIVER) >> KIND_SHIFT;
        match TIMERS.get(kind as usize) {
            Some(timer) => DriverEvent::Mapping(MappingId(owner), *timer, word as u32),
            None if kind == DELIVERY => DriverEvent::Delivery(LinkId(owner)),
            None => DriverEvent::Expiry(QueueId(owner)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_of_the_driver_survive_packing() {
        let last = MappingId(OWNER_MASK);
        let events = TIMERS.map(|timer| DriverEvent::Mapping(last, timer, u32::MAX - 1));
        for event in events
            .into_iter()
            .chain([DriverEvent::Expiry(QueueId(7)), DriverEvent::Delivery(LinkId(8))])
        {
            assert!(DriverEvent::is(event.pack()));
            assert_eq!(DriverEvent::unpack(event.pack()), event);
        }
    }
}
