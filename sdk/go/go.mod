module wasm-buildpacks/buildpack

go 1.24
