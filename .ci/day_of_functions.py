"""Prints a scenario of a day: day_of_functions.py FUNCTIONS INVOCATIONS. Popularity follows Zipf's law; a sixth of the callers send events."""

import sys

functions, invocations = int(sys.argv[1]), float(sys.argv[2])
TEAMS = ["web", "payments", "search", "data", "ops"]
MEMORY = [128, 256, 512, 1024, 1769]
MEDIANS = [12, 35, 90, 240, 800]
weights = [1 / (number + 1) ** 1.05 for number in range(functions)]

print(f"# How does a day of {functions} functions look?")
print(f"name: day-of-{functions}\nseed: 7\nduration: 24 h\naccount: {{ concurrent_executions: 1000 }}")
print("defaults: { runtime: python3.13, architectures: arm64 }\nfunctions:")
for number in range(functions):
    median, team = MEDIANS[number * 7 % 5], TEAMS[number % 5]
    duration = f"{{ lognormal: {{ median: {median} ms, p99: {median * 5} ms }} }}"
    reserved = ", reserved_concurrent_executions: 2" if number in (3, 9) else ""
    print(
        f"  svc-{team}-{number:04d}: {{ memory_size: {MEMORY[number % 5]} MB, timeout: 30 s, init: 0.3 s, duration: {duration}, "
        f"error_rate: {number % 7 / 10:g} %, tags: {{ team: {team} }}{reserved} }}"
    )
print("traffic:")
for number, weight in enumerate(weights):
    rate = invocations * weight / sum(weights) / 86_400
    course = ", ".join(f"[{hour} h, {rate * part:.6f}/s]" for hour, part in [(0, 0.4), (9, 1.2), (15, 1.6), (24, 0.4)])
    kind = ", invocation_type: Event" if number % 6 == 5 else ""
    print(f"  to-{number:04d}: {{ to: svc-{TEAMS[number % 5]}-{number:04d}{kind}, arrivals: {{ poisson: [{course}] }} }}")
