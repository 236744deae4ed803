//! `[metadata.limits]`: the resources that a build may use. Each limit has a default, and a maximum that no buildpack
//! can raise.

use super::DescriptorError;
use super::section::Section;

/// The memory, time and disk space that a build may use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Memory of the component, in MiB. It includes the memory that the host needs for the directories that it lists
    /// for the component.
    pub memory_mib: u64,
    /// Time of one call of the component, in seconds.
    pub seconds: u64,
    /// Stack of the component's calls, in KiB. A stack that the component keeps in its own memory counts as memory.
    pub stack_kib: u64,
    /// Elements of each table of the component.
    pub table_elements: u64,
    /// Memories of the component. All of them share `memory-mib`. A component that was joined from several has several.
    pub memories: u64,
    /// Core instances of the component, and tables. A component of an interpreter with libraries has dozens.
    pub core_instances: u64,
    /// Size of all that the component logs and prints, in KiB.
    pub log_kib: u64,
    /// Size of the data that the component returns, in KiB.
    pub output_kib: u64,
    /// Files that the component may have open. Includes the host's own.
    pub open_files: u64,
    /// Size of one file that the component writes, in MiB.
    pub file_mib: u64,
    /// Files, folders and links that the component may make. Those that it removes again count too, and so do those
    /// that it leaves in its layers.
    pub files: u64,
    /// Size of all that the component writes into files, and of the files that it leaves, in MiB.
    pub files_mib: u64,
    /// Time of all downloads and of unpacking them, in seconds.
    pub fetch_seconds: u64,
    /// Size of the data that one source may send, in MiB.
    pub fetch_mib: u64,
    /// Connections that are open at once to fetch the files of one source.
    pub fetch_connections: u64,
    /// Files, folders and links of one source, or of one folder of files.
    pub content_files: u64,
    /// Size of the content of one source, or of one folder of files, in MiB.
    pub content_mib: u64,
}

/// A key, its default, its minimum, its maximum, and the field that it sets.
struct Row(&'static str, u64, u64, u64, fn(&mut Limits) -> &mut u64);

const ROWS: [Row; 17] = [
    Row("memory-mib", 256, 4, 2048, |l| &mut l.memory_mib),
    Row("seconds", 60, 1, 1800, |l| &mut l.seconds),
    Row("stack-kib", 1024, 64, 16_384, |l| &mut l.stack_kib),
    Row("table-elements", 20_000, 100, 1_000_000, |l| {
        &mut l.table_elements
    }),
    Row("memories", 4, 1, 64, |l| &mut l.memories),
    Row("core-instances", 128, 1, 1024, |l| &mut l.core_instances),
    Row("log-kib", 256, 1, 4096, |l| &mut l.log_kib),
    Row("output-kib", 4096, 16, 65_536, |l| &mut l.output_kib),
    Row("open-files", 128, 16, 1024, |l| &mut l.open_files),
    Row("file-mib", 64, 1, 16_384, |l| &mut l.file_mib),
    Row("files", 10_000, 0, 1_000_000, |l| &mut l.files),
    Row("files-mib", 256, 0, 16_384, |l| &mut l.files_mib),
    Row("fetch-seconds", 300, 1, 3600, |l| &mut l.fetch_seconds),
    Row("fetch-mib", 64, 1, 16_384, |l| &mut l.fetch_mib),
    Row("fetch-connections", 6, 1, 32, |l| &mut l.fetch_connections),
    Row("content-files", 20_000, 1, 1_000_000, |l| {
        &mut l.content_files
    }),
    Row("content-mib", 256, 1, 16_384, |l| &mut l.content_mib),
];

impl Default for Limits {
    fn default() -> Self {
        let mut limits = Self {
            memory_mib: 0,
            seconds: 0,
            stack_kib: 0,
            table_elements: 0,
            memories: 0,
            core_instances: 0,
            log_kib: 0,
            output_kib: 0,
            open_files: 0,
            file_mib: 0,
            files: 0,
            files_mib: 0,
            fetch_seconds: 0,
            fetch_mib: 0,
            fetch_connections: 0,
            content_files: 0,
            content_mib: 0,
        };
        for Row(_, default, _, _, field) in ROWS {
            *field(&mut limits) = default;
        }
        limits
    }
}

impl Limits {
    pub(super) fn read(section: Section<'_>) -> Result<Self, DescriptorError> {
        let mut limits = Self::default();
        for (Row(.., field), value) in LimitValues::read(section)?.rows() {
            *field(&mut limits) = value;
        }
        Ok(limits)
    }

    /// The keys and values, in the order of the documentation of buildpack.toml.
    pub fn rows(&self) -> impl Iterator<Item = (&'static str, u64)> {
        let mut limits = self.clone();
        ROWS.into_iter()
            .map(move |Row(key, .., field)| (key, *field(&mut limits)))
    }
}

/// Some of the limits, each within its range.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LimitValues([Option<u64>; ROWS.len()]);

impl LimitValues {
    pub fn read(mut section: Section<'_>) -> Result<Self, DescriptorError> {
        let mut values = Self::default();
        for (Row(key, _, least, most, _), value) in ROWS.into_iter().zip(&mut values.0) {
            let Some(found) = section.number(key)? else {
                continue;
            };
            match u64::try_from(found) {
                Ok(number) if (least..=most).contains(&number) => *value = Some(number),
                _ => {
                    return Err(DescriptorError::Limit {
                        file: section.file().to_owned(),
                        key: section.at(key),
                        found,
                        least,
                        most,
                    });
                }
            }
        }
        section.finish()?;
        Ok(values)
    }

    fn rows(&self) -> impl Iterator<Item = (Row, u64)> {
        let rows = ROWS.into_iter().zip(self.0);
        rows.filter_map(|(row, value)| Some((row, value?)))
    }

    /// Lowers the limits that exceed these values. Returns the key, the old value and the new value of each.
    pub fn lower(&self, limits: &mut Limits) -> Vec<(&'static str, u64, u64)> {
        let mut lowered = Vec::new();
        for (Row(key, .., field), most) in self.rows() {
            let value = field(limits);
            if *value > most {
                lowered.push((key, *value, most));
                *value = most;
            }
        }
        lowered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_limit_has_a_default_within_its_range_and_a_field_of_its_own() {
        let mut limits = Limits::default();
        for (index, Row(key, default, least, most, field)) in ROWS.into_iter().enumerate() {
            assert!((least..=most).contains(&default), "{key}");
            assert_eq!(*field(&mut limits), default, "{key} shares a field");
            *field(&mut limits) = u64::MAX - index as u64;
        }
    }

    #[test]
    fn each_limit_is_held_to_its_range() {
        for Row(key, _, least, most, field) in ROWS {
            let read = |value: i64| {
                let table = [(key.to_owned(), toml::Value::Integer(value))];
                Limits::read(Section::root("f", table.into_iter().collect()))
            };
            let signed = |value: u64| i64::try_from(value).unwrap();
            for inside in [least, most] {
                assert_eq!(*field(&mut read(signed(inside)).unwrap()), inside);
            }
            for outside in [signed(least) - 1, signed(most) + 1, i64::MIN, i64::MAX] {
                let text = read(outside).unwrap_err().to_string();
                assert!(
                    text.contains(key) && text.contains(&most.to_string()),
                    "{text}"
                );
            }
        }
    }
}
