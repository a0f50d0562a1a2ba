use super::config::{RetryConfig, RetryMode, TrafficConfig};
use crate::facts::Failure;
use crate::kernel::math;
use crate::units::{SimTime, Span};

/// Retry quota of one client (SDK-3, SDK-5).
const QUOTA: u32 = 500;
/// First wait of a Step Functions task in seconds; each further one is twice as long (FE-7).
const STEP_FUNCTIONS_SECONDS: u64 = 2;
/// Longest delay of the standard modes.
const LONGEST_DELAY: Span = Span::from_secs(20);

/// The clients of one traffic entry (SDK-1…5).
#[derive(Clone, Debug)]
pub struct Clients {
    config: RetryConfig,
    adaptive: bool,
    clients: Vec<Client>,
    /// Tokens that are missing from all quotas together.
    missing: u64,
    /// Whether functions that are run one after another share them.
    pub(super) are_shared: bool,
}

#[derive(Clone, Debug)]
struct Client {
    tokens: u32,
    limiter: Option<Box<RateLimiter>>,
}

impl Clients {
    /// The clients of a traffic entry, all with a full quota.
    pub fn new(traffic: &TrafficConfig) -> Clients {
        Clients::of(traffic.retry)
    }

    fn of(config: RetryConfig) -> Clients {
        let adaptive = config.mode.is_adaptive();
        let stateless = matches!(
            config.mode,
            RetryMode::None | RetryMode::Legacy | RetryMode::StepFunctions | RetryMode::Cognito
        );
        let count = if stateless { 0 } else { config.clients.max(1) as usize };
        let client = Client {
            tokens: QUOTA,
            limiter: adaptive.then(Box::default),
        };
        Clients {
            config,
            adaptive,
            clients: vec![client; count],
            missing: 0,
            are_shared: false,
        }
    }

    /// From now on these clients retry by `config`. Their quota starts afresh where the mode is another one or their number.
    pub fn set_retry(&mut self, config: RetryConfig) {
        if (self.config.mode, self.config.clients) == (config.mode, config.clients) {
            self.config = config;
        } else {
            *self = Clients::of(config);
        }
    }

    /// Whether clients hold attempts back by themselves (SDK-4).
    pub fn is_adaptive(&self) -> bool {
        self.adaptive
    }

    /// How long a client waits for an answer.
    pub fn read_timeout(&self) -> Option<Span> {
        self.config.read_timeout
    }

    /// When the client of arrival `ordinal` may send an attempt it wants to send at `now` (SDK-4).
    pub fn send_at(&mut self, ordinal: u64, now: SimTime) -> SimTime {
        if !self.adaptive {
            return now;
        }
        match client_of(&mut self.clients, ordinal).and_then(|client| client.limiter.as_mut()) {
            Some(limiter) => limiter.send_at(now),
            None => now,
        }
    }

    /// Whether a good answer changes anything: a rate that is measured, or a quota that is not full.
    #[inline]
    pub fn remembers_success(&self) -> bool {
        self.adaptive || self.missing > 0
    }

    /// Whether they remember failures at all.
    pub fn remember(&self) -> bool {
        !self.clients.is_empty()
    }

    /// Whether a service repeats attempt number `attempt` (from 0) after its timeout without telling its caller (SRC-5).
    pub fn repeats_unseen(&self, attempt: u32) -> bool {
        self.config.mode == RetryMode::Cognito && attempt + 1 < self.config.max_attempts
    }

    /// A good answer: the quota gets back what the last retry took, or 1 (SDK-3, SDK-5).
    pub fn succeeded(&mut self, ordinal: u64, retry_cost: u32, now: SimTime) {
        if let Some(client) = client_of(&mut self.clients, ordinal) {
            let returned = retry_cost.max(1).min(QUOTA - client.tokens);
            client.tokens += returned;
            self.missing -= returned as u64;
            if let Some(limiter) = &mut client.limiter {
                limiter.answered(now, false);
            }
        }
    }

    /// Attempt number `attempt` (from 0) failed. The delay before the next one and what it took from the quota; `None` where
    /// the client gives up. `uniform` makes a 53-bit draw: most who give up, or wait a fixed time, do without.
    pub fn failed(
        &mut self,
        ordinal: u64,
        attempt: u32,
        failure: Failure,
        uniform: impl FnOnce() -> u64,
        now: SimTime,
    ) -> Option<(Span, u32)> {
        let config = self.config;
        if let Some(limiter) = client_of(&mut self.clients, ordinal).and_then(|client| client.limiter.as_mut()) {
            limiter.answered(now, failure == Failure::Throttle);
        }
        if attempt + 1 >= config.max_attempts || config.mode == RetryMode::None {
            return None;
        }
        let cost = cost(config.mode, failure);
        if let Some(client) = client_of(&mut self.clients, ordinal) {
            client.tokens = client.tokens.checked_sub(cost)?;
            self.missing += cost as u64;
        }
        match config.mode {
            RetryMode::StepFunctions => {
                return Some((Span::from_secs(STEP_FUNCTIONS_SECONDS << attempt.min(20)), cost));
            }
            RetryMode::Cognito => return Some((Span::ZERO, cost)),
            _ => {}
        }
        let longest = longest_delay(config.mode, failure, attempt);
        let delay = ((uniform() as u128 * longest.as_micros() as u128) >> 53) as u64;
        Some((Span::from_micros(delay), cost))
    }
}

/// What somebody who follows an arrival wants to know of its client.
impl Clients {
    /// Attempts that a client makes at most.
    pub fn max_attempts(&self) -> u32 {
        self.config.max_attempts
    }

    /// What the delay after attempt number `attempt` (from 0) is drawn below; `None` where nothing is drawn.
    pub fn longest_delay(&self, failure: Failure, attempt: u32) -> Option<Span> {
        match self.config.mode {
            RetryMode::None | RetryMode::StepFunctions | RetryMode::Cognito => None,
            mode => Some(longest_delay(mode, failure, attempt)),
        }
    }

    /// What a retry takes from the quota of the client of arrival `ordinal`, and what is left in it; `None` without quota.
    pub fn quota(&mut self, ordinal: u64, failure: Failure) -> Option<(u32, u32)> {
        let cost = cost(self.config.mode, failure);
        client_of(&mut self.clients, ordinal).map(|client| (cost, client.tokens))
    }
}

/// Whoever sends arrival `ordinal`, if anything is remembered of it.
fn client_of(clients: &mut [Client], ordinal: u64) -> Option<&mut Client> {
    let count = clients.len() as u64;
    if count == 0 {
        None
    } else {
        clients.get_mut((ordinal % count) as usize)
    }
}

fn is_2026(mode: RetryMode) -> bool {
    matches!(mode, RetryMode::Standard2026 | RetryMode::Adaptive2026)
}

fn cost(mode: RetryMode, failure: Failure) -> u32 {
    match (is_2026(mode), failure) {
        (_, Failure::Throttle) => 5,
        (true, _) => 14,
        (false, Failure::Transient) => 5,
        (false, Failure::Timeout) => 10,
    }
}

/// Upper bound of the delay before retry `retry` (from 0).
fn longest_delay(mode: RetryMode, failure: Failure, retry: u32) -> Span {
    let doubled = |base: Span| Span::from_micros(base.as_micros().saturating_mul(1 << retry.min(30)));
    match mode {
        RetryMode::Legacy => doubled(Span::from_secs(1)),
        RetryMode::Standard2026 | RetryMode::Adaptive2026 if failure != Failure::Throttle => {
            doubled(Span::from_millis(50)).min(LONGEST_DELAY)
        }
        _ => doubled(Span::from_secs(1)).min(LONGEST_DELAY),
    }
}

const BETA: f64 = 0.7;
const CUBIC_SCALE: f64 = 0.4;
const SMOOTHING: f64 = 0.8;
const MINIMUM_FILL: f64 = 0.5;
const MEASURED_FACTOR: f64 = 2.0;

/// The client-side rate limiter of the adaptive mode (SDK-4): CUBIC on a token bucket, off until the first throttle.
///
/// A sender that finds no token reserves the next one and waits for it at the fill rate of that moment. Floats in seconds,
/// with portable mathematics.
#[derive(Clone, Debug, Default)]
struct RateLimiter {
    enabled: bool,
    fill_rate: f64,
    capacity: f64,
    tokens: f64,
    filled_until: SimTime,
    measured_rate: f64,
    /// Half-second in which answers are being counted.
    counted_half_second: u64,
    count: u64,
    highest_rate: f64,
    recovery_seconds: f64,
    last_throttle: SimTime,
}

impl RateLimiter {
    fn send_at(&mut self, now: SimTime) -> SimTime {
        if !self.enabled {
            return now;
        }
        self.fill(now);
        self.tokens -= 1.0;
        if self.tokens >= 0.0 {
            return now;
        }
        now + Span::from_micros((-self.tokens / self.fill_rate * 1e6) as u64)
    }

    fn answered(&mut self, now: SimTime, throttled: bool) {
        self.measure(now);
        let rate = if throttled {
            let current = if self.enabled {
                self.measured_rate.min(self.fill_rate)
            } else {
                self.measured_rate
            };
            self.highest_rate = current;
            self.recovery_seconds = cube_root(current * (1.0 - BETA) / CUBIC_SCALE);
            self.last_throttle = now;
            self.enabled = true;
            current * BETA
        } else {
            let past = now.since(self.last_throttle).as_secs_f64() - self.recovery_seconds;
            CUBIC_SCALE * past * past * past + self.highest_rate
        };
        if self.enabled {
            self.fill(now);
            let rate = rate.min(MEASURED_FACTOR * self.measured_rate);
            self.fill_rate = rate.max(MINIMUM_FILL);
            self.capacity = rate.max(1.0);
            self.tokens = self.tokens.min(self.capacity);
        }
    }

    fn fill(&mut self, now: SimTime) {
        let elapsed = now.since(self.filled_until).as_secs_f64();
        self.tokens = (self.tokens + elapsed * self.fill_rate).min(self.capacity);
        self.filled_until = now;
    }

    fn measure(&mut self, now: SimTime) {
        self.count += 1;
        let half_second = now.as_micros() / 500_000;
        if half_second > self.counted_half_second {
            let rate = self.count as f64 / ((half_second - self.counted_half_second) as f64 / 2.0);
            self.measured_rate = rate * SMOOTHING + self.measured_rate * (1.0 - SMOOTHING);
            self.count = 0;
            self.counted_half_second = half_second;
        }
    }
}

fn cube_root(x: f64) -> f64 {
    if x <= 0.0 { 0.0 } else { math::pow(x, 1.0 / 3.0) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lambda::config::Sender;

    const LARGEST: u64 = (1 << 53) - 1;

    fn clients(mode: RetryMode, max_attempts: u32) -> Clients {
        let retry = RetryConfig {
            mode,
            max_attempts,
            clients: 1,
            read_timeout: None,
        };
        Clients::new(&TrafficConfig {
            name: "t".into(),
            sender: Sender::Traffic,
            retry,
            transfer: None,
            through: None,
        })
    }

    /// Upper bounds of all waits of one request, in milliseconds, until the client gives up.
    fn waits(mode: RetryMode, max_attempts: u32, failure: Failure) -> Vec<u64> {
        let mut clients = clients(mode, max_attempts);
        let wait = |attempt| clients.failed(0, attempt, failure, || LARGEST, SimTime::ZERO);
        (0..)
            .map_while(wait)
            .map(|(delay, _)| delay.as_micros().div_ceil(1_000))
            .collect()
    }

    #[test]
    fn gvb_39_and_40_waits_are_drawn_below_doubling_bounds() {
        assert_eq!(waits(RetryMode::Standard, 3, Failure::Throttle), [1_000, 2_000]);
        assert_eq!(
            waits(RetryMode::Legacy, 5, Failure::Throttle),
            [1_000, 2_000, 4_000, 8_000]
        );
        assert_eq!(waits(RetryMode::Standard2026, 3, Failure::Transient), [50, 100]);
        assert_eq!(waits(RetryMode::Standard2026, 3, Failure::Throttle), [1_000, 2_000]);
        assert_eq!(waits(RetryMode::None, 3, Failure::Throttle), [0; 0]);
        assert_eq!(
            waits(RetryMode::Standard2026, 8, Failure::Throttle)[4..],
            [16_000, 20_000, 20_000]
        );
        // The older mode knows no longest wait (SDK-2).
        assert_eq!(
            waits(RetryMode::Legacy, 8, Failure::Throttle)[4..],
            [16_000, 32_000, 64_000]
        );
    }

    #[test]
    fn sdk_3_a_good_answer_matters_where_a_quota_is_not_full_and_sdk_4_always() {
        let mut standard = clients(RetryMode::Standard, 3);
        assert!(!standard.remembers_success());
        let (_, cost) = standard.failed(0, 0, Failure::Throttle, || 0, SimTime::ZERO).unwrap();
        assert!(standard.remembers_success());
        standard.succeeded(0, cost, SimTime::ZERO);
        assert!(!standard.remembers_success());
        assert!(clients(RetryMode::Adaptive, 3).remembers_success());
        assert!(!clients(RetryMode::None, 1).remembers_success());
    }

    #[test]
    fn gvb_41_the_quota_allows_so_many_retries_and_then_none() {
        let retries = |mode, failure| {
            let mut clients = clients(mode, 3);
            (0..1_000)
                .filter(|_| clients.failed(0, 0, failure, || 0, SimTime::ZERO).is_some())
                .count()
        };
        assert_eq!(retries(RetryMode::Standard, Failure::Throttle), 100);
        assert_eq!(retries(RetryMode::Standard2026, Failure::Throttle), 100);
        assert_eq!(retries(RetryMode::Standard, Failure::Transient), 100);
        assert_eq!(retries(RetryMode::Standard2026, Failure::Transient), 35);
        assert_eq!(retries(RetryMode::Standard, Failure::Timeout), 50);
    }

    #[test]
    fn a_success_returns_what_the_last_retry_took_or_one() {
        let mut clients = clients(RetryMode::Standard2026, 3);
        while clients.failed(0, 0, Failure::Throttle, || 0, SimTime::ZERO).is_some() {}
        clients.succeeded(0, 0, SimTime::ZERO);
        assert_eq!(clients.failed(0, 0, Failure::Throttle, || 0, SimTime::ZERO), None);
        clients.succeeded(0, 5, SimTime::ZERO);
        assert_eq!(
            clients.failed(0, 0, Failure::Throttle, || 0, SimTime::ZERO),
            Some((Span::ZERO, 5))
        );
    }

    #[test]
    fn the_adaptive_limiter_sends_at_once_until_the_first_throttle_and_slower_after_it() {
        let mut clients = clients(RetryMode::Adaptive, 3);
        let at = |ms: u64| SimTime::ZERO + Span::from_millis(ms);
        for ms in (0..2_000).step_by(10) {
            assert_eq!(clients.send_at(0, at(ms)), at(ms));
            clients.succeeded(0, 0, at(ms));
        }
        clients.failed(0, 0, Failure::Throttle, || 0, at(2_000));
        // 100 answers a second were measured: CUBIC goes down to 70 % of them, a token every 14 ms.
        let sent: Vec<u64> = (0..4)
            .map(|_| clients.send_at(0, at(2_000)).as_micros() - 2_000_000)
            .collect();
        for (k, delay) in sent.iter().enumerate() {
            let expected = (k as f64 + 1.0) / 70.0 * 1e6;
            assert!(
                (*delay as f64 / expected - 1.0).abs() < 0.1,
                "token {k} after {delay} µs, expected {expected}"
            );
        }
    }

    #[test]
    fn another_mode_or_number_of_clients_has_a_quota_of_its_own_another_maximum_keeps_it() {
        let retries = |clients: &mut Clients| {
            let failed = || clients.failed(0, 0, Failure::Throttle, || 0, SimTime::ZERO);
            std::iter::repeat_with(failed).take_while(Option::is_some).count()
        };
        let mut clients = clients(RetryMode::Standard, 3);
        assert_eq!(retries(&mut clients), 100);
        let config = RetryConfig {
            max_attempts: 5,
            ..clients.config
        };
        clients.set_retry(config);
        assert_eq!((retries(&mut clients), clients.max_attempts()), (0, 5));
        clients.set_retry(RetryConfig { clients: 2, ..config });
        assert_eq!(retries(&mut clients), 100);
        let mode = RetryMode::Standard2026;
        clients.set_retry(RetryConfig { mode, ..clients.config });
        assert_eq!(clients.quota(0, Failure::Throttle), Some((5, 500)));
    }

    fn close(found: f64, expected: f64) {
        assert!((found - expected).abs() < 1e-6, "{found}, expected {expected}");
    }

    /// A limiter that has measured `rate` until 10 s, and measures nothing for the time being.
    fn measured(rate: f64) -> RateLimiter {
        RateLimiter {
            measured_rate: rate,
            counted_half_second: u64::MAX,
            ..RateLimiter::default()
        }
    }

    #[test]
    fn sdk_4_the_limiter_falls_to_seven_tenths_and_comes_back_along_a_cubic() {
        let at = |seconds: f64| SimTime::from_micros((seconds * 1e6) as u64);
        let mut limiter = measured(100.0);
        limiter.answered(at(10.0), true);
        close(limiter.fill_rate, 70.0);
        close(limiter.capacity, 70.0);
        // The cube root of 100 · 0.3 / 0.4 = 75.
        close(limiter.recovery_seconds, 4.217_163_326_508_746);
        limiter.answered(at(10.0), false);
        close(limiter.fill_rate, 70.0);
        limiter.answered(at(14.217_163), false);
        close(limiter.fill_rate, 100.0);
        // Two seconds beyond: 0.4 · 2³ + 100.
        limiter.answered(at(16.217_163), false);
        assert!((limiter.fill_rate - 103.2).abs() < 1e-4, "{}", limiter.fill_rate);
        limiter.measured_rate = 30.0;
        limiter.answered(at(16.5), false);
        close(limiter.fill_rate, 60.0);
        limiter.answered(at(17.0), true);
        close(limiter.fill_rate, 21.0);
        let mut silent = measured(0.0);
        silent.answered(at(10.0), true);
        close(silent.fill_rate, 0.5);
        close(silent.capacity, 1.0);
    }

    #[test]
    fn sdk_4_answers_are_counted_by_half_seconds_and_smoothed() {
        let mut limiter = RateLimiter::default();
        for milliseconds in [0, 100, 200, 300, 400, 600] {
            limiter.answered(SimTime::ZERO + Span::from_millis(milliseconds), false);
        }
        // Six in half a second, 12 a second; four fifths of that.
        close(limiter.measured_rate, 9.6);
        limiter.answered(SimTime::ZERO + Span::from_millis(2_100), false);
        // One in one and a half seconds.
        close(limiter.measured_rate, 0.8 / 1.5 + 0.2 * 9.6);
        assert!(!limiter.enabled);
    }
}
