#!/usr/bin/env bash
# pip 26.3, uv 0.13.9, poetry 2.5.1 and pdm 2.29.4, with git 2.39.5: `git+URL@NAME` is one commit or another, depending on the
# tool, if the repository has a branch and a tag NAME.
#
# Expected: whatever a tool takes, all of them take the same, because the form of the requirement is one standard.
# Found: pip and uv take the branch, poetry and pdm take the tag, for the same requirement. None of the four prints
# that there are two. Git itself has both answers: `git clone --branch NAME` takes the branch, and `git fetch URL NAME` the tag.
# A name in full, `refs/tags/NAME`, is the same commit for all.
# This affects who installs by `stable` or `v2` in development with one tool and in the image with another, and who makes a
# tag of a branch's name. This project's `ref` takes the branch, and `refs/tags/NAME` the tag.
set -euo pipefail
dir=$(mktemp -d)
trap '[ -z "${server_PID:-}" ] || kill "$server_PID"; rm -rf --one-file-system "$dir"' EXIT
cd "$dir"
python3 -m venv tools
tools/bin/pip --quiet --disable-pip-version-check install \
    pip==26.3 uv==0.13.9 pdm==2.29.4 hishel==1.4.0 poetry==2.5.1 dulwich==1.2.21
export HOME=$dir PDM_CHECK_UPDATE=0 GIT_CONFIG_NOSYSTEM=1
git init --quiet --initial-branch main repository
git() { command git -C "$dir/repository" -c user.name=finding -c user.email=finding@example.com "$@"; }
# Commits a package of the version that is given.
commit() {
    cat > repository/pyproject.toml <<T
[build-system]
requires = ["setuptools==84.2.1"]
build-backend = "setuptools.build_meta"

[project]
name = "demo"
version = "$1"
requires-python = ">=3.11"

[tool.setuptools]
packages = []
T
    git add pyproject.toml
    git commit --quiet --message "version $1"
}
commit 1
git tag stable
commit 2
git branch stable
commit 3
git update-server-info
coproc server { exec tools/bin/python -u -m http.server --bind 127.0.0.1 --directory repository/.git 0 2> server.log; }
read -r line <&"${server[0]}"
url=http://127.0.0.1:$(sed -E 's/.* port ([0-9]+).*/\1/' <<< "$line")/
mkdir job
cd job
# The version that a tool installs or locks for a revision.
try() {
    local name=$1 revision=$2 version
    rm -rf ./*
    cat > pyproject.toml <<T
[project]
name = "job"
version = "1"
requires-python = ">=3.11,<4"
dependencies = ["demo @ git+$url@$revision"]
T
    case $name in
        pip) ../tools/bin/pip --disable-pip-version-check install --quiet --target target "demo @ git+$url@$revision" ;;
        uv) ../tools/bin/uv lock --quiet --no-config --no-cache --python ../tools/bin/python ;;
        poetry) ../tools/bin/poetry lock --quiet --no-interaction ;;
        pdm) ../tools/bin/pdm use --quiet -f ../tools/bin/python && ../tools/bin/pdm lock --quiet ;;
    esac > log 2>&1 || { echo "$name, $revision: refused"; return; }
    case $name in
        pip) version=$(sed -n 's/^Version: //p' target/demo-*/METADATA) ;;
        *) version=$(grep --no-filename -A 1 '^name = "demo"' ./*.lock | sed -n 's/^version = "\(.*\)"/\1/p') ;;
    esac
    echo "$name, $revision: $version"
    ! grep -i ambig log
}
seen=$(
    command git clone --quiet --branch stable "$url" clone 2>&1
    echo "git clone --branch stable: $(sed -n 's/^version = "\(.*\)"/\1/p' clone/pyproject.toml)"
    git fetch --quiet "$url" stable 2>&1
    echo "git fetch URL stable: $(git show FETCH_HEAD:pyproject.toml | sed -n 's/^version = "\(.*\)"/\1/p')"
    for tool in pip uv poetry pdm; do
        try "$tool" stable
        try "$tool" refs/tags/stable
    done
)
expected='git clone --branch stable: 2
git fetch URL stable: 1
pip, stable: 2
pip, refs/tags/stable: 1
uv, stable: 2
uv, refs/tags/stable: 1
poetry, stable: 1
poetry, refs/tags/stable: 1
pdm, stable: 1
pdm, refs/tags/stable: 1'
printf '%s\n' "$seen"
[ "$seen" = "$expected" ] || { echo "the result has changed" >&2; exit 1; }
