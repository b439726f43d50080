//! The file system of a SQLite database. SQLite's locks, and the memory that its connections share, need a disk of this
//! machine.

use std::path::Path;

use super::error::StoreError;

/// File systems on a network, by the number that statfs(2) has for them.
const ON_A_NETWORK: [(u32, &str); 6] = [
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "SMB"),
    (0xfe53_4d42, "SMB"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
];
/// File systems that something else provides. Not refused: one may be on a network, as with sshfs, or on this machine,
/// as the disks of many sandboxes, containers and virtual machines are.
const UNCERTAIN: [(u32, &str); 2] = [(0x6573_5546, "FUSE"), (0x0102_1997, "9p")];

/// Refuses a database whose file is, or would be, on a network file system.
///
/// # Errors
/// When it is on one.
pub fn refuse_network(database: &Path) -> Result<(), StoreError> {
    match number_of(database).and_then(|number| name_among(&ON_A_NETWORK, number)) {
        Some(kind) => Err(StoreError::OnNetwork { path: database.display().to_string(), kind }),
        None => Ok(()),
    }
}

/// Says so if nothing tells whether the database's file is on a network file system.
pub fn weakness(database: &Path) -> Option<String> {
    let kind = name_among(&UNCERTAIN, number_of(database)?)?;
    Some(format!(
        "{} is on a file system that may be on a network ({kind}); SQLite needs a disk of this machine",
        database.display()
    ))
}

fn name_among(kinds: &[(u32, &'static str)], number: u32) -> Option<&'static str> {
    kinds.iter().find(|(known, _)| *known == number).map(|(_, name)| *name)
}

/// The number of the file system that has the file, or its directory if there is no file yet. `None` if there is
/// neither: opening the database then says why.
#[cfg(target_os = "linux")]
fn number_of(file: &Path) -> Option<u32> {
    let directory = file.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let found = rustix::fs::statfs(if file.exists() { file } else { directory }).ok()?;
    u32::try_from(found.f_type).ok()
}

/// Other systems have other numbers.
#[cfg(not(target_os = "linux"))]
const fn number_of(_: &Path) -> Option<u32> {
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn network_file_systems_are_told_from_others() {
        let networks = [(0x6969, "NFS"), (0x517b, "SMB"), (0xfe53_4d42, "SMB"), (0xff53_4d42, "SMB")];
        for (number, name) in networks.into_iter().chain([(0x00c3_6400, "Ceph")]) {
            assert_eq!(name_among(&ON_A_NETWORK, number), Some(name), "{number:x}");
        }
        for (number, name) in [(0x6573_5546, "FUSE"), (0x0102_1997, "9p")] {
            assert_eq!(name_among(&ON_A_NETWORK, number), None, "{number:x}");
            assert_eq!(name_among(&UNCERTAIN, number), Some(name), "{number:x}");
        }
        // ext4, XFS, Btrfs, ZFS, tmpfs and overlay.
        for number in [0xef53, 0x5846_5342, 0x9123_683e, 0x2fc1_2fc1, 0x0102_1994, 0x794c_7630] {
            assert_eq!(name_among(&ON_A_NETWORK, number), None, "{number:x}");
            assert_eq!(name_among(&UNCERTAIN, number), None, "{number:x}");
        }
    }

    #[test]
    #[cfg(target_os = "linux")]
    fn the_file_system_is_known_before_there_is_a_file() {
        // The one file system that every Linux has at the same place.
        const PROC: u32 = 0x9fa0;
        for path in ["/proc/version", "/proc/none.db"] {
            assert_eq!(number_of(Path::new(path)), Some(PROC), "{path}");
        }
        assert_eq!(number_of(Path::new("/proc/none/none.db")), None);
        assert!(number_of(Path::new("none.db")).is_some());
        let error = StoreError::OnNetwork { path: "/mnt/k.db".to_owned(), kind: "NFS" }.to_string();
        assert!(error.starts_with("/mnt/k.db is on a network file system (NFS), ") && !error.contains('\n'), "{error}");
    }
}
