package buildpack

import (
	"errors"
	"io/fs"
	"testing"
)

func TestAFileIsWrittenWithTheFoldersAboveIt(t *testing.T) {
	ctx := BuildContext{Layers: Dir(t.TempDir())}
	layer := ctx.Layer("tools")
	if layer.Exists("bin/tool") {
		t.Fatal("the file exists before it is written")
	}
	if err := layer.WriteFile("bin/tool", []byte("content")); err != nil {
		t.Fatal(err)
	}
	content, err := ctx.Layers.ReadFile("tools/bin/tool")
	if err != nil || string(content) != "content" {
		t.Fatalf("%q, %v", content, err)
	}
	if !layer.Exists("bin") || !layer.Exists("bin/tool") {
		t.Fatal("the file or its folder does not exist")
	}
}

func TestAMissingFileIsAnErrorThatNamesIt(t *testing.T) {
	_, err := Dir(t.TempDir()).ReadFile("Procfile")
	var file *fs.PathError
	if !errors.As(err, &file) || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("%v", err)
	}
}
