//! What files may look like, and what is said of those that are wrong.

use std::{fs, path::PathBuf};

use tempfile::TempDir;

use super::{catalogue::ItemLine, events::EventLine, records::Records};

fn file(folder: &TempDir, text: &str) -> PathBuf {
    let path = folder.path().join("file");
    fs::write(&path, text).expect("a writable folder");
    path
}

fn events(text: &str) -> anyhow::Result<Vec<EventLine>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut records = Records::open(&file(&folder, text))?;
    let mut events = Vec::new();
    while let Some(record) = records.next_record()? {
        events.push(EventLine::read(&record, None)?);
    }
    Ok(events)
}

fn items(text: &str) -> anyhow::Result<Vec<ItemLine>> {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut records = Records::open(&file(&folder, text))?;
    let mut items = Vec::new();
    while let Some(record) = records.next_record()? {
        items.push(ItemLine::read(&record)?);
    }
    Ok(items)
}

#[test]
fn comma_separated_and_json_events_are_the_same() {
    let table = "event_id,kind,user,session,item,timestamp,quantity,price,rating\n\
                 e-1,view,ann,,\"lamp, red\",2026-01-31T08:15:00Z,,,\n\
                 ,addtocart,,s-1,mug,1769847300000,2,12.50,\n\
                 ,rating,ann,s-1,mug,2026-01-31 08:15,,,4.5\n";
    let lines = r#"{"event_id":"e-1","type":"view","shopper_id":"ann","item_id":"lamp, red","occurred_at":"2026-01-31T08:15:00Z"}

{"type":"cart","session_id":"s-1","item_id":"mug","occurred_at":1769847300,"quantity":2,"price_minor":1250}
{"type":"rating","shopper_id":"ann","session_id":"s-1","item_id":"mug","occurred_at":"2026-01-31T08:15:00Z","rating":5}
"#;
    let of_table = events(table).expect("a sound table");
    let mut of_lines = events(lines).expect("sound lines");
    assert_eq!(
        of_lines.iter().map(|event| event.line).collect::<Vec<_>>(),
        [1, 3, 4]
    );
    for (one, other) in of_lines.iter_mut().zip(&of_table) {
        one.line = other.line;
    }
    assert_eq!(of_table, of_lines);
    assert_eq!(of_table[1].kind, "cart");
    assert_eq!(of_table[1].price_minor, Some(1_250));
}

#[test]
fn what_is_wrong_with_an_event_is_said_with_its_line() {
    let check = |lines: &str, expected: &str| {
        let heading = "type,shopper_id,item_id,occurred_at,quantity,rating\n";
        let good = "view,ann,mug,2026-01-31,,\n";
        let text = format!("{heading}{good}{lines}\n");
        let told = format!("{:#}", events(&text).expect_err(lines));
        assert!(
            told.contains(&format!("line 3: {expected}")),
            "{lines}: {told}"
        );
    };
    check(
        "looked,ann,mug,2026-01-31,,",
        "`type` is `looked`, not one of impression, view",
    );
    check(
        ",ann,mug,2026-01-31,,",
        "`type` is missing; --kind says what the events are",
    );
    check(
        "view,,mug,2026-01-31,,",
        "`shopper_id` is missing, and so is `session_id`",
    );
    check("view,ann,,2026-01-31,,", "`item` is missing");
    check(
        "view,ann,mug,soon,,",
        "`occurred_at` is `soon`; write 2026-01-31T08:15:00Z",
    );
    check("view,ann,mug,,,", "`occurred_at` is missing");
    check(
        "cart,ann,mug,2026-01-31,0,",
        "`quantity` must be a whole number",
    );
    check(
        "cart,ann,mug,2026-01-31,1e99,",
        "`quantity` must be a whole number",
    );
    check("cart,ann,mug,2026-01-31,few,", "`quantity` cannot be `few`");
    check(
        "rating,ann,mug,2026-01-31,,6",
        "`rating` must be between 1 and 5",
    );
    check("view,ann", "2 fields, the heading has 6");
    let told = |text: &str| format!("{:#}", events(text).expect_err(text));
    assert!(told("").contains("the file is empty"));
    assert!(
        told("{\"type\":\n").contains("line 1: EOF"),
        "{}",
        told("{\"type\":\n")
    );
    assert!(told("{\"type\":[1]}").contains("line 1: `shopper_id` is missing"));
}

#[test]
fn items_need_an_id_and_little_else() {
    let table = "item_id,title,price,stock,categories,available_from\n\
                 mug,Red mug,12.5,3,Kitchen > Mugs,2026-02-01\nlamp,,,,,\n";
    let lines = r#"{"item_id":"mug","title":"Red mug","price_minor":1250,"stock":3,"categories":["Kitchen","Mugs"],"available_from":"2026-02-01T00:00:00Z"}
{"item_id":"lamp"}"#;
    let of_table = items(table).expect("a sound table");
    let mut of_lines = items(lines).expect("sound lines");
    for (one, other) in of_lines.iter_mut().zip(&of_table) {
        one.line = other.line;
    }
    assert_eq!(of_table, of_lines);
    assert_eq!(of_table[0].categories, ["Kitchen", "Mugs"]);
    assert_eq!(
        (of_table[1].title.as_str(), of_table[1].stock),
        ("lamp", None)
    );
    let told = format!(
        "{:#}",
        items("item,price\nmug,-3\n").expect_err("a negative price")
    );
    assert!(told.contains("line 2: `price` must be between 0"), "{told}");
}
