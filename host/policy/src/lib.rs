//! The operator's grants: narrows what a buildpack declares to what the policy of the builder image allows.
//!
//! Pure, except for `operator`, which reads the policy. Nothing here enforces a limit or finds a credential.

mod denial;
mod grants;
mod mirrors;
mod operator;
mod variables;

pub use self::denial::Denial;
pub use self::grants::Grants;
pub use self::operator::{HostGrant, Mirror, OperatorPolicy, PATH, PolicyError, RefPattern};
pub use self::variables::{LaterError, is_like_a_credential};
