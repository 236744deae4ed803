package types

import "testing"

func TestAnOptionHasItsValueOrNone(t *testing.T) {
	some, none := Some("value"), None[string]()
	if some.Tag() != OptionSome || some.Some() != "value" || some.Or("other") != "value" {
		t.Errorf("%+v", some)
	}
	if none.Tag() != OptionNone || none.Or("other") != "other" {
		t.Errorf("%+v", none)
	}
	if (Option[string]{}) != none {
		t.Error("the zero value is not none")
	}
	defer func() {
		if recover() == nil {
			t.Error("the value of none was read")
		}
	}()
	none.Some()
}

func TestAResultIsAValueOrAFailure(t *testing.T) {
	ok, failed := Ok[int, string](7), Err[int]("why")
	if ok.Tag() != ResultOk || ok.Ok() != 7 {
		t.Errorf("%+v", ok)
	}
	if failed.Tag() != ResultErr || failed.Err() != "why" {
		t.Errorf("%+v", failed)
	}
}
