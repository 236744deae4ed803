package buildpack

// Plan has the dependencies that this buildpack provides and requires. The zero value has none.
type Plan struct {
	// Provides names the dependencies that it can provide.
	Provides []string
	// Requires has the dependencies that it needs from a buildpack of the group, itself included.
	Requires []Requirement
	// Or has the alternatives that are tried after this one, in their order. Their own Or is not read.
	Or []Plan
}

// Requirement is a dependency that a buildpack needs.
type Requirement struct {
	Name string
	// Metadata is for the buildpack that provides it.
	Metadata JSON
}

// Output is the result of a build. The host checks all of it before it writes any of it.
type Output struct {
	// Layers are the layers. A restored layer that is not named here is dropped.
	Layers []Layer
	// Processes are the process types of the image.
	Processes []Process
	// Labels are labels of the image.
	Labels map[string]string
	// Slices are parts of the application, each a list of patterns. Each becomes a layer of the image.
	Slices [][]string
	// Unmet names entries of the plan that this buildpack could not provide.
	Unmet []string
	// Store is for the next build. Nothing is kept if it is empty.
	Store JSON
}

// check finds a content with both a file and packages, of which the contract has one.
func (o Output) check() error {
	for _, layer := range o.Layers {
		for _, content := range layer.Contents {
			if content.File != nil && content.Packages != nil {
				return &Failure{
					Kind:  KindInternal,
					Title: "A content of the layer '" + layer.Name + "' has a file and packages",
					Text:  "A content has one of them. Declare two contents.",
				}
			}
		}
	}
	return nil
}

// Layer declares a layer. The host makes its directory and every file that the lifecycle reads.
type Layer struct {
	// Name consists of letters, digits, '.', '_' and '-'. It cannot be "build", "launch" or "store".
	Name string
	// Launch puts the layer into the image.
	Launch bool
	// Build lets later buildpacks use the layer.
	Build bool
	// Cache keeps the layer for the next build.
	Cache bool
	// Metadata is for the next build: RestoredLayer.Metadata.
	Metadata JSON
	// Contents is what the host fetches into it after the build.
	Contents []Content
	// Env has changes of environment variables.
	Env []Env
	// ExecD has programs that the launcher runs before the process.
	ExecD []ExecD
	// Executables names the files that the component wrote into the layer and that the host makes executable, such as
	// "bin/tool". WASI has no file modes, so os.Chmod does nothing.
	Executables []string
}

// Content is a folder that the host fetches.
type Content struct {
	// Source is the name of a source in `[metadata.sources]` of buildpack.toml.
	Source string
	// Into is the folder in the layer.
	Into string
	// File is the file of the source. It is nil for a git repository, which has none.
	File *SourceFile
	// Packages are the packages of the source, in place of a file, if its list has digests of packages and no addresses.
	Packages *IndexedPackages
}

// IndexedPackages are Python packages whose files the host finds at an index, each as one wheel.
type IndexedPackages struct {
	// Packages are the packages. No two have one name.
	Packages []IndexedPackage
	// Tags are the compatibility tags of wheels that fit, such as "py3-none-any", the best one first.
	Tags []string
}

// IndexedPackage is a Python package, as the source's list has it.
type IndexedPackage struct {
	// Name is its name in normal form: lower case, with one "-" between its parts.
	Name string
	// SHA256 has the digests that the list has for it: each 64 lower-case hexadecimal digits.
	SHA256 []string
}

// SourceFile is a file of a source that consists of files.
type SourceFile struct {
	// Path is its path or address, as the source's list spells it.
	Path string
	// SHA256 is the digest of its bytes: 64 lower-case hexadecimal digits.
	SHA256 string
	// Unpack is the way in which it becomes the content.
	Unpack Unpack
	// LeadingFolders is the number of leading folders to leave off each path in an archive.
	LeadingFolders uint32
}

// Unpack is the way in which a file becomes content.
type Unpack uint8

// The ways in which a file becomes content.
const (
	UnpackFile Unpack = iota
	UnpackTarGz
	UnpackTarZst
	UnpackZip
	UnpackWheel
)

// Env is a change of an environment variable.
type Env struct {
	Scope Scope
	// Process is the only process type that gets the change, in the scope Launch. If it is empty, all get it.
	Process string
	Name    string
	Mode    Mode
	Value   string
	// Delimiter is between the value and an existing one, in the modes Append and Prepend.
	Delimiter string
}

// Scope says who gets a change.
type Scope uint8

// The scopes of a change.
const (
	// All is later buildpacks and launch.
	All Scope = iota
	// Build is later buildpacks.
	Build
	// Launch is launch.
	Launch
)

// Mode is the way in which a value is combined with an existing one.
type Mode uint8

// The modes of a change.
const (
	Append Mode = iota
	// Default is used only if there is no other value.
	Default
	// Override replaces any other value.
	Override
	Prepend
)

// ExecD is a program that the launcher runs before the process, to set variables.
type ExecD struct {
	// Name is the name of its file.
	Name string
	// Process is the only process type for which it runs. If it is empty, it runs for all.
	Process string
	// Program is the content of the file. The host makes the file executable.
	Program []byte
}

// Process is a process type of the image.
type Process struct {
	// Type is its name, such as web: letters, digits, '.', '_' and '-'.
	Type string
	// Command is the program, then arguments that a person who starts the image can't replace.
	Command []string
	// Args are arguments that a person who starts the image can replace.
	Args []string
	// Default says whether it starts if no type is named. At most one process may be the default.
	Default bool
	// WorkingDirectory is the application directory if it is empty.
	WorkingDirectory string
	// ExecEnv has the execution environments of the process, all if it is empty. It needs Buildpack API 0.12.
	ExecEnv []string
}

// Bash is a process that runs a command line by `bash -c`.
func Bash(name, command string) Process {
	return Process{Type: name, Command: []string{"bash", "-c", command}}
}

// Command is a process that runs a program without a shell.
func Command(name, program string, arguments ...string) Process {
	return Process{Type: name, Command: append([]string{program}, arguments...)}
}
