//! Defaults that AWS does not document but others measured: INIT by runtime (COLD-2), first invocations (COLD-5), idle
//! life (COLD-7), maximum life (LIFE-13).

use crate::facts::{Architecture, PackageType};
use crate::kernel::Distribution;
use crate::units::{MemoryMb, Span};

/// A row of the runtime table.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Runtime {
    /// AWS's identifier, or the language for code on `provided.al2023`.
    pub name: &'static str,
    /// p10, p50, p90, p99 of INIT in ms: zip x86_64, zip arm64, image x86_64, image arm64.
    init_ms: [[u16; 4]; 4],
    /// Mean of the first invocation's duration in ms at 128, 256, 512, 1,024 MB.
    first_invoke_ms: [f64; 4],
}

/// INIT of hello-world functions: statistics over the daily cold-start data of maxday/lambda-perf, July and August 2026
/// (314,893 cold starts).
const RUNTIMES: &[Runtime] = &[
    Runtime {
        name: "python3.12",
        init_ms: [
            [75, 84, 101, 138],
            [64, 81, 88, 146],
            [123, 152, 283, 380],
            [99, 130, 254, 366],
        ],
        first_invoke_ms: [2.3, 2.0, 1.9, 2.0],
    },
    Runtime {
        name: "python3.13",
        init_ms: [
            [78, 85, 106, 185],
            [64, 80, 92, 119],
            [121, 154, 292, 382],
            [99, 130, 255, 317],
        ],
        first_invoke_ms: [2.3, 2.1, 2.1, 2.2],
    },
    Runtime {
        name: "python3.14",
        init_ms: [
            [98, 110, 147, 270],
            [81, 102, 114, 192],
            [145, 175, 338, 433],
            [119, 157, 298, 363],
        ],
        first_invoke_ms: [2.2, 2.0, 2.0, 1.9],
    },
    Runtime {
        name: "nodejs20.x",
        init_ms: [
            [128, 142, 162, 201],
            [105, 131, 140, 158],
            [224, 265, 557, 775],
            [174, 227, 263, 690],
        ],
        first_invoke_ms: [11.1, 3.2, 3.1, 3.1],
    },
    Runtime {
        name: "nodejs22.x",
        init_ms: [
            [126, 141, 164, 200],
            [101, 129, 137, 155],
            [232, 295, 579, 809],
            [175, 237, 581, 769],
        ],
        first_invoke_ms: [12.2, 3.4, 3.4, 3.3],
    },
    Runtime {
        name: "nodejs24.x",
        init_ms: [
            [120, 135, 156, 201],
            [97, 123, 133, 155],
            [220, 273, 566, 782],
            [168, 228, 661, 746],
        ],
        first_invoke_ms: [14.0, 4.0, 3.3, 3.1],
    },
    Runtime {
        name: "ruby3.3",
        init_ms: [
            [202, 237, 389, 470],
            [181, 242, 345, 433],
            [236, 275, 396, 494],
            [209, 281, 345, 453],
        ],
        first_invoke_ms: [13.0, 3.5, 2.9, 2.7],
    },
    Runtime {
        name: "ruby3.4",
        init_ms: [
            [193, 225, 388, 470],
            [178, 235, 394, 441],
            [228, 262, 384, 479],
            [204, 268, 341, 447],
        ],
        first_invoke_ms: [12.0, 2.6, 2.6, 2.5],
    },
    Runtime {
        name: "java11",
        init_ms: [
            [260, 277, 374, 594],
            [217, 283, 528, 569],
            [310, 366, 636, 792],
            [252, 336, 655, 762],
        ],
        first_invoke_ms: [9.2, 2.8, 2.8, 2.8],
    },
    Runtime {
        name: "java17",
        init_ms: [
            [189, 205, 233, 533],
            [163, 217, 232, 412],
            [256, 304, 477, 719],
            [216, 294, 462, 637],
        ],
        first_invoke_ms: [5.4, 2.4, 2.5, 2.5],
    },
    Runtime {
        name: "java21",
        init_ms: [
            [221, 239, 280, 629],
            [187, 248, 268, 563],
            [277, 341, 619, 799],
            [226, 313, 548, 748],
        ],
        first_invoke_ms: [96.1, 34.6, 31.8, 6.8],
    },
    Runtime {
        name: "java25",
        init_ms: [
            [172, 191, 301, 496],
            [144, 196, 228, 438],
            [207, 239, 480, 634],
            [174, 243, 413, 563],
        ],
        first_invoke_ms: [242.8, 94.4, 25.0, 10.1],
    },
    Runtime {
        name: "dotnet8",
        init_ms: [
            [228, 253, 345, 659],
            [232, 297, 575, 709],
            [329, 401, 675, 830],
            [330, 428, 668, 857],
        ],
        first_invoke_ms: [714.8, 354.4, 163.9, 74.0],
    },
    Runtime {
        name: "dotnet10",
        init_ms: [
            [229, 254, 584, 708],
            [200, 253, 598, 689],
            [328, 392, 709, 842],
            [277, 365, 660, 848],
        ],
        first_invoke_ms: [793.5, 386.7, 180.4, 79.9],
    },
    Runtime {
        name: "dotnet8-aot",
        init_ms: [
            [82, 87, 98, 122],
            [67, 77, 84, 104],
            [50, 61, 106, 172],
            [43, 55, 91, 155],
        ],
        first_invoke_ms: [4.7, 2.0, 2.0, 2.0],
    },
    Runtime {
        name: "go",
        init_ms: [[47, 50, 53, 70], [36, 43, 44, 52], [37, 46, 86, 128], [29, 39, 64, 107]],
        first_invoke_ms: [1.6, 1.5, 1.5, 1.5],
    },
    Runtime {
        name: "rust",
        init_ms: [[15, 16, 22, 50], [12, 14, 16, 44], [28, 35, 63, 103], [23, 30, 45, 92]],
        first_invoke_ms: [1.3, 1.3, 1.3, 1.4],
    },
];

/// Memory sizes of the first-invocation columns.
const FIRST_INVOKE_MB: [f64; 4] = [128.0, 256.0, 512.0, 1024.0];

impl Runtime {
    /// The row for an AWS runtime identifier: its own, else the nearest earlier version of its language, else that of the
    /// earliest version (COLD-8). `provided.*` takes the row of compiled Go. `None` for an unknown language.
    pub fn find(identifier: &str) -> Option<Runtime> {
        if let Some(row) = RUNTIMES.iter().find(|row| row.name == identifier) {
            return Some(*row);
        }
        let (language, wanted) = split_version(identifier);
        let language = if language.starts_with("provided") {
            "go"
        } else {
            language
        };
        let managed = || RUNTIMES.iter().filter(|row| !row.name.contains('-'));
        let of_language = || managed().filter(move |row| split_version(row.name).0 == language);
        let earlier = of_language().filter(|row| split_version(row.name).1 <= wanted);
        earlier
            .max_by_key(|row| split_version(row.name).1)
            .or_else(|| of_language().next())
            .copied()
    }

    /// All rows, for listing what is known.
    pub fn names() -> impl Iterator<Item = &'static str> {
        RUNTIMES.iter().map(|row| row.name)
    }

    /// INIT of a hello-world function (COLD-2, RNG-2). Independent of memory (COLD-3).
    pub fn init(&self, package: PackageType, architecture: Architecture) -> Distribution {
        let column = 2 * (package == PackageType::Image) as usize + (architecture == Architecture::Arm64) as usize;
        let [p10, p50, p90, p99] = self.init_ms[column].map(f64::from);
        Distribution::quantiles(&[(0.1, p10), (0.5, p50), (0.9, p90), (0.99, p99)])
    }

    /// Mean duration of the first invocation after INIT (COLD-5), linear between the measured memory sizes.
    pub fn first_invoke(&self, memory: MemoryMb) -> Span {
        let mb = f64::from(memory.0).clamp(FIRST_INVOKE_MB[0], FIRST_INVOKE_MB[3]);
        let after = FIRST_INVOKE_MB.iter().position(|&size| size >= mb).unwrap_or(3).max(1);
        let (m0, m1) = (FIRST_INVOKE_MB[after - 1], FIRST_INVOKE_MB[after]);
        let (d0, d1) = (self.first_invoke_ms[after - 1], self.first_invoke_ms[after]);
        Span::from_micros(((d0 + (d1 - d0) * (mb - m0) / (m1 - m0)) * 1e3).round() as u64)
    }
}

/// Which terms SnapStart has for an AWS runtime identifier (SNAP-1): `Some(true)` where its snapshots are billed (PRICE-11),
/// `Some(false)` where not, `None` where it has no SnapStart.
pub fn snap_start_terms(identifier: &str) -> Option<bool> {
    let (language, version) = split_version(identifier);
    match language {
        "java" if version >= (11, 0) => Some(false),
        "python" if version >= (3, 12) => Some(true),
        "dotnet" if version >= (8, 0) && !identifier.contains('-') => Some(true),
        _ => None,
    }
}

/// `python3.13` → (`python`, [3, 13]): the language and its version numbers.
fn split_version(identifier: &str) -> (&str, (u32, u32)) {
    let digits = identifier
        .find(|c: char| c.is_ascii_digit())
        .unwrap_or(identifier.len());
    let (language, version) = identifier.split_at(digits);
    let mut numbers = version
        .split(|c: char| !c.is_ascii_digit())
        .map(|part| part.parse().unwrap_or(0));
    (
        language.trim_end_matches('.'),
        (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0)),
    )
}

/// Idle life by COLD-7: the share of environments gone after a gap, read as a distribution function.
pub fn default_idle() -> Distribution {
    let seconds_by_share = [
        (0.0, 240.0),
        (0.03, 270.0),
        (0.08, 300.0),
        (0.43, 315.0),
        (0.68, 330.0),
        (0.94, 345.0),
        (1.0, 360.0),
    ];
    Distribution::quantiles(&seconds_by_share.map(|(share, seconds)| (share, seconds * 1e3)))
}

/// Maximum life by LIFE-13: 110 to 130 minutes from creation.
pub fn default_max_life() -> Distribution {
    Distribution::uniform(110.0 * 60e3, 130.0 * 60e3)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unlisted_version_takes_the_nearest_earlier_row_of_its_language() {
        let found = [
            "python3.15",
            "nodejs26.x",
            "ruby4.0",
            "java21.al2023",
            "python3.8",
            "provided.al2023",
            "dotnet9",
        ]
        .map(|identifier| Runtime::find(identifier).unwrap().name);
        assert_eq!(
            found,
            [
                "python3.14",
                "nodejs24.x",
                "ruby3.4",
                "java21",
                "python3.12",
                "go",
                "dotnet8"
            ]
        );
        assert_eq!(Runtime::find("cobol1"), None);
    }

    #[test]
    fn snap_1_snapshots_exist_for_recent_java_python_and_dotnet() {
        let terms = ["java11", "java21.al2023", "python3.12", "dotnet8"].map(snap_start_terms);
        assert_eq!(terms, [Some(false), Some(false), Some(true), Some(true)]);
        let without = [
            "java8.al2",
            "python3.11",
            "dotnet6",
            "dotnet8-aot",
            "nodejs24.x",
            "provided.al2023",
        ];
        assert_eq!(without.map(snap_start_terms), [None; 6]);
    }

    #[test]
    fn first_invocations_are_read_between_measured_sizes() {
        let java = Runtime::find("java21").unwrap();
        assert_eq!(java.first_invoke(MemoryMb(128)), Span::from_micros(96_100));
        assert_eq!(java.first_invoke(MemoryMb(192)), Span::from_micros(65_350));
        assert_eq!(java.first_invoke(MemoryMb(10_240)), Span::from_micros(6_800));
    }
}
