//! INIT of applications of a realistic size, which load dependencies and make clients.

use super::runtimes::split_version;
use crate::facts::Architecture;
use crate::kernel::Distribution;

/// Language, version from which it holds, and median and p99 in ms: the middles of the ranges of the source.
///
/// Source: the runtime survey of edjgeek.com, 2026, as ranges of cold latency: Python 200–400 ms and 0.8–1.2 s, Node.js 200–350 ms
/// and 0.6–1 s, Go 50–100 and 150–250 ms, Rust 50–80 and 100–200 ms, Java 2–5 s and 6–10 s, .NET compiled ahead of time 200–400 and
/// 500–800 ms. They are read as what Lambda reports: those of Go and Rust lie below placement and overhead together.
const APPLICATIONS: [(&str, f64, f64); 6] = [
    ("python", 300.0, 1_000.0),
    ("nodejs", 275.0, 800.0),
    ("go", 75.0, 200.0),
    ("rust", 65.0, 150.0),
    ("java", 3_500.0, 8_000.0),
    ("dotnet-aot", 300.0, 650.0),
];
/// The survey's arm64 is 13 to 24 % faster than x86_64.
const ARM64: f64 = 0.815;

/// INIT of an application of realistic size for an AWS runtime identifier or measured language: lognormal, whatever the memory.
/// `None` where the source has no such language.
pub fn application_init(runtime: &str, architecture: Architecture) -> Option<Distribution> {
    let (language, _) = split_version(runtime);
    let language = match language {
        language if language.starts_with("provided") => "go",
        "dotnet" if runtime.ends_with("-aot") => "dotnet-aot",
        language => language,
    };
    let (_, median, p99) = APPLICATIONS.into_iter().find(|row| row.0 == language)?;
    let factor = match architecture {
        Architecture::X86_64 => 1.0,
        Architecture::Arm64 => ARM64,
    };
    Some(Distribution::lognormal_from_quantile(
        median * factor,
        0.99,
        p99 * factor,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn applications_of_every_version_of_a_language_share_a_preset() {
        let of = |runtime| application_init(runtime, Architecture::X86_64);
        assert_eq!(of("java8.al2"), of("java25"));
        assert_eq!(of("provided.al2023"), of("go"));
        assert_ne!(of("dotnet8-aot"), None);
        assert_eq!(["dotnet8", "ruby3.4", "graalvm-java21"].map(of), [None, None, None]);
    }
}
