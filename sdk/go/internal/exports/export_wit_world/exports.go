//go:build wasip1

// Package export_wit_world has the functions that the bindings call, under the names that the bindings expect.
package export_wit_world

import (
	contract "wasm-buildpacks/buildpack/internal/imports/wasm_buildpacks_buildpack_types"
	"wasm-buildpacks/buildpack/internal/wit/types"
)

// Results of the two functions of the contract.
type (
	DetectResult = types.Result[contract.DetectOutcome, contract.Failure]
	BuildResult  = types.Result[contract.BuildOutput, contract.Failure]
)

// The functions that the kit registers.
var (
	OnDetect func(contract.DetectContext) DetectResult
	OnBuild  func(contract.BuildContext) BuildResult
)

// Detect is called by the host.
func Detect(context contract.DetectContext) DetectResult {
	if OnDetect == nil {
		return types.Err[contract.DetectOutcome](unregistered())
	}
	return OnDetect(context)
}

// Build is called by the host.
func Build(context contract.BuildContext) BuildResult {
	if OnBuild == nil {
		return types.Err[contract.BuildOutput](unregistered())
	}
	return OnBuild(context)
}

func unregistered() contract.Failure {
	return contract.MakeFailureInternal(contract.Explanation{
		Title: "this buildpack registers no functions",
		Text:  "Its author must call buildpack.Register in a function `init`, since `main` does not run.",
	})
}
