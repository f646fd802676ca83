//! Whole evaluations over small files.

use std::{
    fmt::Write as _,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
};

use flate2::{Compression, write::GzEncoder};
use serde_json::Value;
use tempfile::TempDir;

use super::{evaluate, progress::Progress};
use crate::cli::RecommendEvaluateArguments;

/// A folder of files for one test.
struct Files(TempDir);

impl Files {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a temporary folder"))
    }

    fn write(&self, name: &str, text: &str) -> Option<PathBuf> {
        let path = self.0.path().join(name);
        fs::write(&path, text).expect("a writable folder");
        Some(path)
    }

    fn write_compressed(&self, name: &str, text: &str) -> Option<PathBuf> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(text.as_bytes()).expect("memory");
        let path = self.0.path().join(name);
        fs::write(&path, encoder.finish().expect("memory")).expect("a writable folder");
        Some(path)
    }
}

fn found(arguments: &RecommendEvaluateArguments) -> Value {
    let evaluation = evaluate(arguments, &Progress::new()).expect("evaluates");
    let table = evaluation.render(false).expect("tables render");
    assert!(table.contains("Chosen by validation"), "{table}");
    serde_json::from_str(&evaluation.render(true).expect("JSON renders")).expect("it is JSON")
}

fn refused(arguments: &RecommendEvaluateArguments) -> String {
    match evaluate(arguments, &Progress::new()) {
        Ok(_) => panic!("{arguments:?} is accepted"),
        Err(error) => format!("{error:#}"),
    }
}

fn candidate<'a>(found: &'a Value, name: &str) -> &'a Value {
    let candidates = found["candidates"].as_array().expect("candidates");
    candidates
        .iter()
        .find(|candidate| candidate["name"] == name)
        .expect("the candidate")
}

/// Users of two tastes: even items, or odd ones.
fn two_tastes(users: std::ops::Range<usize>, items: impl Fn(usize) -> Vec<usize>) -> String {
    let mut rows = "user,item\n".to_owned();
    for user in users {
        for item in items(user) {
            writeln!(rows, "u{user},\"item, {:02}\"", item * 2 + user % 2)
                .expect("writing to a String cannot fail");
        }
    }
    rows
}

fn strong(files: &Files) -> RecommendEvaluateArguments {
    RecommendEvaluateArguments {
        train: files.write_compressed(
            "train.csv.gz",
            &two_tastes(0..60, |user| {
                (0..10).filter(|item| (item + user) % 7 > 0).collect()
            }),
        ),
        foldin: files.write("foldin.csv", &two_tastes(100..110, |_| vec![0, 1, 2])),
        target: files.write("target.csv", &two_tastes(100..110, |_| vec![3, 4])),
        seed: 42,
        ..RecommendEvaluateArguments::default()
    }
}

#[test]
fn users_of_two_tastes_are_told_apart() {
    let files = Files::new();
    let found = found(&strong(&files));
    assert_eq!(found["evaluation"], "strong");
    assert_eq!(found["test"]["cases"], 10);
    // Seven items of the own taste are left, two of them targets; all come before the other taste's.
    let ease = &candidate(&found, "EASE")["test"];
    assert_eq!(ease["recall_at_20"], 1.0);
    assert!(
        ease["ndcg_at_100"].as_f64()
            > candidate(&found, "popularity")["test"]["ndcg_at_100"].as_f64(),
        "{found}"
    );
}

#[test]
fn merchants_that_sum_train_the_pooled_model() {
    let files = Files::new();
    let found = found(&RecommendEvaluateArguments {
        merchants: Some(7),
        ..strong(&files)
    });
    let merchants = &found["merchants"];
    assert_eq!(merchants["models_equal"], true);
    assert_eq!(merchants["federated_model"], merchants["pooled_model"]);
    assert_eq!(merchants["federated"], merchants["pooled"]);
    assert_eq!(merchants["alone"]["cases"], 10);
}

fn next_items() -> (String, String) {
    // Every session walks on; some are empty, some repeat.
    let mut sessions = "session,items\n".to_owned();
    for session in 0..200 {
        let start = session * 3 % 10;
        let items: Vec<String> = (0..session % 5)
            .map(|step| format!("i{}", (start + step) % 10))
            .collect();
        writeln!(sessions, "s{session},{}", items.join(" "))
            .expect("writing to a String cannot fail");
    }
    let cases =
        "case,prefix,target\n1,i3 i4,i5\n2,i9,i0\n3,never-seen,i1\n4,,i2\n5,i1,never-seen\n";
    (sessions, cases.to_owned())
}

#[test]
fn the_next_item_of_a_walk_is_found_and_an_unknown_target_is_a_miss() {
    let files = Files::new();
    let (sessions, cases) = next_items();
    let found = found(&RecommendEvaluateArguments {
        sessions: files.write("sessions.csv", &sessions),
        cases: files.write("cases.csv", &cases),
        ..RecommendEvaluateArguments::default()
    });
    assert_eq!(found["evaluation"], "sessions");
    // With ten items all known targets are among the first twenty, by popularity if by nothing else.
    for name in ["S-KNN", "VS-KNN", "SLIST", "SLIST + VS-KNN"] {
        assert_eq!(
            candidate(&found, name)["test"]["hit_rate_at_20"],
            0.8,
            "{name}"
        );
    }
    let early = |name: &str| {
        candidate(&found, name)["test"]["mean_reciprocal_rank_at_20"]
            .as_f64()
            .unwrap_or(0.0)
    };
    assert!(early("SLIST") > early("popularity"), "{found}");
}

fn purchases() -> String {
    let mut rows = "InvoiceNo,InvoiceDate,user,item,Country\n".to_owned();
    for invoice in 0..80 {
        for item in 0..4 {
            let item = invoice % 4 * 4 + item;
            writeln!(
                rows,
                "{invoice},2011-{:02}-{:02} 10:00,u{},p{item},UK",
                invoice / 28 + 1,
                invoice % 28 + 1,
                invoice % 9
            )
            .expect("writing to a String cannot fail");
        }
    }
    rows
}

#[test]
fn baskets_are_completed_from_earlier_ones_only() {
    let files = Files::new();
    let arguments = RecommendEvaluateArguments {
        train: files.write("train.csv", &purchases()),
        baskets: files.write(
            "baskets.csv",
            "invoice,user,basket,target\n70,u7,p8 p9 p10,p11\n71,u8,p12 p13 p14,p15\n",
        ),
        ..RecommendEvaluateArguments::default()
    };
    let found = found(&arguments);
    assert_eq!(found["evaluation"], "baskets");
    assert_eq!(
        candidate(&found, "EASE")["test"]["mean_reciprocal_rank_at_20"],
        1.0
    );
    let count = |what: &str| {
        let counts = found["data"].as_array().expect("counts");
        counts
            .iter()
            .find(|count| count["what"] == what)
            .expect("the count")["count"]
            .clone()
    };
    assert_eq!(count("training rows"), 70 * 4);
    assert_eq!(
        count("training rows left out, at or after the first test basket"),
        10 * 4
    );
}

#[test]
fn what_is_wrong_with_a_file_is_said_with_its_line() {
    let files = Files::new();
    let with_train = |train: Option<PathBuf>| RecommendEvaluateArguments {
        train,
        ..strong(&files)
    };
    let check = |arguments: RecommendEvaluateArguments, parts: &[&str]| {
        let said = refused(&arguments);
        assert!(parts.iter().all(|part| said.contains(part)), "{said}");
    };
    check(
        with_train(files.write("a.csv", "user,item\nu1,i1\nu2,i2,more\n")),
        &["a.csv, line 3", "3 fields", "2"],
    );
    check(
        with_train(files.write("b.csv", "user,item\nu1,i1\n\"u,\n2\",i2\nu3,\n")),
        &["b.csv, line 5", "`item` is empty"],
    );
    check(
        with_train(files.write("c.csv", "user,product\nu1,i1\n")),
        &["c.csv, line 1", "`item`", "product"],
    );
    check(with_train(files.write("d.csv", "")), &["d.csv", "empty"]);
    check(
        with_train(files.write("e.csv", "user,item\n")),
        &["e.csv", "no training row"],
    );
    check(
        with_train(Some(Path::new("/nowhere/f.csv").to_owned())),
        &["/nowhere/f.csv"],
    );
    let latin = files.0.path().join("g.csv");
    fs::write(&latin, b"user,item\nu1,caf\xe9\n").expect("a writable folder");
    check(with_train(Some(latin)), &["g.csv, line 2", "UTF-8"]);
    let cut = files.0.path().join("h.csv.gz");
    let whole = fs::read(strong(&files).train.expect("a path")).expect("the file");
    fs::write(&cut, &whole[..whole.len() / 2]).expect("a writable folder");
    check(with_train(Some(cut)), &["h.csv.gz"]);
}

#[test]
fn files_that_do_not_go_together_are_refused() {
    let files = Files::new();
    let check = |arguments: RecommendEvaluateArguments, part: &str| {
        let said = refused(&arguments);
        assert!(said.contains(part), "{said}");
    };
    check(RecommendEvaluateArguments::default(), "nothing to evaluate");
    check(
        RecommendEvaluateArguments {
            foldin: None,
            ..strong(&files)
        },
        "--foldin is missing",
    );
    check(
        RecommendEvaluateArguments {
            validation_target: files.write("v.csv", "user,item\n"),
            ..strong(&files)
        },
        "go together",
    );
    let sessions = files.write("s.csv", "session,items\n1,a b\n2,a b\n");
    check(
        RecommendEvaluateArguments {
            sessions: sessions.clone(),
            ..RecommendEvaluateArguments::default()
        },
        "--cases is missing",
    );
    check(
        RecommendEvaluateArguments {
            sessions,
            ..strong(&files)
        },
        "give one",
    );
    check(
        RecommendEvaluateArguments {
            merchants: Some(500),
            ..strong(&files)
        },
        "only 60 training users",
    );
}

#[test]
fn odd_characters_byte_order_marks_and_line_ends_are_read() {
    let files = Files::new();
    let train = two_tastes(0..60, |_| (0..6).collect())
        .replace("item, ", "ïtem \"\"№\"\" ")
        .replace('\n', "\r\n");
    let odd = |text: String| text.replace("item, ", "ïtem \"\"№\"\" ");
    let found = found(&RecommendEvaluateArguments {
        train: files.write("train.csv", &format!("\u{feff}{train}")),
        foldin: files.write("foldin.csv", &odd(two_tastes(100..104, |_| vec![0, 1]))),
        target: files.write("target.csv", &odd(two_tastes(100..104, |_| vec![2]))),
        ..RecommendEvaluateArguments::default()
    });
    assert_eq!(candidate(&found, "EASE")["test"]["recall_at_20"], 1.0);
}

/// The published figures, where the data is there: EASE with a ridge of 100, without tuning.
#[test]
fn ease_reaches_the_reference_on_real_purchases() {
    use super::strong::{Cases, Pairs, Plan};
    use accord_learning::{Histories, ease::EaseSettings};

    let folder = std::env::var("ACCORD_DATASETS").map_or_else(
        |_| Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/datasets"),
        PathBuf::from,
    );
    let file = |name: &str| {
        folder
            .join("online-retail")
            .join(format!("strong_{name}.csv.gz"))
    };
    if !file("train").is_file() {
        // Not even a failure where skipped tests are: the data is not the project's own.
        eprintln!(
            "SKIPPED: no {} (ACCORD_DATASETS says where the datasets are)",
            file("train").display()
        );
        return;
    }
    let training = Pairs::read(&file("train")).expect("reads");
    let catalogue = training.catalogue();
    // The plain model of the most frequent tenth of the items is enough to see that nothing is broken.
    let mut histories = Histories::new(catalogue.len());
    for items in training.histories(&catalogue) {
        histories.push(0, &items).expect("known items");
    }
    let test = Cases::read(&file("test_foldin"), &file("test_target"), &catalogue).expect("reads");
    let plan = Plan::Ease {
        length_exponent: 0.0,
        settings: EaseSettings::plain(100.0),
        items_max: 800,
    };
    let figures = test.measure(&plan.fit(&histories).expect("trains"));
    assert_eq!(figures.cases, 400);
    assert!(figures.ndcg_at_100 > 0.28, "{figures:?}");
}
