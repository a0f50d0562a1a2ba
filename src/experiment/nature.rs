/// What kind of number a metric of a run is: this decides what replications say of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Nature {
    /// A count, a mean, a share or an amount: its expected value is estimated.
    Mean,
    /// A quantile of one run: replications are batches, and the expected quantile of a batch is estimated.
    Quantile,
    /// Whether something happened, as 1 or 0: its probability is estimated.
    Event,
    /// A maximum, or what follows from one: it grows with what is looked at, so only its range is told.
    Extreme,
}

impl Nature {
    /// The nature of what stands at a path of `summary.json`.
    pub fn of(path: &str) -> Nature {
        let mut steps = path.rsplit('.');
        let last = steps.next().unwrap_or_default();
        let above = steps.next().unwrap_or_default();
        let quantile = last
            .strip_prefix('p')
            .is_some_and(|digits| digits.starts_with(|digit: char| digit.is_ascii_digit()));
        match last {
            _ if quantile => Nature::Quantile,
            "alerted" | "rolled_back" => Nature::Event,
            "succeeded" if path.starts_with("deployments.") => Nature::Event,
            "max" | "min" | "longest" | "advised" | "event_poller_units" => Nature::Extreme,
            _ if last.ends_with("_max") || last.ends_with("network_interfaces") || above == "capacity" => {
                Nature::Extreme
            }
            _ => Nature::Mean,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_metric_tells_its_nature() {
        let of = |nature, paths: &[&str]| {
            paths
                .iter()
                .for_each(|path| assert_eq!(Nature::of(path), nature, "{path}"))
        };
        of(
            Nature::Mean,
            &[
                "totals.Throttles",
                "cost.total",
                "functions.f.cold_start_share",
                "functions.max.Errors",
            ],
        );
        of(
            Nature::Quantile,
            &[
                "functions.f.latency.p99",
                "functions.f.Duration.p99_9",
                "streams.s.IteratorAge.p50",
            ],
        );
        of(
            Nature::Event,
            &["deployments.new.succeeded", "cost.budgets.month.alerts.80.alerted"],
        );
        of(
            Nature::Mean,
            &[
                "functions.deployments.succeeded",
                "totals.succeeded",
                "functions.f.provisioned.p",
            ],
        );
        of(
            Nature::Extreme,
            &[
                "queues.q.depth_max",
                "functions.f.latency.max",
                "functions.f.vpc.legacy_network_interfaces",
            ],
        );
    }
}
