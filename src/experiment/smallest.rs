/// What trying a number says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trial {
    /// It is enough.
    Enough,
    /// It is not.
    TooLittle,
    /// It cannot be: below the first number that can be it counts as too little, above it as too much to be tried.
    Refused,
}

/// The smallest of the numbers `from..=to` that is enough, if more than enough is enough as well: steps are doubled until one
/// is, then halved. Otherwise a number that is enough while the one below it is not. `None` where none was found.
///
/// # Errors
/// What `attempt` returns.
pub fn smallest<E>(from: u64, to: u64, mut attempt: impl FnMut(u64) -> Result<Trial, E>) -> Result<Option<u64>, E> {
    // Everything up to `low` (not counted itself) is too little; `top` may still be tried.
    let (mut low, mut top, mut step, mut tried_one) = (from, to, 1, false);
    let mut high = None;
    while high.is_none() && low <= top {
        let next = low.saturating_add(step - 1).min(top);
        match attempt(next)? {
            Trial::Enough => high = Some(next),
            Trial::Refused if tried_one => {
                top = next - 1;
                step = (step / 2).max(1);
            }
            said => {
                tried_one |= said == Trial::TooLittle;
                low = next + 1;
                step *= 2;
            }
        }
    }
    let Some(mut high) = high else { return Ok(None) };
    while low < high {
        let middle = low + (high - low) / 2;
        match attempt(middle)? {
            Trial::Enough => high = middle,
            _ => low = middle + 1,
        }
    }
    Ok(Some(high))
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn found(from: u64, to: u64, says: impl Fn(u64) -> Trial) -> (Option<u64>, usize) {
        let mut attempts = 0;
        let Ok(found) = smallest(from, to, |number| -> Result<_, Infallible> {
            attempts += 1;
            Ok(says(number))
        });
        (found, attempts)
    }

    fn from_on(least: u64) -> impl Fn(u64) -> Trial {
        move |number| {
            if number >= least {
                Trial::Enough
            } else {
                Trial::TooLittle
            }
        }
    }

    #[test]
    fn every_threshold_is_found_in_about_twice_its_digits() {
        for least in 1..300 {
            let (number, attempts) = found(1, 1_000, from_on(least));
            assert_eq!(number, Some(least));
            assert!(attempts <= 20, "{least}: {attempts}");
        }
        assert_eq!(found(1, 50, from_on(51)).0, None);
        assert_eq!(found(7, 50, from_on(3)), (Some(7), 1));
    }

    #[test]
    fn what_is_refused_at_either_end_hides_no_number_between() {
        for (first, least, last) in [(30, 37, 40), (1, 37, 37), (30, 30, 90), (5, 60, 64)] {
            let says = |number: u64| match number {
                refused if refused < first || refused > last => Trial::Refused,
                number => from_on(least)(number),
            };
            assert_eq!(found(0, 1_000, says).0, Some(least), "{first} {least} {last}");
        }
    }
}
