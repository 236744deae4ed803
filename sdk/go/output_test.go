package buildpack

import (
	"errors"
	"slices"
	"strings"
	"testing"
)

func TestAProcessOfACommandLineRunsInBash(t *testing.T) {
	web := Bash("web", "exec ./server --port $PORT")
	if web.Type != "web" || !slices.Equal(web.Command, []string{"bash", "-c", "exec ./server --port $PORT"}) {
		t.Errorf("%+v", web)
	}
	if web.Default || web.Args != nil {
		t.Errorf("%+v", web)
	}
}

func TestAProcessOfAProgramHasNoShell(t *testing.T) {
	arguments := []string{"-m", "app"}
	web := Command("web", "python", arguments...)
	arguments[0] = "changed"
	if !slices.Equal(web.Command, []string{"python", "-m", "app"}) {
		t.Errorf("%+v", web)
	}
}

// The host reads the numbers of these constants, so their order is part of the contract: the records env-scope,
// env-mode and unpack of wit/buildpack.wit.
func TestTheConstantsHaveTheContractsNumbers(t *testing.T) {
	if got := []Scope{All, Build, Launch}; !slices.Equal(got, []Scope{0, 1, 2}) {
		t.Errorf("the scopes are %v", got)
	}
	if got := []Mode{Append, Default, Override, Prepend}; !slices.Equal(got, []Mode{0, 1, 2, 3}) {
		t.Errorf("the modes are %v", got)
	}
	unpack := []Unpack{UnpackFile, UnpackTarGz, UnpackTarZst, UnpackZip, UnpackWheel}
	if !slices.Equal(unpack, []Unpack{0, 1, 2, 3, 4}) {
		t.Errorf("the ways to unpack are %v", unpack)
	}
}

func outputOf(contents ...Content) Output {
	return Output{Layers: []Layer{{Name: "empty"}, {Name: "tools", Contents: contents}}}
}

func TestAContentWithAFileAndPackagesIsAFaultOfTheBuildpack(t *testing.T) {
	both := Content{Source: "files", File: &SourceFile{}, Packages: &IndexedPackages{}}
	err := outputOf(Content{Source: "first"}, both).check()
	var failure *Failure
	if !errors.As(err, &failure) || failure.Kind != KindInternal {
		t.Fatalf("%v", err)
	}
	if !strings.Contains(failure.Title, "'tools' has a file and packages") || failure.Text == "" {
		t.Errorf("%+v", *failure)
	}
}

func TestContentsWithAFileOrPackagesOrNeitherPass(t *testing.T) {
	one := outputOf(
		Content{Source: "repository"},
		Content{Source: "files", File: &SourceFile{}},
		Content{Source: "packages", Packages: &IndexedPackages{}},
	)
	if err := one.check(); err != nil {
		t.Error(err)
	}
	if err := (Output{}).check(); err != nil {
		t.Error(err)
	}
}
