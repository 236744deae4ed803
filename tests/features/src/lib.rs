//! Nothing: this package has dependencies alone. Its Cargo.toml says what they are for.
