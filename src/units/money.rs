use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub};

/// An exact amount of US dollars.
///
/// Unit: 10^-15 USD divided by 1,024,000 (the MB·ms of a GB-second), so that quantity × price of every line of
/// Lambda's price list is a whole number (lambda-model §9.4). The range is ±1.6 × 10^17 USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Money(i128);

impl Money {
    /// Nothing.
    pub const ZERO: Money = Money(0);
    /// Atoms in one US dollar.
    pub const ATOMS_PER_USD: i128 = 1_000_000_000_000_000 * 1_024_000;

    /// An amount in atoms (see the type's unit).
    pub const fn from_atoms(atoms: i128) -> Money {
        Money(atoms)
    }

    /// The amount in atoms.
    pub const fn atoms(self) -> i128 {
        self.0
    }

    /// The amount rounded half-up to whole cents.
    pub fn cents(self) -> i128 {
        let cent = Self::ATOMS_PER_USD / 100;
        let magnitude = (self.0.abs() + cent / 2) / cent;
        magnitude * self.0.signum()
    }

    /// The amount rounded half-up to cents, as money.
    pub fn rounded_to_cents(self) -> Money {
        Money(self.cents() * (Self::ATOMS_PER_USD / 100))
    }

    /// Dollars as a float, for display and plots only.
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / Self::ATOMS_PER_USD as f64
    }

    /// All digits, without trailing zeros: `2.733338`.
    pub fn exact(self) -> String {
        exact_decimal(self.0, Self::ATOMS_PER_USD)
    }
}

/// `numerator / denominator` as a terminating decimal without trailing zeros.
/// `denominator` must be positive and have no prime factor but 2 and 5.
pub(crate) fn exact_decimal(numerator: i128, denominator: i128) -> String {
    let sign = if numerator < 0 { "-" } else { "" };
    let numerator = numerator.unsigned_abs();
    let denominator = denominator.unsigned_abs();
    let mut text = format!("{sign}{}", numerator / denominator);
    let mut rest = numerator % denominator;
    if rest > 0 {
        text.push('.');
    }
    while rest > 0 {
        rest *= 10;
        text.push(char::from(b'0' + (rest / denominator) as u8));
        rest %= denominator;
    }
    text
}

impl fmt::Display for Money {
    /// Dollars and cents: `249.49`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let cents = self.cents();
        let sign = if cents < 0 { "-" } else { "" };
        write!(f, "{sign}{}.{:02}", cents.abs() / 100, cents.abs() % 100)
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0 + other.0)
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0 - other.0)
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(-self.0)
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        self.0 += other.0;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(amounts: I) -> Money {
        amounts.fold(Money::ZERO, Add::add)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_prints_every_digit_and_rounds_half_up_only_when_shown() {
        let half_a_cent = Money::from_atoms(Money::ATOMS_PER_USD / 200);
        assert_eq!(half_a_cent.exact(), "0.005");
        assert_eq!(half_a_cent.to_string(), "0.01");
        assert_eq!((-half_a_cent).to_string(), "-0.01");
        assert_eq!(Money::ZERO.exact(), "0");
    }
}
