//go:build wasip1

// Package runtime gives the bindings their memory.
package runtime

import (
	"runtime"
	"unsafe"
)

// Allocate makes memory for a part of an answer, and keeps it in its place until the pinner lets go of it.
func Allocate(pinner *runtime.Pinner, size, align uintptr) unsafe.Pointer {
	if size == 0 {
		return nil
	}
	// Go aligns a slice of 8-byte numbers for every type of the contract.
	memory := unsafe.Pointer(unsafe.SliceData(make([]uint64, (size+7)/8)))
	pinner.Pin(memory)
	return memory
}

// Unpin has nothing to do: the arguments of a call are not in Go's heap.
func Unpin() {}

// The part of the last block that is not used yet.
var free, end uintptr

// The least that is taken from the memory at once: a page of WebAssembly.
const page = 64 << 10

//go:linkname sbrk runtime.sbrk
func sbrk(size uintptr) unsafe.Pointer

// The host and WASI's adapter call it for memory for the arguments of a call.
//
// The memory does not come from Go's heap, for two reasons. WASI's adapter asks for memory while Go's runtime starts.
// And a collection of garbage asks for the time, which the component model does not allow here. So this memory is never
// freed, which does no harm: the host calls a component once.
//
//go:wasmexport cabi_realloc
func realloc(old unsafe.Pointer, oldSize, align, size uintptr) unsafe.Pointer {
	at := (free + align - 1) &^ (align - 1)
	if free == 0 || at+size > end {
		block := (size + align + page - 1) &^ (page - 1)
		start := sbrk(block)
		if start == nil {
			panic("there is no memory for the arguments of a call")
		}
		if uintptr(start) != end {
			at = (uintptr(start) + align - 1) &^ (align - 1)
		}
		end = uintptr(start) + block
	}
	free = at + size
	memory := unsafe.Pointer(at)
	if oldSize > 0 {
		copy(unsafe.Slice((*byte)(memory), size), unsafe.Slice((*byte)(old), oldSize))
	}
	return memory
}
