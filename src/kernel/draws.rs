//! Luck without generator objects (RNG-1): every draw is a pure function of a stream key and a counter.
//!
//! A [`StreamKey`] is derived once per (seed, replication, label, entity name) with ChaCha8. A draw is one block of
//! Philox4x32-10 under that key; the counter holds ordinal, attempt and [`Purpose`]. Adding an entity, or drawing more
//! for one purpose, therefore never shifts the draws of another.

use pulp::{Arch, Simd, WithSimd};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Number of draws made at once for a busy stream.
pub const BLOCK: usize = 64;

const MULTIPLIERS: [u32; 2] = [0xD251_1F53, 0xCD9E_8D57];
const WEYL: [u32; 2] = [0x9E37_79B9, 0xBB67_AE85];
const ROUNDS: usize = 10;

/// What a draw is for: the last word of the counter. Numbers are never changed or reused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Gap to the next arrival, and handler duration.
    Work = 0,
    /// Whether the handler fails (first uniform), and the version behind a weighted alias (second).
    Fate = 1,
    /// INIT duration, and placement.
    ColdStart = 2,
    /// Idle life of the environment after this invocation, and maximum life of the environment it created.
    Life = 3,
    /// Jitter of the wait after this attempt.
    Jitter = 4,
    /// Which idle environment is taken, where that is random; and whether INIT ran ahead (LIFE-17).
    EnvironmentPick = 5,
    /// Duplicates of asynchronous events (ASYNC-7), and copies of scaled traces.
    Copies = 6,
    /// Length of a phase of bursty traffic, and its choice of the next.
    Phase = 7,
    /// Overhead of an answer (first uniform), and delay before an event is dispatched (second).
    Overhead = 9,
    /// Position of a recorded arrival inside its minute.
    Position = 8,
    /// Size of a payload (first uniform, attempt 0).
    Payload = 10,
    /// Size of a response (first uniform), and its time to first byte (second).
    Response = 11,
    /// What a record adds to the duration of its batch.
    Record = 12,
    /// Whether a successful invocation sends on.
    Onward = 13,
    /// Restore of a snapshot (first uniform), and its billed part (second).
    Restore = 14,
    /// INIT of extensions (first uniform), and how long they go on after the answer (second).
    Extensions = 15,
    /// Mounting a file system (first uniform), and making a network interface (second).
    Attachment = 16,
    /// Whether a record of a batch fails at this receive (first uniform), or always does (second, attempt 0).
    RecordFate = 17,
    /// Whether a record passes the filter of a mapping (ESM-6).
    Filter = 18,
    /// How long a poller takes to notice what it can read (SQS-2), and how long a mapping takes to change (ESM-8).
    Poll = 19,
    /// The message group or partition key of a record.
    Group = 20,
    /// Latency of a front end or delivery (first uniform), and whether it delivers twice (second).
    Front = 24,
    /// Whether an arrival passes a filter, or misses a cache.
    Pass = 25,
    /// Whether INIT crashes (first uniform), and whether it does again inside the invocation (second).
    InitFate = 26,
    /// What an invocation transfers to and from its file system (EFS-3).
    FileTransfer = 27,
}

/// Two independent uniforms of 53 bits each.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pair {
    /// First uniform, in 0..2^53.
    pub first: u64,
    /// Second uniform, in 0..2^53.
    pub second: u64,
}

/// Names one stream of draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StreamKey(u64);

impl StreamKey {
    /// The key of entity `name` (a name from the scenario, never an index) for draws labelled `label`.
    pub fn derive(seed: u64, replication: u64, label: &str, name: &str) -> StreamKey {
        let hash = fnv1a_128(label, name);
        let mut material = [0u8; 32];
        material[..8].copy_from_slice(&seed.to_le_bytes());
        material[16..].copy_from_slice(&hash.to_le_bytes());
        StreamKey(ChaCha8Rng::from_seed(material).next_u64()).replicated(replication)
    }

    /// The key of the same entity under another replication number, from its key under number 0, which stays as it is.
    pub fn replicated(self, replication: u64) -> StreamKey {
        if replication == 0 {
            return self;
        }
        let mut material = [0u8; 32];
        material[..8].copy_from_slice(&self.0.to_le_bytes());
        material[8..16].copy_from_slice(&replication.to_le_bytes());
        StreamKey(ChaCha8Rng::from_seed(material).next_u64())
    }

    /// The key as a number, to fold an entity's identity into a fingerprint.
    pub const fn identity(self) -> u64 {
        self.0
    }

    /// A key for what belongs to two entities at once.
    pub const fn combined(self, other: StreamKey) -> StreamKey {
        StreamKey(self.0 ^ other.0.rotate_left(32))
    }

    /// The draw for (`ordinal`, `attempt`) with this purpose.
    pub fn draw(self, ordinal: u64, attempt: u32, purpose: Purpose) -> Pair {
        let counter = [ordinal as u32, (ordinal >> 32) as u32, attempt, purpose as u32];
        let words = philox4x32(counter, [self.0 as u32, (self.0 >> 32) as u32]);
        pair(words)
    }

    /// The draws of [`BLOCK`] consecutive ordinals from `first`, attempt 0: the same bits as [`StreamKey::draw`] one by one,
    /// several at once in vector registers as wide as the processor has them.
    pub fn draw_block(self, first: u64, purpose: Purpose, out: &mut PairBlock) {
        Arch::new().dispatch(DrawBlock {
            key: self,
            first,
            purpose,
            out,
        });
    }
}

/// [`StreamKey::draw_block`], compiled once for each width of vector registers.
struct DrawBlock<'a> {
    key: StreamKey,
    first: u64,
    purpose: Purpose,
    out: &'a mut PairBlock,
}

impl WithSimd for DrawBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        let key = [self.key.0 as u32, (self.key.0 >> 32) as u32];
        for offset in 0..BLOCK {
            let ordinal = self.first.wrapping_add(offset as u64);
            let words = philox4x32_wide([ordinal & LOW_HALF, ordinal >> 32, 0, self.purpose as u64], key);
            self.out.first[offset] = (words[1] << 32 | words[0]) >> 11;
            self.out.second[offset] = (words[3] << 32 | words[2]) >> 11;
        }
    }
}

/// [`BLOCK`] draws, uniform by uniform.
#[derive(Clone, Debug)]
pub struct PairBlock {
    /// First uniforms, in 0..2^53.
    pub first: [u64; BLOCK],
    /// Second uniforms, in 0..2^53.
    pub second: [u64; BLOCK],
}

impl PairBlock {
    /// The draw at `place`, below [`BLOCK`].
    #[inline(always)]
    pub fn pair(&self, place: usize) -> Pair {
        Pair {
            first: self.first[place],
            second: self.second[place],
        }
    }
}

impl Default for PairBlock {
    fn default() -> PairBlock {
        PairBlock {
            first: [0; BLOCK],
            second: [0; BLOCK],
        }
    }
}

fn pair(words: [u32; 4]) -> Pair {
    let uniform = |low: u32, high: u32| ((high as u64) << 32 | low as u64) >> 11;
    Pair {
        first: uniform(words[0], words[1]),
        second: uniform(words[2], words[3]),
    }
}

/// Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC 2011).
fn philox4x32(mut counter: [u32; 4], mut key: [u32; 2]) -> [u32; 4] {
    for _ in 0..ROUNDS {
        let left = counter[0] as u64 * MULTIPLIERS[0] as u64;
        let right = counter[2] as u64 * MULTIPLIERS[1] as u64;
        counter = [
            (right >> 32) as u32 ^ counter[1] ^ key[0],
            right as u32,
            (left >> 32) as u32 ^ counter[3] ^ key[1],
            left as u32,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    counter
}

const LOW_HALF: u64 = 0xffff_ffff;

/// [`philox4x32`] on words of 32 bits in the low halves of 64, as vector multiplication wants them: it does not look at the
/// high halves, so what gathers there is cut off once, at the end. Nothing but arithmetic, inlined, so that a loop around
/// it can be turned into vector instructions.
#[inline(always)]
fn philox4x32_wide(mut counter: [u64; 4], mut key: [u32; 2]) -> [u64; 4] {
    for _ in 0..ROUNDS {
        let left = (counter[0] & LOW_HALF) * MULTIPLIERS[0] as u64;
        let right = (counter[2] & LOW_HALF) * MULTIPLIERS[1] as u64;
        counter = [
            (right >> 32) ^ counter[1] ^ key[0] as u64,
            right,
            (left >> 32) ^ counter[3] ^ key[1] as u64,
            left,
        ];
        key = [key[0].wrapping_add(WEYL[0]), key[1].wrapping_add(WEYL[1])];
    }
    [
        counter[0] & LOW_HALF,
        counter[1] & LOW_HALF,
        counter[2] & LOW_HALF,
        counter[3] & LOW_HALF,
    ]
}

/// FNV-1a over label, a separator and name: a stable hash, the same in every build.
fn fnv1a_128(label: &str, name: &str) -> u128 {
    let bytes = label.bytes().chain(std::iter::once(0)).chain(name.bytes());
    bytes.fold(0x6c62_272e_07bb_0142_62b8_2175_6295_c58d, |hash, byte| {
        (hash ^ byte as u128).wrapping_mul(0x0000_0000_0100_0000_0000_0000_0000_013b)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn philox_gives_its_published_vectors() {
        assert_eq!(
            philox4x32([0; 4], [0; 2]),
            [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
        );
        assert_eq!(
            philox4x32([u32::MAX; 4], [u32::MAX; 2]),
            [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
        );
        let digits_of_pi = (
            [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344],
            [0xa409_3822, 0x299f_31d0],
        );
        assert_eq!(
            philox4x32(digits_of_pi.0, digits_of_pi.1),
            [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
        );
    }

    #[test]
    fn a_block_holds_the_same_draws_as_one_by_one() {
        let key = StreamKey::derive(7, 0, "traffic", "shoppers");
        let first = u32::MAX as u64 - 20;
        let mut block = PairBlock::default();
        key.draw_block(first, Purpose::Front, &mut block);
        for offset in 0..BLOCK {
            let drawn = Pair {
                first: block.first[offset],
                second: block.second[offset],
            };
            assert_eq!(drawn, key.draw(first + offset as u64, 0, Purpose::Front));
        }
    }

    #[test]
    fn a_key_can_be_replicated_after_it_was_derived() {
        let key = StreamKey::derive(7, 0, "traffic", "shoppers");
        assert_eq!(key.replicated(0), key);
        assert_eq!(key.replicated(3), StreamKey::derive(7, 3, "traffic", "shoppers"));
    }

    #[test]
    fn streams_differ_by_seed_replication_label_and_name() {
        let keys = [
            (1, 0, "a", "b"),
            (2, 0, "a", "b"),
            (1, 1, "a", "b"),
            (1, 0, "ab", ""),
            (1, 0, "a", "c"),
        ]
        .map(|(seed, replication, label, name)| StreamKey::derive(seed, replication, label, name).0);
        for (i, key) in keys.iter().enumerate() {
            assert!(!keys[..i].contains(key));
        }
    }
}
