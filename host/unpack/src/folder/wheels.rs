//! Wheels, unpacked as an installer does.
//!
//! Which file goes where is decided in `wheel`.

use std::collections::BTreeSet;
use std::fs::File;

use super::{ClaimedContent, Fault, FolderLimits, Job};
use crate::claims::Claim;
use crate::digest::{Algorithm, Digest, Summing};
use crate::error::EntryReason;
use crate::own::Own;
use crate::path;
use crate::warning::Warning;
use crate::wheel::metadata::Package;
use crate::wheel::name::WheelName;
use crate::wheel::record::{self, RecordReason};
use crate::wheel::{self, Added, Planned, WheelError, WheelPlan};
use crate::write::Sink;
use crate::zip::{self, Reader, Zip, ZipKind};

/// Names at the top of a folder of packages that an application may have as well.
pub(crate) const SHADOWS: [&str; 11] = [
    "benchmarks",
    "bin",
    "doc",
    "docs",
    "example",
    "examples",
    "lib",
    "scripts",
    "src",
    "test",
    "tests",
];

/// The folders of `.data` that lie above a file in a wheel and not in the folder.
const DATA: usize = 2;

impl Job<'_> {
    pub(super) fn wheel(&mut self, name: &str, file: &File, arch: &str) -> Result<Package, Fault> {
        let wheel = WheelName::parse(name).map_err(WheelError::from)?;
        wheel.judge_platform(arch).map_err(WheelError::from)?;
        let zip = zip::read(file)?;
        judge_names(&zip, self.folder.limits)?;
        self.folder.claim_bytes(zip.size())?;
        let mut reader = Reader::new(file);
        let plan = wheel::plan(&wheel, &zip, &mut reader)?;
        self.judge_places(&plan)?;
        self.warn(name, &plan);
        let mut claims = self.claim_all(&plan)?.into_iter();

        let mut rows = Vec::with_capacity(plan.files.len() + plan.added.len());
        for planned in &plan.files {
            let member = &zip.members[planned.member];
            let claim = planned.place.as_ref().and_then(|_| claims.next());
            let row = self.write(planned, member, claim, &mut reader)?;
            rows.extend(row);
        }
        for Added {
            place,
            executable,
            content,
        } in plan.added
        {
            let digest = Digest::of(&content).text();
            rows.push((place.clone(), digest, content.len() as u64));
            self.add(claims.next(), &place, executable, content)?;
        }
        let record = record::write(rows, &plan.record);
        self.add(claims.next(), &plan.record, false, record)?;
        Ok(plan.package)
    }

    /// Checks that all places are free and not too deep.
    fn judge_places(&mut self, plan: &WheelPlan) -> Result<(), Fault> {
        let depth = self.folder.limits.depth;
        for place in places(plan) {
            let refused = |reason: EntryReason| Fault::entry(place, reason);
            path::judge(place).map_err(|reason| refused(reason.into()))?;
            path::judge_depth(place, depth, false).map_err(|reason| refused(reason.into()))?;
            let added = self.own.add_file(place);
            added.map_err(Fault::own(place, self.folder.limits.entries))?;
        }
        Ok(())
    }

    fn claim_all(&self, plan: &WheelPlan) -> Result<Vec<Claim>, Fault> {
        let mut shared = self.folder.shared();
        let claims = places(plan).map(|place| shared.claims.file(self.position, place));
        let claims: Result<_, _> = claims.collect();
        claims.map_err(self.folder.full())
    }

    fn warn(&self, name: &str, plan: &WheelPlan) {
        let archive = || name.to_owned();
        let mut warnings = Vec::new();
        let placed = || plan.files.iter().filter_map(|file| file.place.as_deref());
        let is_pth = |path: &&str| !path.contains('/') && path.strip_suffix(".pth").is_some();
        let mut paths: Vec<_> = placed().filter(is_pth).map(path::shown).collect();
        paths.sort_unstable();
        if !paths.is_empty() {
            warnings.push(Warning::Pth {
                archive: archive(),
                paths,
            });
        }
        if !plan.prefix.is_empty() {
            warnings.push(Warning::Prefix {
                archive: archive(),
                tops: plan.prefix.iter().cloned().collect(),
            });
        }
        let tops: BTreeSet<_> = plan.files.iter().filter_map(Planned::library_top).collect();
        let tops = tops.into_iter().filter(|top| SHADOWS.contains(top));
        let tops: Vec<_> = tops.map(str::to_owned).collect();
        if !tops.is_empty() {
            warnings.push(Warning::Shadow {
                archive: archive(),
                tops,
            });
        }
        if plan.compiled > 0 {
            warnings.push(Warning::Compiled {
                archive: archive(),
                count: plan.compiled,
            });
        }
        let warnings = warnings.into_iter().map(|one| (self.position, one));
        self.folder.shared().warnings.extend(warnings);
    }

    /// Reads a member, compares it with RECORD, and writes it. Returns its row for the new RECORD.
    fn write(
        &mut self,
        planned: &Planned,
        member: &zip::Member,
        claim: Option<Claim>,
        reader: &mut Reader<'_>,
    ) -> Result<Option<(String, String, u64)>, Fault> {
        let place = planned.place.as_deref().unwrap_or(&member.name);
        let sink = match claim {
            Some(claim) => self.sink(claim, place, planned.executable)?,
            None => Sink::new(&self.folder.deadline, None),
        };
        let given = planned.digest.as_ref();
        let given_sum = given.map(|digest| Summing::new(digest.algorithm()));
        let mut sink = sink.summing_given(given_sum).script(planned.is_script);
        if planned.is_script {
            sink = sink.summing_written(Some(Summing::new(Algorithm::Sha256)));
        }
        reader.read(member, &mut self.buffer, |piece| {
            sink.take(piece).map_err(Fault::write(place))
        })?;
        let outcome = sink.finish();
        if outcome.given.as_ref() != given {
            let path = text::shown(&member.name);
            return Err(WheelError::from(RecordReason::OtherDigest { path }).into());
        }
        let (Some(claim), Some(given)) = (claim, given) else {
            return Ok(None);
        };
        // An unchanged file has the digest that RECORD says.
        let digest = match &outcome.written {
            Some(digest) if planned.is_script => digest,
            _ => given,
        };
        let row = (place.to_owned(), digest.text(), outcome.size);
        self.made(claim, place, planned.executable, outcome, || {
            ClaimedContent::Member {
                member: member.clone(),
                is_script: planned.is_script,
            }
        });
        Ok(Some(row))
    }

    /// Writes a file that the wheel does not have.
    fn add(
        &mut self,
        claim: Option<Claim>,
        place: &str,
        executable: bool,
        content: Vec<u8>,
    ) -> Result<(), Fault> {
        self.folder.claim_bytes(content.len() as u64)?;
        let Some(claim) = claim else {
            return Ok(());
        };
        let mut sink = self.sink(claim, place, executable)?;
        sink.take(&content).map_err(Fault::write(place))?;
        self.made(claim, place, executable, sink.finish(), || {
            ClaimedContent::Bytes(content)
        });
        Ok(())
    }
}

/// All paths of a plan in the folder, in the order in which they are written.
fn places(plan: &WheelPlan) -> impl Iterator<Item = &str> {
    let files = plan.files.iter().filter_map(|file| file.place.as_deref());
    let added = plan.added.iter().map(|added| added.place.as_str());
    files.chain(added).chain([plan.record.as_str()])
}

/// Checks the members' names as they are in the wheel. Directories are not made: files have the folders that they need.
///
/// Their number is limited before their destinations are computed, because each can name hundreds of folders. The limit
/// is twice that of the folder, because compiled files are not written.
fn judge_names(zip: &Zip, limits: FolderLimits) -> Result<(), Fault> {
    let mut own = Own::new(limits.entries.saturating_mul(2));
    for member in &zip.members {
        let path = member.name.as_str();
        let refused = |reason: EntryReason| Fault::entry(path, reason);
        let is_dir = member.kind == ZipKind::Dir;
        let plain = if is_dir {
            &path[..path.len() - 1]
        } else {
            path
        };
        path::judge(plain).map_err(|reason| refused(reason.into()))?;
        path::judge_depth(plain, limits.depth + DATA, is_dir)
            .map_err(|reason| refused(reason.into()))?;
        let added = if is_dir {
            own.add_dir(plain)
        } else {
            own.add_file(plain)
        };
        added.map_err(Fault::own(path, limits.entries))?;
    }
    Ok(())
}
