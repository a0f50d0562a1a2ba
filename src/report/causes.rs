//! Why Lambda answers 429, in words.

use crate::facts::Cause;

/// A short name for legends and tables.
pub(super) const fn title(cause: Cause) -> &'static str {
    match cause {
        Cause::AccountConcurrency => "account concurrency",
        Cause::ReservedConcurrency => "reserved concurrency",
        Cause::ReservedZero => "reserved concurrency of 0",
        Cause::ScalingRate => "scaling rate",
        Cause::AccountRate => "account request rate",
        Cause::ReservedRate => "reserved request rate",
    }
}

/// The rule in a sentence.
pub(super) const fn sentence(cause: Cause) -> &'static str {
    match cause {
        Cause::AccountConcurrency => {
            "Functions without a reservation share what the account's concurrency limit leaves after all reserved and \
             provisioned concurrency; when all of it is busy, the next request is refused."
        }
        Cause::ReservedConcurrency => {
            "Reserved concurrency is also a ceiling: when that many requests of the function are in progress, the next \
             one is refused, even if the account has room."
        }
        Cause::ReservedZero => "Reserved concurrency of 0 switches the function off: every request is refused.",
        Cause::ScalingRate => {
            "New environments may be added only so fast (today 1,000 per function, refilled by 100 a second); a request \
             that needs one beyond that is refused, even if concurrency is free."
        }
        Cause::AccountRate => {
            "An account serves at most ten requests a second for each unit of its concurrency limit, so functions \
             shorter than 100 ms meet this limit before the concurrency limit."
        }
        Cause::ReservedRate => {
            "A function with a reservation serves at most ten requests a second for each unit of reserved concurrency, \
             so invocations shorter than 100 ms meet this limit first."
        }
    }
}
