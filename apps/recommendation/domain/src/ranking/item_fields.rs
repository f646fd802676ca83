//! The fields of items that filters may use.

use std::sync::OnceLock;

use accord_expressions::{Field, FieldType, Schema, Value};

use crate::{state::CataloguePartition, view::CatalogueView};

/// Minor units of a currency unit. Money is given to filters in whole units: `price < 20.0`.
const MINOR_UNITS: f64 = 100.0;

/// The schema of filters.
pub fn item_fields() -> &'static Schema {
    static SCHEMA: OnceLock<Schema> = OnceLock::new();
    SCHEMA.get_or_init(|| {
        Schema::new(vec![
            Field::new("item_id", FieldType::Text, "Your id of the item"),
            Field::new("product_code", FieldType::Text, "Shared product code").optional(),
            Field::new("title", FieldType::Text, "Title"),
            Field::new(
                "price",
                FieldType::Double,
                "Price, in units of the currency",
            ),
            Field::new(
                "stock",
                FieldType::Int,
                "Units that can still be sold; missing where any number can",
            )
            .optional(),
            Field::new("category", FieldType::Text, "First category").optional(),
            Field::new(
                "categories",
                FieldType::Text,
                "All categories, as `shoes > running`",
            ),
            Field::new("has_image", FieldType::Bool, "Whether it has a picture"),
        ])
    })
}

/// The values of [`item_fields`], in their order, into a buffer that is used again; nothing for an unknown item.
pub(crate) fn fill_record<'a>(
    catalogue: &'a CatalogueView,
    records: &'a CataloguePartition,
    number: u32,
    record: &mut Vec<Value<'a>>,
) {
    record.clear();
    let Some(known) = catalogue.item(number) else {
        return;
    };
    let item = &known.item;
    let text = |text: Option<&'a String>| text.map_or(Value::Missing, |text| Value::Text(text));
    let left = records
        .items
        .get(&item.item_id)
        .and_then(|item| item.units_left());
    record.extend([
        Value::Text(&item.item_id),
        text(item.product_code.as_ref()),
        Value::Text(&item.title),
        Value::Double(item.price_minor as f64 / MINOR_UNITS),
        left.map_or(Value::Missing, |left| Value::Int(i64::from(left))),
        text(item.categories.first()),
        Value::Text(&known.categories),
        Value::Bool(item.image.is_some()),
    ]);
}
