//! Who may know whom: the pure crates stay pure, and the sides of the house stay apart.

use std::{
    collections::{BTreeMap, BTreeSet},
    process::Command,
};

use serde_json::Value;

/// Crates that decide and calculate, and do nothing else.
const PURE: [&str; 12] = [
    "accord-decider",
    "accord-expressions",
    "accord-federation",
    "accord-learning",
    "accord-random-stream",
    "accord-spelling",
    "recommendation",
    "recommendation-simulator",
    "risk-control",
    "risk-control-back-test",
    "risk-control-evaluation",
    "risk-control-simulator",
];
/// What does I/O, or drives it.
const IMPURE: [&str; 8] = [
    "tokio",
    "sqlx",
    "sqlx-core",
    "libsqlite3-sys",
    "axum",
    "hyper",
    "rdkafka",
    "mio",
];
/// Shared crates, and the crates of this workspace that each may know.
const SHARED: [(&str, &[&str]); 13] = [
    ("accord-decider", &[]),
    ("accord-learning", &[]),
    ("accord-service", &["accord-spelling"]),
    ("accord-spelling", &[]),
    ("accord-expressions", &["accord-spelling"]),
    ("accord-console", &[]),
    ("accord-bench", &[]),
    ("accord-random-stream", &[]),
    ("accord-event-log", &["accord-decider"]),
    ("accord-read-store", &["accord-decider", "accord-event-log"]),
    ("accord-testing", &["accord-decider", "accord-event-log"]),
    ("accord-federation", &["accord-learning"]),
    (
        "accord-federation-node",
        &[
            "accord-console",
            "accord-decider",
            "accord-event-log",
            "accord-federation",
            "accord-learning",
            "accord-service",
        ],
    ),
];
/// Only `accord`, the one binary, may know everything.
const BINARY: &str = "accord";
/// For tests alone.
const TEST_SUPPORT: &str = "accord-testing";

/// The platform that this compiler builds for.
fn host() -> String {
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".to_owned());
    let output = Command::new(rustc).arg("-vV").output().expect("rustc runs");
    let said = String::from_utf8_lossy(&output.stdout);
    let host = said.lines().find_map(|line| line.strip_prefix("host: "));
    host.expect("rustc names its host").to_owned()
}

/// The packages of the workspace's normal dependency graph, by name.
struct CrateGraph {
    /// What each package depends on directly.
    dependencies: BTreeMap<String, BTreeSet<String>>,
    /// Members with their folders.
    members: BTreeMap<String, String>,
}

impl CrateGraph {
    fn read() -> Self {
        let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
        let output = Command::new(cargo)
            .args([
                "metadata",
                "--format-version",
                "1",
                "--offline",
                // Packages for other platforms need not have been downloaded.
                "--filter-platform",
                &host(),
                "--manifest-path",
            ])
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
            .output()
            .expect("cargo runs");
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
        let metadata: Value = serde_json::from_slice(&output.stdout).expect("cargo's metadata");
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let list = |value: &Value| value.as_array().cloned().unwrap_or_default();

        let root = text(&metadata["workspace_root"]);
        let mut names = BTreeMap::new();
        let mut folders = BTreeMap::new();
        for package in list(&metadata["packages"]) {
            names.insert(text(&package["id"]), text(&package["name"]));
            let manifest = text(&package["manifest_path"]);
            let folder = manifest.strip_prefix(&root).unwrap_or_default().to_owned();
            folders.insert(text(&package["id"]), folder);
        }
        let members = list(&metadata["workspace_members"])
            .iter()
            .map(|id| (names[&text(id)].clone(), folders[&text(id)].clone()))
            .collect();
        let mut dependencies: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for node in list(&metadata["resolve"]["nodes"]) {
            let known = dependencies
                .entry(names[&text(&node["id"])].clone())
                .or_default();
            for dependency in list(&node["deps"]) {
                let kinds = list(&dependency["dep_kinds"]);
                if kinds.iter().any(|kind| kind["kind"].is_null()) {
                    known.insert(names[&text(&dependency["pkg"])].clone());
                }
            }
        }
        Self {
            dependencies,
            members,
        }
    }

    /// Everything that a package is built with.
    fn all_below(&self, package: &str) -> BTreeSet<&str> {
        let mut all = BTreeSet::new();
        let mut open = vec![package];
        while let Some(package) = open.pop() {
            for dependency in self.dependencies.get(package).into_iter().flatten() {
                if all.insert(dependency.as_str()) {
                    open.push(dependency);
                }
            }
        }
        all
    }

    /// Members that a member names in its manifest.
    fn members_known_to<'a>(&'a self, member: &str) -> impl Iterator<Item = &'a str> {
        self.dependencies[member]
            .iter()
            .map(String::as_str)
            .filter(|name| self.members.contains_key(*name))
    }
}

#[test]
fn pure_crates_are_built_without_anything_that_does_io() {
    let graph = CrateGraph::read();
    for package in PURE {
        assert!(graph.members.contains_key(package), "no crate {package}");
        let all = graph.all_below(package);
        for impure in IMPURE {
            assert!(!all.contains(impure), "{package} is built with {impure}");
        }
    }
    // The same look at a crate that does I/O finds it.
    let node = graph.all_below("risk-control-node");
    for impure in ["tokio", "sqlx", "axum", "hyper"] {
        assert!(node.contains(impure), "the check would not see {impure}");
    }
}

#[test]
fn shared_crates_know_only_whom_the_architecture_names() {
    let graph = CrateGraph::read();
    for (member, folder) in &graph.members {
        if !folder.starts_with("/shared/") {
            continue;
        }
        let (_, allowed) = SHARED
            .iter()
            .find(|(name, _)| name == member)
            .unwrap_or_else(|| panic!("{member} is new: say here whom it may know"));
        for known in graph.members_known_to(member) {
            assert!(allowed.contains(&known), "{member} knows {known}");
        }
    }
}

#[test]
fn applications_know_their_own_crates_and_shared_ones_and_never_each_other() {
    let graph = CrateGraph::read();
    let application = |member: &str| {
        let folder = graph.members[member].strip_prefix("/apps/")?;
        folder.split('/').next().map(str::to_owned)
    };
    for member in graph.members.keys().filter(|member| *member != BINARY) {
        for known in graph.members_known_to(member) {
            assert_ne!(known, BINARY, "{member} knows the binary");
            assert_ne!(known, TEST_SUPPORT, "{member} ships test support");
            let (own, other) = (application(member), application(known));
            assert!(other.is_none() || other == own, "{member} knows {known}");
        }
    }
    for simulator in ["risk-control-simulator", "recommendation-simulator"] {
        let known: Vec<_> = graph.members_known_to(simulator).collect();
        assert_eq!(
            known,
            ["accord-random-stream"],
            "{simulator} would test what it shares"
        );
    }
    let domain: Vec<_> = graph.members_known_to("risk-control").collect();
    assert_eq!(
        domain,
        ["accord-decider", "accord-expressions", "accord-learning"]
    );
}
