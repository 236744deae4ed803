// Package buildpack is the kit for a buildpack in Go.
//
// A buildpack has two functions, and registers them in init, since main does not run:
//
//	func init() { buildpack.Register(detect, build) }
//
//	func main() {}
//
//	func detect(ctx *buildpack.DetectContext) (buildpack.Plan, error) {
//		if !ctx.App.Exists("Procfile") {
//			return buildpack.Plan{}, buildpack.Fail("the application has no Procfile")
//		}
//		return buildpack.Plan{}, nil
//	}
//
//	func build(ctx *buildpack.BuildContext) (buildpack.Output, error) {
//		web := buildpack.Bash("web", "exec ./server")
//		web.Default = true
//		return buildpack.Output{Processes: []buildpack.Process{web}}, nil
//	}
//
// The host calls detect in one instance of the component and build in another, once each. So a variable that detect
// sets does not have this value in build.
package buildpack
