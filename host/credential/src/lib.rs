//! Finds the credential for a source. This is the only crate that reads a token and makes a [`Secret`].
//!
//! Nothing here uses the network, prints or writes.

mod secret;

use std::fmt;

use cnb::address::{RemoteUrl, RemoteUrlError};
use cnb::bindings::{Bindings, BindingsError};
use cnb::descriptor::CredentialDeclaration;
use cnb::names::{BindingType, NameError, UserName, VariableName};
use cnb::platform::{Platform, PlatformError};

pub use self::secret::{Credential, Secret};

/// A credential with its origin and its destination.
#[derive(Debug)]
pub struct Found {
    pub credential: Credential,
    /// The server that the credential is for, if it is not the one in buildpack.toml. Only a binding can set it,
    /// because the binding also holds the token.
    pub url: Option<RemoteUrl>,
    pub place: CredentialPlace,
    /// The name of the place, for messages.
    pub from: String,
    /// The kind of token, if it needs its own user name but has only the declared one.
    pub nameless: Option<Nameless>,
}

/// A kind of GitLab token that works only with a certain user name. Its prefix identifies it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nameless {
    /// A deploy token, whose user name GitLab shows when the token is made.
    DeployToken,
    /// The token of a CI job.
    JobToken,
}

impl Nameless {
    fn of(secret: &Secret) -> Option<Self> {
        let kinds = [("gldt-", Self::DeployToken), ("glcbt-", Self::JobToken)];
        let mut kinds = kinds.into_iter();
        let kind = kinds.find(|(begin, _)| secret.expose().starts_with(begin));
        kind.map(|(_, kind)| kind)
    }
}

/// The kinds of places that can hold a credential.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialPlace {
    /// A service binding.
    Binding,
    /// A variable of the platform.
    Variable,
}

impl fmt::Display for CredentialPlace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Binding => "binding",
            Self::Variable => "variable",
        })
    }
}

/// A credential that is missing or cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CredentialError {
    #[error("{}", missing(.env.as_ref(), .binding.as_ref()))]
    Missing {
        /// The variable that could hold it.
        env: Option<VariableName>,
        /// The type of the binding that could hold it.
        binding: Option<BindingType>,
        /// A sentence about the bindings that exist; empty if no binding is wanted.
        bindings: String,
    },
    #[error(transparent)]
    Bindings(#[from] BindingsError),
    #[error("variable {variable} can't be read")]
    Variable {
        variable: VariableName,
        source: PlatformError,
    },
    #[error("the entry 'token' of binding '{binding}' is missing or empty")]
    NoToken { binding: String },
    /// The token has a character that no token has. The message does not show the token.
    #[error(
        "the token from {from} can't be a token: {flaw}. A token may contain only printable ASCII without spaces"
    )]
    Characters {
        from: String,
        /// The kind of the character and its position.
        flaw: String,
    },
    /// The user name of a binding is invalid.
    #[error("the user name from {from} can't be used")]
    Username { from: String, source: NameError },
    /// The address of a binding is invalid.
    #[error("the url of binding '{binding}' is refused")]
    Url {
        binding: String,
        source: RemoteUrlError,
    },
}

fn missing(env: Option<&VariableName>, binding: Option<&BindingType>) -> String {
    match (env, binding) {
        (Some(env), Some(binding)) => {
            format!("Variable {env} must be set: there is no binding of type '{binding}' either")
        }
        (Some(env), None) => format!("Variable {env} must be set"),
        (None, Some(binding)) => format!("A binding of type '{binding}' must be there"),
        (None, None) => "buildpack.toml names no place where it could be found".to_owned(),
    }
}

/// Finds a credential in a binding of the declared type, or else in the declared variable.
pub fn find(
    declaration: &CredentialDeclaration,
    platform: &Platform,
    bindings: &Bindings,
) -> Result<Found, CredentialError> {
    let CredentialDeclaration {
        env,
        binding,
        provider,
        username,
    } = declaration;
    if let Some(kind) = binding
        && let Some(binding) = bindings.find_one(kind, provider.as_ref())?
    {
        let from = format!("binding '{}'", binding.name);
        let token = binding.line(platform, "token")?;
        let token = token.ok_or_else(|| CredentialError::NoToken {
            binding: binding.name.clone(),
        })?;
        let own_username = binding.line(platform, "username")?;
        let own_username = own_username
            .map(|name| name.parse::<UserName>())
            .transpose();
        let own_username = own_username.map_err(|source| CredentialError::Username {
            from: from.clone(),
            source,
        })?;
        let url = binding
            .line(platform, "url")?
            .map(|url| url.parse())
            .transpose();
        let secret = secret(&token, &from)?;
        return Ok(Found {
            nameless: Nameless::of(&secret).filter(|_| own_username.is_none()),
            credential: Credential {
                username: own_username.as_ref().unwrap_or(username).to_string(),
                secret,
            },
            url: url.map_err(|source| CredentialError::Url {
                binding: binding.name.clone(),
                source,
            })?,
            place: CredentialPlace::Binding,
            from,
        });
    }
    if let Some(variable) = env {
        let bytes = platform.variable(variable);
        let bytes = bytes.map_err(|source| CredentialError::Variable {
            variable: variable.clone(),
            source,
        })?;
        if let Some(found) = in_variable(variable, username, &bytes.unwrap_or_default())? {
            return Ok(found);
        }
    }
    Err(CredentialError::Missing {
        env: env.clone(),
        binding: binding.clone(),
        bindings: binding
            .as_ref()
            .map_or_else(String::new, |_| bindings.to_string()),
    })
}

/// Parses the credential in a variable's bytes. `None` if they are only white space.
pub fn in_variable(
    variable: &VariableName,
    username: &UserName,
    bytes: &[u8],
) -> Result<Option<Found>, CredentialError> {
    let from = format!("variable {variable}");
    let text = str::from_utf8(bytes).map_err(|_| CredentialError::Characters {
        from: from.clone(),
        flaw: "it is not UTF-8".to_owned(),
    })?;
    if text.trim().is_empty() {
        return Ok(None);
    }
    let secret = secret(text, &from)?;
    Ok(Some(Found {
        nameless: Nameless::of(&secret),
        credential: Credential {
            username: username.to_string(),
            secret,
        },
        url: None,
        place: CredentialPlace::Variable,
        from,
    }))
}

/// Parses a token. Removes the white space at its ends, which editors and `echo` add.
fn secret(text: &str, from: &str) -> Result<Secret, CredentialError> {
    let text = text.trim();
    match text.chars().position(|c| !c.is_ascii_graphic()) {
        None => Ok(Secret::new(text.to_owned())),
        Some(at) => Err(CredentialError::Characters {
            from: from.to_owned(),
            flaw: flaw(at, text.chars().nth(at).unwrap_or_default()),
        }),
    }
}

/// Describes the invalid character, without showing its neighbours.
fn flaw(at: usize, c: char) -> String {
    let what = match c {
        '\u{feff}' if at == 0 => {
            return "it begins with a byte order mark, which some editors write".to_owned();
        }
        '\n' | '\r' => "a line end",
        c if c.is_whitespace() => "a blank",
        c if text::is_unseen(c) => "one that nobody sees",
        _ => "not ASCII",
    };
    format!("its character {} is {what}", at + 1)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;

    struct World {
        folder: tempfile::TempDir,
        platform: Platform,
    }

    impl World {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let app = folder.path().join("app");
            let platform = folder.path().join("platform");
            fs::create_dir_all(&app).unwrap();
            fs::create_dir_all(platform.join("env")).unwrap();
            Self {
                platform: Platform::new(&platform, &app).unwrap(),
                folder,
            }
        }

        fn write(&self, path: &str, text: &str) {
            let path = self.folder.path().join("platform").join(path);
            fs::create_dir_all(path.parent().unwrap_or(Path::new("/"))).unwrap();
            fs::write(path, text).unwrap();
        }

        fn find(&self) -> Result<Found, CredentialError> {
            let declaration = CredentialDeclaration {
                env: Some("BP_TOKEN".parse().unwrap()),
                binding: Some("gitlab".parse().unwrap()),
                provider: None,
                username: "oauth2".parse().unwrap(),
            };
            let bindings = Bindings::read(&self.platform, None)?;
            find(&declaration, &self.platform, &bindings)
        }

        fn error(&self) -> String {
            self.find().unwrap_err().to_string()
        }
    }

    #[test]
    fn without_a_credential_the_message_names_the_variable_first() {
        let world = World::new();
        assert!(world.error().starts_with("Variable BP_TOKEN must be set"));
        world.write("env/BP_TOKEN", "\n");
        assert!(world.error().starts_with("Variable BP_TOKEN must be set"));
    }

    #[test]
    fn white_space_at_its_ends_is_no_part_of_a_token() {
        for text in [
            "t0ken",
            "t0ken\n",
            "t0ken\r\n",
            "t0ken\n\n",
            " t0ken \t\n",
            "\u{a0}t0ken",
        ] {
            let world = World::new();
            world.write("env/BP_TOKEN", text);
            let found = world.find().unwrap();
            assert_eq!(found.credential.secret.expose(), "t0ken");
            assert_eq!(found.credential.username, "oauth2");
            assert_eq!(found.from, "variable BP_TOKEN");
            assert!(found.url.is_none());
        }
    }

    #[test]
    fn a_token_with_other_characters_is_refused_and_not_shown() {
        for (text, flaw) in [
            ("s3cret x", "its character 7 is a blank"),
            ("s3\n\ncret", "its character 3 is a line end"),
            ("s3cret\u{e4}", "its character 7 is not ASCII"),
            ("s3cret\u{1b}[m", "its character 7 is one that nobody sees"),
            ("\u{0}s3cret", "its character 1 is one that nobody sees"),
            (
                "s3cr\u{200b}et\n",
                "its character 5 is one that nobody sees",
            ),
            ("\u{feff}s3cret\n", "it begins with a byte order mark"),
        ] {
            let world = World::new();
            world.write("env/BP_TOKEN", text);
            let debug = format!("{:?}", world.find().unwrap_err());
            let error = world.error();
            assert!(!debug.contains("s3cret"), "{debug}");
            assert!(
                error.contains("BP_TOKEN") && error.contains(flaw),
                "{error}"
            );
            // The same token in a binding.
            world.write("bindings/b/type", "gitlab");
            world.write("bindings/b/token", text);
            let error = world.error();
            assert!(
                error.contains("binding 'b'") && error.contains(flaw),
                "{error}"
            );
        }
    }

    #[test]
    fn a_token_that_needs_a_user_name_is_known_unless_it_has_one() {
        let world = World::new();
        for (token, nameless) in [
            ("glpat-x", None),
            ("gldt-x", Some(Nameless::DeployToken)),
            ("glcbt-64_x", Some(Nameless::JobToken)),
        ] {
            world.write("env/BP_TOKEN", token);
            assert_eq!(world.find().unwrap().nameless, nameless, "{token}");
        }
        world.write("bindings/b/type", "gitlab");
        world.write("bindings/b/token", "gldt-x");
        let nameless = world.find().unwrap().nameless;
        assert_eq!(nameless, Some(Nameless::DeployToken));
        world.write("bindings/b/username", "gitlab+deploy-token-1");
        assert_eq!(world.find().unwrap().nameless, None);
    }

    #[test]
    fn a_binding_goes_before_the_variable_and_may_say_where_to_and_as_whom() {
        let world = World::new();
        world.write("env/BP_TOKEN", "variable");
        world.write("bindings/b/type", "GitLab\n");
        assert!(
            world
                .error()
                .contains("the entry 'token' of binding 'b' is missing")
        );
        world.write("bindings/b/token", "bound\n");
        world.write("bindings/b/username", "someone");
        world.write("bindings/b/url", "https://git.example.com/\n");
        let found = world.find().unwrap();
        assert_eq!(found.credential.secret.expose(), "bound");
        assert_eq!(found.credential.username, "someone");
        assert_eq!(found.url.unwrap().origin(), "https://git.example.com");
        assert_eq!(found.from, "binding 'b'");
    }

    #[test]
    fn a_binding_is_refused_for_a_bad_address_a_bad_name_or_a_twin() {
        let world = World::new();
        world.write("bindings/b/type", "gitlab");
        world.write("bindings/b/token", "bound");
        world.write("bindings/b/url", "http://git.example.com");
        assert!(world.error().contains("the url of binding 'b'"));
        world.write("bindings/b/url", "");
        for name in ["a:s3cret", "s3 cret", "s\u{e9}cret"] {
            world.write("bindings/b/username", name);
            let error = world.find().unwrap_err();
            let error = text::chain(&error);
            assert!(
                error.contains("user name") && !error.contains("cret"),
                "{error}"
            );
        }
        world.write("bindings/b/username", "");
        world.find().unwrap();
        world.write("bindings/c/type", "gitlab");
        let error = world.error();
        assert!(error.contains("'b'") && error.contains("'c'"), "{error}");
    }

    #[test]
    fn a_secret_does_not_print_itself() {
        let text = format!("{:?}", Secret::new("s3cret".to_owned()));
        assert_eq!(text, "Secret(..)");
    }
}
