//! An empty library: this package has only dependencies. Its Cargo.toml says why.
