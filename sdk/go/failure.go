package buildpack

import (
	"errors"
	"io/fs"
)

// notTakingPart is the reason why a buildpack does not take part.
type notTakingPart string

func (reason notTakingPart) Error() string {
	return string(reason)
}

// Fail is what detect returns if the buildpack does not take part, with the reason. This is not an error for the
// platform.
func Fail(reason string) error {
	return notTakingPart(reason)
}

// Kind says whose fault a failure is.
type Kind uint8

// The kinds of failures.
const (
	// KindApplication means that the application does not meet the requirements.
	KindApplication Kind = iota
	// KindPlatform means that the platform's input does not meet the requirements, such as a variable's value.
	KindPlatform
	// KindIO means that a file could not be read or written.
	KindIO
	// KindInternal means that the fault is in this buildpack.
	KindInternal
)

// Failure is an error whose title and text the host shows.
type Failure struct {
	Kind Kind
	// Title is the fault, in one line.
	Title string
	// Text has the reason, and what to do.
	Text string
}

func (f *Failure) Error() string {
	return f.Title + ": " + f.Text
}

// ApplicationError is a failure whose reason is the application. The text says what its author can do.
func ApplicationError(title, text string) error {
	return &Failure{Kind: KindApplication, Title: title, Text: text}
}

// PlatformError is a failure whose reason is the platform's input, such as a variable's value.
func PlatformError(title, text string) error {
	return &Failure{Kind: KindPlatform, Title: title, Text: text}
}

// failureOf makes a failure of any error: that of a file is KindIO, and one that the kit does not know KindInternal.
func failureOf(err error) *Failure {
	var failure *Failure
	if errors.As(err, &failure) {
		return failure
	}
	var file *fs.PathError
	if errors.As(err, &file) {
		return &Failure{Kind: KindIO, Title: "a file can't be read or written", Text: err.Error()}
	}
	return &Failure{Kind: KindInternal, Title: "the buildpack failed", Text: err.Error()}
}
