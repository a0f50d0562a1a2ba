//! A scenario to begin with.

/// A commented scenario named `name`, ready to run.
pub fn starter(name: &str) -> String {
    // JSON strings are YAML strings, so any name survives.
    let name = serde_json::Value::from(name);
    format!(
        "\
# How long do callers wait, and what does it cost, when traffic triples at noon?
#
# Run it with `lambdasim run`. Every key is described in docs/scenario.md; `lambdasim schema` helps your editor.
name: {name}
seed: 1                          # same seed, same result
duration: 2 h
warm_up: 10 min                  # not counted: the first callers meet no warm environment

account:
  concurrent_executions: 1000    # your limit in this region

functions:
  api:
    runtime: python3.13          # gives the INIT times of a cold start; or measure yours: `init: 310 ms`
    architectures: arm64
    memory_size: 512 MB
    timeout: 10 s
    duration: {{ lognormal: {{ median: 80 ms, p99: 600 ms }} }}   # the handler once warm
    error_rate: 0.2 %
    # reserved_concurrent_executions: 200

traffic:
  callers:
    to: api
    invocation_type: RequestResponse
    arrivals: {{ poisson: [[0 h, 20/s], [1 h, 60/s], [2 h, 20/s]] }}   # linear between the points

expect:                          # checked after the run; a failed one makes the exit code 1
  - functions.api.Throttles == 0
  - functions.api.latency.p99 <= 1.5 s
"
    )
}
