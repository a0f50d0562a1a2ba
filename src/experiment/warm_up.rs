/// Values that are averaged before anything is compared.
const BATCH: usize = 5;
/// Fewer batches do not show where a level begins.
const FEWEST_BATCHES: usize = 20;

/// How many values at the beginning of a series do not belong to the level that it then keeps: MSER-5 (White, Cobb and
/// Spratt, 2000). Batches of five are averaged, and as many of them cut as make the standard error of the mean of the others
/// smallest. `None` where that would be half of the series or more: it keeps no level, or is too short to show one.
pub fn warm_up_length(series: &[f64]) -> Option<usize> {
    let batches: Vec<f64> = series
        .chunks_exact(BATCH)
        .map(|batch| batch.iter().sum::<f64>() / BATCH as f64)
        .collect();
    if batches.len() < FEWEST_BATCHES {
        return None;
    }
    let half = batches.len() / 2;
    let error = |cut: usize| {
        let rest = &batches[cut..];
        let mean = rest.iter().sum::<f64>() / rest.len() as f64;
        let squares: f64 = rest.iter().map(|batch| (batch - mean) * (batch - mean)).sum();
        squares / (rest.len() * rest.len()) as f64
    };
    let best = (0..=half).min_by(|a, b| error(*a).total_cmp(&error(*b)))?;
    (best < half).then_some(best * BATCH)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A little noise without a trend: -1, 0, 1 in turn, shuffled by a multiplication.
    fn noise(place: usize) -> f64 {
        (place * 7 % 3) as f64 - 1.0
    }

    #[test]
    fn a_ramp_at_the_beginning_is_cut_off_as_a_whole() {
        // Rises to 100 over 40 values, then stays: eight batches.
        let series: Vec<f64> = (0..240)
            .map(|place| (place.min(40) as f64) * 2.5 + noise(place))
            .collect();
        assert_eq!(warm_up_length(&series), Some(40));
    }

    #[test]
    fn a_level_from_the_start_is_kept_whole() {
        let series: Vec<f64> = (0..240).map(|place| 50.0 + noise(place)).collect();
        assert_eq!(warm_up_length(&series), Some(0));
    }

    #[test]
    fn what_never_comes_to_rest_has_no_warm_up() {
        let rising: Vec<f64> = (0..240).map(|place| place as f64).collect();
        assert_eq!(warm_up_length(&rising), None);
        assert_eq!(warm_up_length(&rising[..95]), None, "nineteen batches are too few");
    }
}
