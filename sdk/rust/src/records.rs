//! Constructors for the contract's records. Each record's fields are public too.
//!
//! Nothing is checked here: the host checks everything that a buildpack returns.

use alloc::borrow::ToOwned;
use alloc::string::String;
use alloc::vec::Vec;

use crate::{
    BuildPlan, Content, Detected, EnvChange, EnvMode, EnvScope, ExecDProgram, IndexedPackage,
    IndexedPackages, Label, Layer, LayerTypes, Output, PlanAlternative, Process, Requirement,
    Slice, SourceFile, SourcePart, Unpack,
};

/// The free data of a record that has none.
const EMPTY: &str = "{}";

impl Detected {
    /// Takes part, and neither provides nor requires anything.
    #[must_use]
    pub fn pass() -> Self {
        Self::Pass(BuildPlan::default())
    }

    /// Takes part with a build plan: a [`BuildPlan`], or its only [`PlanAlternative`].
    #[must_use]
    pub fn plan(plan: impl Into<BuildPlan>) -> Self {
        Self::Pass(plan.into())
    }

    /// Does not take part, for this reason. This is not an error.
    #[must_use]
    pub fn fail(reason: impl Into<String>) -> Self {
        Self::Fail(reason.into())
    }
}

impl Default for BuildPlan {
    /// A build plan that neither provides nor requires anything.
    fn default() -> Self {
        PlanAlternative::default().into()
    }
}

impl From<PlanAlternative> for BuildPlan {
    fn from(first: PlanAlternative) -> Self {
        Self {
            first,
            or: Vec::new(),
        }
    }
}

impl BuildPlan {
    /// Adds the alternative that is tried after all others.
    #[must_use]
    pub fn or(mut self, alternative: PlanAlternative) -> Self {
        self.or.push(alternative);
        self
    }
}

impl Default for PlanAlternative {
    /// An alternative that neither provides nor requires anything.
    fn default() -> Self {
        Self {
            provides: Vec::new(),
            requires: Vec::new(),
        }
    }
}

impl PlanAlternative {
    /// An alternative that neither provides nor requires anything.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Provides a dependency.
    #[must_use]
    pub fn provides(mut self, name: impl Into<String>) -> Self {
        self.provides.push(name.into());
        self
    }

    /// Requires a dependency: its name, or a [`Requirement`].
    #[must_use]
    pub fn requires(mut self, requirement: impl Into<Requirement>) -> Self {
        self.requires.push(requirement.into());
        self
    }
}

impl Requirement {
    /// A dependency without free data.
    #[must_use]
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            metadata: EMPTY.to_owned(),
        }
    }

    /// Sets the free data for the buildpack that provides the dependency: a JSON object.
    #[must_use]
    pub fn metadata(mut self, json: impl Into<String>) -> Self {
        self.metadata = json.into();
        self
    }
}

impl From<&str> for Requirement {
    fn from(name: &str) -> Self {
        Self::new(name)
    }
}

impl Default for Output {
    /// An output with nothing in it.
    fn default() -> Self {
        Self {
            layers: Vec::new(),
            processes: Vec::new(),
            labels: Vec::new(),
            slices: Vec::new(),
            unmet: Vec::new(),
            store: None,
        }
    }
}

impl Output {
    /// An output with nothing in it.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a layer: a [`Layer`], or a [`LayerFolder`](crate::LayerFolder).
    #[must_use]
    pub fn layer(mut self, layer: impl Into<Layer>) -> Self {
        self.layers.push(layer.into());
        self
    }

    /// Adds a process type.
    #[must_use]
    pub fn process(mut self, process: Process) -> Self {
        self.processes.push(process);
        self
    }

    /// Adds a label of the image.
    #[must_use]
    pub fn label(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.labels.push(Label::new(key, value));
        self
    }

    /// Adds a slice of the application directory by its patterns.
    #[must_use]
    pub fn slice<P: Into<String>>(mut self, patterns: impl IntoIterator<Item = P>) -> Self {
        self.slices.push(Slice::new(patterns));
        self
    }

    /// Names an entry of the Buildpack Plan that could not be provided.
    #[must_use]
    pub fn unmet(mut self, name: impl Into<String>) -> Self {
        self.unmet.push(name.into());
        self
    }

    /// Sets the store of the next build: a JSON object.
    #[must_use]
    pub fn store(mut self, json: impl Into<String>) -> Self {
        self.store = Some(json.into());
        self
    }
}

impl LayerTypes {
    /// No purpose.
    pub const NONE: Self = Self {
        launch: false,
        build: false,
        cache: false,
    };
}

impl Layer {
    /// An empty layer for these purposes.
    #[must_use]
    pub fn new(name: impl Into<String>, types: LayerTypes) -> Self {
        Self {
            name: name.into(),
            types,
            metadata: EMPTY.to_owned(),
            contents: Vec::new(),
            env: Vec::new(),
            exec_d: Vec::new(),
            executables: Vec::new(),
        }
    }

    /// An empty layer that is in the image.
    #[must_use]
    pub fn launch(name: impl Into<String>) -> Self {
        Self::new(name, LayerTypes::NONE).and_launch()
    }

    /// An empty layer that later buildpacks can use.
    #[must_use]
    pub fn build(name: impl Into<String>) -> Self {
        Self::new(name, LayerTypes::NONE).and_build()
    }

    /// An empty layer that is kept for the next build.
    #[must_use]
    pub fn cache(name: impl Into<String>) -> Self {
        Self::new(name, LayerTypes::NONE).and_cache()
    }

    /// The layer is in the image, too.
    #[must_use]
    pub fn and_launch(mut self) -> Self {
        self.types.launch = true;
        self
    }

    /// Later buildpacks can use the layer, too.
    #[must_use]
    pub fn and_build(mut self) -> Self {
        self.types.build = true;
        self
    }

    /// The layer is kept for the next build, too.
    #[must_use]
    pub fn and_cache(mut self) -> Self {
        self.types.cache = true;
        self
    }

    /// Sets the free data that the next build gets: a JSON object.
    #[must_use]
    pub fn metadata(mut self, json: impl Into<String>) -> Self {
        self.metadata = json.into();
        self
    }

    /// Adds content that the host fetches.
    #[must_use]
    pub fn content(mut self, content: Content) -> Self {
        self.contents.push(content);
        self
    }

    /// Adds a change of an environment variable.
    #[must_use]
    pub fn env(mut self, change: EnvChange) -> Self {
        self.env.push(change);
        self
    }

    /// Adds a program that the launcher runs before each process.
    #[must_use]
    pub fn exec_d(mut self, program: ExecDProgram) -> Self {
        self.exec_d.push(program);
        self
    }

    /// Declares that a file that this build writes is executable.
    #[must_use]
    pub fn executable(mut self, path: impl Into<String>) -> Self {
        self.executables.push(path.into());
        self
    }
}

impl Content {
    /// The folder of a git source, fetched into the folder `into` of a layer.
    #[must_use]
    pub fn new(source: impl Into<String>, into: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            into: into.into(),
            part: None,
        }
    }

    /// Selects one file of a source that consists of files.
    #[must_use]
    pub fn file(mut self, file: SourceFile) -> Self {
        self.part = Some(SourcePart::File(file));
        self
    }

    /// Selects packages that the source's list has with digests and without addresses. The host finds each of them at
    /// an index.
    #[must_use]
    pub fn packages(mut self, packages: IndexedPackages) -> Self {
        self.part = Some(SourcePart::Packages(packages));
        self
    }
}

impl IndexedPackages {
    /// No packages yet. `tags` are the compatibility tags of wheels that fit, the best one first.
    #[must_use]
    pub fn new(tags: Vec<String>) -> Self {
        Self {
            packages: Vec::new(),
            tags,
        }
    }

    /// Adds a package by its name in normal form and the SHA-256 digests that the list has for it.
    #[must_use]
    pub fn package(mut self, name: impl Into<String>, sha256: Vec<String>) -> Self {
        let name = name.into();
        self.packages.push(IndexedPackage { name, sha256 });
        self
    }
}

impl SourceFile {
    /// A file by its path and its SHA-256 digest. It becomes the content unchanged.
    #[must_use]
    pub fn new(path: impl Into<String>, sha256: impl Into<String>) -> Self {
        Self {
            path: path.into(),
            sha256: sha256.into(),
            unpack: Unpack::File,
            leading_folders: 0,
        }
    }

    /// Unpacks the file, and leaves a number of leading folders off each path.
    #[must_use]
    pub fn unpack(mut self, unpack: Unpack, leading_folders: u32) -> Self {
        self.unpack = unpack;
        self.leading_folders = leading_folders;
        self
    }
}

impl EnvChange {
    /// Sets a variable at launch, and replaces any earlier value.
    #[must_use]
    pub fn set(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(name, value, EnvMode::Override)
    }

    /// Sets a variable at launch, if it has no value.
    #[must_use]
    pub fn set_default(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(name, value, EnvMode::Default)
    }

    /// Puts a text after the value at launch.
    #[must_use]
    pub fn append(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(name, value, EnvMode::Append)
    }

    /// Puts a text before the value at launch.
    #[must_use]
    pub fn prepend(name: impl Into<String>, value: impl Into<String>) -> Self {
        Self::new(name, value, EnvMode::Prepend)
    }

    fn new(name: impl Into<String>, value: impl Into<String>, mode: EnvMode) -> Self {
        Self {
            scope: EnvScope::Launch,
            process: None,
            name: name.into(),
            mode,
            value: value.into(),
            delimiter: None,
        }
    }

    /// Puts a text between the value and an existing one.
    #[must_use]
    pub fn delimiter(mut self, text: impl Into<String>) -> Self {
        self.delimiter = Some(text.into());
        self
    }

    /// Changes the scope from launch to another scope.
    #[must_use]
    pub fn scope(mut self, scope: EnvScope) -> Self {
        self.scope = scope;
        self
    }

    /// Only this process type gets the change.
    #[must_use]
    pub fn only_for(mut self, process: impl Into<String>) -> Self {
        self.process = Some(process.into());
        self
    }
}

impl ExecDProgram {
    /// A program by its name and its bytes.
    #[must_use]
    pub fn new(name: impl Into<String>, program: impl Into<Vec<u8>>) -> Self {
        Self {
            name: name.into(),
            process: None,
            program: program.into(),
        }
    }

    /// The program runs only for this process type.
    #[must_use]
    pub fn only_for(mut self, process: impl Into<String>) -> Self {
        self.process = Some(process.into());
        self
    }
}

impl Process {
    /// A process type by its name and its command, which need no shell.
    #[must_use]
    pub fn new<C: Into<String>>(
        name: impl Into<String>,
        command: impl IntoIterator<Item = C>,
    ) -> Self {
        Self {
            type_: name.into(),
            command: command.into_iter().map(Into::into).collect(),
            args: Vec::new(),
            default: false,
            working_directory: None,
            exec_env: Vec::new(),
        }
    }

    /// A process type by its name and a command line for `bash`, which the image must have.
    #[must_use]
    pub fn bash(name: impl Into<String>, line: impl Into<String>) -> Self {
        Self::new(name, ["bash".to_owned(), "-c".to_owned(), line.into()])
    }

    /// Adds arguments that a person who starts the image can replace.
    #[must_use]
    pub fn args<A: Into<String>>(mut self, args: impl IntoIterator<Item = A>) -> Self {
        self.args.extend(args.into_iter().map(Into::into));
        self
    }

    /// The process starts if no type is named. At most one process may be the default.
    #[must_use]
    pub fn as_default(mut self) -> Self {
        self.default = true;
        self
    }

    /// Sets the working directory: absolute, or relative to the application.
    #[must_use]
    pub fn working_directory(mut self, path: impl Into<String>) -> Self {
        self.working_directory = Some(path.into());
        self
    }

    /// Adds an execution environment of the process. Without one, it is in all of them.
    #[must_use]
    pub fn exec_env(mut self, name: impl Into<String>) -> Self {
        self.exec_env.push(name.into());
        self
    }
}

impl Label {
    /// A label of the image.
    #[must_use]
    pub fn new(key: impl Into<String>, value: impl Into<String>) -> Self {
        Self {
            key: key.into(),
            value: value.into(),
        }
    }
}

impl Slice {
    /// A slice of the application directory by its patterns.
    #[must_use]
    pub fn new<P: Into<String>>(patterns: impl IntoIterator<Item = P>) -> Self {
        Self {
            paths: patterns.into_iter().map(Into::into).collect(),
        }
    }
}
