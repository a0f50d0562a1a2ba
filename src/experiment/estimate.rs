use super::interval::{Interval, Sample, probability_interval};
use super::nature::Nature;

/// What replications say of one metric.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Its values.
    pub sample: Sample,
    /// What kind of number it is.
    pub nature: Nature,
    /// Where its expected value lies, and how that was found; `None` where there is no such thing or too little to tell.
    pub interval: Option<(Interval, Method)>,
}

/// How an interval was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Student's t over the values of the replications.
    StudentT,
    /// The same for quantiles, each replication being a batch.
    Batches,
    /// The exact binomial interval of Clopper and Pearson.
    ClopperPearson,
}

impl Method {
    /// Its name in files.
    pub const fn name(self) -> &'static str {
        match self {
            Method::StudentT => "student_t",
            Method::Batches => "batches",
            Method::ClopperPearson => "clopper_pearson",
        }
    }
}

impl Estimate {
    /// What `sample`, the values at `path` of `summary.json`, says with this `confidence`.
    pub fn of(path: &str, sample: Sample, confidence: f64) -> Estimate {
        let nature = Nature::of(path);
        let of_mean = |method| sample.interval(confidence).map(|interval| (interval, method));
        let interval = match nature {
            Nature::Mean => of_mean(Method::StudentT),
            Nature::Quantile => of_mean(Method::Batches),
            Nature::Event if sample.count() == 0 => None,
            Nature::Event => {
                let hits = (sample.mean() * sample.count() as f64).round() as u64;
                let interval = probability_interval(hits, sample.count(), confidence);
                Some((interval, Method::ClopperPearson))
            }
            Nature::Extreme => None,
        };
        Estimate {
            sample,
            nature,
            interval,
        }
    }

    /// Half the width of the interval for each unit of the mean: the precision that has been reached. `None` without an
    /// interval; 0 where all values are equal.
    pub fn relative_half_width(&self) -> Option<f64> {
        let half = self.interval?.0.half_width();
        Some(if half == 0.0 {
            0.0
        } else {
            half / self.sample.mean().abs()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn estimate(path: &str, values: &[f64]) -> Estimate {
        Estimate::of(path, values.iter().copied().collect(), 0.95)
    }

    #[test]
    fn each_nature_has_its_interval_and_a_maximum_none() {
        let method = |path| estimate(path, &[1.0, 0.0]).interval.map(|(_, method)| method);
        assert_eq!(method("cost.total"), Some(Method::StudentT));
        assert_eq!(method("functions.f.latency.p99"), Some(Method::Batches));
        assert_eq!(method("deployments.new.rolled_back"), Some(Method::ClopperPearson));
        assert_eq!(method("functions.f.latency.max"), None);
        assert_eq!(estimate("cost.total", &[1.0]).interval, None);
    }

    #[test]
    fn precision_is_half_the_width_for_each_unit_of_the_mean() {
        // Two values 9 and 11: mean 10, standard error 1, t = 12.706 for one degree of freedom.
        let found = estimate("cost.total", &[9.0, 11.0]).relative_half_width().unwrap();
        assert!((found - 1.2706).abs() < 1e-4, "{found}");
        assert_eq!(estimate("cost.total", &[0.0, 0.0]).relative_half_width(), Some(0.0));
        assert_eq!(
            estimate("functions.f.latency.max", &[9.0, 11.0]).relative_half_width(),
            None
        );
    }
}
