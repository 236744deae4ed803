//! Finds what a source's server needs: its credential, trusted certificates and proxies.
//!
//! The token is read from the same places and sent to the same server as in a build. It is in no packaged file.

use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::path::Path;

use anyhow::Context;
use cnb::address::RemoteUrl;
use cnb::bindings::Bindings;
use cnb::context::{Environment, HttpsProxy};
use cnb::descriptor::{CredentialDeclaration, Descriptor};
use cnb::names::CredentialName;
use cnb::platform::Platform;
use contents::Trust;
use credential::{self, Credential, CredentialError, Found};
use fetch::Proxies;

use crate::say;

/// The credential of a source, and the settings of its connections.
pub(super) struct Access {
    pub(super) credential: Option<Credential>,
    /// The server that a binding names in place of the declared one.
    pub(super) server: Option<RemoteUrl>,
    /// The trusted certificates.
    pub(super) trust: Trust,
    pub(super) proxies: Proxies,
}

impl Access {
    pub(super) fn find(
        descriptor: &Descriptor,
        credential: Option<&CredentialName>,
        environment: &Environment,
    ) -> anyhow::Result<Self> {
        // Packaging has no platform and no application, so empty folders take their place.
        let nothing = tempfile::tempdir()?;
        let app = nothing.path().join("app");
        fs::create_dir(&app)?;
        let platform = Platform::new(&nothing.path().join("platform"), &app)?;
        let root = text(environment, "SERVICE_BINDING_ROOT")?.map(Path::new);
        let bindings = Bindings::read(&platform, root)?;
        let declared = credential.map(|name| &descriptor.credentials[name]);
        let found = declared
            .map(|declared| find(declared, &platform, &bindings, environment))
            .transpose()?;
        let (credential, server) =
            found.map_or((None, None), |found| (Some(found.credential), found.url));
        let file = text(environment, "SSL_CERT_FILE")?.map(Path::new);
        let trust = Trust::read(&platform, &bindings, file, true)?;
        let proxy = |variable: &'static str| -> anyhow::Result<Option<HttpsProxy>> {
            let address = text(environment, variable)?.map(str::to_owned);
            Ok(address.map(|address| HttpsProxy { variable, address }))
        };
        let no_proxy = text(environment, "no_proxy")?.or(text(environment, "NO_PROXY")?);
        Ok(Self {
            credential,
            server,
            trust,
            proxies: Proxies {
                https: proxy("https_proxy")?.or(proxy("HTTPS_PROXY")?),
                no_proxy: no_proxy.map(str::to_owned),
            },
        })
    }
}

/// Finds the credential in a binding, or else in the variable.
fn find(
    declared: &CredentialDeclaration,
    platform: &Platform,
    bindings: &Bindings,
    environment: &Environment,
) -> anyhow::Result<Found> {
    let found = match credential::find(declared, platform, bindings) {
        Err(missing @ CredentialError::Missing { .. }) => {
            // In a build, the platform sets the variable. Here it is in the environment of the person who packages.
            let variable = declared.env.as_ref();
            let value =
                variable.and_then(|name| Some((name, environment.variable(name.as_str())?)));
            let found = value.map(|(name, value)| {
                credential::in_variable(name, &declared.username, value.as_bytes())
            });
            found.transpose()?.flatten().ok_or(missing)?
        }
        found => found?,
    };
    say::line(&format!("signing in with the token from {}", found.from));
    Ok(found)
}

/// A variable's text. An empty variable is treated as not set.
fn text<'a>(environment: &'a Environment, name: &str) -> anyhow::Result<Option<&'a str>> {
    let Some(value) = environment.variable(name) else {
        return Ok(None);
    };
    let text = value.to_str();
    let text = text.with_context(|| format!("variable {name} is not UTF-8"))?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}
