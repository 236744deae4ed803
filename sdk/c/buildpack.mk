# For those who build with make. In a project's Makefile:
#
#     include kit/buildpack.mk
#
# Then `make target/buildpack.wasm` compiles the core module. `wasm-buildpack build` does the same, and the rest.
# WASI_CC is the compiler: zig's, or for example `WASI_CC="clang --target=wasm32-wasi"`.
WASI_CC ?= $(if $(shell command -v zig),zig,python3 -m ziglang) cc -target wasm32-wasi
WASI_CFLAGS ?= -mexec-model=reactor -Os -Wall -Wextra -Werror=implicit-function-declaration

BUILDPACK_SOURCES := $(wildcard *.c) $(wildcard kit/*.c kit/bindings/*.c kit/bindings/*.o)

target/buildpack.wasm: $(BUILDPACK_SOURCES) $(wildcard *.h kit/*.h kit/bindings/*.h)
	@mkdir -p $(@D)
	$(WASI_CC) $(WASI_CFLAGS) -o $@ $(BUILDPACK_SOURCES)
