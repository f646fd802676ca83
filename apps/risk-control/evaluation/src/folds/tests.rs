use super::*;

/// A table with one transaction on the first and one on the last day.
fn table(from: &str, to: &str) -> LabelledTable {
    let text = format!(
        "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD\n\
         1,{from} 00:00:00,1,1,1,0\n2,{to} 23:59:59,1,1,1,0\n"
    );
    LabelledTable::read(text.as_bytes()).unwrap()
}

/// First training day, first and last test day of every fold.
fn check(from: &str, to: &str, training_days: u32, expected: [[&str; 3]; 4]) {
    let folds = folds(&table(from, to), training_days).unwrap();
    let found: Vec<[String; 3]> = folds
        .iter()
        .map(|fold| {
            assert_eq!(fold.test_from - fold.training_until, 7);
            [fold.training_from, fold.test_from, fold.test_until - 1]
                .map(|day| date(day).to_string())
        })
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn a_table_that_covers_the_handbook_s_dates_is_split_at_them() {
    check(
        "2018-04-01",
        "2018-09-30",
        7,
        [
            ["2018-07-25", "2018-08-08", "2018-08-14"],
            ["2018-08-01", "2018-08-15", "2018-08-21"],
            ["2018-08-08", "2018-08-22", "2018-08-28"],
            ["2018-08-15", "2018-08-29", "2018-09-04"],
        ],
    );
}

#[test]
fn a_longer_training_begins_earlier_and_tests_on_the_same_days() {
    check(
        "2018-05-10",
        "2018-09-30",
        84,
        [
            // Where the table begins.
            ["2018-05-10", "2018-08-08", "2018-08-14"],
            ["2018-05-16", "2018-08-15", "2018-08-21"],
            ["2018-05-23", "2018-08-22", "2018-08-28"],
            ["2018-05-30", "2018-08-29", "2018-09-04"],
        ],
    );
}

#[test]
fn any_other_table_is_split_at_its_end() {
    check(
        "2024-01-01",
        "2024-04-30",
        7,
        [
            ["2024-03-20", "2024-04-03", "2024-04-09"],
            ["2024-03-27", "2024-04-10", "2024-04-16"],
            ["2024-04-03", "2024-04-17", "2024-04-23"],
            ["2024-04-10", "2024-04-24", "2024-04-30"],
        ],
    );
    check(
        "2018-04-01",
        "2018-09-03",
        7,
        [
            ["2018-07-24", "2018-08-07", "2018-08-13"],
            ["2018-07-31", "2018-08-14", "2018-08-20"],
            ["2018-08-07", "2018-08-21", "2018-08-27"],
            ["2018-08-14", "2018-08-28", "2018-09-03"],
        ],
    );
}

#[test]
fn a_table_that_is_too_short_is_refused() {
    assert!(folds(&table("2024-01-01", "2024-02-11"), 7).is_ok());
    let error = folds(&table("2024-01-01", "2024-02-10"), 7).unwrap_err();
    assert!(matches!(
        error,
        FoldError::TooShort {
            days: 41,
            needed: 42,
            ..
        }
    ));
}
