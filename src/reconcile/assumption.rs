/// Which assumptions a quantity rests on: words of the scenario, parameters, rules. The longest name that fits counts.
const ASSUMPTIONS: [(&str, &str); 11] = [
    (
        "Invocations",
        "the scenario's arrivals; retries of callers (SDK-1) and of events (ASYNC-3)",
    ),
    (
        "Errors",
        "error_rate, crash_rate and timeout of the function; timeouts follow from duration",
    ),
    (
        "Throttles",
        "the limits of account and function (CONC-6, CONC-7); bursts shorter than the rates of the scenario show; the scaling rate \
         (SCALE-1); parameters rps.shape and rps.refund",
    ),
    (
        "cold_starts",
        "parameters idle, idle.noise and max_life (LIFE-14); env_pick; bursts shorter than the rates of the scenario show",
    ),
    (
        "environments.",
        "parameters idle, idle.noise and max_life (LIFE-14); env_pick; bursts shorter than the rates of the scenario show",
    ),
    (
        "init.",
        "init, or the runtime's table (COLD-2); parameters init.cpu_boost and init.ms_per_mb; package size (PKG-1)",
    ),
    (
        "Duration.",
        "the function's duration; memory_scaling where memory differs (CPU-1); suppressed INIT after resets (LIFE-6); duration_factor",
    ),
    (
        "ConcurrentExecutions.",
        "bursts of the arrivals within a minute; duration; INIT and placement, which hold a slot (parameter placement)",
    ),
    (
        "Request",
        "the scenario's arrivals and retries; payloads of events above 256 KB (PRICE-3)",
    ),
    (
        "Lambda-GB-Second",
        "duration and memory_size; which INIT is billed (SW-INITBILL, billing.failed_init); the share of cold starts (parameter idle)",
    ),
    (
        "",
        "the amounts and times of the scenario's configuration that this usage is metered by (lambdasim rules PRICE)",
    ),
];

/// What could make this quantity differ.
pub(super) fn behind(quantity: &str) -> &'static str {
    let fitting = ASSUMPTIONS.iter().filter(|(start, _)| quantity.starts_with(start));
    fitting
        .max_by_key(|(start, _)| start.len())
        .map_or("", |(_, text)| text)
}
