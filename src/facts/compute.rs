use crate::units::MemoryMb;

/// Instruction set of a function.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Architecture {
    /// x86_64.
    #[default]
    X86_64,
    /// arm64 (Graviton).
    Arm64,
}

impl Architecture {
    /// AWS's name.
    pub const fn name(self) -> &'static str {
        match self {
            Architecture::X86_64 => "x86_64",
            Architecture::Arm64 => "arm64",
        }
    }
}

/// How a function's code is packed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum PackageType {
    /// A .zip archive.
    #[default]
    Zip,
    /// A container image.
    Image,
}

/// What an invocation runs on, as far as its price depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Compute {
    /// Instruction set.
    pub architecture: Architecture,
    /// Configured memory.
    pub memory: MemoryMb,
    /// Size of /tmp.
    pub ephemeral_storage: MemoryMb,
}
