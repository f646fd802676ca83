//! Which names a power cut leaves in which directory.

use super::chance::Chance;
use super::durable_state::{Entry, Folder, Identity, Names};
use super::{PowerCut, Survivors};
use std::collections::HashMap;
use std::ffi::OsString;

/// The names of each directory after the cut.
pub fn surviving_names(
    cut: PowerCut,
    durable: &Folder,
    working: &Folder,
    survivors: &mut Survivors,
) -> HashMap<Identity, Names> {
    let mut directories = durable.directories.clone();
    let changes = changes(durable, working);
    let groups = groups_sharing_a_file(&changes);
    for (change, group) in changes.into_iter().zip(groups) {
        survivors.unsynced_names += 1;
        if !Chance::of(cut, &format!("name {}", group.0)).survives(1, 2) {
            continue;
        }
        survivors.surviving_names += 1;
        let names = directories.entry(change.directory).or_default();
        match change.after {
            Some(entry) => names.insert(change.name, entry),
            None => names.remove(&change.name),
        };
    }
    directories
}

/// A name whose meaning differs between the durable and the working view of its directory.
struct Change {
    directory: Identity,
    name: OsString,
    before: Option<Entry>,
    after: Option<Entry>,
}

/// A directory that is no longer there has lost its name in its parent; its own names then stay as they were durable.
fn changes(durable: &Folder, working: &Folder) -> Vec<Change> {
    let nothing = Names::new();
    let mut changes = Vec::new();
    for (directory, after) in &working.directories {
        let before = durable.directories.get(directory).unwrap_or(&nothing);
        let mut names: Vec<_> = before.keys().chain(after.keys()).collect();
        names.sort();
        names.dedup();
        for name in names {
            let (before, after) = (before.get(name).cloned(), after.get(name).cloned());
            if before != after {
                changes.push(Change {
                    directory: directory.clone(),
                    name: name.clone(),
                    before,
                    after,
                });
            }
        }
    }
    changes
}

/// One representative file per change, the same for changes that are connected through files they name.
fn groups_sharing_a_file(changes: &[Change]) -> Vec<Identity> {
    let files = |change: &Change| -> Vec<Identity> {
        change
            .before
            .iter()
            .chain(&change.after)
            .map(|entry| entry.identity.clone())
            .collect()
    };
    let mut leader: HashMap<Identity, Identity> = HashMap::new();
    for change in changes {
        let mut leaders: Vec<_> = files(change)
            .iter()
            .map(|file| leader.get(file).unwrap_or(file).clone())
            .collect();
        leaders.sort();
        for file in files(change) {
            leader.entry(file.clone()).or_insert(file);
        }
        for follower in leader.values_mut() {
            if leaders.contains(follower) {
                follower.clone_from(&leaders[0]);
            }
        }
    }
    let group = |change: &Change| leader[&files(change)[0]].clone();
    changes.iter().map(group).collect()
}
