//! Makes wheels of a few files, with a RECORD that agrees.

use cnb::sha256::Sha256;
use flate2::Crc;
use tests::search::base64;

/// A wheel with these files, each a path and a content. METADATA, WHEEL and RECORD are added.
pub(crate) fn wheel(name: &str, version: &str, files: &[(&str, &str)]) -> Vec<u8> {
    let info = format!("{name}-{version}.dist-info");
    let mut all: Vec<(String, Vec<u8>)> = files
        .iter()
        .map(|(path, content)| ((*path).to_owned(), content.as_bytes().to_vec()))
        .collect();
    let metadata = format!(
        "Metadata-Version: 2.4\nName: {name}\nVersion: {version}\nLicense-Expression: MIT\n"
    );
    all.push((format!("{info}/METADATA"), metadata.into()));
    let wheel = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
    all.push((format!("{info}/WHEEL"), wheel.into()));
    let rows = all.iter().map(|(path, content)| {
        let digest = base64(Sha256::of(content).bytes());
        let digest = digest.replace('+', "-").replace('/', "_");
        let digest = digest.trim_end_matches('=');
        format!("{path},sha256={digest},{}\n", content.len())
    });
    let record = format!("{}{info}/RECORD,,\n", rows.collect::<String>());
    all.push((format!("{info}/RECORD"), record.into()));
    zip(&all)
}

/// A zip archive in which nothing is compressed.
pub(crate) fn zip(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let (mut archive, mut directory) = (Vec::new(), Vec::new());
    for (path, content) in files {
        let mut crc = Crc::new();
        crc.update(content);
        let size = u32::try_from(content.len()).unwrap().to_le_bytes();
        let name = u16::try_from(path.len()).unwrap().to_le_bytes();
        // Version, flags, method, time and date.
        let common = [
            &[20, 0, 0, 0, 0, 0, 0, 0, 0x21, 0][..],
            &crc.sum().to_le_bytes(),
            &size,
            &size,
            &name,
            &[0, 0],
        ];
        let common = common.concat();
        let offset = u32::try_from(archive.len()).unwrap().to_le_bytes();
        archive.extend([b"PK\x03\x04", &*common, path.as_bytes(), content].concat());
        // The version that made it is of Unix; no comment, the first disk; a regular file with mode 0644.
        let mode = (0o100_644_u32 << 16).to_le_bytes();
        let rest = [&[0, 0, 0, 0, 0, 0][..], &mode, &offset].concat();
        directory.extend([b"PK\x01\x02\x14\x03", &*common, &rest, path.as_bytes()].concat());
    }
    let count = u16::try_from(files.len()).unwrap().to_le_bytes();
    let [size, offset] =
        [directory.len(), archive.len()].map(|length| u32::try_from(length).unwrap().to_le_bytes());
    let end = [
        &b"PK\x05\x06\0\0\0\0"[..],
        &count,
        &count,
        &size,
        &offset,
        &[0, 0],
    ]
    .concat();
    [archive, directory, end].concat()
}

/// A wheel with a module and a program.
pub(crate) fn greeting() -> Vec<u8> {
    let files = [
        (
            "greeting/__init__.py",
            "def main():\n    print('hello from a wheel')\n",
        ),
        (
            "greeting-1.0.dist-info/entry_points.txt",
            "[console_scripts]\ngreet = greeting:main\n",
        ),
    ];
    wheel("greeting", "1.0", &files)
}
