//! The download against a real git server on loopback, as git serves it and with faults.
