// A buildpack that starts what a Procfile says: one process for each line `name: command`.
package main

import (
	"strings"

	"wasm-buildpacks/buildpack"
)

func init() { buildpack.Register(detect, build) }

func main() {}

func detect(ctx *buildpack.DetectContext) (buildpack.Plan, error) {
	if !ctx.App.Exists("Procfile") {
		return buildpack.Plan{}, buildpack.Fail("the application has no Procfile")
	}
	return buildpack.Plan{}, nil
}

func build(ctx *buildpack.BuildContext) (buildpack.Output, error) {
	text, err := ctx.App.ReadFile("Procfile")
	if err != nil {
		return buildpack.Output{}, err
	}
	return buildpack.Output{Processes: processes(string(text))}, nil
}

func processes(text string) []buildpack.Process {
	var found []buildpack.Process
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		name, command, _ := strings.Cut(line, ":")
		name, command = strings.TrimSpace(name), strings.TrimSpace(command)
		if name == "" || command == "" {
			buildpack.Warn("the Procfile has a line that is not 'name: command': " + line)
			continue
		}
		found = append(found, buildpack.Bash(name, command))
	}
	for i := range found {
		found[i].Default = len(found) == 1 || found[i].Type == "web"
	}
	return found
}
