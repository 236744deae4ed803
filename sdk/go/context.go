package buildpack

import (
	"os"
	"path/filepath"
)

// JSON is a JSON object as text, where the specification of buildpacks has a free TOML table. The empty text means an
// empty object. Use encoding/json to read it.
type JSON string

// Dir is an absolute path of a directory.
type Dir string

// Path is the path of a file in the directory.
func (d Dir) Path(name string) string {
	return filepath.Join(string(d), name)
}

// Exists says whether there is a file or folder of this name.
func (d Dir) Exists(name string) bool {
	_, err := os.Stat(d.Path(name))
	return err == nil
}

// ReadFile returns the content of a file.
func (d Dir) ReadFile(name string) ([]byte, error) {
	return os.ReadFile(d.Path(name))
}

// WriteFile writes a file, and makes the folders above it. Only the layers can be written. The mode of a file cannot be
// chosen: see Layer.Executables.
func (d Dir) WriteFile(name string, content []byte) error {
	path := d.Path(name)
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return os.WriteFile(path, content, 0o666)
}

// Target is the machine that the image is built for. A text is empty if the platform does not say it.
type Target struct {
	// OS is the operating system, such as linux.
	OS string
	// Arch is the architecture by Go's name, such as amd64.
	Arch string
	// ArchVariant is the architecture's variant, such as v8.
	ArchVariant string
	// DistroName is the distribution, such as ubuntu.
	DistroName string
	// DistroVersion is the distribution's version.
	DistroVersion string
}

// Context is what both functions get.
type Context struct {
	// App is the application. It can be read, and not written.
	App Dir
	// Target is the machine that the image is built for.
	Target Target
	// ExecEnv is the execution environment: "production" if the platform does not set it.
	ExecEnv string
	// Variables are those in `[metadata] variables` of buildpack.toml that are set. os.Getenv finds none.
	Variables map[string]string
	// Metadata is `[metadata]` of buildpack.toml, without the host's own tables.
	Metadata JSON
	// HasIndex says whether the operator's policy names an index of packages. If it does not, the application's list must
	// name one.
	HasIndex bool
}

// DetectContext is what detect gets.
type DetectContext struct {
	Context
}

// BuildContext is what build gets.
type BuildContext struct {
	Context
	// Layers is the directory of this buildpack's layers, which is also their path in the image. Files may be written
	// into the folders of layers that the build declares.
	Layers Dir
	// Plan has the dependencies that this buildpack should provide.
	Plan []PlanEntry
	// Restored has the layers of the previous build that still exist.
	Restored []RestoredLayer
	// Store is what the previous build left for this one. It is empty if that build left nothing.
	Store JSON
}

// Layer is the folder of a layer.
func (c *BuildContext) Layer(name string) Dir {
	return Dir(c.Layers.Path(name))
}

// PlanEntry is a dependency that this buildpack should provide.
type PlanEntry struct {
	Name string
	// Metadata comes from the buildpack that requires the dependency.
	Metadata JSON
}

// RestoredLayer is a layer of the previous build.
type RestoredLayer struct {
	Name string
	// Metadata is Layer.Metadata of that build.
	Metadata JSON
}
