//! Turns the output of a language's compiler into a component that the host can run, and judges it.
