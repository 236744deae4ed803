//go:build !wasip1

package buildpack

import "os"

// Register names the two functions of the buildpack. In a program that is not a component, such as a test, it does
// nothing.
func Register(func(*DetectContext) (Plan, error), func(*BuildContext) (Output, error)) {}

// Debug prints a message that is shown if the platform asks for it.
func Debug(message string) { print("debug", message) }

// Info prints a message about the progress.
func Info(message string) { print("info", message) }

// Warn prints a likely mistake that does not stop the build.
func Warn(message string) { print("warning", message) }

func print(level, message string) {
	os.Stderr.WriteString(level + ": " + message + "\n")
}
