//! Emulates other git servers: gives their answers where these differ from git's.
//!
//! All other requests are answered by git.

use anyhow::Result;

use super::http::{Request, Response};
use super::packet::{line, without};
use super::{Filters, Options, backend};
use crate::repository::clean_git;

/// The program whose answers the server gives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Kind {
    #[default]
    Git,
    /// `JGit` 7, as in Gerrit. Without filters, a client can request only commits by their id; with filters, it refuses
    /// those that combine others.
    JGit,
    /// go-git 6, which accepts every filter and ignores it, and fails for objects that it does not have.
    GoGit,
    /// Git behind gitolite 3, which refuses with a message.
    Gitolite,
}

const OFFERED: &str = "application/x-git-upload-pack-advertisement";
const RESULT: &str = "application/x-git-upload-pack-result";

pub(super) fn answer(options: &Options, request: &Request) -> Result<Response> {
    match options.kind {
        Kind::Git => backend::answer(options, request),
        Kind::JGit => jgit(options, request),
        Kind::GoGit => go_git(options, request),
        Kind::Gitolite => gitolite(options, request),
    }
}

fn jgit(options: &Options, request: &Request) -> Result<Response> {
    if request.method == "POST"
        && let Some(refusal) = jgit_refuses(options, request)?
    {
        return Ok(refusal);
    }
    let mut response = backend::answer(options, request)?;
    if response.status == 404 {
        return Ok(says(404, RESULT, "Git repository not found"));
    }
    if request.method == "GET" {
        let is_format = |payload: &[u8]| payload.starts_with(b"object-format=");
        response.body = without(&response.body, is_format);
    }
    Ok(response)
}

fn jgit_refuses(options: &Options, request: &Request) -> Result<Option<Response>> {
    let refuses = |words: &str| Ok(Some(says(200, RESULT, words)));
    if request.header("git-protocol").is_none() {
        return refuses("expected 'want', got 'command=ls-refs'");
    }
    let offers = options.filters == Filters::Allowed;
    match value(request, "filter ") {
        Some(filter) if !offers => return refuses(&format!("unexpected filter {filter}")),
        Some(filter) if filter.starts_with("combine:") => {
            return refuses(&format!("Invalid filter: {filter}"));
        }
        _ => {}
    }
    let Some(wanted) = value(request, "want ") else {
        return Ok(None);
    };
    let deepens = value(request, "deepen ").is_some();
    match object_type(options, request, &wanted)?.as_deref() {
        None if deepens => Ok(Some(says(500, RESULT, "Internal server error"))),
        None => refuses(&format!("want {wanted} not valid")),
        Some("tree" | "blob") if deepens => refuses("No commits selected for shallow request"),
        Some("tree" | "blob") if !offers => refuses(&format!("want {wanted} not valid")),
        Some("commit") if !is_reachable(options, request, &wanted)? => {
            refuses(&format!("want {wanted} not valid"))
        }
        Some(_) => Ok(None),
    }
}

fn go_git(options: &Options, request: &Request) -> Result<Response> {
    let failed = || Response::text(500, "Internal Server Error\n");
    if let Some(wanted) = value(request, "want ")
        && object_type(options, request, &wanted)?.is_none()
    {
        return Ok(failed());
    }
    let request = Request {
        body: without(&request.body, |payload| payload.starts_with(b"filter ")),
        ..request.clone()
    };
    let response = backend::answer(options, &request)?;
    Ok(match response.status {
        404 => failed(),
        _ => response,
    })
}

fn gitolite(options: &Options, request: &Request) -> Result<Response> {
    let mut response = backend::answer(options, request)?;
    if response.status == 404 {
        let path = request.path();
        let denied = format!(
            "FATAL: R any {path} tester DENIED by fallthru\n(or you mis-spelled the reponame)\n"
        );
        response = says(200, OFFERED, &denied);
        let announced = [&line(b"# service=git-upload-pack\n"), &b"0000"[..]].concat();
        response.body.splice(..0, announced);
    }
    Ok(response)
}

/// A response that contains only a refusal.
fn says(status: u16, kind: &str, words: &str) -> Response {
    Response {
        status,
        headers: Vec::new(),
        body: line(format!("ERR {words}").as_bytes()),
    }
    .with("Content-Type", kind)
}

/// The text after `key` in the first line of the request that starts with it.
fn value(request: &Request, key: &str) -> Option<String> {
    let body = String::from_utf8_lossy(&request.body);
    let value = |line: &str| Some(line.get(4..)?.strip_prefix(key)?.to_owned());
    body.lines().find_map(value)
}

/// The type of an object, if the repository has it.
fn object_type(options: &Options, request: &Request, id: &str) -> Result<Option<String>> {
    git(options, request, &["cat-file", "-t", id])
}

/// Whether a branch or tag contains this commit.
fn is_reachable(options: &Options, request: &Request, id: &str) -> Result<bool> {
    let refs = git(options, request, &["for-each-ref", "--contains", id])?;
    Ok(refs.is_some_and(|refs| !refs.is_empty()))
}

/// Git's output for the requested repository, or `None` if git fails.
fn git(options: &Options, request: &Request, arguments: &[&str]) -> Result<Option<String>> {
    let Some((git_dir, _)) = backend::repository(options, request) else {
        return Ok(None);
    };
    let mut git = clean_git();
    git.current_dir(git_dir).args(["-c", "safe.directory=*"]);
    let output = git.args(arguments).output()?;
    let said = String::from_utf8(output.stdout)?;
    Ok(output.status.success().then(|| said.trim().to_owned()))
}
