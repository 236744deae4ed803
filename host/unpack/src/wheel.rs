//! Wheels: which of their files goes where, and what an installer adds.
//!
//! Nothing here writes a file. <https://packaging.python.org/specifications/binary-distribution-format/>

pub mod entry_points;
pub mod metadata;
pub mod name;
pub mod record;
pub(crate) mod script;
mod version;

use std::collections::{BTreeSet, HashMap};

use text::shown;

use super::digest::Digest;
use super::zip::{Member, Reader, Zip, ZipError, ZipKind};
use entry_points::EntryPointReason;
use metadata::{MetadataReason, Package};
use name::{WheelName, WheelNameReason};
use record::{RecordReason, Row};

/// The content of INSTALLER.
const INSTALLER: &[u8] = b"wasm-buildpacks\n";
/// The limits for files that are read into memory, in bytes.
const LARGEST_METADATA: u64 = 4 << 20;
const LARGEST_RECORD: u64 = 16 << 20;
const LARGEST_OTHER: u64 = 1 << 20;

/// Names of files that installers write, beneath `.dist-info`.
const OF_INSTALLERS: [&str; 3] = ["INSTALLER", "REQUESTED", "direct_url.json"];
/// Signatures of RECORD, which RECORD does not list. They are not valid for the RECORD of an installation.
const SIGNATURES: [&str; 2] = ["RECORD.jws", "RECORD.p7s"];

/// A wheel that is refused.
#[derive(Debug, thiserror::Error)]
pub enum WheelError {
    #[error(transparent)]
    Name(#[from] WheelNameReason),
    #[error(transparent)]
    Layout(#[from] WheelReason),
    #[error("its RECORD is refused: {0}")]
    Record(RecordReason),
    #[error("its entry_points.txt is refused: {0}")]
    EntryPoints(EntryPointReason),
    #[error("its METADATA is refused: {0}")]
    Metadata(MetadataReason),
    #[error("its WHEEL is refused: {0}")]
    Wheel(MetadataReason),
    /// One of these files can't be read.
    #[error(transparent)]
    Zip(#[from] ZipError),
}

impl From<RecordReason> for WheelError {
    fn from(reason: RecordReason) -> Self {
        Self::Record(reason)
    }
}

/// The reason to refuse a wheel by its folders.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WheelReason {
    #[error("it has no .dist-info folder")]
    NoDistInfo,
    #[error("it has the folders '{one}' and '{other}', and only one of them is allowed")]
    SeveralFolders { one: String, other: String },
    #[error(
        "its folder '{found}' is not named after the distribution and version of its file name"
    )]
    OtherFolder { found: String },
    #[error("it lacks '{file}'")]
    Missing { file: &'static str },
    #[error("its '{file}' is larger than {most} bytes")]
    Large { file: &'static str, most: u64 },
    #[error("it has '{file}', which only an installer writes")]
    OfInstaller { file: String },
    /// A folder in `.data` that the specification does not know, or a file beside them.
    #[error("its '{found}' is in none of purelib, platlib, scripts, data and headers")]
    UnknownData { found: String },
}

/// The treatment of a member.
#[derive(Debug)]
pub(crate) struct Planned {
    /// The index of the member.
    pub(crate) member: usize,
    /// The path in the folder, or `None` for a file that is checked and not written.
    pub(crate) place: Option<String>,
    pub(crate) executable: bool,
    /// Whether its first line may need to be replaced.
    pub(crate) is_script: bool,
    /// RECORD and its signatures have none.
    pub(crate) digest: Option<Digest>,
    /// Whether the wheel puts it into the folder of packages, and not into a folder beside it.
    is_library: bool,
}

impl Planned {
    /// Returns the name at the top of the folder of packages.
    pub(crate) fn library_top(&self) -> Option<&str> {
        let place = self.place.as_deref().filter(|_| self.is_library)?;
        place.split_once('/').map(|(top, _)| top)
    }
}

/// A file that the installer adds.
#[derive(Debug)]
pub(crate) struct Added {
    pub(crate) place: String,
    pub(crate) executable: bool,
    pub(crate) content: Vec<u8>,
}

/// A wheel whose names and texts are checked.
#[derive(Debug)]
pub(crate) struct WheelPlan {
    /// In the order of their bytes.
    pub(crate) files: Vec<Planned>,
    pub(crate) added: Vec<Added>,
    /// The path of RECORD in the folder.
    pub(crate) record: String,
    pub(crate) package: Package,
    /// Names at the top of the folder of files for the prefix.
    pub(crate) prefix: BTreeSet<String>,
    /// The number of compiled files, which are not written.
    pub(crate) compiled: usize,
}

/// Plans a wheel. The paths of its members must have been checked.
pub(crate) fn plan(
    name: &WheelName<'_>,
    zip: &Zip,
    reader: &mut Reader<'_>,
) -> Result<WheelPlan, WheelError> {
    let folders = Folders::find(name, zip)?;
    let mut texts = Texts { zip, reader };
    let info = |file: &str| format!("{}/{file}", folders.info);
    let mut read = |file, most| texts.read(&info(file), file, most);

    let wheel = read("WHEEL", LARGEST_OTHER)?.ok_or(WheelReason::Missing { file: "WHEEL" })?;
    metadata::judge_wheel(&wheel).map_err(WheelError::Wheel)?;
    let text = read("METADATA", LARGEST_METADATA)?;
    let text = text.ok_or(WheelReason::Missing { file: "METADATA" })?;
    let package = metadata::package(&text, name).map_err(WheelError::Metadata)?;
    let text = read("RECORD", LARGEST_RECORD)?;
    let text = text.ok_or(WheelReason::Missing { file: "RECORD" })?;
    let files = zip.members.iter();
    let files = files.filter(|member| member.kind != ZipKind::Dir).count();
    let rows = record::parse_at_most(&text, files)?;
    let scripts = match read("entry_points.txt", LARGEST_OTHER)? {
        Some(text) => entry_points::parse(&text).map_err(WheelError::EntryPoints)?,
        None => Vec::new(),
    };

    let mut plan = WheelPlan {
        files: Vec::with_capacity(zip.members.len()),
        added: Vec::new(),
        record: info("RECORD"),
        package,
        prefix: BTreeSet::new(),
        compiled: 0,
    };
    plan.place_all(&folders, name, zip, rows)?;
    plan.added.extend(scripts.iter().map(|script| Added {
        place: format!("bin/{}", script.name),
        executable: true,
        content: script::starting(script),
    }));
    plan.added.push(Added {
        place: info("INSTALLER"),
        executable: false,
        content: INSTALLER.to_vec(),
    });
    Ok(plan)
}

impl WheelPlan {
    fn place_all(
        &mut self,
        folders: &Folders<'_>,
        name: &WheelName<'_>,
        zip: &Zip,
        mut rows: HashMap<String, Row>,
    ) -> Result<(), WheelError> {
        for (index, member) in zip.members.iter().enumerate() {
            let ZipKind::File { executable } = member.kind else {
                continue;
            };
            let path = member.name.as_str();
            let shown_path = || shown(path);
            let row = rows.remove(path);
            let of_info = folders.in_info(path);
            let mut planned = Planned {
                member: index,
                place: None,
                executable,
                is_script: false,
                digest: None,
                is_library: false,
            };
            match of_info {
                Some(file) if file == "RECORD" || SIGNATURES.contains(&file) => {
                    self.files.push(planned);
                    continue;
                }
                Some(file) if OF_INSTALLERS.contains(&file) => {
                    let file = file.to_owned();
                    return Err(WheelReason::OfInstaller { file }.into());
                }
                _ => {}
            }
            let row = row.ok_or_else(|| RecordReason::NotListed { path: shown_path() })?;
            let (digest, size) = row.required(path)?;
            if size != member.size {
                return Err(RecordReason::OtherSize { path: shown_path() }.into());
            }
            planned.digest = Some(digest);
            let place = folders.place(path, name)?;
            planned.is_script = place.scheme == Scheme::Scripts;
            planned.executable |= planned.is_script;
            planned.is_library = place.scheme == Scheme::Library;
            if place.scheme == Scheme::Data {
                let top = place.path.split('/').next().unwrap_or_default();
                self.prefix.insert(top.to_owned());
            }
            if is_compiled(path) {
                self.compiled += 1;
            } else {
                planned.place = Some(place.path);
            }
            self.files.push(planned);
        }
        // The first by name, so that the message is always the same.
        match rows.into_keys().min() {
            Some(path) => Err(RecordReason::NoMember { path: shown(&path) }.into()),
            None => Ok(()),
        }
    }
}

/// Returns whether Python reads a file as compiled code.
fn is_compiled(path: &str) -> bool {
    let extension = path.rsplit_once('.').map(|(_, extension)| extension);
    extension.is_some_and(|extension| extension.eq_ignore_ascii_case("pyc"))
}

/// Reads the wheel's own texts.
struct Texts<'a, 'f> {
    zip: &'a Zip,
    reader: &'a mut Reader<'f>,
}

impl Texts<'_, '_> {
    fn read(
        &mut self,
        path: &str,
        file: &'static str,
        most: u64,
    ) -> Result<Option<Vec<u8>>, WheelError> {
        let mut members = self.zip.members.iter();
        let Some(member) = members.find(|member| member.name == path) else {
            return Ok(None);
        };
        if member.size > most {
            return Err(WheelReason::Large { file, most }.into());
        }
        Ok(Some(self.reader.whole(member)?))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Scheme {
    Library,
    Scripts,
    Data,
    Headers,
}

struct WheelPlace {
    scheme: Scheme,
    path: String,
}

/// The folders of a wheel that have a meaning.
struct Folders<'z> {
    info: &'z str,
    data: Option<&'z str>,
}

impl<'z> Folders<'z> {
    fn find(name: &WheelName<'_>, zip: &'z Zip) -> Result<Self, WheelReason> {
        let (mut info, mut data) = (None, None);
        for Member { name: path, .. } in &zip.members {
            let Some((top, _)) = path.split_once('/') else {
                continue;
            };
            let Some((stem, kind)) = top.rsplit_once('.') else {
                continue;
            };
            // In upper and lower case: some file systems take them for one folder.
            let found = if kind.eq_ignore_ascii_case("dist-info") {
                &mut info
            } else if kind.eq_ignore_ascii_case("data") {
                &mut data
            } else {
                continue;
            };
            if !name.is_of(stem) {
                return Err(WheelReason::OtherFolder { found: shown(top) });
            }
            match *found {
                None => *found = Some(top),
                Some(one) if one == top => {}
                Some(one) => {
                    return Err(WheelReason::SeveralFolders {
                        one: shown(one),
                        other: shown(top),
                    });
                }
            }
        }
        let info = info.ok_or(WheelReason::NoDistInfo)?;
        Ok(Self { info, data })
    }

    /// Returns the path beneath `.dist-info`.
    fn in_info<'p>(&self, path: &'p str) -> Option<&'p str> {
        path.strip_prefix(self.info)?.strip_prefix('/')
    }

    /// Returns the destination of a file.
    fn place(&self, path: &str, name: &WheelName<'_>) -> Result<WheelPlace, WheelReason> {
        let in_data = self
            .data
            .and_then(|data| path.strip_prefix(data)?.strip_prefix('/'));
        let Some(beneath) = in_data else {
            let path = path.to_owned();
            return Ok(WheelPlace {
                scheme: Scheme::Library,
                path,
            });
        };
        let unknown = || WheelReason::UnknownData { found: shown(path) };
        let (key, rest) = beneath.split_once('/').ok_or_else(unknown)?;
        let (scheme, path) = match key {
            "purelib" | "platlib" => (Scheme::Library, rest.to_owned()),
            "scripts" => (Scheme::Scripts, format!("bin/{rest}")),
            "data" => (Scheme::Data, rest.to_owned()),
            "headers" => {
                let path = format!("include/{}/{rest}", name.distribution);
                (Scheme::Headers, path)
            }
            _ => return Err(unknown()),
        };
        Ok(WheelPlace { scheme, path })
    }
}
