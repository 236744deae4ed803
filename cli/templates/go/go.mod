module buildpack

go 1.24

require wasm-buildpacks/buildpack v0.0.0

replace wasm-buildpacks/buildpack => ./kit
