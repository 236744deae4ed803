//! What a person and the lifecycle see: detect, build and reuse with the host as it ships.
