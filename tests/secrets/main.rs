//! Where the token must not be, where it must not go, and who may not say otherwise.
