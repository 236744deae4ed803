//! Fetches a source's folder at one revision, as a build does, so that a package can contain it.
//!
//! The token is read from the same places and sent to the same server as in a build. It is in no packaged file.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, bail};
use cnb::address::Revision;
use cnb::bindings::Bindings;
use cnb::context::{Environment, HttpsProxy};
use cnb::descriptor::{CredentialDeclaration, Descriptor, SourceDeclaration, Vendored};
use cnb::names::SourceName;
use cnb::platform::Platform;
use fetch::{Proxies, Remote, Session};
use host::contents::{Trust, VENDOR_FOLDER};
use host::credential::{self, CredentialError, Found};
use serde::Serialize;

use crate::layout::{self, DESCRIPTOR};
use crate::say;

/// A source's folder that a package contains.
#[derive(Debug)]
pub struct Brought {
    pub source: SourceName,
    /// Its revision, commit and tree.
    pub ids: Vendored,
    /// The pack as the server sent it.
    pub pack: Vec<u8>,
}

impl Brought {
    /// Appends the table that declares this folder to a descriptor.
    pub fn declare(&self, descriptor: &str) -> anyhow::Result<String> {
        #[derive(Serialize)]
        struct Ids {
            revision: String,
            commit: String,
            tree: String,
        }
        let ids = Ids {
            revision: self.ids.revision.to_string(),
            commit: self.ids.commit.to_string(),
            tree: self.ids.tree.to_string(),
        };
        let table = format!("[metadata.sources.{}.vendored]", self.source);
        let text = format!("{descriptor}\n{table}\n{}", toml::to_string(&ids)?);
        Descriptor::parse(&text, DESCRIPTOR)?;
        Ok(text)
    }
}

/// Writes a source's folder into a buildpack directory, and declares it in the descriptor there.
pub fn bring_along(folder: &Path, descriptor: &str, brought: &Brought) -> anyhow::Result<()> {
    fs::write(folder.join(DESCRIPTOR), brought.declare(descriptor)?)?;
    let pack = folder.join(layout::pack(&brought.source));
    fs::create_dir_all(folder.join(VENDOR_FOLDER))?;
    fs::write(&pack, &brought.pack).with_context(|| format!("can't write {}", pack.display()))
}

/// Fetches the folder of a descriptor's only source at this revision.
pub fn fetch(
    descriptor: &str,
    revision: &str,
    environment: &Environment,
) -> anyhow::Result<Brought> {
    let descriptor = Descriptor::parse(descriptor, DESCRIPTOR)?;
    let mut sources = descriptor.sources.iter();
    let (Some((name, source)), None) = (sources.next(), sources.next()) else {
        bail!(
            "--vendor needs exactly one source, and {DESCRIPTOR} declares {}",
            descriptor.sources.len()
        );
    };
    let revision: Revision = revision.parse().context("--vendor")?;
    let remote = remote(&descriptor, source, environment)?;
    say::step(&format!("fetching {} at {revision}", remote.url));
    let limits = fetch::DownloadLimits::granted(&descriptor.limits, Duration::ZERO);
    let mut session = Session::open(remote, limits)?;
    let resolved = session.resolve(&revision, &source.subpath)?;
    let pack = session.download_pack(&resolved)?;
    say::line(&format!(
        "source '{name}': the folder {} of commit {}, {} bytes packed",
        source.subpath,
        resolved.commit,
        pack.len()
    ));
    Ok(Brought {
        source: name.clone(),
        ids: Vendored {
            revision,
            commit: resolved.commit.to_string().parse()?,
            tree: resolved.tree.to_string().parse()?,
        },
        pack,
    })
}

fn remote(
    descriptor: &Descriptor,
    source: &SourceDeclaration,
    environment: &Environment,
) -> anyhow::Result<Remote> {
    // Packaging has no platform and no application, so empty folders take their place.
    let nothing = tempfile::tempdir()?;
    let app = nothing.path().join("app");
    fs::create_dir(&app)?;
    let platform = Platform::new(&nothing.path().join("platform"), &app)?;
    let root = text(environment, "SERVICE_BINDING_ROOT")?.map(Path::new);
    let bindings = Bindings::read(&platform, root)?;
    let declared = source.credential.as_ref();
    let declared = declared.map(|name| &descriptor.credentials[name]);
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
    Ok(Remote {
        url: server.map_or_else(
            || source.git.clone(),
            |server| source.git.with_origin(&server),
        ),
        credential,
        certificates: trust.certificates,
        proxies: Proxies {
            https: proxy("https_proxy")?.or(proxy("HTTPS_PROXY")?),
            no_proxy: no_proxy.map(str::to_owned),
        },
    })
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

/// A variable's text. An empty variable counts as unset.
fn text<'a>(environment: &'a Environment, name: &str) -> anyhow::Result<Option<&'a str>> {
    let Some(value) = environment.variable(name) else {
        return Ok(None);
    };
    let text = value.to_str();
    let text = text.with_context(|| format!("variable {name} is not UTF-8"))?;
    Ok(Some(text).filter(|text| !text.is_empty()))
}
