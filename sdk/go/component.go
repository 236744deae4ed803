//go:build wasip1

package buildpack

import (
	"errors"
	"slices"
	"strings"

	world "wasm-buildpacks/buildpack/internal/exports/export_wit_world"
	_ "wasm-buildpacks/buildpack/internal/exports/wit_exports"
	log "wasm-buildpacks/buildpack/internal/imports/wasm_buildpacks_buildpack_log"
	contract "wasm-buildpacks/buildpack/internal/imports/wasm_buildpacks_buildpack_types"
	"wasm-buildpacks/buildpack/internal/wit/types"
)

// Register names the two functions of the buildpack. Call it in a function init.
func Register(detect func(*DetectContext) (Plan, error), build func(*BuildContext) (Output, error)) {
	world.OnDetect = func(given contract.DetectContext) world.DetectResult {
		plan, err := detect(&DetectContext{
			Context: context(
				given.AppDir, given.Target, given.ExecEnv, given.Variables, given.Metadata, given.HasIndex,
			),
		})
		var reason notTakingPart
		switch {
		case err == nil:
			return types.Ok[contract.DetectOutcome, contract.Failure](contract.MakeDetectOutcomePass(plan.raw()))
		case errors.As(err, &reason):
			return types.Ok[contract.DetectOutcome, contract.Failure](contract.MakeDetectOutcomeFail(string(reason)))
		default:
			return types.Err[contract.DetectOutcome](failureOf(err).raw())
		}
	}
	world.OnBuild = func(given contract.BuildContext) world.BuildResult {
		output, err := build(&BuildContext{
			Context: context(
				given.AppDir, given.Target, given.ExecEnv, given.Variables, given.Metadata, given.HasIndex,
			),
			Layers: Dir(given.LayersDir),
			Plan: each(given.BuildpackPlan, func(entry contract.PlanEntry) PlanEntry {
				return PlanEntry{entry.Name, JSON(entry.Metadata)}
			}),
			Restored: each(given.RestoredLayers, func(layer contract.RestoredLayer) RestoredLayer {
				return RestoredLayer{layer.Name, JSON(layer.Metadata)}
			}),
			Store: JSON(given.Store.Or("")),
		})
		if err == nil {
			err = output.check()
		}
		if err != nil {
			return types.Err[contract.BuildOutput](failureOf(err).raw())
		}
		return types.Ok[contract.BuildOutput, contract.Failure](output.raw())
	}
}

// Debug prints a message that is shown if the platform asks for it (BP_LOG_LEVEL=debug).
func Debug(message string) { log.Log(log.Level_Debug, message) }

// Info prints a message about the progress.
func Info(message string) { log.Log(log.Level_Info, message) }

// Warn prints a likely mistake that does not stop the build.
func Warn(message string) { log.Log(log.Level_Warning, message) }

func context(
	app string, target contract.Target, execEnv string, variables []contract.Variable, metadata string, hasIndex bool,
) Context {
	named := make(map[string]string, len(variables))
	for _, variable := range variables {
		named[variable.Name] = variable.Value
	}
	return Context{
		App: Dir(app),
		Target: Target{
			OS:            target.Os,
			Arch:          target.Arch,
			ArchVariant:   target.ArchVariant.Or(""),
			DistroName:    target.DistroName.Or(""),
			DistroVersion: target.DistroVersion.Or(""),
		},
		ExecEnv:   execEnv,
		Variables: named,
		Metadata:  JSON(metadata),
		HasIndex:  hasIndex,
	}
}

func each[From, To any](list []From, convert func(From) To) []To {
	var made []To
	for _, one := range list {
		made = append(made, convert(one))
	}
	return made
}

func (json JSON) raw() string {
	if json == "" {
		return "{}"
	}
	return string(json)
}

func optional(text string) types.Option[string] {
	if text == "" {
		return types.None[string]()
	}
	return types.Some(text)
}

func (p Plan) alternative() contract.PlanAlternative {
	return contract.PlanAlternative{
		Provides: p.Provides,
		Requires: each(p.Requires, func(one Requirement) contract.Requirement {
			return contract.Requirement{Name: one.Name, Metadata: one.Metadata.raw()}
		}),
	}
}

func (p Plan) raw() contract.BuildPlan {
	return contract.BuildPlan{First: p.alternative(), Or: each(p.Or, Plan.alternative)}
}

func (f *Failure) raw() contract.Failure {
	explanation := contract.Explanation{Title: f.Title, Text: f.Text}
	switch f.Kind {
	case KindApplication:
		return contract.MakeFailureApplication(explanation)
	case KindPlatform:
		return contract.MakeFailurePlatform(explanation)
	case KindIO:
		return contract.MakeFailureIo(explanation)
	default:
		return contract.MakeFailureInternal(explanation)
	}
}

func (o Output) raw() contract.BuildOutput {
	var labels []contract.Label
	for key, value := range o.Labels {
		labels = append(labels, contract.Label{Key: key, Value: value})
	}
	// The order of a map differs from run to run, and that of an image's labels must not.
	slices.SortFunc(labels, func(a, b contract.Label) int {
		return strings.Compare(a.Key, b.Key)
	})
	return contract.BuildOutput{
		Layers:    each(o.Layers, Layer.raw),
		Processes: each(o.Processes, Process.raw),
		Labels:    labels,
		Slices:    each(o.Slices, func(paths []string) contract.Slice { return contract.Slice{Paths: paths} }),
		Unmet:     o.Unmet,
		Store:     optional(string(o.Store)),
	}
}

func (l Layer) raw() contract.Layer {
	return contract.Layer{
		Name:     l.Name,
		Types:    contract.LayerTypes{Launch: l.Launch, Build: l.Build, Cache: l.Cache},
		Metadata: l.Metadata.raw(),
		Contents: each(l.Contents, Content.raw),
		Env: each(l.Env, func(one Env) contract.EnvChange {
			return contract.EnvChange{
				Scope:     contract.EnvScope(one.Scope),
				Process:   optional(one.Process),
				Name:      one.Name,
				Mode:      contract.EnvMode(one.Mode),
				Value:     one.Value,
				Delimiter: optional(one.Delimiter),
			}
		}),
		ExecD: each(l.ExecD, func(one ExecD) contract.ExecDProgram {
			return contract.ExecDProgram{Name: one.Name, Process: optional(one.Process), Program: one.Program}
		}),
		Executables: l.Executables,
	}
}

func (c Content) raw() contract.Content {
	raw := contract.Content{Source: c.Source, Into: c.Into}
	if c.File != nil {
		raw.Part = types.Some(contract.MakeSourcePartFile(contract.SourceFile{
			Path:           c.File.Path,
			Sha256:         c.File.SHA256,
			Unpack:         contract.Unpack(c.File.Unpack),
			LeadingFolders: c.File.LeadingFolders,
		}))
	}
	if c.Packages != nil {
		raw.Part = types.Some(contract.MakeSourcePartPackages(contract.IndexedPackages{
			Packages: each(c.Packages.Packages, func(one IndexedPackage) contract.IndexedPackage {
				return contract.IndexedPackage{Name: one.Name, Sha256: one.SHA256}
			}),
			Tags: c.Packages.Tags,
		}))
	}
	return raw
}

func (p Process) raw() contract.Process {
	return contract.Process{
		Type:             p.Type,
		Command:          p.Command,
		Args:             p.Args,
		Default:          p.Default,
		WorkingDirectory: optional(p.WorkingDirectory),
		ExecEnv:          p.ExecEnv,
	}
}
