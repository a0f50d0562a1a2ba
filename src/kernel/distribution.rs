use std::sync::Arc;

use pulp::{Arch, Simd, WithSimd};

use crate::kernel::draws::BLOCK;
use crate::kernel::math;
use crate::kernel::ration::Ration;
use crate::units::Span;

/// Longest length a draw can give; longer values are cut to it (71 years).
const LONGEST_MICROS: f64 = 2_251_799_813_685_247.0;
const TWO_52: f64 = 4_503_599_627_370_496.0;
const TWO_53: f64 = 9_007_199_254_740_992.0;

/// Of so many points of a quantile function all are looked at for each of a block of samples.
const FEW_POINTS: usize = 16;

/// A distribution of lengths of time, sampled by inverse CDF from one uniform of 53 bits (RNG-2).
///
/// Constructors take milliseconds, as scenario files do; samples are whole microseconds, rounded to nearest.
/// Parameters must be finite and in the range each constructor names: the scenario room checks that.
#[derive(Clone, Debug, PartialEq)]
pub struct Distribution(Shape);

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    Constant(Span),
    Uniform {
        low: f64,
        width: f64,
    },
    Exponential {
        mean: f64,
    },
    Normal {
        mean: f64,
        sd: f64,
    },
    /// Of ln microseconds.
    Lognormal {
        mu: f64,
        sigma: f64,
    },
    Gamma {
        shape: f64,
        scale: f64,
    },
    Weibull {
        scale: f64,
        inverse_shape: f64,
    },
    Pareto {
        minimum: f64,
        inverse_shape: f64,
    },
    /// Probability and microseconds, both rising.
    Quantiles(Arc<[(f64, f64)]>),
    /// Cumulated weight (the last is 1) and component.
    Mixture(Arc<[(f64, Distribution)]>),
    /// Sorted microseconds.
    Empirical(Arc<[u64]>),
    /// Another one times a factor, plus microseconds.
    Affine(Box<Distribution>, f64, f64),
    /// A part of another one as it is, and a part as rationed CPU time.
    Rationed {
        whole: Box<Distribution>,
        plain: f64,
        cpu: f64,
        ration: Ration,
    },
}

impl Distribution {
    /// Always `span`.
    pub fn constant(span: Span) -> Distribution {
        Distribution(Shape::Constant(span))
    }

    /// Evenly between `low_ms` and `high_ms` (0 ≤ low ≤ high).
    pub fn uniform(low_ms: f64, high_ms: f64) -> Distribution {
        Distribution(Shape::Uniform {
            low: low_ms * 1e3,
            width: (high_ms - low_ms) * 1e3,
        })
    }

    /// Exponential with the given mean (≥ 0).
    pub fn exponential(mean_ms: f64) -> Distribution {
        Distribution(Shape::Exponential { mean: mean_ms * 1e3 })
    }

    /// Normal, truncated at 0 (values below become 0). `sd_ms` ≥ 0.
    pub fn normal(mean_ms: f64, sd_ms: f64) -> Distribution {
        Distribution(Shape::Normal {
            mean: mean_ms * 1e3,
            sd: sd_ms * 1e3,
        })
    }

    /// Lognormal given by mean `mu` and standard deviation `sigma` (≥ 0) of the natural logarithm of milliseconds.
    pub fn lognormal(mu: f64, sigma: f64) -> Distribution {
        Distribution(Shape::Lognormal {
            mu: mu + math::ln(1e3),
            sigma,
        })
    }

    /// Lognormal given by its median (> 0) and the value (≥ median) of its quantile `p` (0.5 < p < 1).
    pub fn lognormal_from_quantile(median_ms: f64, p: f64, value_ms: f64) -> Distribution {
        let mu = math::ln(median_ms);
        Distribution::lognormal(mu, (math::ln(value_ms) - mu) / math::inverse_normal(p))
    }

    /// Gamma with the given mean (> 0) and coefficient of variation (> 0).
    pub fn gamma(mean_ms: f64, cv: f64) -> Distribution {
        let shape = 1.0 / (cv * cv);
        Distribution(Shape::Gamma {
            shape,
            scale: mean_ms * 1e3 / shape,
        })
    }

    /// Weibull with the given scale (> 0) and shape (> 0).
    pub fn weibull(scale_ms: f64, shape: f64) -> Distribution {
        Distribution(Shape::Weibull {
            scale: scale_ms * 1e3,
            inverse_shape: 1.0 / shape,
        })
    }

    /// Pareto with the given minimum (> 0) and shape (> 0).
    pub fn pareto(minimum_ms: f64, shape: f64) -> Distribution {
        Distribution(Shape::Pareto {
            minimum: minimum_ms * 1e3,
            inverse_shape: 1.0 / shape,
        })
    }

    /// Piecewise linear between (probability, milliseconds) points, at least one, both rising, probabilities in 0..=1.
    ///
    /// Where p0 or p100 is missing it is 0.9 × the first given value and 1.1 × the last (RNG-2).
    pub fn quantiles(points: &[(f64, f64)]) -> Distribution {
        let mut points: Vec<(f64, f64)> = points.iter().map(|&(p, ms)| (p, ms * 1e3)).collect();
        let (first, last) = (points[0], points[points.len() - 1]);
        if first.0 > 0.0 {
            points.insert(0, (0.0, first.1 * 0.9));
        }
        if last.0 < 1.0 {
            points.push((1.0, last.1 * 1.1));
        }
        Distribution(Shape::Quantiles(points.into()))
    }

    /// One of several distributions, chosen by weight. Weights (> 0) are normalised to a sum of 1.
    pub fn mixture(parts: Vec<(f64, Distribution)>) -> Distribution {
        let total: f64 = parts.iter().map(|part| part.0).sum();
        let mut sum = 0.0;
        let mut cumulated: Vec<(f64, Distribution)> = Vec::with_capacity(parts.len());
        for (weight, part) in parts {
            sum += weight / total;
            cumulated.push((sum, part));
        }
        if let Some(last) = cumulated.last_mut() {
            last.0 = 1.0;
        }
        Distribution(Shape::Mixture(cumulated.into()))
    }

    /// One of the measured values (at least one), each as likely as the others.
    pub fn empirical(values: Vec<Span>) -> Distribution {
        let mut micros: Vec<u64> = values.into_iter().map(Span::as_micros).collect();
        micros.sort_unstable();
        Distribution(Shape::Empirical(micros.into()))
    }

    /// This one times `factor` (finite, ≥ 0), plus `offset`.
    pub fn affine(self, factor: f64, offset: Span) -> Distribution {
        if factor == 1.0 && offset.is_zero() {
            return self;
        }
        let offset = offset.as_micros() as f64;
        match self.as_constant() {
            Some(span) => Distribution::constant(round_micros(span.as_micros() as f64 * factor + offset)),
            None => Distribution(Shape::Affine(Box::new(self), factor, offset)),
        }
    }

    /// `plain` times this one, plus how long `cpu` times this one takes as rationed CPU time. Both finite, ≥ 0.
    pub fn rationed(self, plain: f64, cpu: f64, ration: Ration) -> Distribution {
        match self.as_constant() {
            Some(span) => Distribution::constant(round_micros(rationed(span.as_micros() as f64, plain, cpu, ration))),
            None => Distribution(Shape::Rationed {
                whole: Box::new(self),
                plain,
                cpu,
                ration,
            }),
        }
    }

    /// The one value of a constant distribution.
    pub fn as_constant(&self) -> Option<Span> {
        match self.0 {
            Shape::Constant(span) => Some(span),
            _ => None,
        }
    }

    /// The smallest value that can be drawn.
    pub fn minimum(&self) -> Span {
        match &self.0 {
            Shape::Mixture(parts) => parts.iter().map(|(_, part)| part.minimum()).min().unwrap_or(Span::ZERO),
            Shape::Affine(inner, factor, offset) => round_micros(inner.minimum().as_micros() as f64 * factor + offset),
            &Shape::Rationed {
                ref whole,
                plain,
                cpu,
                ration,
            } => round_micros(rationed(whole.minimum().as_micros() as f64, plain, cpu, ration)),
            // All others rise with the uniform.
            _ => self.sample(0),
        }
    }

    /// The value at a 53-bit uniform draw.
    pub fn sample(&self, uniform: u64) -> Span {
        match &self.0 {
            Shape::Constant(span) => *span,
            Shape::Empirical(sorted) => {
                Span::from_micros(sorted[((uniform as u128 * sorted.len() as u128) >> 53) as usize])
            }
            // Odd numerators keep the fraction strictly between 0 and 1, and 1 − u exact.
            _ => round_micros(self.at((uniform | 1) as f64 / TWO_53)),
        }
    }

    /// [`Distribution::sample`] of [`BLOCK`] uniforms: the same values, several at once in vector registers as wide as the
    /// processor has them where a formula gives them.
    pub fn sample_block(&self, uniforms: &[u64; BLOCK], out: &mut [Span; BLOCK]) {
        if self.0.has_formula() {
            let shape = &self.0;
            Arch::new().dispatch(SampleBlock { shape, uniforms, out });
        } else {
            for (sampled, uniform) in out.iter_mut().zip(uniforms) {
                *sampled = self.sample(*uniform);
            }
        }
    }

    /// Quantile in microseconds at 0 < `u` < 1.
    fn at(&self, u: f64) -> f64 {
        match &self.0 {
            Shape::Constant(span) => span.as_micros() as f64,
            Shape::Uniform { low, width } => low + width * u,
            Shape::Exponential { mean } => -mean * math::ln(1.0 - u),
            Shape::Normal { mean, sd } => mean + sd * math::inverse_normal(u),
            Shape::Lognormal { mu, sigma } => math::exp(mu + sigma * math::inverse_normal(u)),
            Shape::Gamma { shape, scale } => scale * math::inverse_gamma(u, *shape),
            Shape::Weibull { scale, inverse_shape } => scale * math::pow(-math::ln(1.0 - u), *inverse_shape),
            Shape::Pareto { minimum, inverse_shape } => minimum * math::exp(-inverse_shape * math::ln(1.0 - u)),
            Shape::Quantiles(points) => interpolate(points, u),
            Shape::Mixture(parts) => {
                let mut below = 0.0;
                for (upto, part) in parts.iter() {
                    if u < *upto {
                        let inside = ((u - below) / (upto - below)).clamp(1.0 / TWO_53, 1.0 - 1.0 / TWO_53);
                        return part.at(inside);
                    }
                    below = *upto;
                }
                0.0
            }
            Shape::Affine(inner, factor, offset) => inner.at(u) * factor + offset,
            &Shape::Rationed {
                ref whole,
                plain,
                cpu,
                ration,
            } => rationed(whole.at(u), plain, cpu, ration),
            Shape::Empirical(sorted) => {
                let index = (u * sorted.len() as f64) as usize;
                sorted[index.min(sorted.len() - 1)] as f64
            }
        }
    }
}

impl Shape {
    /// Whether [`SampleBlock`] knows a formula for it.
    fn has_formula(&self) -> bool {
        match self {
            Shape::Uniform { .. }
            | Shape::Exponential { .. }
            | Shape::Normal { .. }
            | Shape::Lognormal { .. }
            | Shape::Weibull { .. }
            | Shape::Pareto { .. } => true,
            Shape::Quantiles(points) => points.len() <= FEW_POINTS,
            _ => false,
        }
    }
}

/// [`Distribution::sample_block`] where a formula gives the values, compiled once for each width of vector registers.
struct SampleBlock<'a> {
    shape: &'a Shape,
    uniforms: &'a [u64; BLOCK],
    out: &'a mut [Span; BLOCK],
}

impl WithSimd for SampleBlock<'_> {
    type Output = ();

    #[inline(always)]
    fn with_simd<S: Simd>(self, simd: S) {
        let mut values = [0.0; BLOCK];
        for (value, uniform) in values.iter_mut().zip(self.uniforms) {
            *value = (uniform | 1) as f64 / TWO_53;
        }
        match *self.shape {
            Shape::Uniform { low, width } => {
                for value in &mut values {
                    *value = low + width * *value;
                }
            }
            Shape::Exponential { mean } => {
                for value in &mut values {
                    *value = -mean * math::ln(1.0 - *value);
                }
            }
            Shape::Normal { mean, sd } => {
                math::inverse_normal_block(&mut values);
                for value in &mut values {
                    *value = mean + sd * *value;
                }
            }
            Shape::Lognormal { mu, sigma } => {
                math::inverse_normal_block(&mut values);
                for value in &mut values {
                    *value = math::exp(mu + sigma * *value);
                }
            }
            Shape::Weibull { scale, inverse_shape } => {
                for value in &mut values {
                    *value = scale * math::pow(-math::ln(1.0 - *value), inverse_shape);
                }
            }
            Shape::Pareto { minimum, inverse_shape } => {
                for value in &mut values {
                    *value = minimum * math::exp(-inverse_shape * math::ln(1.0 - *value));
                }
            }
            Shape::Quantiles(ref points) => interpolate_block(simd, points, &mut values),
            _ => unreachable!("{:?} is no formula", self.shape),
        }
        for (sampled, value) in self.out.iter_mut().zip(&values) {
            *sampled = round_micros(*value);
        }
    }
}

fn rationed(micros: f64, plain: f64, cpu: f64, ration: Ration) -> f64 {
    let work = round_micros(micros * cpu).as_micros();
    micros * plain + ration.elapsed(work) as f64
}

fn interpolate(points: &[(f64, f64)], u: f64) -> f64 {
    let after = points.partition_point(|point| point.0 <= u).clamp(1, points.len() - 1);
    let (p0, v0) = points[after - 1];
    let (p1, v1) = points[after];
    if p1 <= p0 {
        v1
    } else {
        v0 + (v1 - v0) * ((u - p0) / (p1 - p0))
    }
}

/// [`interpolate`] for each of `values`. All segments are looked at for all of them: with few, that costs less than to search for
/// each, because nothing has to be guessed. Registers are named, since the compiler does not keep what a loop over segments finds in them.
#[inline(always)]
fn interpolate_block<S: Simd>(simd: S, points: &[(f64, f64)], values: &mut [f64; BLOCK]) {
    let point = |(p, v): (f64, f64)| (simd.splat_f64s(p), simd.splat_f64s(v));
    let (first, second) = (point(points[0]), point(points[1]));
    // A block has no rest: registers hold 1, 2, 4 or 8.
    let (registers, _) = S::as_mut_simd_f64s(values);
    for u in registers {
        let ((mut p0, mut v0), (mut p1, mut v1)) = (first, second);
        for pair in points[1..].windows(2) {
            let (start, end) = (point(pair[0]), point(pair[1]));
            let inside = simd.greater_than_or_equal_f64s(*u, start.0);
            p0 = simd.select_f64s(inside, start.0, p0);
            v0 = simd.select_f64s(inside, start.1, v0);
            p1 = simd.select_f64s(inside, end.0, p1);
            v1 = simd.select_f64s(inside, end.1, v1);
        }
        let width = simd.sub_f64s(p1, p0);
        let part = simd.div_f64s(simd.sub_f64s(*u, p0), width);
        let between = simd.add_f64s(v0, simd.mul_f64s(simd.sub_f64s(v1, v0), part));
        let is_step = simd.less_than_or_equal_f64s(width, simd.splat_f64s(0.0));
        *u = simd.select_f64s(is_step, v1, between);
    }
}

/// Whole microseconds, half to even; negative values become 0.
#[inline(always)]
fn round_micros(micros: f64) -> Span {
    let micros = micros.clamp(0.0, LONGEST_MICROS);
    Span::from_micros((micros + TWO_52).to_bits() & 0x000f_ffff_ffff_ffff)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::draws::{Pair, Purpose, StreamKey};

    /// Uniforms of which every fourth lies far down, and the next one as far up, on both sides of all borders there are.
    fn uniforms(first_ordinal: u64) -> [u64; BLOCK] {
        let key = StreamKey::derive(1, 0, "test", "block");
        let mut uniforms = [0; BLOCK];
        for (ordinal, uniform) in (first_ordinal..).zip(&mut uniforms) {
            let Pair { first, second } = key.draw(ordinal, 0, Purpose::Work);
            let small = first >> (second % 53);
            *uniform = [first, first, small, (1 << 53) - 1 - small][(ordinal % 4) as usize];
        }
        uniforms
    }

    #[test]
    fn a_block_holds_the_same_samples_as_one_by_one() {
        let shapes = [
            Distribution::constant(Span::from_millis(5)),
            Distribution::uniform(10.0, 30.0),
            Distribution::exponential(50.0),
            Distribution::normal(100.0, 60.0),
            Distribution::lognormal(4.0, 0.8),
            Distribution::gamma(20.0, 0.5),
            Distribution::weibull(100.0, 0.7),
            Distribution::pareto(10.0, 0.4),
            Distribution::quantiles(&[(0.1, 100.0), (0.5, 200.0), (0.99, 400.0)]),
            Distribution::quantiles(&[(0.2, 100.0), (0.5, 100.0), (0.5, 300.0), (0.5, 350.0), (1.0, 400.0)]),
            Distribution::quantiles(
                &(1..40)
                    .map(|k| (f64::from(k) / 40.0, f64::from(k * k)))
                    .collect::<Vec<_>>(),
            ),
            Distribution::mixture(vec![
                (3.0, Distribution::exponential(10.0)),
                (1.0, Distribution::lognormal(4.0, 0.8)),
            ]),
            Distribution::empirical(vec![Span::from_millis(3), Span::from_millis(1)]),
            Distribution::lognormal(4.0, 0.8).affine(1.3, Span::from_millis(20)),
        ];
        for first_ordinal in (0..64_000).step_by(BLOCK) {
            let uniforms = uniforms(first_ordinal);
            for shape in &shapes {
                let one_by_one = uniforms.map(|uniform| shape.sample(uniform));
                let mut block = [Span::ZERO; BLOCK];
                shape.sample_block(&uniforms, &mut block);
                assert_eq!(block, one_by_one, "{shape:?}");
            }
        }
    }

    /// Without vector instructions, and below the widest there are.
    fn architectures() -> Vec<Arch> {
        let mut architectures = vec![Arch::Scalar];
        #[cfg(target_arch = "x86_64")]
        architectures.extend(pulp::x86::V3::try_new().map(Arch::V3));
        architectures
    }

    #[test]
    fn registers_of_every_width_give_the_same_samples() {
        let few_points = [(0.1, 80.0), (0.5, 90.0), (0.5, 95.0), (0.9, 300.0), (0.99, 4_000.0)];
        for shape in [Distribution::lognormal(4.0, 0.8), Distribution::quantiles(&few_points)] {
            for first_ordinal in (0..64_000).step_by(BLOCK) {
                let uniforms = uniforms(first_ordinal);
                let (mut widest, mut narrow) = ([Span::ZERO; BLOCK], [Span::ZERO; BLOCK]);
                shape.sample_block(&uniforms, &mut widest);
                for arch in architectures() {
                    arch.dispatch(SampleBlock {
                        shape: &shape.0,
                        uniforms: &uniforms,
                        out: &mut narrow,
                    });
                    assert_eq!(narrow, widest, "{shape:?} {arch:?}");
                }
            }
        }
    }

    fn mean_of(distribution: &Distribution) -> f64 {
        let key = StreamKey::derive(1, 0, "test", "mean");
        let draws = 200_000;
        let sum: f64 = (0..draws)
            .map(|k| distribution.sample(key.draw(k, 0, Purpose::Work).first).as_millis_f64())
            .sum();
        sum / draws as f64
    }

    fn at(distribution: &Distribution, p: f64) -> f64 {
        distribution.sample((p * TWO_53) as u64).as_millis_f64()
    }

    #[test]
    fn means_are_those_of_the_textbook() {
        let cases = [
            (Distribution::uniform(10.0, 30.0), 20.0),
            (Distribution::exponential(50.0), 50.0),
            (Distribution::normal(100.0, 10.0), 100.0),
            (Distribution::gamma(80.0, 0.7), 80.0),
            (Distribution::weibull(100.0, 2.0), 88.6227),
            (Distribution::pareto(10.0, 3.0), 15.0),
            (Distribution::lognormal(3.0, 0.5), 22.7599),
            (
                Distribution::mixture(vec![
                    (3.0, Distribution::exponential(10.0)),
                    (1.0, Distribution::uniform(90.0, 110.0)),
                ]),
                32.5,
            ),
        ];
        for (distribution, expected) in cases {
            let found = mean_of(&distribution);
            assert!(
                (found - expected).abs() < expected * 0.01,
                "{distribution:?}: {found}, expected {expected}"
            );
        }
    }

    #[test]
    fn a_lognormal_meets_the_quantiles_it_was_given() {
        let d = Distribution::lognormal_from_quantile(85.0, 0.99, 700.0);
        assert!((at(&d, 0.5) - 85.0).abs() < 0.01 && (at(&d, 0.99) - 700.0).abs() < 0.01);
    }

    #[test]
    fn a_scaled_and_shifted_distribution_has_scaled_and_shifted_quantiles() {
        let offset = Span::from_millis(20);
        let d = Distribution::uniform(100.0, 200.0).affine(0.5, offset);
        assert!((at(&d, 0.5) - 95.0).abs() < 0.01 && (at(&d, 0.9) - 115.0).abs() < 0.01);
        assert_eq!(d.minimum(), Span::from_millis(70));
        let constant = Distribution::constant(Span::from_millis(7)).affine(3.0, offset);
        assert_eq!(constant.as_constant(), Some(Span::from_millis(41)));
    }

    #[test]
    fn the_rationed_part_of_a_distribution_is_a_staircase() {
        let ration = Ration {
            period: 20_000,
            check: 8_000,
            share: (1, 2),
        };
        // Of 20 ms 4 ms are left as they are, and 16 ms of CPU time need no rest; of 30 ms 24 ms rest once.
        let constant = |ms| Distribution::constant(Span::from_millis(ms)).rationed(0.2, 0.8, ration);
        assert_eq!(constant(20).as_constant(), Some(Span::from_millis(20)));
        assert_eq!(constant(30).as_constant(), Some(Span::from_millis(34)));
        let spread = Distribution::uniform(20.0, 30.0).rationed(0.2, 0.8, ration);
        assert_eq!(spread.minimum(), Span::from_millis(20));
        assert!((at(&spread, 1.0 - 1e-12) - 34.0).abs() < 0.01);
    }

    #[test]
    fn quantile_tables_are_linear_between_points_and_stretched_at_both_ends() {
        let d = Distribution::quantiles(&[(0.1, 100.0), (0.5, 200.0), (0.99, 400.0)]);
        assert!((at(&d, 1e-12) - 90.0).abs() < 0.01);
        assert!((at(&d, 0.3) - 150.0).abs() < 0.01);
        assert!((at(&d, 1.0 - 1e-12) - 440.0).abs() < 0.01);
    }

    #[test]
    fn no_draw_is_negative_infinite_or_out_of_range() {
        let extremes = [0, 1, (1 << 53) - 1];
        let shapes = [
            Distribution::normal(1.0, 100.0),
            Distribution::exponential(1e12),
            Distribution::pareto(1.0, 0.01),
            Distribution::gamma(1.0, 30.0),
            Distribution::empirical(vec![Span::from_millis(3), Span::from_millis(1)]),
        ];
        for shape in shapes {
            let samples = extremes.map(|u| shape.sample(u).as_micros());
            assert!(samples[0] <= samples[1] && samples[1] <= samples[2] && samples[2] as f64 <= LONGEST_MICROS);
        }
    }
}
