//! Mathematics with the same bits on every CPU and operating system: only + − × ÷, `sqrt` and bit operations.
//!
//! Accuracy is a few units in the last place, far below what a simulation can see; what matters is that a run on one
//! machine can be repeated on another.

use super::draws::BLOCK;

const LN2_HI: f64 = 6.931_471_803_691_238_164_90e-1;
const LN2_LO: f64 = 1.908_214_929_270_587_700_02e-10;
const TWO_52: f64 = 4_503_599_627_370_496.0;
const ROUNDER: f64 = 1.5 * TWO_52;

/// Natural logarithm of a positive, normal, finite number (the fdlibm method: argument reduction and a polynomial).
#[inline(always)]
pub fn ln(x: f64) -> f64 {
    let bits = x.to_bits();
    // Shift the mantissa so that it lies in [sqrt(1/2), sqrt(2)).
    let shifted = bits.wrapping_add(0x3ff0_0000_0000_0000 - 0x3fe6_a09e_0000_0000);
    let mantissa = f64::from_bits((shifted & 0x000f_ffff_ffff_ffff).wrapping_add(0x3fe6_a09e_0000_0000));
    // The biased exponent as the low bits of a float at 2^52: a conversion that vector registers can do.
    let k = f64::from_bits(0x4330_0000_0000_0000 | (shifted >> 52)) - (TWO_52 + 1023.0);
    let f = mantissa - 1.0;
    let half_square = 0.5 * f * f;
    let s = f / (2.0 + f);
    let z = s * s;
    let w = z * z;
    let even = w * (3.999999999940941908e-01 + w * (2.222219843214978396e-01 + w * 1.531383769920937332e-01));
    let odd = z
        * ((6.666666666666735130e-01 + w * 2.857142874366239149e-01)
            + (w * w) * (1.818357216161805012e-01 + w * 1.479819860511658591e-01));
    s * (half_square + even + odd) + k * LN2_LO - half_square + f + k * LN2_HI
}

/// e to the power of `x`, for |x| ≤ 700; beyond that the value at ±700.
#[inline(always)]
pub fn exp(x: f64) -> f64 {
    let x = x.clamp(-700.0, 700.0);
    // Adding and subtracting 1.5 × 2^52 rounds to the nearest whole number, and leaves it in the low bits of the sum: from
    // there it gets into the exponent without a conversion, which vector registers cannot do.
    let rounded = x * std::f64::consts::LOG2_E + ROUNDER;
    let k = rounded - ROUNDER;
    let r = (x - k * LN2_HI) - k * LN2_LO;
    let (r2, r4) = (r * r, (r * r) * (r * r));
    let c = &INVERSE_FACTORIALS;
    let low = (c[0] + c[1] * r) + (c[2] + c[3] * r) * r2;
    let middle = (c[4] + c[5] * r) + (c[6] + c[7] * r) * r2;
    let high = ((c[8] + c[9] * r) + (c[10] + c[11] * r) * r2) + c[12] * r4;
    let mantissa = low + (middle + high * r4) * r4;
    mantissa * f64::from_bits(rounded.to_bits().wrapping_add(1023) << 52)
}

/// 1 / n!; with |r| ≤ ln 2 / 2 the first term left out is below 2 × 10^-16.
const INVERSE_FACTORIALS: [f64; 13] = [
    1.0,
    1.0,
    1.0 / 2.0,
    1.0 / 6.0,
    1.0 / 24.0,
    1.0 / 120.0,
    1.0 / 720.0,
    1.0 / 5_040.0,
    1.0 / 40_320.0,
    1.0 / 362_880.0,
    1.0 / 3_628_800.0,
    1.0 / 39_916_800.0,
    1.0 / 479_001_600.0,
];

/// `x` to the power of `y`, for positive `x`.
#[inline(always)]
pub fn pow(x: f64, y: f64) -> f64 {
    exp(y * ln(x))
}

/// Decimal logarithm of a positive, normal, finite number; exact for the powers of ten from 10⁻²² to 10²².
pub fn log10(x: f64) -> f64 {
    let logarithm = ln(x) / std::f64::consts::LN_10;
    let whole = logarithm.round();
    let is_power = whole.abs() <= 22.0 && power_of_ten(whole as i32) == x;
    if is_power { whole } else { logarithm }
}

/// 10 to the power of `exponent`; the nearest number there is for −22 to 22.
pub fn power_of_ten(exponent: i32) -> f64 {
    let power = (0..exponent.unsigned_abs()).fold(1.0, |power, _| power * 10.0);
    if exponent < 0 { 1.0 / power } else { power }
}

/// Quantile of the standard normal distribution for 0 < `p` < 1 (Wichura, algorithm AS 241, 1988).
pub fn inverse_normal(p: f64) -> f64 {
    if is_central(p) {
        return central_normal(p);
    }
    let r = tail_radius(p);
    let z = if r <= 5.0 {
        ratio(r - 1.6, &SHOULDER)
    } else {
        ratio(r - 5.0, &TAIL)
    };
    if p < 0.5 { -z } else { z }
}

/// [`inverse_normal`] of each, in place and without a branch that depends on the draw: first all as if they were central,
/// then those that are not, gathered, as if they lay on a shoulder; beyond the shoulders lies one in 10^10.
#[inline(always)]
pub fn inverse_normal_block(block: &mut [f64; BLOCK]) {
    const LANES: usize = 8;
    let (mut outer, mut places, mut count) = ([0.0; BLOCK], [0; BLOCK], 0);
    for (place, p) in block.iter().enumerate() {
        outer[count % BLOCK] = *p;
        places[count % BLOCK] = place;
        count += usize::from(!is_central(*p));
    }
    for p in block.iter_mut() {
        *p = central_normal(*p);
    }
    for group in 0..count.div_ceil(LANES) {
        let from = group % (BLOCK / LANES) * LANES;
        let (mut radii, mut quantiles) = ([0.0; LANES], [0.0; LANES]);
        for lane in 0..LANES {
            let p = outer[from + lane];
            let r = tail_radius(p);
            let z = ratio(r - 1.6, &SHOULDER);
            radii[lane] = r;
            quantiles[lane] = if p < 0.5 { -z } else { z };
        }
        for lane in 0..LANES.min(count - from) {
            let on_shoulder = radii[lane] <= 5.0;
            block[places[from + lane]] = if on_shoulder {
                quantiles[lane]
            } else {
                inverse_normal(outer[from + lane])
            };
        }
    }
}

/// The tail of `p` in the measure of AS 241: the root of minus its logarithm.
#[inline(always)]
fn tail_radius(p: f64) -> f64 {
    let tail = if p < 0.5 { p } else { 1.0 - p };
    (-ln(tail)).sqrt()
}

/// Whether `p` lies where [`central_normal`] holds: 85 of 100 do.
#[inline(always)]
fn is_central(p: f64) -> bool {
    (p - 0.5).abs() <= 0.425
}

/// [`inverse_normal`] of what [`is_central`], without a branch; of no use elsewhere.
#[inline(always)]
fn central_normal(p: f64) -> f64 {
    let q = p - 0.5;
    q * ratio(0.180625 - q * q, &CENTRE)
}

/// Quantile of the gamma distribution with the given shape and scale 1, for 0 < `p` < 1.
///
/// Wilson and Hilferty's approximation, then Newton's method on the regularised incomplete gamma function, kept inside
/// a shrinking bracket.
pub fn inverse_gamma(p: f64, shape: f64) -> f64 {
    let ln_gamma = libm::lgamma(shape);
    let start = 1.0 - 1.0 / (9.0 * shape) + inverse_normal(p) / (3.0 * shape.sqrt());
    let mut x = shape * start * start * start;
    if start <= 0.0 || x < 1e-3 * shape {
        x = exp((ln(p) + ln_gamma + ln(shape)) / shape);
    }
    let (mut low, mut high) = (0.0_f64, f64::MAX);
    for _ in 0..64 {
        let x_positive = x.max(f64::MIN_POSITIVE);
        let error = lower_gamma(shape, x_positive, ln_gamma) - p;
        if error > 0.0 {
            high = x_positive;
        } else {
            low = x_positive;
        }
        let density = exp((shape - 1.0) * ln(x_positive) - x_positive - ln_gamma);
        let mut next = x_positive - error / density;
        if !(next > low && next < high) {
            next = if high == f64::MAX {
                x_positive * 2.0
            } else {
                0.5 * (low + high)
            };
        }
        if (next - x_positive).abs() <= 1e-13 * x_positive {
            return next;
        }
        x = next;
    }
    x
}

/// Regularised lower incomplete gamma function: a series below the mean, a continued fraction above it.
fn lower_gamma(shape: f64, x: f64, ln_gamma: f64) -> f64 {
    let front = exp(shape * ln(x) - x - ln_gamma);
    if x < shape + 1.0 {
        let (mut term, mut sum, mut n) = (1.0 / shape, 1.0 / shape, shape);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= x / n;
            sum += term;
        }
        return front * sum;
    }
    let mut b = x + 1.0 - shape;
    let mut c = 1e300;
    let mut d = 1.0 / b;
    let mut fraction = d;
    for i in 1..10_000 {
        let a = -(i as f64) * (i as f64 - shape);
        b += 2.0;
        d = 1.0 / (a * d + b);
        c = b + a / c;
        fraction *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    1.0 - front * fraction
}

/// Numerator and denominator polynomials, lowest power first.
struct Rational {
    numerator: [f64; 8],
    denominator: [f64; 8],
}

#[inline(always)]
fn ratio(x: f64, r: &Rational) -> f64 {
    polynomial(x, &r.numerator) / polynomial(x, &r.denominator)
}

/// Estrin's scheme: pairs first, so that the processor need not wait for each step before the next.
#[inline(always)]
fn polynomial(x: f64, c: &[f64; 8]) -> f64 {
    let (x2, x4) = (x * x, (x * x) * (x * x));
    let low = (c[0] + c[1] * x) + (c[2] + c[3] * x) * x2;
    let high = (c[4] + c[5] * x) + (c[6] + c[7] * x) * x2;
    low + high * x4
}

const CENTRE: Rational = Rational {
    numerator: [
        3.387_132_872_796_366_608_0,
        1.331_416_678_917_843_774_5e2,
        1.971_590_950_306_551_442_7e3,
        1.373_169_376_550_946_112_5e4,
        4.592_195_393_154_987_145_7e4,
        6.726_577_092_700_870_085_3e4,
        3.343_057_558_358_812_810_5e4,
        2.509_080_928_730_122_672_7e3,
    ],
    denominator: [
        1.0,
        4.231_333_070_160_091_125_2e1,
        6.871_870_074_920_579_083_0e2,
        5.394_196_021_424_751_107_7e3,
        2.121_379_430_158_659_586_7e4,
        3.930_789_580_009_271_061_0e4,
        2.872_908_573_572_194_267_4e4,
        5.226_495_278_852_854_561_0e3,
    ],
};
const SHOULDER: Rational = Rational {
    numerator: [
        1.423_437_110_749_683_577_34,
        4.630_337_846_156_545_295_90,
        5.769_497_221_460_691_405_50,
        3.647_848_324_763_204_605_04,
        1.270_458_252_452_368_382_58,
        2.417_807_251_774_506_117_70e-1,
        2.272_384_498_926_918_458_33e-2,
        7.745_450_142_783_414_076_40e-4,
    ],
    denominator: [
        1.0,
        2.053_191_626_637_758_821_87,
        1.676_384_830_183_803_849_40,
        6.897_673_349_851_000_045_50e-1,
        1.481_039_764_274_800_745_90e-1,
        1.519_866_656_361_645_719_66e-2,
        5.475_938_084_995_344_946_00e-4,
        1.050_750_071_644_416_843_24e-9,
    ],
};
const TAIL: Rational = Rational {
    numerator: [
        6.657_904_643_501_103_777_20,
        5.463_784_911_164_114_369_90,
        1.784_826_539_917_291_335_80,
        2.965_605_718_285_048_912_30e-1,
        2.653_218_952_657_612_309_30e-2,
        1.242_660_947_388_078_438_60e-3,
        2.711_555_568_743_487_578_15e-5,
        2.010_334_399_292_288_132_65e-7,
    ],
    denominator: [
        1.0,
        5.998_322_065_558_879_376_90e-1,
        1.369_298_809_227_358_053_10e-1,
        1.487_536_129_085_061_485_25e-2,
        7.868_691_311_456_132_591_00e-4,
        1.846_318_317_510_054_681_80e-5,
        1.421_511_758_316_445_888_70e-7,
        2.044_263_103_389_939_785_64e-15,
    ],
};

#[cfg(test)]
mod tests {
    use super::*;
    use statrs::distribution::{ContinuousCDF, Gamma, Normal};

    fn close(found: f64, expected: f64, relative: f64) {
        assert!(
            (found - expected).abs() <= relative * expected.abs().max(1e-300),
            "{found} is not {expected}"
        );
    }

    #[test]
    fn logarithm_and_exponential_agree_with_the_reference_library() {
        for i in 1..20_000 {
            let x = i as f64 * 0.037_1;
            close(ln(x), libm::log(x), 1e-14);
            close(ln(1.0 / (x * 1e9)), libm::log(1.0 / (x * 1e9)), 1e-14);
            close(exp(x - 370.0), libm::exp(x - 370.0), 1e-13);
        }
        close(pow(10.0, 3.0), 1000.0, 1e-14);
    }

    #[test]
    fn decimal_logarithms_agree_with_the_reference_library_and_are_whole_at_powers_of_ten() {
        for exponent in -22..=22 {
            let power: f64 = format!("1e{exponent}").parse().unwrap();
            assert_eq!(power_of_ten(exponent), power);
            assert_eq!(log10(power), exponent as f64);
        }
        for i in 2..5_000 {
            let x = i as f64 * 0.037_1;
            assert!((log10(x) - libm::log10(x)).abs() < 1e-14);
        }
    }

    #[test]
    fn normal_quantiles_agree_with_statrs() {
        let normal = Normal::new(0.0, 1.0).unwrap();
        for i in 1..1_000 {
            let p = i as f64 / 1_000.0;
            close(inverse_normal(p) + 10.0, normal.inverse_cdf(p) + 10.0, 1e-11);
        }
        close(inverse_normal(1e-12), -7.034_483_825_301_131, 1e-12);
    }

    #[test]
    fn gamma_quantiles_are_where_the_distribution_function_says() {
        for shape in [0.1, 0.5, 1.0, 4.0, 100.0, 2_500.0] {
            let gamma = Gamma::new(shape, 1.0).unwrap();
            for p in [1e-6, 0.01, 0.3, 0.5, 0.9, 0.999, 1.0 - 1e-9] {
                let x = inverse_gamma(p, shape);
                close(gamma.cdf(x), p, 1e-6);
            }
        }
        close(inverse_gamma(0.5, 1.0), std::f64::consts::LN_2, 1e-12);
    }
}
