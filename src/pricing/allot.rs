//! Exact division of whole quantities.

/// `total` divided in proportion to `weights` by largest remainder: the parts sum to `total` exactly, and none is a
/// whole atom away from its exact share. On equal remainders the earlier place wins. All zero where no weight is.
pub(super) fn allot(total: u128, weights: &[u128]) -> Vec<u128> {
    let sum: u128 = weights.iter().sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let exact: Vec<(u128, u128)> = weights
        .iter()
        .map(|weight| multiply_divide(*weight, total, sum))
        .collect();
    let mut parts: Vec<u128> = exact.iter().map(|(whole, _)| *whole).collect();
    let missing = total - parts.iter().sum::<u128>();
    let mut by_remainder: Vec<usize> = (0..weights.len()).collect();
    by_remainder.sort_by(|a, b| exact[*b].1.cmp(&exact[*a].1));
    // Fewer atoms are missing than there are places, since each place has lost less than one.
    for place in by_remainder.into_iter().take(missing as usize) {
        parts[place] += 1;
    }
    parts
}

/// `amount × numerator / denominator`, rounded half up.
pub(super) fn scale(amount: u128, numerator: u128, denominator: u128) -> u128 {
    let (whole, rest) = multiply_divide(amount, numerator, denominator);
    whole + u128::from(rest >= denominator - rest)
}

/// Quotient and remainder of `a × b / divisor`, exact. `divisor` lies in 1..2^126; the quotient must fit.
fn multiply_divide(a: u128, b: u128, divisor: u128) -> (u128, u128) {
    match a.checked_mul(b) {
        Some(product) => (product / divisor, product % divisor),
        None => multiply_divide_bitwise(a, b, divisor),
    }
}

/// The same where the product does not fit: `b` is taken bit by bit, with the remainder kept below the divisor.
fn multiply_divide_bitwise(a: u128, b: u128, divisor: u128) -> (u128, u128) {
    let (whole, part) = (a / divisor, a % divisor);
    let (mut quotient, mut rest) = (0, 0);
    for bit in (0..u128::BITS - b.leading_zeros()).rev() {
        quotient *= 2;
        rest *= 2;
        if b >> bit & 1 == 1 {
            quotient += whole;
            rest += part;
        }
        quotient += rest / divisor;
        rest %= divisor;
    }
    (quotient, rest)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn the_largest_remainders_get_the_missing_atoms() {
        assert_eq!(allot(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(allot(7, &[5, 3, 2]), [4, 2, 1]);
        assert_eq!(allot(0, &[5, 0]), [0, 0]);
        assert_eq!(allot(0, &[0, 0]), [0, 0]);
    }

    #[test]
    fn products_beyond_128_bits_divide_exactly() {
        let huge = 10_u128.pow(30);
        assert_eq!(multiply_divide(huge + 1, huge, huge + 1), (huge, 0));
        assert_eq!(multiply_divide(huge, huge, huge + 1), (huge - 1, 1));
    }

    #[test]
    fn scaling_rounds_half_up() {
        assert_eq!(
            [scale(1, 1, 2), scale(1, 1, 3), scale(2, 1, 3), scale(3, 7, 3)],
            [1, 0, 1, 7]
        );
    }

    proptest! {
        #[test]
        fn products_that_fit_divide_as_those_that_do_not(a in 0_u128..1 << 64, b in 0_u128..1 << 64, divisor in 1_u128..1 << 70) {
            prop_assert_eq!(multiply_divide(a, b, divisor), multiply_divide_bitwise(a, b, divisor));
        }

        #[test]
        fn parts_sum_to_the_whole_and_stay_within_one_atom(
            total in 0_u128..1 << 80,
            weights in prop::collection::vec(0_u128..1 << 40, 1..20),
        ) {
            let sum: u128 = weights.iter().sum();
            prop_assume!(sum > 0);
            let parts = allot(total, &weights);
            prop_assert_eq!(parts.iter().sum::<u128>(), total);
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!((part * sum).abs_diff(total * weight) < sum);
            }
        }
    }
}
