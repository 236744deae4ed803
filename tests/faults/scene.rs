//! One build's files and server, the result of an undisturbed build, and the comparison with it.
//!
//! Code that disturbs a build does not belong here.

use std::fmt::Write as _;
use std::fs::{self, Permissions};
use std::io::Write as _;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use cnb::sha256::Sha256;
use flate2::Compression;
use flate2::write::GzEncoder;
use tempfile::TempDir;
use tests::app;
use tests::folder::{self, Entry, Kind, paths, snapshot};
use tests::git_server::fault::{Fault, When};
use tests::git_server::http::{Request, Response};
use tests::git_server::{Exchange, GitServer, Options};
use tests::lifecycle::Lifecycle;
use tests::repository::{Repository, template_folder};
use tests::search::Canary;

use crate::victim::{Remains, Victim};

/// The template's path and server in buildpack.toml.
const PATH: &str = "StoneOne/planqk/serverless-template.git";
const DECLARED: &str = "https://gitlab.com";
/// The valid token.
pub(crate) const TOKEN: &str = "glpat-canary_Q7.zW3-kX9vT2mL5";
/// The user who builds if the tests run as root.
pub(crate) const USER: u32 = 1000;

/// A tree id that the server does not have.
const ANOTHER_STATE: &str = "0000000000000000000000000000000000000000";

/// The prefix of files that are being written.
const STAGED: &str = ".staged-";

/// The job template's buildpack on the sample application, its server, and the expected result.
pub(crate) struct Scene {
    pub(crate) world: Lifecycle,
    pub(crate) server: Option<GitServer>,
    /// The layers directory after an undisturbed build.
    pub(crate) whole: Vec<Entry>,
    _repository: Option<Repository>,
    _buildpack: TempDir,
}

impl Scene {
    pub(crate) fn new() -> Self {
        Self::with(|options| options)
    }

    /// A scene with other options for its server.
    pub(crate) fn with(change: impl FnOnce(Options) -> Options) -> Self {
        Self::of_template(Repository::template().unwrap(), change)
    }

    /// A scene whose template contains a file that does not fit in the host's memory.
    pub(crate) fn heavy(bytes: usize) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let template = folder.path().join("template");
        folder::copy(&template_folder(), &template).unwrap();
        fs::write(template.join("job-template/data"), vec![b'x'; bytes]).unwrap();
        Self::of_template(Repository::from_folder(&template).unwrap(), |options| {
            options
        })
    }

    /// A scene of a component that declares an archive with a link and a file, which buildpack.toml lists.
    pub(crate) fn files() -> Self {
        let archive = archive();
        let files = [
            ("a.tar.gz", &archive[..], "tar-gz"),
            ("b.txt", &[7; 9000][..], "file"),
        ];
        let mut options = GitServer::options();
        let (mut list, mut contents) = (String::new(), String::new());
        for (path, bytes, unpack) in files {
            options = options.file(&format!("/{path}"), bytes);
            let file = format!("path = \"{path}\"\nsha256 = \"{}\"\n", Sha256::of(bytes));
            write!(list, "[[metadata.sources.files.file]]\n{file}").unwrap();
            let rest = format!("unpack = \"{unpack}\"\nsource = \"files\"\ninto = \"data\"\n");
            write!(contents, "[[metadata.contents]]\n{file}{rest}").unwrap();
        }
        let server = options.start().unwrap();
        let source = format!(
            "[metadata.sources.files]\nfiles = \"{}/\"\n",
            server.origin()
        );
        let descriptor = [package::trial::DESCRIPTOR, "\n", &source, &list, &contents].concat();
        let buildpack = package::trial::guest("fetches_files", &descriptor).unwrap();
        let world = Lifecycle::with_app(&buildpack.path().join("buildpack"), &app::sample());
        Self::of(world.unwrap(), Some(server), None, buildpack)
    }

    fn of_template(repository: Repository, change: impl FnOnce(Options) -> Options) -> Self {
        let options = GitServer::options()
            .repository(PATH, repository.git_dir())
            .token("oauth2", TOKEN);
        let server = change(options).start().unwrap();
        let buildpack = package::trial::job_template().unwrap();
        let world = Lifecycle::with_app(&buildpack.path().join("buildpack"), &app::sample());
        let world = world.unwrap();
        world.edit_descriptor(DECLARED, &server.origin()).unwrap();
        world.platform_variable("BP_GITLAB_TOKEN", TOKEN).unwrap();
        Self::of(world, Some(server), Some(repository), buildpack)
    }

    /// A scene with a test guest, which gets `CASE` and downloads nothing.
    pub(crate) fn guest(name: &str, case: &str) -> Self {
        let buildpack = package::trial::guest(name, package::trial::DESCRIPTOR).unwrap();
        let world = Lifecycle::with_app(&buildpack.path().join("buildpack"), &app::sample());
        let world = world.unwrap();
        world.platform_variable("CASE", case).unwrap();
        Self::of(world, None, None, buildpack)
    }

    fn of(
        world: Lifecycle,
        server: Option<GitServer>,
        repository: Option<Repository>,
        buildpack: TempDir,
    ) -> Self {
        // Detection gives each folder the owner that it has in a build.
        world.detect().unwrap();
        let mut scene = Self {
            world,
            server,
            whole: Vec::new(),
            _repository: repository,
            _buildpack: buildpack,
        };
        let remains = scene.build();
        if remains.code == Some(0) {
            scene.whole = scene.layers();
            assert!(!scene.whole.is_empty());
        }
        scene
    }

    pub(crate) fn server(&self) -> &GitServer {
        self.server.as_ref().unwrap()
    }

    pub(crate) fn layers_dir(&self) -> PathBuf {
        self.world.layers_dir()
    }

    /// The command of a build, run by the build's user.
    pub(crate) fn command(&self) -> Command {
        let mut command = self.world.by_hand("build");
        if rustix::process::geteuid().is_root() {
            command.uid(USER).gid(USER);
        }
        command
    }

    pub(crate) fn start(&self) -> Victim {
        Victim::start(self.command())
    }

    /// Runs a build to its end.
    pub(crate) fn build(&self) -> Remains {
        self.start().end()
    }

    /// Makes the server repeat its answers to the undisturbed build from memory, without starting git.
    pub(crate) fn answer_from_memory(&self) {
        let known: Vec<_> = self.server().exchanges();
        let answer = move |request: &Request| {
            let same = |known: &Exchange| {
                let known = &known.request;
                known.target == request.target
                    && known.body == request.body
                    && known.header("Authorization") == request.header("Authorization")
            };
            match known.iter().find(|known| same(known)) {
                Some(known) => known.response.clone(),
                None => Response::text(500, "The undisturbed build did not ask this\n"),
            }
        };
        let answer = Fault::AnswerWith(Box::new(answer));
        self.server().fault(When::Any, usize::MAX, answer);
        self.empty();
        let remains = self.build();
        assert_eq!(remains.code, Some(0), "{}", remains.said());
    }

    pub(crate) fn layers(&self) -> Vec<Entry> {
        snapshot(&self.layers_dir()).unwrap()
    }

    /// Empties the layers directory without replacing it.
    pub(crate) fn empty(&self) {
        for entry in fs::read_dir(self.layers_dir()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                fs::remove_dir_all(path).unwrap();
            } else {
                fs::remove_file(path).unwrap();
            }
        }
    }

    /// Asserts that everything a lifecycle would read is complete, and that the token was neither printed nor
    /// written.
    #[track_caller]
    pub(crate) fn assert_nothing_half(&self, remains: &Remains, what: &str) {
        self.assert_no_half_layer(what);
        let canary = Canary::new(TOKEN);
        let mut found = canary.in_folder(&self.layers_dir()).unwrap();
        let said = canary.in_bytes(&remains.output);
        found.extend(said.iter().map(|form| format!("said ({form})")));
        assert!(found.is_empty(), "{what}: {found:?}");
    }

    #[track_caller]
    fn assert_no_half_layer(&self, what: &str) {
        let now = self.layers();
        let seen = paths(&now);
        let is_there = |path: &str| now.iter().any(|entry| entry.path == Path::new(path));
        for entry in now.iter().filter(|entry| is_declaration(entry)) {
            let name = entry.path.file_stem().unwrap();
            let beneath = |entries: &[Entry]| -> Vec<Entry> {
                let mut entries = entries.to_vec();
                // The next build removes staged files; nothing reads them.
                let is_staged = |entry: &Entry| entry.path.to_string_lossy().contains(STAGED);
                entries.retain(|entry| entry.path.starts_with(name) && !is_staged(entry));
                entries
            };
            let declares = without_own_files(entry);
            assert!(
                self.whole.contains(&declares) || is_of_another_state(entry),
                "{what}: {entry:?}"
            );
            assert_eq!(beneath(&now), beneath(&self.whole), "{what}: half a layer");
        }
        if is_there("launch.toml") {
            let told = |entry: &&Entry| is_declaration(entry) || is_bill(entry);
            for entry in self.whole.iter().filter(told) {
                assert!(
                    is_there(entry.path.to_str().unwrap()),
                    "{what}: launch.toml is there without {}: {seen:?}",
                    entry.path.display()
                );
            }
        }
    }

    /// Builds once more in the same layers directory, and asserts that the result is that of an undisturbed build.
    #[track_caller]
    pub(crate) fn assert_mends(&self, what: &str) {
        let remains = self.build();
        assert_eq!(remains.code, Some(0), "after {what}: {}", remains.said());
        self.assert_whole(what);
    }

    #[track_caller]
    pub(crate) fn assert_whole(&self, what: &str) {
        let mut now = self.layers();
        for entry in now.iter_mut().filter(|entry| is_declaration(entry)) {
            *entry = without_own_files(entry);
        }
        assert_eq!(paths(&now), paths(&self.whole), "after {what}");
        let pairs = now.iter().zip(&self.whole);
        let others: Vec<_> = pairs.filter(|(now, then)| now != then).collect();
        assert!(others.is_empty(), "after {what}: {}", told(&others));
    }

    /// The paths of staged files.
    pub(crate) fn staged(&self) -> Vec<String> {
        let mut staged = paths(&self.layers());
        staged.retain(|path| path.contains(STAGED));
        staged
    }
}

/// A tar archive with a folder, files and a link.
fn archive() -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in [("x/one", &[1; 6000][..]), ("x/y/two", &[2; 100])] {
        let mut header = tar::Header::new_ustar();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        tar.append_data(&mut header, name, bytes).unwrap();
    }
    let mut link = tar::Header::new_ustar();
    link.set_entry_type(tar::EntryType::Symlink);
    link.set_size(0);
    link.set_mode(0o777);
    tar.append_link(&mut link, "x/link", "one").unwrap();
    let mut gzip = GzEncoder::new(Vec::new(), Compression::fast());
    gzip.write_all(&tar.into_inner().unwrap()).unwrap();
    gzip.finish().unwrap()
}

/// Whether a layer's TOML file is the one that [`Before::Other`] writes. Only the id differs; the layer's files are
/// the same.
fn is_of_another_state(declaration: &Entry) -> bool {
    matches!(&declaration.kind, Kind::File(text) if String::from_utf8_lossy(text).contains(ANOTHER_STATE))
}

/// Replaces `own-files = true` by the value of a first build.
fn without_own_files(declaration: &Entry) -> Entry {
    let mut entry = declaration.clone();
    if let Kind::File(bytes) = &mut entry.kind {
        let text = String::from_utf8(std::mem::take(bytes)).unwrap();
        *bytes = text.replace("own-files = true", "own-files = false").into();
    }
    entry
}

/// Formats pairs of found and expected entries, with files as text.
fn told(pairs: &[(&Entry, &Entry)]) -> String {
    let told = |entry: &Entry| match &entry.kind {
        Kind::File(bytes) => format!("{:o} {}", entry.mode, String::from_utf8_lossy(bytes)),
        other => format!("{:o} {other:?}", entry.mode),
    };
    let pairs = pairs.iter().map(|(now, then)| {
        let path = now.path.display();
        format!("{path} is {}\nand not {}", told(now), told(then))
    });
    pairs.collect::<Vec<_>>().join("\n")
}

/// Whether a file makes a lifecycle treat a folder as a layer.
fn is_declaration(entry: &Entry) -> bool {
    let name = entry.path.to_str().unwrap();
    let is_toml = name
        .strip_suffix(".toml")
        .is_some_and(|layer| !layer.contains('/') && !layer.starts_with('.'));
    let says_types = matches!(&entry.kind, Kind::File(text) if text.starts_with(b"[types]"));
    let is_of_all = ["launch.toml", "build.toml", "store.toml"].contains(&name);
    is_toml && says_types && !is_of_all
}

/// Whether a file is a bill of materials.
fn is_bill(entry: &Entry) -> bool {
    let name = entry.path.to_str().unwrap();
    name.contains(".sbom.") && !name.starts_with('.')
}

/// The content of the layers directory when a build begins.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Before {
    /// Empty, as in a first build.
    Nothing,
    /// An earlier build's files of the same template.
    Same,
    /// An earlier build's files, with notes of another state of the template.
    Other,
}

impl Before {
    pub(crate) const EACH: [Self; 3] = [Self::Nothing, Self::Same, Self::Other];

    pub(crate) fn prepare(self, scene: &Scene) {
        scene.empty();
        if let Self::Nothing = self {
            return;
        }
        for entry in &scene.whole {
            let path = scene.layers_dir().join(&entry.path);
            match &entry.kind {
                Kind::Folder => fs::create_dir(&path).unwrap(),
                Kind::File(bytes) => fs::write(&path, bytes).unwrap(),
                Kind::Link(target) => {
                    symlink(target, &path).unwrap();
                    continue;
                }
                Kind::Other => panic!("{entry:?}"),
            }
            fs::set_permissions(&path, Permissions::from_mode(entry.mode)).unwrap();
        }
        if let Self::Other = self {
            let file = scene.layers_dir().join("job-template.toml");
            let text = fs::read_to_string(&file).unwrap();
            let id = text.split("tree = \"").nth(1).unwrap()[..40].to_owned();
            fs::write(file, text.replace(&id, ANOTHER_STATE)).unwrap();
        }
        if rustix::process::geteuid().is_root() {
            folder::give(&scene.layers_dir(), USER, USER).unwrap();
        }
    }
}
