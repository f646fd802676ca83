use super::*;

fn read(text: &str) -> Result<LabelledTable, TableError> {
    LabelledTable::read(text.as_bytes())
}

const HEADER: &str = "TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD";

/// A table of one line below the header.
fn line(fields: &str) -> Result<LabelledTable, TableError> {
    read(&format!("{HEADER}\n{fields}\n"))
}

#[test]
fn columns_are_found_by_name_wherever_they_stand() {
    let table = read(
        "\u{feff}extra,TX_FRAUD,TX_AMOUNT,TERMINAL_ID,CUSTOMER_ID,TX_DATETIME,TRANSACTION_ID\n\
         \"a, \"\"quoted\"\" field\",1,57.16,\"terminal, north\",596,2018-04-01 00:00:31,\"0\"\n",
    )
    .unwrap();
    assert_eq!(
        table.rows(),
        [TableRow {
            transaction_id: "0".into(),
            occurred_at_us: 1_522_540_831_000_000,
            customer: 0,
            terminal: 0,
            amount_minor: 5_716,
            fraud: true,
        }]
    );
    assert_eq!(*table.customers()[0], *"596");
    assert_eq!(*table.terminals()[0], *"terminal, north");
}

#[test]
fn rows_are_put_in_the_order_of_time() {
    let table = read(&format!(
        "{HEADER}\r\nb,2018-04-02 00:00:00,1,1,1,0\r\nc,2018-04-01 10:00:00,1,1,1,0\r\na,2018-04-01T10:00:00Z,1,1,1,0\r\n"
    ))
    .unwrap();
    let ids: Vec<&str> = table
        .rows()
        .iter()
        .map(|row| &*row.transaction_id)
        .collect();
    assert_eq!(ids, ["c", "a", "b"]);
}

#[test]
fn amounts_that_went_through_floating_point_are_rounded_to_the_cent() {
    for (text, expected) in [
        ("285.79999999999995", 28_580),
        ("0", 0),
        ("0.0", 0),
        ("123", 12_300),
        ("5e2", 50_000),
        (" 7.5 ", 750),
    ] {
        let table = line(&format!("1,2018-04-01 00:00:31,1,1,{text},0")).unwrap();
        assert_eq!(table.rows()[0].amount_minor, expected, "{text}");
    }
}

#[test]
fn what_is_wrong_is_said_with_line_column_and_value() {
    for (fields, expected) in [
        (
            "1,2018-13-01 00:00:31,1,1,1,0",
            "line 2, TX_DATETIME: `2018-13-01 00:00:31` must be a time like 2018-04-01 00:00:31",
        ),
        (
            "1,2018-04-01 00:00:31,1,1,-1,0",
            "line 2, TX_AMOUNT: `-1` must be an amount between 0 and 1000000000",
        ),
        (
            "1,2018-04-01 00:00:31,1,1,NaN,0",
            "line 2, TX_AMOUNT: `NaN` must be an amount between 0 and 1000000000",
        ),
        (
            "1,2018-04-01 00:00:31,1,1,1,maybe",
            "line 2, TX_FRAUD: `maybe` must be 0 or 1",
        ),
        (
            "1,2018-04-01 00:00:31,,1,1,0",
            "line 2, CUSTOMER_ID: `` must have 1 to 64 bytes",
        ),
        (
            "1,2018-04-01 00:00:31,1,1,1,0\n1,2018-04-01 00:00:32,1,1,1,0",
            "line 3: transaction 1 stands there twice",
        ),
        ("", "there are no transactions below the header"),
    ] {
        assert_eq!(line(fields).unwrap_err().to_string(), expected);
    }
    let short = line("1,2018-04-01 00:00:31,1,1,1").unwrap_err().to_string();
    assert!(short.contains("line: 2"), "{short}");
}

#[test]
fn a_header_without_one_of_the_columns_is_refused() {
    assert_eq!(
        read("TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TX_AMOUNT,TX_FRAUD\n")
            .unwrap_err()
            .to_string(),
        "line 1: there is no column TERMINAL_ID; the header has: TRANSACTION_ID, TX_DATETIME, CUSTOMER_ID, TX_AMOUNT, TX_FRAUD"
    );
    assert_eq!(
        read(&format!("{HEADER},TX_FRAUD\n"))
            .unwrap_err()
            .to_string(),
        "line 1: column TX_FRAUD stands there twice"
    );
}
