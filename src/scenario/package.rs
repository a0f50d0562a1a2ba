//! What a version is made of: package, layers and environment variables, held against their quotas.

use super::behaviour::{Behaviour, Platform};
use super::parameters::FunctionParameters;
use super::tree::{Entry, Kind};
use super::values;
use crate::facts::PackageType;
use crate::units::{MemoryMb, Span};

/// Environment variables, names and values together (LIM-4).
const MOST_VARIABLE_BYTES: usize = 4_096;
const MOST_LAYERS: usize = 5;
/// Largest archive that can be uploaded directly (LIM-6).
const DIRECT_UPLOAD: MemoryMb = MemoryMb(50);
/// Unpacked code with its layers (LIM-7).
const MOST_UNZIPPED: MemoryMb = MemoryMb(250);
/// Uncompressed container image (LIM-8).
const LARGEST_IMAGE: MemoryMb = MemoryMb(10_240);

impl Platform<'_> {
    /// What the size of the package adds to INIT (PKG-1), after package, layers and variables have been checked.
    pub fn package_init(&self, place: &Behaviour<'_>, package: PackageType, parameters: &FunctionParameters) -> Span {
        self.check_variables(place);
        let code = self.size(place, "code_size");
        let layers = self.layers(place);
        let unzipped = self.size(place, "unzipped_size");
        let size = match package {
            PackageType::Image => self.image_size(place, code),
            PackageType::Zip => {
                self.check_archive(place, code);
                self.attachments.store(code.map_or(MemoryMb(0), |(_, size)| size));
                self.unpacked(place, unzipped, &layers)
                    .unwrap_or(code.map_or(MemoryMb(0), |(_, size)| size))
            }
        };
        let micros = parameters.init_per_mb.as_micros().saturating_mul(u64::from(size.0));
        Span::from_micros(micros)
    }

    fn size<'n>(&self, place: &Behaviour<'n>, key: &str) -> Option<(&'n Entry, MemoryMb)> {
        let entry = place.all.get(key)?;
        Some((entry, self.reader.value(entry, values::memory)?))
    }

    /// LIM-4.
    fn check_variables(&self, place: &Behaviour<'_>) {
        let Some(entry) = place.all.inner("environment").get("variables") else {
            return;
        };
        let variables = entry.value.entries().iter();
        let bytes: usize = variables
            .map(|variable| variable.key.len() + variable.value.text().map_or(0, str::len))
            .sum();
        if bytes > MOST_VARIABLE_BYTES {
            let found = format!("the environment variables of {} have {bytes} bytes", place.owner);
            self.reader.problem(
                entry.mark,
                found,
                "4 KB for all names and values together are allowed (LIM-4)",
            );
        }
    }

    /// Unpacked sizes of the layers, where they are told; at most five (LIM-5).
    fn layers(&self, place: &Behaviour<'_>) -> Vec<MemoryMb> {
        let Some(entry) = place.all.get("layers") else {
            return Vec::new();
        };
        let (count, sizes) = match &entry.value.kind {
            Kind::Map(layers) => {
                let sizes = layers
                    .iter()
                    .filter_map(|layer| self.reader.value(layer, values::memory));
                (layers.len(), sizes.collect())
            }
            _ => {
                let allowed =
                    "a map from layer to unpacked size, such as { sdk: 40 MB }, or a list of names is allowed";
                (self.reader.list(entry, allowed).map_or(0, <[_]>::len), Vec::new())
            }
        };
        if count > MOST_LAYERS {
            let found = format!("{} has {count} layers", place.owner);
            self.reader
                .problem(entry.mark, found, "at most 5 layers are allowed (LIM-5)");
        }
        sizes
    }

    /// LIM-6.
    fn check_archive(&self, place: &Behaviour<'_>, code: Option<(&Entry, MemoryMb)>) {
        if let Some((_, size)) = code.filter(|(_, size)| *size > DIRECT_UPLOAD) {
            self.reader.warn(format!(
                "the archive of {} has {size}: above {DIRECT_UPLOAD} it has to be uploaded through S3 (LIM-6)",
                place.owner
            ));
        }
    }

    /// Code and layers together, where anything is known of them (LIM-7).
    fn unpacked(
        &self,
        place: &Behaviour<'_>,
        unzipped: Option<(&Entry, MemoryMb)>,
        layers: &[MemoryMb],
    ) -> Option<MemoryMb> {
        let entry = unzipped.map(|(entry, _)| entry).or(place.all.get("layers"))?;
        if unzipped.is_none() && layers.is_empty() {
            return None;
        }
        let own = unzipped.map_or(0, |(_, size)| size.0);
        let size = MemoryMb(layers.iter().fold(own, |sum, layer| sum.saturating_add(layer.0)));
        if size > MOST_UNZIPPED {
            let found = format!("{} has {size} of unpacked code and layers", place.owner);
            let allowed = format!("{MOST_UNZIPPED} together are allowed (LIM-7); a container image may have 10 GB");
            self.reader.problem(entry.mark, found, allowed);
        }
        Some(size)
    }

    /// LIM-8.
    fn image_size(&self, place: &Behaviour<'_>, code: Option<(&Entry, MemoryMb)>) -> MemoryMb {
        let Some((entry, size)) = code else {
            return MemoryMb(0);
        };
        if size > LARGEST_IMAGE {
            let found = format!("the image of {} has {size}", place.owner);
            self.reader
                .problem(entry.value.mark, found, "10 GB uncompressed are allowed (LIM-8)");
        }
        size
    }
}
