//! The whole text of every message, as a person reads it, followed by the exit status.
//!
//! The texts are snapshots. After a change of wording, read the difference and accept it with `cargo xtask accept`.

#![cfg(test)]

use super::samples::{self, told};

#[test]
fn messages_about_the_platforms_inputs() {
    insta::assert_snapshot!(told(&samples::inputs()), @r#"
    [Error: The platform's inputs can't be used] (context-variable-missing)
    CNB_LAYERS_DIR is not set; the lifecycle sets it.
    The lifecycle sets these inputs. If you call the program yourself, set
      them as the Buildpack API says.
    => 1

    [Error: The platform's inputs can't be used] (context-variable-not-utf8)
    CNB_LAYERS_DIR is not UTF-8.
    The lifecycle sets these inputs. If you call the program yourself, set
      them as the Buildpack API says.
    => 1

    [Error: The platform's inputs can't be used] (context-path-relative)
    CNB_LAYERS_DIR must be an absolute path, but is 'layers'.
    The lifecycle sets these inputs. If you call the program yourself, set
      them as the Buildpack API says.
    => 1

    [Error: The platform's inputs can't be used] (context-working-directory)
    The working directory must be the application directory: it is /.
    The lifecycle sets these inputs. If you call the program yourself, set
      them as the Buildpack API says.
    => 1

    [Error: The platform's inputs can't be used] (context-path-unreadable)
    Can't read the path in CNB_LAYERS_DIR: can't open the directory
      /nowhere/at/all: No such file or directory (os error 2).
    The lifecycle sets these inputs. If you call the program yourself, set
      them as the Buildpack API says.
    => 1

    [Error: The platform's inputs can't be used] (context-path-without-file)
    CNB_BP_PLAN_PATH is not the path of a file: '/'.
    The lifecycle sets these inputs. If you call the program yourself, set
      them as the Buildpack API says.
    => 1

    [Error: The platform's inputs can't be used] (context-buildpack-plan)
    /plan.toml is not a valid Buildpack Plan: the lifecycle writes it from
      the requirements of the buildpacks in the build: TOML parse error at
      line 1, column 4
        |
      1 | key
        |    ^
      key with no value, expected `=`.
    The lifecycle sets these inputs. If you call the program yourself, set
      them as the Buildpack API says.
    => 1

    [Error: The platform's inputs can't be used] (platform-file-unreadable)
    The platform's variable BP_JOB_TEMPLATE_REF can't be read: can't read
      /platform/file: permission denied.
    The lifecycle sets these inputs. If you call the program yourself, set
      them as the Buildpack API says.
    => 1

    [Error: The platform's inputs can't be used] (platform-file-untrusted)
    The host can't keep the directories of this build apart: /platform/a
      lies beneath the application directory, in /workspace/a.
    The lifecycle sets these inputs. If you call the program yourself, set
      them as the Buildpack API says.
    => 1

    [Error: The platform's inputs can't be used] (platform-file-kind)
    The host can't keep the directories of this build apart: /platform/a is
      not a file.
    The lifecycle sets these inputs. If you call the program yourself, set
      them as the Buildpack API says.
    => 1

    [Error: The platform's inputs can't be used] (platform-file-too-long)
    The host can't keep the directories of this build apart: /platform/a has
      more than 100 bytes.
    The lifecycle sets these inputs. If you call the program yourself, set
      them as the Buildpack API says.
    => 1

    [Error: The requested revision can't be used] (revision-invalid)
    BP_JOB_TEMPLATE_REF is not a valid branch, tag or commit: 'main~1': git
      does not allow this name for a branch or tag: Reference name contains
      invalid byte: "~".
    Nothing was fetched.
    Set BP_JOB_TEMPLATE_REF to a branch, a tag or a full commit id, without
      blanks or git's shorthands such as main~1 and @, or leave it unset.
    => 1

    [Error: This package does not contain the requested revision]
      (revision-not-in-package)
    BP_JOB_TEMPLATE_REF asks for 'v2', but this package contains source
      'job' only at 'v1' (0123456789abcdef0123456789abcdef01234567).
    This package builds without a network.
    Leave BP_JOB_TEMPLATE_REF unset, or use a package that fetches, or a
      package of that revision.
    => 1

    [Error: The application can't be read] (application-unreadable)
    Can't open the directory /nowhere/at/all: No such file or directory (os
      error 2).
    The build's user must be able to read the application directory.
    => 1
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot of many messages")]
fn messages_about_the_buildpacks_files() {
    insta::assert_snapshot!(told(&samples::buildpack()), @"
    [Error: buildpack.toml is broken] (buildpack-toml-unreadable)
    buildpack.toml can't be read: can't open the directory /nowhere/at/all:
      No such file or directory (os error 2).
    Report this to the buildpack's author.
    => 70

    [Error: buildpack.toml is broken] (buildpack-toml-not-utf8)
    buildpack.toml is not UTF-8.
    Report this to the buildpack's author.
    => 70

    [Error: buildpack.toml is broken] (buildpack-toml-syntax)
    buildpack.toml is not valid TOML: TOML parse error at line 1, column 4
        |
      1 | key
        |    ^
      key with no value, expected `=`.
    Report this to the buildpack's author.
    => 70

    [Error: buildpack.toml is broken] (buildpack-toml-key-missing)
    buildpack.toml lacks the key metadata.limits.seconds.
    Report this to the buildpack's author.
    => 70

    [Error: buildpack.toml is broken] (buildpack-toml-type)
    The key metadata.limits.seconds in buildpack.toml must be a number.
    Report this to the buildpack's author.
    => 70

    [Error: buildpack.toml is broken] (buildpack-toml-key-unknown)
    The key metadata.limits.seconds in buildpack.toml is unknown; is it
      misspelt?
    Report this to the buildpack's author.
    => 70

    [Error: buildpack.toml is broken] (buildpack-toml-value)
    The key metadata.sources.a b in buildpack.toml is refused: the source
      name 'a b' is refused: it may contain only letters, digits, '.', '_'
      and '-', and must begin with a letter or digit.
    Report this to the buildpack's author.
    => 70

    [Error: buildpack.toml is broken] (buildpack-toml-conflict)
    The key metadata.sources.job.credential in buildpack.toml: no credential
      'git' is declared.
    Report this to the buildpack's author.
    => 70

    [Error: buildpack.toml is broken] (buildpack-api)
    buildpack.toml asks for Buildpack API '0.9'; this host supports 0.10,
      0.11 and 0.12.
    Report this to the buildpack's author.
    => 70

    [Error: buildpack.toml is broken] (buildpack-toml-limit)
    The key metadata.limits.seconds in buildpack.toml is 0; it must be from
      1 to 3600.
    Report this to the buildpack's author.
    => 70

    [Error: The buildpack's component can't be used] (artifact-unreadable)
    Can't read /buildpack/artifact.toml: permission denied.
    The buildpack is incomplete, or was changed after packaging. Package it
      again.
    => 70

    [Error: The buildpack's component can't be used] (artifact-record)
    /buildpack/artifact.toml can't be understood: TOML parse error at line
      1, column 4
        |
      1 | key
        |    ^
      key with no value, expected `=`.
    The buildpack is incomplete, or was changed after packaging. Package it
      again.
    => 70

    [Error: The buildpack's component can't be used] (artifact-digest)
    guest.cwasm has the SHA-256 digest 0123, and artifact.toml records 4567.
    The buildpack is incomplete, or was changed after packaging. Package it
      again.
    => 70

    [Error: The buildpack's component can't be used] (artifact-digest)
    guest.cwasm has 9 bytes, and artifact.toml records 10.
    The buildpack is incomplete, or was changed after packaging. Package it
      again.
    => 70

    [Error: The buildpack's component can't be used] (artifact-digest)
    guest.cwasm has the CRC-32 checksum 0123, and artifact.toml records
      4567.
    The buildpack is incomplete, or was changed after packaging. Package it
      again.
    => 70

    [Error: The buildpack's component can't be used] (artifact-refused)
    The engine refuses guest.cwasm: it is not an ELF file.
    The buildpack is incomplete, or was changed after packaging. Package it
      again.
    => 70

    [Error: The buildpack's component can't be used] (artifact-engine)
    guest.cwasm was compiled by wasmtime 1.0.0, and this host is wasmtime
      2.0.0.
    Report this to the buildpack's author.
    => 70

    [Error: The buildpack's component can't be used] (artifact-architecture)
    guest.cwasm was compiled for arm64, and this machine is amd64.
    Report this to the buildpack's author.
    => 70

    [Error: The buildpack's bills of materials can't be used]
      (sbom-unreadable)
    Can't open the directory /nowhere/at/all: No such file or directory (os
      error 2).
    The buildpack is incomplete. Package it again.
    => 70

    [Error: The buildpack's bills of materials can't be used] (sbom-syntax)
    sbom/host.cdx.json is not valid JSON: EOF while parsing an object at
      line 1 column 1.
    The buildpack is incomplete. Package it again.
    => 70

    [Error: The buildpack's bills of materials can't be used] (sbom-form)
    sbom/host.cdx.json has no list at components.
    The buildpack is incomplete. Package it again.
    => 70

    [Error: The host can't read its own program file] (host-unreadable)
    /proc/self/exe can't be read: permission denied.
    Report this to the buildpack's author.
    => 70

    [Error: The buildpack's package is incomplete] (package-source-missing)
    The package does not contain source 'job': can't open the directory
      /nowhere/at/all: No such file or directory (os error 2).
    None of it was written.
    Package it again with its content.
    => 70

    [Error: The buildpack's package is incomplete] (package-unreadable)
    The package's content for source 'job' can't be used: it can't be read:
      permission denied.
    None of it was written.
    Package it again with its content.
    => 70

    [Error: The buildpack's package is incomplete] (limit-fetch-mib)
    The package's content for source 'job' can't be used: it is larger than
      100 bytes.
    None of it was written.
    1. Package it again with its content.
    2. The limit is 'fetch-mib' in [metadata.limits] of buildpack.toml.
    => 70

    [Error: The buildpack's package is incomplete] (pack-checksum)
    The package's content for source 'job' can't be used: the pack's
      checksum is wrong.
    None of it was written.
    Package it again with its content.
    => 70

    [Error: The buildpack's package is incomplete] (limit-content-files)
    The package's content for source 'job' can't be used: the folder holds
      more than 5 files, folders and links.
    None of it was written.
    1. Package it again with its content.
    2. The limit is 'content-files' in [metadata.limits] of buildpack.toml.
    => 70
    ");
}

#[test]
fn messages_about_the_operators_policy() {
    insta::assert_snapshot!(told(&samples::policies()), @r#"
    [Error: The operator's policy can't be applied] (policy-unreadable)
    The operator's policy can't be read: can't open the directory
      /nowhere/at/all: No such file or directory (os error 2).
    The host builds only if it can apply the policy.
    Report this to the builder image's operator.
    => 91

    [Error: The operator's policy can't be applied]
      (policy-not-owned-by-root)
    /etc/wasm-buildpacks can be changed by users other than root (Dir of
      user 1000, permissions 755), so they could have written the operator's
      policy.
    The host builds only if it can apply the policy.
    /etc/wasm-buildpacks/policy.toml and the folders above it must belong to
      root, and only root may write them.
    => 91

    [Error: The operator's policy can't be applied] (policy-build-as-root)
    This build runs as root, who could have written the operator's policy
      /etc/wasm-buildpacks/policy.toml.
    The host builds only if it can apply the policy.
    Build as another user, as the lifecycle does.
    => 91

    [Error: The operator's policy can't be applied] (policy-invalid)
    The key sanbox in policy.toml is unknown; is it misspelt?
    The host builds only if it can apply the policy.
    Report this to the builder image's operator.
    => 91

    [Error: The operator's policy denies a source] (policy-host-denied)
    Source 'job' is on git.example.com; the operator's policy grants
      gitlab.com.
    Nothing was fetched, and no credential was sent.
    The policy is /etc/wasm-buildpacks/policy.toml in the builder image: its
      operator can grant it there.
    => 91

    [Error: The operator's policy denies a source]
      (policy-credential-denied)
    The credential for source 'job' may not come from a variable: the
      operator's policy doesn't grant that for git.example.com.
    Nothing was fetched, and no credential was sent.
    The policy is /etc/wasm-buildpacks/policy.toml in the builder image: its
      operator can grant it there.
    => 91

    [Error: The operator's policy denies a source]
      (policy-mirror-credential-denied)
    Source 'job' may not sign in with a binding that, in the operator's
      policy, holds the credential for the mirror of git.example.com.
    Nothing was fetched, and no credential was sent.
    The policy is /etc/wasm-buildpacks/policy.toml in the builder image: its
      operator can give the mirror a credential in another place.
    => 91

    [Error: The operator's policy denies a source] (policy-path-denied)
    Source 'job' is to be fetched from the path '/group/a.git'; for
      git.example.com the operator's policy grants /other/*.
    Nothing was fetched, and no credential was sent.
    The policy is /etc/wasm-buildpacks/policy.toml in the builder image: its
      operator can grant it there.
    => 91

    [Error: The operator's policy denies a source] (policy-revision-denied)
    Source 'job' is to be fetched at 'dev'; for git.example.com the
      operator's policy grants main, v*.
    Nothing was fetched, and no credential was sent.
    The policy is /etc/wasm-buildpacks/policy.toml in the builder image: its
      operator can grant it there.
    => 91

    [Error: The operator's policy denies a source] (policy-denied)
    Sandbox is "require", not "prefer": the operator's policy asks for it.
    Nothing was fetched, and no credential was sent.
    The policy is /etc/wasm-buildpacks/policy.toml in the builder image: its
      operator can grant it there.
    => 91

    [Error: The component would set a variable for later buildpacks]
      (build-variable-undeclared)
    Layer 'tools' sets JOB_HOME for later buildpacks; in build-variables,
      buildpack.toml declares none.
    Nothing was fetched or written. A later buildpack may hold a credential,
      and obeys these variables.
    The buildpack's author must name it in build-variables in [metadata] of
      buildpack.toml.
    => 70

    [Error: The operator's policy denies a variable]
      (policy-build-variable-denied)
    JOB_HOME may not be set for later buildpacks: the operator's policy
      grants no variable.
    Nothing was fetched or written.
    The policy is /etc/wasm-buildpacks/policy.toml in the builder image: its
      operator can grant it in build-variables.
    => 91
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot of many messages")]
fn messages_about_the_component() {
    insta::assert_snapshot!(told(&samples::component()), @r#"
    [Error: The buildpack's component can't be used] (artifact-digest)
    guest.cwasm has 9 bytes, and artifact.toml records 10.
    Report this to the buildpack's author.
    => 70

    [Error: The buildpack's component doesn't fit this host]
      (component-incompatible)
    The component doesn't fit this host: it imports wasi:sockets/tcp.
    A component may import wasm-buildpacks:buildpack/log and these parts of
      WASI 0.2: files, clocks, random numbers and standard output.
    The command 'wasm-buildpack check' names each import and export that
      does not fit.
    => 70

    [Error: The component speaks another version of the contract]
      (component-contract-version)
    The component speaks version 0.4.0 of the contract, and this host speaks
      0.1, 0.2 and 0.3.
    1. Build the component for one of these versions, or the buildpack with
      a newer host.
    2. The command 'wasm-buildpack check' names each import and export that
      does not fit.
    => 70

    [Error: The component's exports don't fit the contract]
      (component-exports)
    The component doesn't fit version 0.2 of the contract: it does not
      export the function 'build'.
    1. Make the component's bindings again, from that version's
      buildpack.wit.
    2. The command 'wasm-buildpack check' names each import and export that
      does not fit.
    => 70

    [Error: The buildpack's component trapped] (component-trap)
    The component trapped: unreachable.
    Report this to the buildpack's author.
    => 80

    [Error: The buildpack's component needs more memory] (limit-memory-mib)
    The component trapped: unreachable, after it was refused more memory.
    The limit is 'memory-mib' in [metadata.limits] of buildpack.toml.
    => 81

    [Error: The buildpack's component needs more stack] (limit-stack-kib)
    The component trapped: unreachable, after it was refused more stack.
    The limit is 'stack-kib' in [metadata.limits] of buildpack.toml.
    => 81

    [Error: The buildpack's component needs more room in a table]
      (limit-table-elements)
    The component trapped: unreachable, after it was refused more room in a
      table.
    The limit is 'table-elements' in [metadata.limits] of buildpack.toml.
    => 81

    [Error: The buildpack's component needs more memories] (limit-memories)
    The component trapped: unreachable, after it was refused more memories.
    The limit is 'memories' in [metadata.limits] of buildpack.toml.
    => 81

    [Error: The buildpack's component needs more core instances]
      (limit-core-instances)
    The component trapped: unreachable, after it was refused more core
      instances.
    The limit is 'core-instances' in [metadata.limits] of buildpack.toml.
    => 81

    [Error: The buildpack's component needs more tables]
      (limit-core-instances)
    The component trapped: unreachable, after it was refused more tables.
    The limit is 'core-instances' in [metadata.limits] of buildpack.toml.
    => 81

    [Error: The buildpack's component ended itself] (component-exit)
    The component ended itself with exit status 1 instead of returning.
    Report this to the buildpack's author.
    => 82

    [Error: The buildpack's component took too long] (limit-seconds)
    The component didn't return within 5 seconds.
    1. The limit is 'seconds' in [metadata.limits] of buildpack.toml.
    2. Report this to the buildpack's author.
    => 83

    [Error: The buildpack's component needs more open files]
      (limit-open-files)
    The component had more than 100 files open at once, including the host's
      own, or more than the machine allows, and was stopped.
    The machine has a limit of its own: ulimit -n.
    The limit is 'open-files' in [metadata.limits] of buildpack.toml.
    => 81

    [Error: The buildpack's component needs more memory for listings]
      (limit-memory-mib-listings)
    The component listed so many names that all listings together took more
      than 100 bytes of the host's memory, and was stopped.
    The limit is 'memory-mib' in [metadata.limits] of buildpack.toml.
    => 81

    [Error: The buildpack's component needs more files] (limit-files)
    The component made more than 100 files, folders and links, and was
      stopped.
    Files that it later removed count too.
    The limit is 'files' in [metadata.limits] of buildpack.toml.
    => 81

    [Error: The buildpack's component needs more room for its files]
      (limit-files-mib)
    The component wrote more than 100 bytes into files, and was stopped.
    Files that it later removed count too.
    The limit is 'files-mib' in [metadata.limits] of buildpack.toml.
    => 81

    [Error: The buildpack's component can't be confined here]
      (sandbox-unavailable)
    The component was not started: Landlock is missing.
    1. Build on a machine whose kernel has seccomp and Landlock (ABI 3,
      Linux 6.2), and where no container profile forbids them or setrlimit.
    2. Or set sandbox = "prefer" in buildpack.toml: then a build names what
      is missing, and continues.
    => 90

    [Error: The component could not be started] (component-setup)
    The host could not set the component up: it has no table.
    Report this to the buildpack's author.
    => 70

    [Error: The buildpack's component says: No project file]
      (component-application)
    | It must be at the top of the project.
    | There is one in src.
    The buildpack reported this about the application.
    => 1

    [Error: The buildpack's component says: No project file]
      (component-platform)
    | It must be at the top of the project.
    | There is one in src.
    The buildpack reported this about the platform's inputs.
    => 1

    [Error: The buildpack's component says: No project file] (component-io)
    | It must be at the top of the project.
    | There is one in src.
    The buildpack could not read or write a file.
    => 1

    [Error: The buildpack's component says: No project file]
      (component-internal)
    | It must be at the top of the project.
    | There is one in src.
    Report this to the buildpack's author.
    => 70

    [Error: The buildpack's component failed] (component-internal)
    It gave no reason.
    Report this to the buildpack's author.
    => 70
    "#);
}

#[test]
fn messages_about_the_runner() {
    insta::assert_snapshot!(told(&samples::process()), @"
    [Error: The component's process can't be started] (runner-start)
    The runner could not be started: permission denied.
    Check the limits on processes and files of the build's container.
    => 1

    [Error: The platform's inputs are too large] (runner-context-too-large)
    The input for the component is too large: a message of 200 bytes is over
      the limit of 100.
    Look for unusually large metadata in the Buildpack Plan or in restored
      layers.
    => 1

    [Error: The buildpack's component ended itself] (component-exit)
    The component ended itself with exit status 1 instead of returning.
    Report this to the buildpack's author.
    => 82

    [Error: The component's process took too long] (limit-seconds-runner)
    The runner didn't end within 15 seconds and was killed.
    The limit is 'seconds' in [metadata.limits] of buildpack.toml.
    => 83

    [Error: The component's process sent no answer] (runner-message-invalid)
    The runner sent an invalid message: a message can't be understood: EOF
      while parsing an object at line 1 column 1.
    The component broke out of WebAssembly, or tried to.
    Report this to the buildpack's author.
    => 88

    [Error: The component returned too much] (limit-output-kib)
    The runner's answer is too large: a message of 200 bytes is over the
      limit of 100.
    1. The limit is 'output-kib' in [metadata.limits] of buildpack.toml.
    2. Report this to the buildpack's author.
    => 92

    [Error: The component's process sent an unexpected message]
      (runner-message-out-of-turn)
    The runner reported its sandbox twice.
    The component broke out of WebAssembly, or tried to.
    Report this to the buildpack's author.
    => 88

    [Error: The component logged too much] (limit-log-kib)
    The runner logged more than it may.
    The limit is 'log-kib' in [metadata.limits] of buildpack.toml.
    => 89

    [Error: The component's process made a forbidden call]
      (runner-system-call)
    The runner ended without an answer (signal: 31 (SIGSYS)).
    The kernel ended it. The component broke out of WebAssembly, or made a
      harmless call that the host's list of allowed calls lacks.
    Report this to the buildpack's author.
    => 85

    [Error: The component wrote too large a file] (limit-file-mib)
    The runner ended without an answer (signal: 25 (SIGXFSZ)).
    1. The limit is 'file-mib' in [metadata.limits] of buildpack.toml.
    2. Report this to the buildpack's author.
    => 86

    [Error: The component's process needs more memory]
      (limit-memory-mib-runner)
    The runner ended without an answer (signal: 6 (SIGABRT)): memory
      allocation of 1000 bytes failed.
    The process holds what the component lists, reads and returns.
    The limit is 'memory-mib' in [metadata.limits] of buildpack.toml.
    => 81

    [Error: The component's process was killed] (runner-killed)
    The runner ended without an answer (signal: 9 (SIGKILL)).
    It was killed from outside the build, most likely because memory ran
      out.
    Check the memory limit of the build's container.
    => 87

    [Error: The component's process ended abnormally] (runner-died)
    The runner ended without an answer (signal: 11 (SIGSEGV)).
    Report this to the buildpack's author.
    => 84
    ");
}

#[test]
fn messages_about_the_machine() {
    insta::assert_snapshot!(told(&samples::machine()), @"
    [Error: This machine allows too few open files] (machine-open-files)
    The component could not be run: the kernel refuses it.
    Raise the limit on open files (ulimit -n) of the build's container: 256
      are enough.
    => 1

    [Error: This machine allows too few processes and threads]
      (machine-processes)
    The component could not be run: the kernel refuses it.
    Raise the limit on processes of the build's container or user (ulimit
      -u, pids.max, docker's --pids-limit): a build has two processes and a
      few threads.
    => 1

    [Error: This machine refuses the memory that a build needs]
      (machine-memory)
    The component could not be run: the kernel refuses it.
    Raise the limit on address space (ulimit -v) or on memory of the build's
      container, or lower memory-mib in [metadata.limits] of buildpack.toml:
      that much is reserved, plus about 150 MiB.
    => 1

    [Error: This machine forbids executable memory]
      (machine-executable-memory)
    The component could not be run: the kernel refuses it.
    A component is run as native code. Allow the build to do so, by
      systemd's setting MemoryDenyWriteExecute=no, or in the security policy
      that forbids it.
    => 1

    [Error: The buildpack lies on a mount that forbids programs]
      (machine-noexec-mount)
    The component could not be run: the kernel refuses it.
    Mount the folder of the buildpacks without the option noexec.
    => 1

    [Error: This machine has no /proc] (machine-no-proc)
    The component could not be run: the kernel refuses it.
    Mount /proc in the build's container, and give it /dev/null: the host
      starts the component's process with their help.
    => 1
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot of many messages")]
fn messages_about_the_components_output() {
    insta::assert_snapshot!(told(&samples::output()), @"
    [Error: The component returned an invalid result] (layer-name)
    Layer 'tools': a name is invalid: the layer name 'build' is refused: the
      lifecycle reads its TOML file as something else.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (folder-name)
    Layer 'tools': a name is invalid: the folder name 'env' is refused: the
      lifecycle or the launcher reads it.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (source-name)
    Layer 'tools': a name is invalid: the source name 'a/b' is refused: it
      may contain only letters, digits, '.', '_' and '-', and must begin
      with a letter or digit.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (credential-name)
    Layer 'tools': a name is invalid: the credential name can't be empty.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (process-type)
    Layer 'tools': a name is invalid: the process type 'a b' is refused: it
      may contain only letters, digits, '.', '_' and '-', and must begin
      with a letter or digit.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (execution-environment)
    Layer 'tools': a name is invalid: the execution environment 'a b' is
      refused: it may contain only letters, digits, '.', '_' and '-', and
      must begin with a letter or digit.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (exec-d-name)
    Layer 'tools': a name is invalid: the exec.d program '../a' is refused:
      it may contain only letters, digits, '.', '_' and '-', and must begin
      with a letter or digit.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (variable-name)
    Layer 'tools': a name is invalid: the variable name 'A=B' is refused: it
      may contain only letters, digits and '_', and can't begin with a
      digit.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (user-name)
    Layer 'tools': a name is invalid: the user name, which may hold a token
      and so isn't shown, is refused: it may contain only printable ASCII
      without spaces and ':', and at most 128 bytes.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (supplier-name)
    Layer 'tools': a name is invalid: the supplier 'a/b' is refused: it may
      contain only letters, digits, spaces between them and `&'+,-._`.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (binding-type)
    Layer 'tools': a name is invalid: the binding type
      'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa'
      has more than 64 bytes.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (lock-file-name)
    Layer 'tools': a name is invalid: the file name '../uv.lock' is refused:
      it may contain only letters, digits, '.', '_' and '-', and must begin
      with a letter or digit.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (package-name)
    Layer 'tools': a name is invalid: the package name 'Not_Normal' is
      refused: it must be in normal form: lower-case letters and digits,
      with one '-' between its parts.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (metadata-too-long)
    Layer 'tools': the free data is refused: it has more than 1048576 bytes.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (metadata-syntax)
    Layer 'tools': the free data is refused: it is not valid JSON: EOF while
      parsing an object at line 1 column 1.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (metadata-not-an-object)
    Layer 'tools': the free data is refused: it is not a JSON object.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (metadata-null)
    Layer 'tools': the free data is refused: 'a.b' is null, which TOML
      doesn't have.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (metadata-nul-character)
    Layer 'tools': the free data is refused: 'a.b' holds a NUL character.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (metadata-number)
    Layer 'tools': the free data is refused: 'a.b' is a number beyond the
      range of a signed 64-bit integer.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (metadata-key-too-long)
    Layer 'tools': the free data is refused: the key 'a.b' has more than 256
      bytes.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (metadata-key-private)
    Layer 'tools': the free data is refused: the key 'a.b' begins with
      $__toml_private_, and TOML with such a key could not be read back.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (metadata-too-deep)
    Layer 'tools': the free data is refused: 'a.b' is nested more than 32
      levels deep.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (output-duplicate)
    Layer 'tools': folder 'a' occurs twice.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (output-too-many)
    Layer 'tools': there are 2000 labels, but at most 1024 are allowed.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (output-file-too-large)
    Layer 'tools': with it the free data of a build could be more than
      524288 bytes of TOML.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (output-text-too-long)
    Layer 'tools': the value has 200 bytes, but at most 100 are allowed.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (output-empty)
    Layer 'tools': the value can't be empty.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (output-nul-character)
    Layer 'tools': the value holds a NUL character.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (output-control-character)
    Layer 'tools': the value holds a control character.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (process-defaults)
    processes: 'web' and 'worker' are both the default.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (execution-environment-api)
    Process 'web': execution environments need Buildpack API 0.12.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (process-working-directory)
    Process 'web': the working directory can't contain '..'.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (label-prefix)
    Label 'wasm-buildpacks.receipt': keys that begin with 'wasm-buildpacks.'
      belong to the host, which writes its receipt under one of them.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (slice-path)
    Slice 1: the path '/src' must be relative to the application directory.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (unmet-not-in-plan)
    unmet: 'cpython' is not in the Buildpack Plan.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (variable-delimiters-differ)
    Layer 'tools', variable 'JOB_PATH': append and prepend in env.launch
      must have the same delimiter.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (variable-process-scope)
    Layer 'tools', variable 'JOB_HOME': only a change with the scope
      'launch' can be limited to one process.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (variable-delimiter-mode)
    Layer 'tools', variable 'JOB_HOME': only append and prepend have a
      delimiter.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (variable-steers-others)
    Layer 'tools', variable 'LD_PRELOAD': it steers other programs, so it
      can only be set in the scope launch: the other scopes reach the
      buildpacks after this one.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (layer-file-and-folder)
    Layer 'tools': env.launch/web would be a file and the folder of a
      process.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (layer-unused)
    Layer 'tools': it has none of the types launch, build and cache, so what
      it declares would have no effect.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (source-undeclared)
    Layer 'tools', content 'site': buildpack.toml declares no source
      'other'; it declares 'job', 'packages'.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (executable-path)
    Layer 'tools', executable '../run': a path is relative to the layer's
      directory, and consists of plain names with one '/' between them.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (content-file-of-git)
    Layer 'tools', content 'site': source 'job' is a git repository, which
      has no files by digest.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (content-file-missing)
    Layer 'tools', content 'site': source 'packages' consists of files, so
      the content must name one of them.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (content-file-digest)
    Layer 'tools', content 'site', file 'https://files.example.com/a.whl':
      its sha256 must be 64 hexadecimal digits in lower case.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result]
      (content-leading-folders)
    Layer 'tools', content 'site', file 'https://files.example.com/a.whl':
      leading-folders is 1; it is at most 16 for an archive, and 0 for a
      file or a wheel.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component returned an invalid result] (content-wheel-tag)
    Layer 'tools', content 'site': 'py3-none-ANY' is not a tag such as
      py3-none-any, in lower case.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot of many messages")]
fn messages_about_what_a_component_leaves() {
    insta::assert_snapshot!(told(&samples::layers()), @"
    [Error: The component left forbidden files in the layers directory]
      (layers-unreadable)
    Can't open the directory /nowhere/at/all: No such file or directory (os
      error 2).
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layers-changing)
    'tools/a' in the layers directory disappeared while the host read it:
      another program changes the directory.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layers-undeclared)
    'tools/a' in the layers directory is a file that the buildpack left
      there; only directories of layers that it declares may be there.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layers-lifecycle-file)
    'launch.toml' in the layers directory is a file that the buildpack left
      there; the lifecycle would obey it, so only the host writes such
      files.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layers-restored)
    'tools/a' in the layers directory was changed; what the lifecycle
      restored must stay unchanged, except in layers that the buildpack
      declares.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-not-a-directory)
    The layer 'tools/a' is a link, not a directory: it would hide the real
      layer.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-obeyed)
    'tools/a' would be obeyed by the lifecycle or the launcher, but the
      lifecycle did not restore it in this form, and the host did not write
      it; a buildpack must return such files to the host instead of writing
      them.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-obeyed-link)
    'tools/a' is a link where the lifecycle or the launcher obeys the
      content: a link hides that content.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-occupied)
    'tools/a' has a name that the host is about to write.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-link-out-of-layers)
    The link 'tools/a' leads out of the layers directory, to '../b'.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-link-out-of-layer)
    The link 'tools/a' leads out of its layer, to '../b': layers are put
      into the image one by one.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-link-dot-dot)
    The link 'tools/a' leads to '../b': '..' after a name can lead anywhere,
      and is refused.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-link-through-link)
    The link 'tools/a' leads to '../b' through the link 'c': link to the
      final target directly.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-special-file)
    'tools/a' is a device: a layer can contain only files, directories and
      links.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-setuid)
    'tools/a' has the setuid or setgid bit: programs of a layer must run as
      the user who starts them.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-hard-link)
    'tools/a' is a hard link to a file that also has a name outside of
      layers.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-directory-locked)
    The directory 'tools/a' has permissions that lock its owner out, so the
      host can't check its content.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component declared an executable that is not its file]
      (layer-executable)
    The declared executable 'tools/a' is missing; the host makes only a file
      executable that the component wrote in this build.
    Nothing was fetched or written.
    The buildpack's author must write the file in the same build, and name
      it relative to the layer.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (limit-files-left)
    The buildpack left more than 100 files, directories and links (exceeded
      at 'tools/a'); the limit is 'files' in [metadata.limits] of
      buildpack.toml.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (limit-files-mib-left)
    The buildpack left files of more than 100 MiB in total (exceeded at
      'tools/a'); the limit is 'files-mib' in [metadata.limits] of
      buildpack.toml.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70

    [Error: The component left forbidden files in the layers directory]
      (layer-too-deep)
    'tools/a' lies more than 64 directories deep.
    Nothing was fetched or written.
    Report this to the buildpack's author.
    => 70
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot of many messages")]
fn messages_about_bindings_and_credentials() {
    insta::assert_snapshot!(told(&samples::settings()), @"
    [Error: The service bindings can't be used] (platform-file-unreadable)
    Service bindings can't be read: can't read /platform/file: permission
      denied.
    Fix the bindings of this build.
    => 1

    [Error: The service bindings can't be used] (binding-not-utf8)
    'token' of binding 'git' is not UTF-8.
    Fix the bindings of this build.
    => 1

    [Error: The service bindings can't be used] (bindings-ambiguous)
    There must be one binding of type 'git' and provider 'example', but
      there are several: one, two.
    Fix the bindings of this build.
    => 1

    [Error: No credential for source 'job'] (credential-missing)
    Variable BP_TOKEN must be set: there is no binding of type 'git' either.
    buildpack.toml says that https://git.example.com/a.git needs a
      credential.
    In /platform/bindings, 'ca' is of type 'ca-certificates'.
    1. With pack: add --env BP_TOKEN=... to the build.
    2. With kpack or Tekton: bind a Secret of type 'git' with the key
      'token'.
    => 1

    [Error: The credential for source 'job' can't be used]
      (binding-not-utf8)
    'token' of binding 'git' is not UTF-8.
    Fix the binding or the variable that holds the token.
    => 1

    [Error: The credential for source 'job' can't be used]
      (platform-file-unreadable)
    Variable BP_TOKEN can't be read: can't read /platform/file: permission
      denied.
    Fix the binding or the variable that holds the token.
    => 1

    [Error: The credential for source 'job' can't be used]
      (credential-without-token)
    The entry 'token' of binding 'git' is missing or empty.
    Fix the binding or the variable that holds the token.
    => 1

    [Error: The credential for source 'job' can't be used]
      (credential-characters)
    The token from binding 'git' can't be a token: its character 7 is a
      blank. A token may contain only printable ASCII without spaces.
    Fix the binding or the variable that holds the token.
    => 1

    [Error: The credential for source 'job' can't be used]
      (credential-username)
    The user name from binding 'git' can't be used: the user name, which may
      hold a token and so isn't shown, is refused: it may contain only
      printable ASCII without spaces and ':', and at most 128 bytes.
    Fix the binding or the variable that holds the token.
    => 1

    [Error: The credential for source 'job' can't be used] (credential-url)
    The url of binding 'git' is refused: http is only for 127.0.0.1, [::1]
      and localhost; use https.
    Fix the binding or the variable that holds the token.
    => 1

    [Error: No credential for source 'job'] (credential-missing)
    Variable BP_TOKEN must be set: there is no binding of type 'git' either.
    buildpack.toml says that https://git.example.com/a.git needs a
      credential.
    In /platform/bindings, 'ca' is of type 'ca-certificates'.
    1. With pack: add --env BP_TOKEN=... to the build. A token with the
      scope read_repository is enough.
    2. With kpack or Tekton: bind a Secret of type 'git' with the key
      'token'.
    => 1

    [Error: Certificates can't be used] (platform-file-unreadable)
    The certificates from binding 'ca' can't be read: can't read
      /platform/file: permission denied.
    A binding of type 'ca-certificates', or SSL_CERT_FILE, holds
      certificates in PEM form.
    => 1

    [Error: Certificates can't be used] (certificate-missing)
    The certificates from binding 'ca' can't be used: there is no
      certificate in it; PEM is expected.
    A binding of type 'ca-certificates', or SSL_CERT_FILE, holds
      certificates in PEM form.
    => 1

    [Error: Certificates can't be used] (certificate-invalid)
    The certificates from binding 'ca' can't be used: the certificate that
      begins in line 1 can't be used: its last line, '-----END
      CERTIFICATE-----', is missing.
    A binding of type 'ca-certificates', or SSL_CERT_FILE, holds
      certificates in PEM form.
    => 1

    [Error: A mirror's binding names a server of its own]
      (mirror-binding-url)
    Binding 'mirror' has an entry 'url', and the operator's policy names the
      mirror's address.
    The mirror's credential goes only to the mirror. Nothing was fetched,
      and no credential was sent.
    Remove the entry 'url' from the binding. To ask another server, name it
      in /etc/wasm-buildpacks/policy.toml of the builder image.
    => 1

    [Error: The address of a server is the address of a repository]
      (origin-is-a-repository)
    The url of binding 'git' must be the address of a server, but is the
      whole address of a repository.
    The host appends the path that buildpack.toml declares.
    Set the address of the server only, such as https://git.example.com, or
      of the folder on it that has the git server.
    => 1
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot of many messages")]
fn messages_about_a_servers_answers() {
    insta::assert_snapshot!(told(&samples::downloads()), @r#"
    [Error: git.example.com requires a credential for 'job']
      (fetch-credential-required)
    https://git.example.com requires a credential (401).
    The token is from binding 'git'.
    Report this to the buildpack's author.
    => 1

    [Error: git.example.com refused the credential for 'job' (403)]
      (fetch-unauthorized)
    https://git.example.com refused the credential (403).
    The token is from binding 'git'.
    The token is not for that server, may not read that repository, or has
      expired. The host did not try again, because that could block this
      address.
    Check what the token may read and when it expires, then build again.
    => 1

    [Error: git.example.com refused the credential for 'job' (403)]
      (fetch-unauthorized)
    https://git.example.com refused access without a credential (403).
    The token is from binding 'git'.
    The token is not for that server, may not read that repository, or has
      expired. The host did not try again, because that could block this
      address.
    Check what the token may read and when it expires, then build again.
    => 1

    [Error: git.example.com has no repository for 'job' (404)]
      (fetch-repository-not-found)
    There is no repository https://git.example.com/a.git, or the credential
      may not see it (404).
    The token is from binding 'git'.
    Many servers give the same answer for a repository that the token may
      not read.
    Check the address, and that the token's owner can open the repository.
    => 1

    [Error: git.example.com has no repository for 'job']
      (fetch-repository-not-found)
    There is no repository https://git.example.com/a.git, or the credential
      may not see it (DENIED).
    The token is from binding 'git'.
    Many servers give the same answer for a repository that the token may
      not read.
    Check the address, and that the token's owner can open the repository.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-too-many-requests)
    https://git.example.com answered that there were too many requests
      (429).
    The host repeated the request until the time limit or the number of
      attempts was reached.
    The problem may be temporary: build again later.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-server-failed)
    https://git.example.com failed (500); it says: out of order.
    Some git servers fail in this way for a repository, a branch or a commit
      that they don't have or can't read.
    1. Check the address and the requested revision.
    2. If both are right, the problem may be temporary: build again later.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-server-failed)
    https://git.example.com failed (503); it says: out of order.
    The host repeated the request until the time limit or the number of
      attempts was reached.
    The problem may be temporary: build again later.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-unexpected-status)
    https://git.example.com/a.git answered with the status 418.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (fetch-moved)
    The repository has moved from https://git.example.com to
      https://new.example.com; a credential is for one host, so it wasn't
      followed.
    No token was sent to https://new.example.com, because the token is not
      for that server.
    Ask the operator of git.example.com whether that is right. If so, set
      the new address in buildpack.toml, and use a token that was made
      there.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-wrong-redirect)
    https://git.example.com/a.git redirects to something that is not a git
      repository, at https://new.example.com.
    The token is from binding 'git'.
    This looks like a sign-in page: the server, or a proxy before it, did
      not accept the token, or requires another kind of sign-in.
    Check the address and the token. If both are right, ask the operator of
      the server how git signs in there.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-too-many-redirects)
    https://git.example.com/a.git redirects too often.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (fetch-not-git)
    https://git.example.com/a.git doesn't answer as a git repository; it
      sent text/html.
    The token is from binding 'git'.
    This looks like a sign-in page: the server, or a proxy before it, did
      not accept the token, or requires another kind of sign-in.
    Check the address and the token. If both are right, ask the operator of
      the server how git signs in there.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (fetch-not-git)
    https://git.example.com/a.git doesn't answer as a git repository; it
      sent text/plain.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-credential-echoed)
    https://git.example.com repeats the credential in its answer, so the
      answer is neither shown nor followed.
    The token is from binding 'git'.
    Ask the operator of the server, or of a proxy before it, why it repeats
      the credential. If it was logged there, replace the token.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (limit-fetch-mib)
    The server's answer is larger than 100 bytes.
    The limit is 'fetch-mib' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (limit-fetch-mib)
    The server does not filter, and would send the whole commit: the
      server's answer is larger than 100 bytes.
    The build needs one folder only, but the server also sends the files
      outside it.
    1. The operator of a git server can let clients leave such files out:
      git config uploadpack.allowFilter true.
    2. The limit is 'fetch-mib' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (limit-fetch-seconds)
    The download took longer than 300s.
    1. The problem may be temporary: build again later.
    2. The limit is 'fetch-seconds' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-revision-not-found)
    https://git.example.com/a.git has no branch and no tag '0123456'; a
      commit id must have all of its 40 digits.
    buildpack.toml asks for it. Report this to the buildpack's author.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-commit-not-found)
    https://git.example.com/a.git has no commit
      0123456789abcdef0123456789abcdef01234567.
    Some servers provide only commits that a branch or tag contains.
    buildpack.toml asks for it. Report this to the buildpack's author.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-subpath-not-found)
    The commit 0123456789abcdef0123456789abcdef01234567 has no 'a/b'.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-subpath-not-a-folder)
    'a/b' is not a folder in the commit
      0123456789abcdef0123456789abcdef01234567.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: git.example.com refused the credential for 'job' (403)]
      (fetch-unauthorized)
    https://git.example.com refused the credential (403).
    The token is from binding 'git'.
    The token lacks the scope read_repository or has expired, or too many
      failed sign-ins have blocked this address for a while. The host did
      not try again, because that could prolong the block.
    1. It is a deploy token, which needs a user name: give it as a binding
      with the entry 'username', the user name that GitLab showed with it.
    2. Check the token's scope and expiry, then build again.
    => 1

    [Error: git.example.com has no repository for 'job' (404)]
      (fetch-repository-not-found)
    There is no repository https://git.example.com/a.git, or the credential
      may not see it (404).
    The token is from binding 'git'.
    GitLab gives the same answer for a repository that the token may not
      read.
    Check the address, and that the token's owner can open the repository.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-revision-not-found)
    https://git.example.com/a.git has no branch and no tag '0123456'; a
      commit id must have all of its 40 digits.
    BP_JOB_TEMPLATE_REF asks for it: set that to another branch, tag or full
      commit id, or leave it unset.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (git-answer-empty)
    The server's answer is empty.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (git-answer-cut-short)
    The server's answer ended too early.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (git-answer-unreadable)
    The server's answer can't be read: permission denied.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (git-answer-malformed)
    The server's answer isn't in git's form.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (git-answer-unexpected)
    The server answered 'hello' instead of a section.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (git-protocol-version)
    The server speaks only an older version of git's protocol; version 2 is
      needed.
    The server is git before 2.18 or another program, or a proxy before it
      does not pass on the header Git-Protocol.
    1. Configure the web server to pass that header on: for Apache SetEnvIf
      Git-Protocol ".*" GIT_PROTOCOL=$0, for nginx fastcgi_param
      GIT_PROTOCOL $http_git_protocol.
    2. If the server supports no newer protocol, fetch from a copy of the
      repository on a server that does.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (git-capability-missing)
    The server doesn't offer 'fetch', which is needed.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (git-object-format)
    The repository uses the object format 'sha256'; only sha1 can be
      fetched.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (git-too-many-refs)
    The server lists more than 100000 branches and tags.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (git-refused)
    The server says: not our ref.
    Check the revision, the address and the subpath in buildpack.toml.
    => 1
    "#);
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot of many messages")]
fn messages_about_connections() {
    insta::assert_snapshot!(told(&samples::connections()), @"
    [Error: git.example.com can't be reached for 'job']
      (fetch-host-not-found)
    The address of git.example.com can't be found: builder error: empty
      host.
    The build must be able to reach that host. The host reads a proxy from
      https_proxy or HTTPS_PROXY of the lifecycle's own environment.
    => 1

    [Error: git.example.com can't be reached for 'job']
      (fetch-no-connection)
    git.example.com can't be reached: builder error: empty host.
    The build must be able to reach that host. The host reads a proxy from
      https_proxy or HTTPS_PROXY of the lifecycle's own environment.
    => 1

    [Error: git.example.com does not answer for 'job'] (fetch-no-answer)
    git.example.com gave no answer.
    A proxy or firewall may block git's request, a POST to the path
      git-upload-pack.
    Check the server's log, and any proxy before it. The problem may also be
      temporary.
    => 1

    [Error: The proxy refused its credential for 'job' (407)]
      (proxy-unauthorized)
    The proxy proxy.example.com:3128 refused the user and password in
      https_proxy (407).
    It was asked once: repeated failures can lock an account.
    Check the user and the password in https_proxy of the lifecycle's own
      environment: http://user:password@host:port, with their special
      characters percent-encoded.
    => 1

    [Error: The proxy requires a credential for 'job' (407)]
      (proxy-credential-required)
    The proxy proxy.example.com:3128 requires a user name and a password
      (407).
    It was asked once: repeated failures can lock an account.
    Check the user and the password in https_proxy of the lifecycle's own
      environment: http://user:password@host:port, with their special
      characters percent-encoded.
    => 1

    [Error: git.example.com can't be reached for 'job'] (proxy-refused)
    The proxy proxy.example.com:3128 did not connect to git.example.com.
    Ask the operator of the proxy whether it may connect there, or name the
      host in NO_PROXY if it can be reached directly.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (fetch-connection-lost)
    The connection to git.example.com broke: unexpected end of file.
    The host repeated the request until the time limit or the number of
      attempts was reached.
    The problem may be temporary: build again later.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (proxy-address)
    The proxy's address in https_proxy can't be used; it is
      http://host:port, or http://user:password@host:port with the special
      characters of both percent-encoded.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (tls-setup)
    Encrypted connections can't be set up: unexpected error: no algorithms.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (http-client-setup)
    Connections can't be set up: builder error: empty host.
    Check the address and the subpath in buildpack.toml, and the url of the
      binding if there is one.
    => 1

    [Error: git.example.com can't be trusted for 'job']
      (tls-certificate-expired)
    No trusted connection to git.example.com can be made: its certificate
      expired on 2026-01-01 00:00:00, and this machine's clock says
      2026-06-01 00:00:00.
    No credential was sent to it, and the host did not try again.
    If the clock of this machine is right, the server needs a new
      certificate.
    => 1

    [Error: git.example.com can't be trusted for 'job']
      (tls-certificate-not-yet-valid)
    No trusted connection to git.example.com can be made: its certificate is
      not valid before 2026-06-01 00:00:00, and this machine's clock says
      2026-01-01 00:00:00.
    No credential was sent to it, and the host did not try again.
    Set the clock of this machine, or wait until the certificate is valid.
    => 1

    [Error: git.example.com can't be trusted for 'job']
      (tls-certificate-name)
    No trusted connection to git.example.com can be made: its certificate is
      for 'other.example.com'.
    No credential was sent to it, and the host did not try again.
    Use a name of the server that its certificate has, or give the server a
      certificate with this name among its subjectAltNames. A common name
      (CN) is ignored.
    => 1

    [Error: git.example.com can't be trusted for 'job']
      (tls-authority-unknown)
    No trusted connection to git.example.com can be made: no trusted
      authority has signed its certificate.
    No credential was sent to it, and the host did not try again.
    1. If the server uses a private certificate authority: add a binding of
      type 'ca-certificates' with the certificate of that authority, or of
      the server.
    2. If there is such a binding: it has the certificate of another
      authority than the one that signed, or the server doesn't send the
      intermediate certificates. The log above names the certificates that
      are trusted in addition to the built-in authorities.
    3. A bound certificate that names hosts (subjectAltName) is trusted only
      for these hosts, even if it is an authority's: then bind the server's
      own, or an authority's without such names.
    => 1

    [Error: git.example.com can't be trusted for 'job']
      (tls-certificate-of-authority)
    No trusted connection to git.example.com can be made: its certificate is
      that of an authority (CA:TRUE), and is not one of the certificates
      that this build was given.
    No credential was sent to it, and the host did not try again.
    1. If this certificate is the server's own, as 'openssl req -x509' makes
      it: bind exactly this one, in a binding of type 'ca-certificates'.
    2. Or give the server a certificate that is not an authority's
      (CA:FALSE).
    => 1

    [Error: No encrypted connection to git.example.com for 'job']
      (tls-not-spoken)
    No trusted connection to git.example.com can be made: the server there
      doesn't speak TLS.
    Check the port and the scheme of the address: this may be the server's
      port for http.
    => 1

    [Error: No encrypted connection to git.example.com for 'job']
      (tls-version)
    No trusted connection to git.example.com can be made: it offers no TLS
      1.2 or 1.3 with a cipher that is still considered secure.
    The server, or the proxy in front of it, needs TLS 1.2 with ECDHE, or
      TLS 1.3.
    => 1

    [Error: No encrypted connection to git.example.com for 'job']
      (tls-client-certificate)
    No trusted connection to git.example.com can be made: it requires a
      client certificate, and this host has none.
    Use an address of the server that requires no client certificate.
    => 1

    [Error: No encrypted connection to git.example.com for 'job']
      (tls-failed)
    No trusted connection to git.example.com can be made: cannot decrypt
      peer's message.
    Check the server's certificate and TLS settings: openssl s_client
      -connect HOST:PORT shows them.
    => 1
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot of many messages")]
fn messages_about_the_contents_of_a_repository() {
    insta::assert_snapshot!(told(&samples::repositories()), @"
    [Error: 'job' could not be fetched from git.example.com]
      (pack-unreadable)
    The pack can't be read: permission denied.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (pack-not-a-pack)
    The received data is not a pack.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (pack-checksum)
    The pack's checksum is wrong.
    It was damaged in transit. None of it was written.
    Build again. If that fails too, check the proxy and the server.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (pack-overlong)
    The pack has bytes after its last object.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (limit-content-files)
    The pack holds more than 100 objects.
    None of it was written.
    1. Check the repository's contents at the revision that this build
      fetched.
    2. The limit is 'content-files' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (limit-content-mib)
    The pack's objects are larger than 100 bytes together.
    None of it was written.
    1. Check the repository's contents at the revision that this build
      fetched.
    2. The limit is 'content-mib' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (pack-damaged)
    The pack's object at byte 12 is damaged: its type is unknown.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (pack-base-missing)
    The pack's object at byte 12 needs a base object that the pack doesn't
      contain.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (pack-sha1-collision)
    The pack's object at byte 12 is made to collide with another (SHA-1).
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (object-missing)
    The pack lacks the tree 0123456789abcdef0123456789abcdef01234567.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (object-kind)
    0123456789abcdef0123456789abcdef01234567 is a blob and not a tree.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (object-malformed)
    The tree 0123456789abcdef0123456789abcdef01234567 is malformed.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (object-too-large)
    The tree 0123456789abcdef0123456789abcdef01234567 is larger than
      16777216 bytes.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (entry-name)
    The repository's entry 'a/b' is refused: its name is not a plain name.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (entry-dot-git)
    The repository's entry 'a/b' is refused: '.git' is reserved for git, in
      every spelling.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (entry-gitmodules-link)
    The repository's entry 'a/b' is refused: '.gitmodules' can't be a link.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (entry-name-too-long)
    The repository's entry 'a/b' is refused: its name is longer than 255
      bytes.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (entry-path-too-long)
    The repository's entry 'a/b' is refused: its path is longer than 1024
      bytes.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (entry-submodule)
    The repository's entry 'a/b' is refused: a submodule can't be fetched.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com] (entry-mode)
    The repository's entry 'a/b' is refused: its mode 104755 is not that of
      a file, directory or link.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (entry-collision)
    The repository's entry 'a/b' is refused: its name can't be told from
      that of 'B' where letter case or Unicode form is ignored.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (entry-link-empty)
    The repository's entry 'a/b' is refused: a link must have a target.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (entry-link-too-long)
    The repository's entry 'a/b' is refused: its target is longer than 4095
      bytes.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (entry-link-absolute)
    The repository's entry 'a/b' is refused: it leads to an absolute path.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (entry-link-outward)
    The repository's entry 'a/b' is refused: it leads out of the fetched
      folder.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (entry-link-through-link)
    The repository's entry 'a/b' is refused: its target leads through
      another link.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (limit-content-files)
    The folder holds more than 100 files, folders and links.
    None of it was written.
    1. Check the repository's contents at the revision that this build
      fetched.
    2. The limit is 'content-files' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (limit-content-mib)
    The folder's files are larger than 100 bytes together.
    None of it was written.
    1. Check the repository's contents at the revision that this build
      fetched.
    2. The limit is 'content-mib' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (entry-too-deep)
    The folder 'a/b' lies more than 64 folders deep.
    None of it was written.
    Check the repository's contents at the revision that this build fetched.
    => 1

    [Error: 'job' could not be fetched from git.example.com]
      (limit-fetch-seconds)
    The folder could not be checked within the time for the download.
    None of it was written.
    1. Check the repository's contents at the revision that this build
      fetched.
    2. The limit is 'fetch-seconds' in [metadata.limits] of buildpack.toml.
    => 1
    ");
}

#[test]
fn messages_about_the_layers_directory() {
    insta::assert_snapshot!(told(&samples::writing()), @"
    [Error: Another build uses the same layers directory] (layers-in-use)
    Can't lock /usr/.: Resource temporarily unavailable (os error 11).
    Give each build a layers directory of its own, or run one after the
      other.
    => 1

    [Error: The layers can't be written] (layers-lock-failed)
    Can't open the directory /nowhere/at/all: No such file or directory (os
      error 2).
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: The layers can't be written] (layers-clean-up-failed)
    Can't open the directory /nowhere/at/all: No such file or directory (os
      error 2).
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: The layers can't be written] (layers-begin)
    Can't open the directory /nowhere/at/all: No such file or directory (os
      error 2).
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: The layers can't be written] (layers-install-failed)
    Can't open the directory /nowhere/at/all: No such file or directory (os
      error 2).
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: The layers can't be written] (layers-write)
    Can't open the directory /nowhere/at/all: No such file or directory (os
      error 2).
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: The layers can't be written] (layers-write-toml)
    launch.toml can't be written as TOML: unsupported i32 type.
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: The layers can't be written] (build-plan-write)
    The build plan /plan.toml can't be written: permission denied.
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: The files fetched for 'job' can't be written] (stage-write)
    Can't open the directory /nowhere/at/all: No such file or directory (os
      error 2).
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: The files fetched for 'job' can't be written] (spill-folder)
    Can't open the directory /nowhere/at/all: No such file or directory (os
      error 2).
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: The files fetched for 'job' can't be written] (spill-file)
    Objects that don't fit in memory can't be spilled to a file: no storage
      space.
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: The files fetched for 'job' can't be written]
      (object-unreadable)
    The blob 0123456789abcdef0123456789abcdef01234567 can't be read from the
      spill file: unexpected end of file.
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1
    ");
}

#[test]
#[expect(clippy::too_many_lines, reason = "a snapshot of many messages")]
fn messages_about_files() {
    insta::assert_snapshot!(told(&samples::files()), @"
    [Error: A lock file can't be read] (list-unreadable)
    Line 1 of 'uv.lock' is not valid TOML: key with no value, expected `=`.
    Nothing was fetched.
    Generate it again with the tool that wrote it.
    => 1

    [Error: The application has no lock file] (list-missing)
    Source 'job' takes its files from a lock file, and the application has
      none of these: uv.lock, pylock.toml.
    Add one to the application.
    => 1

    [Error: A file is not in the list] (file-not-listed)
    The component asks source 'job' for
      'https://files.example.com/a/data.whl', which uv.lock does not list
      with that digest.
    A component may only name an address and a digest that stand together in
      the list. Nothing was fetched.
    Report this to the buildpack's author.
    => 70

    [Error: A file is for another architecture]
      (file-of-another-architecture)
    The component asks source 'job' for 'a.tar.gz', which is for arm64 and
      not for amd64.
    Report this to the buildpack's author.
    => 70

    [Error: An address in a lock file is not public]
      (file-on-a-private-host)
    The address of 'data.whl' of source 'job' is on 10.0.0.7, which is not a
      public host.
    A build does not ask servers of its own network, because anyone who
      writes a lock file could send it there. Nothing was fetched.
    If this is your package index: the operator can grant the host in
      /etc/wasm-buildpacks/policy.toml of the builder image, in its table
      [sources] or as a mirror.
    => 1

    [Error: A binding does not name its server] (binding-without-url)
    Binding 'index' has no entry 'url', and source 'job' has no server of
      its own.
    Without it, a token could go to any server in the lock file. Nothing was
      fetched.
    Add an entry 'url' to the binding: the address of the server that the
      token is for.
    => 1

    [Error: A list has addresses instead of packages]
      (list-without-packages)
    The component asks source 'job' for packages, but the source's list in
      buildpack.toml has files with addresses.
    Report this to the buildpack's author.
    => 70

    [Error: A package with its own files can't choose them by an index]
      (packages-in-package)
    The component asks source 'job' for packages of an index, but the
      source's files are in the package.
    The files in the package have digests and no names.
    Let the application list addresses, as uv.lock and pylock.toml do.
    => 1

    [Error: No index of packages is named] (index-missing)
    Source 'job' needs an index of packages, and neither requirements.txt
      nor the operator's policy names one.
    The list has digests of files, and an index has their addresses. Nothing
      was fetched.
    1. Add a line to the list, such as --index-url
      https://packages.example.com/simple/
    2. Or the operator can name an index in /etc/wasm-buildpacks/policy.toml
      of the builder image, with the key 'index'.
    => 1

    [Error: The index of packages can't be asked] (index-address)
    The index that requirements.txt names for source 'job' can't be asked:
      no part of the address can be '.' or '..'.
    Nothing was fetched.
    Name it by a plain address, such as
      https://packages.example.com/simple/, without a user, a query or a
      variable.
    => 1

    [Error: A file of 'job' could not be fetched]
      (fetch-credential-required)
    The file https://files.example.com/a/data.whl can't be downloaded:
      https://files.example.com requires a credential (401).
    The token is from binding 'index'.
    Check the token, and that it is for that server.
    => 1

    [Error: A file of 'job' could not be fetched] (file-redirect-elsewhere)
    The file https://files.example.com/a/data.whl can't be downloaded:
      https://files.example.com redirects to https://cdn.example.com, which
      is neither the same origin nor one of those that were declared.
    A file comes from another server only where buildpack.toml names it.
    The buildpack's author can add the server to redirects-to.
    => 1

    [Error: A file of 'job' could not be fetched] (file-redirect-unusable)
    The file https://files.example.com/a/data.whl can't be downloaded:
      https://files.example.com redirects to something that is not a plain
      https address.
    Check the address, and any proxy before the server.
    => 1

    [Error: A file of 'job' could not be fetched] (file-redirects)
    The file https://files.example.com/a/data.whl can't be downloaded:
      https://files.example.com redirects too often.
    Check the address, and any proxy before the server.
    => 1

    [Error: A file of 'job' could not be fetched] (file-on-a-private-host)
    The file https://files.example.com/a/data.whl is not downloaded, because
      https://files.example.com leads to 127.0.0.1, which is an address of a
      private network or of special use.
    A lock file may name only public servers, because anyone who writes one
      could send a build into its own network.
    If this is your package index: the operator can grant the host in
      /etc/wasm-buildpacks/policy.toml of the builder image, in its table
      [sources] or as a mirror.
    => 1

    [Error: A file of 'job' could not be fetched] (file-not-found)
    https://files.example.com has no file
      https://files.example.com/a/data.whl, or the credential may not see it
      (404).
    The token is from binding 'index'.
    Check that the list is current, and that the server still has the file.
    => 1

    [Error: A file of 'job' is not the one in the list] (file-digest)
    The file https://files.example.com/a/data.whl is not the one that was
      asked for: its SHA-256 is
      bcc649cfdb8cc557053da67df7e7fcb740dcf7f721cebe1f2082597ad0d5e7d8, not
      ca9066873bf335f3c1d9f0f6986266ee50689a816763851d82791d3dbc31cbf5.
    None of it was written.
    Build again. If that fails too, the server has another file than the one
      from which the list was made: compare both with the file of the
      package's publisher.
    => 1

    [Error: A file of 'job' could not be fetched] (limit-fetch-mib)
    The files are larger than 100 bytes together;
      https://files.example.com/a/data.whl is the first that doesn't fit.
    The limit is 'fetch-mib' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: A file of 'job' could not be fetched] (file-servers)
    The files come from more than 8 servers; https://files.example.com is
      one too many.
    Let the list name fewer servers, or use a mirror.
    => 1

    [Error: A file of 'job' could not be fetched] (limit-fetch-seconds)
    The download took longer than 300s.
    1. The problem may be temporary: build again later.
    2. The limit is 'fetch-seconds' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: The files fetched for 'job' can't be written] (file-write)
    The file https://files.example.com/a/data.whl can't be written to a
      scratch file: permission denied.
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: The credential for source 'job' can't be used]
      (credential-without-token)
    The entry 'token' of binding 'index' is missing or empty.
    Fix the binding or the variable that holds the token.
    => 1

    [Error: The index has no usable wheel of 'data'] (index-page)
    The index at https://index.example.com/simple/data/ has no wheel of
      'data' for this build: the page is not the JSON of an index of
      packages (line 1).
    No file of the package was fetched.
    Check that the address is that of an index of Python packages: it ends
      in /simple/ at most servers.
    => 1

    [Error: The index has no usable wheel of 'data'] (index-without-digest)
    The index at https://index.example.com/simple/data/ has no wheel of
      'data' for this build: none of its files has one of the digests that
      the application lists.
    No file of the package was fetched.
    The host uses only those files for which the index shows a SHA-256
      digest.
    Check that the list was made from the same index, and that the index
      still has the files.
    => 1

    [Error: The index has no usable wheel of 'data']
      (index-credential-echoed)
    The index at https://index.example.com/simple/data/ has no wheel of
      'data' for this build: the page has files with a listed digest, and
      their addresses repeat the credential.
    No file of the package was fetched.
    An address with a token in it would be shown in the log, and could be
      another server's.
    Let the index link its files without credentials: the host sends its
      own.
    => 1

    [Error: The index has no usable wheel of 'data'] (index-without-wheel)
    The index at https://index.example.com/simple/data/ has no wheel of
      'data' for this build: the only file with a listed digest is
      data-1.tar.gz, which is not a wheel.
    No file of the package was fetched.
    No code of a package is run in a build, so a source distribution can't
      be built.
    Build the wheel once and put it on an index, or choose a version of the
      package that has one.
    => 1

    [Error: The index has no usable wheel of 'data']
      (index-without-fitting-wheel)
    The index at https://index.example.com/simple/data/ has no wheel of
      'data' for this build: the wheels with a listed digest are for
      cp311-cp311-win_amd64.
    No file of the package was fetched.
    Choose a version of the package, or of Python, that has a wheel for the
      image's platform. Then generate the list again, with the digests of
      all platforms.
    => 1

    [Error: The index has no usable wheel of 'data'] (index-file-address)
    The index at https://index.example.com/simple/data/ has no wheel of
      'data' for this build: it gives no https address without a query for
      data-1-py3-none-any.whl.
    No file of the package was fetched.
    Use an index whose files have plain https addresses, or a mirror of it.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked] (unpack-write)
    Can't open the directory /nowhere/at/all: No such file or directory (os
      error 2).
    None of it was written.
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked] (unpack-write)
    Can't write 'lib/a.py': permission denied.
    None of it was written.
    Check that the disk is not full, and that the build's user can write the
      layers directory.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked] (archive-name)
    data.whl is refused: its file name is not a plain name.
    None of it was written.
    Use another version of this file, or report it to its publisher.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked]
      (archive-leading-folders)
    data.whl is refused: leading folders can be left off only in tar and zip
      archives.
    None of it was written.
    Use another version of this file, or report it to its publisher.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked]
      (archive-unreadable)
    data.whl is refused: it can't be read.
    None of it was written.
    Use another version of this file, or report it to its publisher.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked] (archive-entry)
    data.whl is refused: its entry 'lib/a.py' is refused: it leads out of
      the fetched folder.
    None of it was written.
    Use another version of this file, or report it to its publisher.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked] (archive-zip)
    data.whl is refused: it does not end with the end record of a zip
      archive that has no comment.
    None of it was written.
    Use another version of this file, or report it to its publisher.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked] (archive-tar)
    data.whl is refused: it has bytes other than zero after its end.
    None of it was written.
    Use another version of this file, or report it to its publisher.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked] (archive-wheel)
    data.whl is refused: it has no .dist-info folder.
    None of it was written.
    Use another version of this file, or report it to its publisher.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked]
      (limit-content-files)
    The folder has more than 100 files, folders and links.
    None of it was written.
    The limit is 'content-files' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked]
      (limit-content-mib)
    The folder's files have more than 100 bytes.
    None of it was written.
    The limit is 'content-mib' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: 'data.whl' of source 'job' can't be unpacked]
      (limit-fetch-seconds)
    The folder was not complete in time.
    None of it was written.
    The limit is for all downloads and for unpacking them, together.
    1. If the disk or the network is slow only at the moment: build again
      later.
    2. The limit is 'fetch-seconds' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: A folder of files can't be made] (archive-collision)
    'lib/a.py' is in data.whl and, with other bytes, in other.whl.
    None of it was written.
    Use other versions of the files that do not fit together.
    => 1

    [Error: A folder of files can't be made] (archive-collision-of-kinds)
    'lib/a.py' is a folder or link in data.whl and something else in
      other.whl.
    None of it was written.
    Use other versions of the files that do not fit together.
    => 1

    [Error: A folder of files can't be made] (archive-incomplete)
    The folder is not complete, because one of its archives was refused.
    None of it was written.
    Use other versions of the files that do not fit together.
    => 1

    [Error: A folder of files can't be made] (limit-fetch-seconds)
    The folder was not complete in time.
    None of it was written.
    The limit is for all downloads and for unpacking them, together.
    1. If the disk or the network is slow only at the moment: build again
      later.
    2. The limit is 'fetch-seconds' in [metadata.limits] of buildpack.toml.
    => 1

    [Error: The buildpack's package is incomplete] (package-file-digest)
    The package's content for source 'job' can't be used: it does not have
      the digest
      e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855.
    None of it was written.
    Package it again with its content.
    => 70
    ");
}
