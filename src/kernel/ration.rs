/// CPU time that is handed out in periods: how long work takes whose share of the CPU is less than one.
///
/// Work begins with a period and its quota, `share` × `period`. What it uses is looked at after every `check` of use, so it
/// may use more than it was given; it then rests until later quotas have paid for that. All lengths in microseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ration {
    /// Length of a period, above 0.
    pub period: u64,
    /// Length of use between two looks, above 0.
    pub check: u64,
    /// Part of the CPU as numerator and denominator, above 0 and below 1.
    pub share: (u64, u64),
}

impl Ration {
    /// How long `work` of CPU time takes. Rises with `work`; as long as the work itself where its first quota is enough.
    ///
    /// Refill `n` brings what has been used up to its look number ⌈n · quota / check⌉, and comes at n · period: the work
    /// ends as much later than undisturbed as the latest refill comes after its look.
    pub fn elapsed(&self, work: u64) -> u64 {
        let (numerator, denominator) = self.share;
        let quota = self.period * numerator;
        let used = work.div_ceil(self.check).saturating_sub(1) * self.check;
        let refills = used * denominator / quota;
        let gain = self.period * (denominator - numerator);
        let longest = self.check * denominator;
        let waits = (1..=refills)
            .rev()
            .take_while(|n| (refills - n) * gain <= longest)
            .map(|n| (n * self.period).saturating_sub((n * quota).div_ceil(longest) * self.check));
        work + waits.max().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HALF: Ration = Ration {
        period: 20_000,
        check: 8_000,
        share: (1, 2),
    };

    /// The same, one look after another.
    fn step_by_step(ration: Ration, work: u64) -> u64 {
        let (numerator, denominator) = ration.share;
        let (mut now, mut used) = (0, 0);
        while work > used + ration.check {
            used += ration.check;
            now += ration.check;
            while (now / ration.period + 1) * ration.period * numerator <= used * denominator {
                now = (now / ration.period + 1) * ration.period;
            }
        }
        now + work - used
    }

    #[test]
    fn work_rests_once_a_look_finds_its_quota_used_up() {
        // The quota of 10 ms is found used up after 16 ms; the next one pays for that and for 4 ms more.
        let found = [5_000, 16_000, 16_001, 20_000, 24_000, 24_001].map(|work| HALF.elapsed(work));
        assert_eq!(found, [5_000, 16_000, 20_001, 24_000, 28_000, 40_001]);
    }

    #[test]
    fn the_closed_form_is_the_sum_of_single_steps() {
        for megabytes in [128, 204, 512, 699, 1_053, 1_536, 1_700, 1_768] {
            let ration = Ration {
                share: (megabytes, 1_769),
                ..HALF
            };
            for work in (1..400_000).step_by(777) {
                assert_eq!(
                    ration.elapsed(work),
                    step_by_step(ration, work),
                    "{megabytes} MB, {work} µs"
                );
            }
        }
    }

    #[test]
    fn long_work_takes_its_share() {
        let minute = 60_000_000;
        assert!(HALF.elapsed(minute).abs_diff(2 * minute) <= 2 * 20_000);
    }
}
