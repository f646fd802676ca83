//! The fields that conditions may use.

/// Type of a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FieldType {
    Bool,
    Int,
    Double,
    Text,
}

impl FieldType {
    /// What CEL calls the type.
    pub fn name(self) -> &'static str {
        match self {
            Self::Bool => "bool",
            Self::Int => "int",
            Self::Double => "double",
            Self::Text => "string",
        }
    }
}

/// A field that conditions may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// As conditions write it: a CEL identifier.
    pub name: String,
    pub field_type: FieldType,
    /// Whether its value may be missing.
    pub optional: bool,
    /// What it says, for those who write conditions.
    pub description: String,
}

impl Field {
    pub fn new(name: &str, field_type: FieldType, description: &str) -> Self {
        Self {
            name: name.to_owned(),
            field_type,
            optional: false,
            description: description.to_owned(),
        }
    }

    /// The same field, whose value may be missing.
    #[must_use]
    pub fn optional(self) -> Self {
        Self {
            optional: true,
            ..self
        }
    }
}

/// All fields, in the order in which records hold their values.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Schema {
    fields: Vec<Field>,
    names: Vec<String>,
}

impl Schema {
    /// A schema of these fields.
    ///
    /// # Panics
    /// If two fields have the same name, a name is not a CEL identifier, or there are more than 65,535 fields:
    /// schemas are written by programmers.
    pub fn new(fields: Vec<Field>) -> Self {
        let names: Vec<String> = fields.iter().map(|field| field.name.clone()).collect();
        assert!(
            u16::try_from(fields.len()).is_ok(),
            "too many fields for a schema"
        );
        for (index, name) in names.iter().enumerate() {
            assert!(is_identifier(name), "`{name}` is not a CEL identifier");
            assert!(!names[..index].contains(name), "`{name}` is declared twice");
        }
        Self { fields, names }
    }

    pub fn fields(&self) -> &[Field] {
        &self.fields
    }

    pub(crate) fn find(&self, name: &str) -> Option<(u16, &Field)> {
        (0_u16..)
            .zip(&self.fields)
            .find(|(_, field)| field.name == name)
    }

    pub(crate) fn nearest(&self, name: &str) -> Option<&str> {
        accord_spelling::nearest(name, &self.names)
    }
}

/// Words that CEL keeps for itself.
const RESERVED: [&str; 21] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "package",
    "namespace",
    "null",
    "return",
    "true",
    "var",
    "void",
    "while",
];

fn is_identifier(name: &str) -> bool {
    let mut characters = name.chars();
    let starts = characters
        .next()
        .is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    starts
        && characters.all(|character| character.is_ascii_alphanumeric() || character == '_')
        && !RESERVED.contains(&name)
}
