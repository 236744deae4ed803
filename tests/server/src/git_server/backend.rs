//! Answers a request with `git http-backend`, as a web server does by CGI.
//!
//! No socket and no fault belongs here.

use std::io::{Read, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;

use anyhow::{Context, Result, ensure};

use super::http::{Request, Response};
use super::{Access, Filters, Options};
use crate::repository::clean_git;

/// The response to `request`: 401 without the right credential, 404 for an unknown repository.
pub(super) fn answer(options: &Options, request: &Request) -> Result<Response> {
    if !may_read(&options.access, request) {
        let body = "HTTP Basic: Access denied\n";
        return Ok(Response::text(401, body).with("WWW-Authenticate", "Basic realm=\"GitLab\""));
    }
    if let Some(content) = options.files.get(request.path()) {
        let file = Response {
            status: 200,
            headers: Vec::new(),
            body: content.clone(),
        };
        return Ok(file.with("Content-Type", "application/octet-stream"));
    }
    match repository(options, request) {
        Some((git_dir, rest)) => run(options, request, git_dir, rest),
        None => Ok(Response::text(
            404,
            "The project you were looking for could not be found\n",
        )),
    }
}

/// The folder of the requested repository, and the rest of the path.
pub(super) fn repository<'o, 'r>(
    options: &'o Options,
    request: &'r Request,
) -> Option<(&'o Path, &'r str)> {
    let path = request.path().trim_start_matches('/');
    options.repositories.iter().find_map(|(name, git_dir)| {
        let rest = path.strip_prefix(name.as_str())?;
        rest.starts_with('/').then_some((git_dir.as_path(), rest))
    })
}

fn may_read(access: &Access, request: &Request) -> bool {
    match access {
        Access::Open => true,
        Access::Basic { user, token } => {
            let expected = format!(
                "Basic {}",
                lifecycle::search::base64(format!("{user}:{token}").as_bytes())
            );
            request.header("authorization") == Some(expected.as_str())
        }
    }
}

fn run(options: &Options, request: &Request, git_dir: &Path, rest: &str) -> Result<Response> {
    let mut command = clean_git();
    command
        .arg("http-backend")
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_PROJECT_ROOT", git_dir)
        .env("PATH_INFO", rest)
        .env("REQUEST_METHOD", &request.method)
        .env("QUERY_STRING", request.query())
        .env(
            "CONTENT_TYPE",
            request.header("content-type").unwrap_or_default(),
        )
        .env("CONTENT_LENGTH", request.body.len().to_string())
        .env("REMOTE_ADDR", "127.0.0.1");
    if let Some(encoding) = request.header("content-encoding") {
        command.env("HTTP_CONTENT_ENCODING", encoding);
    }
    if let Some(protocol) = request.header("git-protocol")
        && !options.first_protocol_only
    {
        command.env("GIT_PROTOCOL", protocol);
    }
    let settings = settings(options.filters);
    command.env("GIT_CONFIG_COUNT", settings.len().to_string());
    for (number, (key, value)) in settings.iter().enumerate() {
        command.env(format!("GIT_CONFIG_KEY_{number}"), key);
        command.env(format!("GIT_CONFIG_VALUE_{number}"), value);
    }
    let output = feed(&mut command, &request.body)?;
    parse(&output)
}

fn settings(filters: Filters) -> Vec<(&'static str, &'static str)> {
    let mut settings = vec![
        // The repository may belong to another user than the one who runs the tests.
        ("safe.directory", "*"),
        (
            "uploadpack.allowFilter",
            if filters == Filters::NotOffered {
                "false"
            } else {
                "true"
            },
        ),
    ];
    match filters {
        Filters::Refused => settings.push(("uploadpackfilter.allow", "false")),
        Filters::TreeRefused => settings.push(("uploadpackfilter.tree.allow", "false")),
        Filters::Allowed | Filters::NotOffered => {}
    }
    settings
}

fn feed(command: &mut Command, body: &[u8]) -> Result<Vec<u8>> {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .context("can't start git http-backend")?;
    let mut stdin = child.stdin.take().context("no pipe to git http-backend")?;
    let mut stdout = child
        .stdout
        .take()
        .context("no pipe from git http-backend")?;
    let mut output = Vec::new();
    thread::scope(|scope| {
        // The backend may end before it has read everything; its output is still the response.
        scope.spawn(move || drop(stdin.write_all(body)));
        stdout.read_to_end(&mut output)
    })?;
    child.wait()?;
    Ok(output)
}

/// Parses a CGI response: headers, perhaps with `Status`, an empty line, the body.
fn parse(output: &[u8]) -> Result<Response> {
    ensure!(
        !output.is_empty(),
        "git http-backend printed nothing: is git fully installed?"
    );
    let mut with_status = b"HTTP/1.1 200 OK\r\n".to_vec();
    with_status.extend_from_slice(output);
    let mut response = Response::parse(&with_status)?;
    if let Some(status) = response.header("status") {
        response.status = status.split(' ').next().unwrap_or_default().parse()?;
        response
            .headers
            .retain(|(name, _)| !name.eq_ignore_ascii_case("status"));
    }
    Ok(response)
}
