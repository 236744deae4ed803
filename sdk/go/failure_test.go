package buildpack

import (
	"errors"
	"fmt"
	"os"
	"testing"
)

func TestAFailureStaysWhatItsAuthorSaid(t *testing.T) {
	for kind, err := range map[Kind]error{
		KindApplication: ApplicationError("title", "text"),
		KindPlatform:    PlatformError("title", "text"),
	} {
		wrapped := fmt.Errorf("while it was read: %w", err)
		want := Failure{Kind: kind, Title: "title", Text: "text"}
		if failure := failureOf(wrapped); *failure != want {
			t.Errorf("%+v is not %+v", *failure, want)
		}
		if err.Error() != "title: text" {
			t.Errorf("%q", err.Error())
		}
	}
}

func TestAnErrorOfAFileIsOfTheKindIO(t *testing.T) {
	_, err := os.ReadFile(t.TempDir() + "/missing")
	failure := failureOf(fmt.Errorf("the list: %w", err))
	if failure.Kind != KindIO || failure.Text != "the list: "+err.Error() {
		t.Errorf("%+v", *failure)
	}
}

func TestAnyOtherErrorIsTheBuildpacksOwn(t *testing.T) {
	failure := failureOf(errors.New("out of luck"))
	if failure.Kind != KindInternal || failure.Text != "out of luck" {
		t.Errorf("%+v", *failure)
	}
}

func TestAReasonNotToTakePartIsFoundInAWrappedError(t *testing.T) {
	var reason notTakingPart
	err := fmt.Errorf("detect: %w", Fail("no Procfile"))
	if !errors.As(err, &reason) || reason != "no Procfile" {
		t.Errorf("%v", err)
	}
	if errors.As(ApplicationError("title", "text"), &reason) {
		t.Error("a failure is taken for a reason not to take part")
	}
}
