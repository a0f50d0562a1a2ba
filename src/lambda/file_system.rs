use crate::units::{Bytes, SimTime, Span};

const SECOND: u128 = 1_000_000;

/// A file system that functions mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileSystemConfig {
    /// Most connections (EFS-2).
    pub connections: u32,
    /// What it transfers for all clients together; `None` where only each of them is bounded (EFS-3).
    pub throughput: Option<Throughput>,
}

/// What a file system transfers in a second for all its clients together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Throughput {
    /// At any time; above 0.
    pub sustained: Bytes,
    /// While it has credits; no less than `sustained`.
    pub burst: Bytes,
    /// What it may transfer beyond `sustained`: at the start, and at the most. What is not used of `sustained` comes back to it.
    pub credits: Bytes,
}

/// A file system's throughput at work: transfers pass one after another, in the order of admission.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pipe {
    throughput: Throughput,
    credits: u128,
    free_at: SimTime,
}

impl Pipe {
    /// Of a file system, if its throughput is bounded.
    pub fn of(config: &FileSystemConfig) -> Option<Pipe> {
        config.throughput.map(|throughput| Pipe {
            throughput,
            credits: throughput.credits.0.into(),
            free_at: SimTime::ZERO,
        })
    }

    /// When so many bytes that are asked for at `now` have passed.
    pub fn pass(&mut self, now: SimTime, bytes: Bytes) -> SimTime {
        let Throughput {
            sustained,
            burst,
            credits,
        } = self.throughput;
        let [sustained, burst, most] = [sustained, burst, credits].map(|size| u128::from(size.0));
        let idle = u128::from(now.since(self.free_at.min(now)).as_micros());
        self.credits = (self.credits + sustained * idle / SECOND).min(most);
        let (bytes, surplus) = (u128::from(bytes.0), burst - sustained);
        let fast = match surplus {
            0 => bytes,
            surplus => bytes.min(self.credits * burst / surplus),
        };
        self.credits = self.credits.saturating_sub((fast * surplus).div_ceil(burst));
        let micros = (fast * SECOND).div_ceil(burst) + ((bytes - fast) * SECOND).div_ceil(sustained);
        let time = Span::from_micros(u64::try_from(micros).unwrap_or(u64::MAX));
        self.free_at = self.free_at.max(now).saturating_add(time);
        self.free_at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn efs_3_credits_let_a_file_system_burst_until_they_are_used_up_and_idle_time_brings_them_back() {
        let config = FileSystemConfig {
            connections: 1,
            throughput: Some(Throughput {
                sustained: Bytes::from_mb(50),
                burst: Bytes::from_mb(100),
                credits: Bytes::from_mb(100),
            }),
        };
        let mut pipe = Pipe::of(&config).unwrap();
        let at = |seconds| SimTime::ZERO + Span::from_secs(seconds);
        let mut pass = |seconds, megabytes| pipe.pass(at(seconds), Bytes::from_mb(megabytes));
        // 200 MB at 100 MB/s use up 100 MB of credits; the next 200 MB take 4 s.
        assert_eq!(pass(0, 200), at(2));
        assert_eq!(pass(0, 200), at(6));
        // One second at rest brings 50 MB back: 100 MB at burst, then 50 MB in another second.
        assert_eq!(pass(7, 150), at(9));
    }
}
