package main

import (
	"os"
	"path/filepath"
	"testing"

	"wasm-buildpacks/buildpack"
)

func TestAnApplicationWithoutAProcfileIsLeftAlone(t *testing.T) {
	ctx := &buildpack.DetectContext{Context: buildpack.Context{App: buildpack.Dir(t.TempDir())}}
	if _, err := detect(ctx); err == nil {
		t.Fatal("detect passed")
	}
}

func TestEachLineIsAProcess(t *testing.T) {
	app := t.TempDir()
	text := "# comment\nweb: ./serve --port 80\nno command:\n\nworker: ./work\n"
	if err := os.WriteFile(filepath.Join(app, "Procfile"), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	ctx := &buildpack.BuildContext{Context: buildpack.Context{App: buildpack.Dir(app)}}
	output, err := build(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if len(output.Processes) != 2 {
		t.Fatalf("%d processes: %v", len(output.Processes), output.Processes)
	}
	web, worker := output.Processes[0], output.Processes[1]
	if web.Type != "web" || web.Command[2] != "./serve --port 80" || !web.Default {
		t.Errorf("the first process is %+v", web)
	}
	if worker.Type != "worker" || worker.Default {
		t.Errorf("the second process is %+v", worker)
	}
}
