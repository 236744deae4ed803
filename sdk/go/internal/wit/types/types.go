// Package types has the generic types of WIT that the bindings use.
package types

// The tags of an Option.
const (
	OptionNone = 0
	OptionSome = 1
)

// The tags of a Result.
const (
	ResultOk  = 0
	ResultErr = 1
)

// Option is a value, or none. Its zero value is none.
type Option[T any] struct {
	some  bool
	value T
}

// None has no value.
func None[T any]() Option[T] {
	return Option[T]{}
}

// Some has this value.
func Some[T any](value T) Option[T] {
	return Option[T]{some: true, value: value}
}

// Tag says which of the two cases it is.
func (o Option[T]) Tag() uint8 {
	if o.some {
		return OptionSome
	}
	return OptionNone
}

// Some is the value.
func (o Option[T]) Some() T {
	if !o.some {
		panic("an option without a value was read")
	}
	return o.value
}

// Or is the value, or else another one.
func (o Option[T]) Or(other T) T {
	if o.some {
		return o.value
	}
	return other
}

// Result is a value or a failure.
type Result[T, E any] struct {
	failed  bool
	value   T
	failure E
}

// Ok is a result with a value.
func Ok[T, E any](value T) Result[T, E] {
	return Result[T, E]{value: value}
}

// Err is a result with a failure.
func Err[T, E any](failure E) Result[T, E] {
	return Result[T, E]{failed: true, failure: failure}
}

// Tag says which of the two cases it is.
func (r Result[T, E]) Tag() uint8 {
	if r.failed {
		return ResultErr
	}
	return ResultOk
}

// Ok is the value.
func (r Result[T, E]) Ok() T {
	return r.value
}

// Err is the failure.
func (r Result[T, E]) Err() E {
	return r.failure
}
