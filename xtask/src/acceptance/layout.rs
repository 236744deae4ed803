//! Images as folders, in the OCI image layout: writes a run image, and reads the image that the lifecycle exports.
//!
//! <https://github.com/opencontainers/image-spec/blob/v1.1.0/image-layout.md>

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, ensure};
use engine::artifact::hex;
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

/// Writes an image for this architecture. Its only layer has one small file.
pub(super) fn write_run_image(dir: &Path, arch: &str) -> anyhow::Result<()> {
    let content = tempfile::tempdir()?;
    fs::write(content.path().join("run-image"), "next to nothing\n")?;
    let tar = content.path().with_extension("tar");
    let packed = Command::new("tar")
        .args(["--create", "--owner=0", "--group=0", "--file"])
        .arg(&tar)
        .arg("--directory")
        .arg(content.path())
        .arg("run-image")
        .status()
        .context("can't start tar")?;
    ensure!(packed.success(), "tar failed");
    let layer = fs::read(&tar)?;
    fs::remove_file(&tar)?;

    let (layer_id, layer_size) = write_blob(dir, &layer)?;
    let config = json!({
        "architecture": arch,
        "os": "linux",
        "config": {"Env": ["PATH=/usr/local/bin:/usr/bin:/bin"], "User": "1000:1000"},
        "rootfs": {"type": "layers", "diff_ids": [layer_id]},
        "history": [{"created_by": "acceptance"}],
    });
    let (config_id, config_size) = write_blob(dir, config.to_string().as_bytes())?;
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": "application/vnd.oci.image.manifest.v1+json",
        "config": descriptor("application/vnd.oci.image.config.v1+json", &config_id, config_size),
        "layers": [descriptor("application/vnd.oci.image.layer.v1.tar", &layer_id, layer_size)],
    });
    let (manifest_id, size) = write_blob(dir, manifest.to_string().as_bytes())?;
    let mut entry = descriptor(
        "application/vnd.oci.image.manifest.v1+json",
        &manifest_id,
        size,
    );
    entry["platform"] = json!({"os": "linux", "architecture": arch});
    let index = json!({"schemaVersion": 2, "manifests": [entry]});
    fs::write(dir.join("index.json"), index.to_string())?;
    fs::write(dir.join("oci-layout"), r#"{"imageLayoutVersion": "1.0.0"}"#)?;
    Ok(())
}

/// Reads the configuration of the image in a layout, and the paths of its layers, the lowest first.
pub(super) fn read(dir: &Path) -> anyhow::Result<(Value, Vec<PathBuf>)> {
    let index = json_of(&dir.join("index.json"))?;
    let manifest = json_of(&blob(dir, &index["manifests"][0]["digest"])?)?;
    let config = json_of(&blob(dir, &manifest["config"]["digest"])?)?;
    let layers = manifest["layers"].as_array().context("no layers")?;
    let layers = layers.iter().map(|layer| blob(dir, &layer["digest"]));
    Ok((config, layers.collect::<anyhow::Result<_>>()?))
}

pub(super) fn json_of(file: &Path) -> anyhow::Result<Value> {
    let bytes = fs::read(file).with_context(|| format!("can't read {}", file.display()))?;
    serde_json::from_slice(&bytes).with_context(|| format!("{} is not JSON", file.display()))
}

fn blob(dir: &Path, digest: &Value) -> anyhow::Result<PathBuf> {
    let digest = digest.as_str().context("no digest")?;
    Ok(dir.join("blobs").join(digest.replace(':', "/")))
}

fn write_blob(dir: &Path, bytes: &[u8]) -> anyhow::Result<(String, usize)> {
    let id = hex(digest(&SHA256, bytes).as_ref());
    let blobs = dir.join("blobs/sha256");
    fs::create_dir_all(&blobs)?;
    fs::write(blobs.join(&id), bytes)?;
    Ok((format!("sha256:{id}"), bytes.len()))
}

fn descriptor(media_type: &str, digest: &str, size: usize) -> Value {
    json!({"mediaType": media_type, "digest": digest, "size": size})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let dir = tempfile::tempdir().unwrap();
        write_run_image(dir.path(), "arm64").unwrap();
        let (config, layers) = read(dir.path()).unwrap();
        assert_eq!(config["architecture"], "arm64");
        let id = hex(digest(&SHA256, &fs::read(&layers[0]).unwrap()).as_ref());
        assert_eq!(
            config["rootfs"]["diff_ids"],
            json!([format!("sha256:{id}")])
        );
    }
}
