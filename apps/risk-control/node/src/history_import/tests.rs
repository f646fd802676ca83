use std::path::Path;

use accord_event_log::LogReader;
use risk_control::{Decision, Event, Features, Label, RiskControl};
use tempfile::TempDir;

use super::*;

const DAY_US: i64 = 86_400_000_000;

fn settings(folder: &Path, format: HistoryFormat) -> HistoryImportSettings {
    HistoryImportSettings {
        institution: "north".to_owned(),
        folder: folder.to_owned(),
        currency: "EUR".to_owned(),
        format,
        label_delay_us: 7 * DAY_US,
        skip_bad: false,
    }
}

fn run(
    settings: HistoryImportSettings,
    text: &str,
) -> Result<HistoryImportReport, HistoryImportError> {
    let text = text.to_owned();
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async move {
        tokio::task::spawn_blocking(move || {
            import_history(
                &settings,
                text.as_bytes(),
                &HistoryImportProgress::default(),
            )
        })
        .await
        .unwrap()
    })
}

/// What a test wants to know of an event.
#[derive(Clone, Debug, PartialEq)]
enum Seen {
    Transaction(String, Decision, Box<Features>),
    Label(String, Label, i64),
}

fn log_of(folder: &Path) -> Vec<Seen> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    runtime.block_on(async {
        let reader = LogReader::open(&folder.join("log")).await.unwrap();
        let mut seen = Vec::new();
        for commit in reader.read_after(Sequence::ZERO, usize::MAX).await.unwrap() {
            let mut add = |recorded: &Arc<accord_event_log::Recorded<Event>>| {
                seen.extend(match &recorded.event {
                    Event::TransactionImported(event) => Some(Seen::Transaction(
                        event.transaction.transaction_id.clone(),
                        event.decision,
                        Box::new(event.features),
                    )),
                    Event::TransactionLabelled(event) => Some(Seen::Label(
                        event.transaction_id.clone(),
                        event.label,
                        event.known_at_us,
                    )),
                    _ => None,
                });
            };
            commit
                .each_after::<RiskControl>(Sequence::ZERO, &mut add)
                .unwrap();
        }
        seen
    })
}

/// A table of one purchase an hour by three customers at two terminals, every fifth of which is fraud.
fn table(rows: usize) -> String {
    let mut text = String::from(
        "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,DECISION\n",
    );
    for row in 0..rows {
        let at = chrono::DateTime::from_timestamp(1_522_540_800 + 3_600 * row as i64, 0).unwrap();
        let decision = if row % 7 == 0 { "decline" } else { "" };
        text += &format!(
            "t{row},{},c{},m{},{}.5,{},{decision}\n",
            at.format("%Y-%m-%d %H:%M:%S"),
            row % 3,
            row % 2,
            10 + row % 40,
            u8::from(row % 5 == 0),
        );
    }
    text
}

#[test]
fn labels_stand_where_they_became_known_and_decisions_are_the_original_ones() {
    let folder = TempDir::new().unwrap();
    let report = run(settings(folder.path(), HistoryFormat::Csv), &table(400)).unwrap();
    assert_eq!((report.transactions, report.labels), (400, 80));
    let log = log_of(folder.path());
    let place = |wanted: &str, label: bool| {
        log.iter().position(|seen| match seen {
            Seen::Transaction(id, ..) => !label && id == wanted,
            Seen::Label(id, ..) => label && id == wanted,
        })
    };
    // Transaction 0 is seven days, 168 hours, older than its label.
    assert!(place("t167", false) < place("t0", true));
    assert!(place("t0", true) < place("t168", false));
    let decided: Vec<Decision> = log
        .iter()
        .filter_map(|seen| match seen {
            Seen::Transaction(_, decision, _) => Some(*decision),
            Seen::Label(..) => None,
        })
        .take(8)
        .collect();
    assert_eq!(decided[0], Decision::Decline);
    assert_eq!(decided[1], Decision::Approve);
    assert_eq!(decided[7], Decision::Decline);
}

#[test]
fn an_import_that_was_cut_off_comes_out_as_if_it_had_not_been() {
    let whole = TempDir::new().unwrap();
    run(settings(whole.path(), HistoryFormat::Csv), &table(5_000)).unwrap();

    let cut = TempDir::new().unwrap();
    let text = table(5_000);
    // The first batch is durable, then a line is broken off in the middle, as where a copy was under way.
    let broken: String = text.chars().take(text.len() / 2).collect();
    let first = run(settings(cut.path(), HistoryFormat::Csv), &broken);
    assert!(matches!(first, Err(HistoryImportError::BadLine(_))));
    let second = run(settings(cut.path(), HistoryFormat::Csv), &text).unwrap();
    assert!(second.known_transactions > 2_000, "{second:?}");
    assert_eq!(second.known_transactions + second.transactions, 5_000);
    assert_eq!(log_of(cut.path()), log_of(whole.path()));

    let third = run(settings(cut.path(), HistoryFormat::Csv), &text).unwrap();
    assert_eq!((third.transactions, third.labels), (0, 0));
}

#[test]
fn a_bad_line_is_told_with_its_number_and_left_out_where_asked() {
    let table = "\
TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD
t1,2018-04-01 00:00:00,c1,m1,10.0,0
t2,yesterday,c1,m1,10.0,0
t3,2018-04-01 00:00:02,c1,m1,-1,0
t1,2018-04-01 00:00:03,c1,m1,10.0,0
t4,2018-04-01 00:00:04,c1
t5,2018-03-01 00:00:00,c1,m1,10.0,1
t6,2018-04-01 00:00:06,c1,m1,10.0,0
";
    let folder = TempDir::new().unwrap();
    let stopped = run(settings(folder.path(), HistoryFormat::Csv), table).unwrap_err();
    assert!(
        stopped.to_string().starts_with("line 3: TX_DATETIME"),
        "{stopped}"
    );

    let lenient = HistoryImportSettings {
        skip_bad: true,
        ..settings(folder.path(), HistoryFormat::Csv)
    };
    let report = run(lenient, table).unwrap();
    let lines: Vec<u64> = report.bad_lines.iter().map(|bad| bad.line).collect();
    assert_eq!(lines, [3, 4, 5, 6, 7], "{:?}", report.bad_lines);
    assert_eq!((report.transactions, report.known_transactions), (1, 1));
    // Nothing became known of a transaction that was refused.
    assert_eq!(report.labels, 0);
}

#[test]
fn documents_have_the_form_of_the_interface() {
    let lines = r#"{"transaction_id":"a","customer_id":"c","terminal_id":"m","amount_minor":100,"currency":"EUR","occurred_at":"2018-04-01T00:00:00Z","decision":"review","label":"genuine","label_known_at":"2018-04-02T00:00:00Z"}

{"transaction_id":"b","customer_id":"c","terminal_id":"m","amount_minor":100,"occurred_at":"2018-04-03T00:00:00Z","amount":1}
{"transaction_id":"b","customer_id":"c","terminal_id":"m","amount_minor":100,"currency":"USD","occurred_at":"2018-04-03T00:00:00Z"}
not json
"#;
    let folder = TempDir::new().unwrap();
    let lenient = HistoryImportSettings {
        skip_bad: true,
        ..settings(folder.path(), HistoryFormat::Ndjson)
    };
    let report = run(lenient, lines).unwrap();
    assert_eq!((report.transactions, report.labels), (1, 1));
    let told: Vec<String> = report.bad_lines.iter().map(ToString::to_string).collect();
    assert!(
        told[0].starts_with("line 3: unknown field `amount`"),
        "{told:?}"
    );
    assert!(
        told[1].starts_with("line 4: currency must be EUR"),
        "{told:?}"
    );
    assert!(told[2].starts_with("line 5: "), "{told:?}");
    let log = log_of(folder.path());
    assert!(matches!(&log[0], Seen::Transaction(_, Decision::Review, _)));
    assert!(matches!(&log[1], Seen::Label(_, Label::Genuine, at) if *at == 1_522_627_200_000_000));
}
