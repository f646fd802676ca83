//! The compiled form of a condition: nodes in one array, children before their parents.

use crate::{
    checker::check, evaluate::truth, fault::Fault, schema::Schema, syntax::parse, value::Truth,
    value::Value,
};

/// A condition, checked and compiled. Cheap to evaluate, and safe on any record of its schema.
#[derive(Clone, Debug, PartialEq)]
pub struct Condition {
    source: Box<str>,
    pub(crate) nodes: Vec<Node>,
    root: NodeId,
    fields: Vec<u16>,
    cost: u32,
}

impl Condition {
    /// Checks and compiles a condition.
    ///
    /// # Errors
    /// Everything that is wrong with it: one fault of syntax, or all faults of names and types.
    pub fn compile(source: &str, schema: &Schema) -> Result<Self, Vec<Fault>> {
        let parsed = parse(source)?;
        let checked = check(source, &parsed, schema)?;
        Ok(Self {
            source: source.into(),
            nodes: checked.nodes,
            root: checked.root,
            fields: checked.fields,
            cost: checked.cost,
        })
    }

    /// What the condition says of a record, whose values stand in the order of the schema's fields.
    ///
    /// A value of another type than its field's counts as missing.
    pub fn evaluate(&self, record: &[Value<'_>]) -> Truth {
        truth(&self.nodes, self.root, record)
    }

    pub(crate) fn root(&self) -> NodeId {
        self.root
    }

    /// The text that it was compiled from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Places in the schema of the fields that it uses, ascending.
    pub fn fields(&self) -> &[u16] {
        &self.fields
    }

    /// Upper bound of the steps of one evaluation.
    pub fn cost(&self) -> u32 {
        self.cost
    }
}

/// Place of a node in its program.
pub(crate) type NodeId = u16;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// How two numbers of one type are combined.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arithmetic {
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

/// What is asked of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TextTest {
    StartsWith,
    EndsWith,
    Contains,
}

/// A constant.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Constant {
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Box<str>),
}

impl Constant {
    pub(crate) fn value(&self) -> Value<'_> {
        match self {
            Self::Bool(value) => Value::Bool(*value),
            Self::Int(value) => Value::Int(*value),
            Self::Double(value) => Value::Double(*value),
            Self::Text(value) => Value::Text(value),
        }
    }
}

/// One step.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    Constant(Constant),
    Field(u16),
    Not(NodeId),
    And(NodeId, NodeId),
    Or(NodeId, NodeId),
    Choose {
        condition: NodeId,
        then: NodeId,
        otherwise: NodeId,
    },
    Compare {
        comparison: Comparison,
        left: NodeId,
        right: NodeId,
    },
    /// The commonest comparison in one step: a field against a number.
    CompareField {
        comparison: Comparison,
        field: u16,
        number: f64,
    },
    IsMissing(NodeId),
    OneOf {
        value: NodeId,
        choices: Box<[Constant]>,
    },
    Test {
        test: TextTest,
        text: NodeId,
        part: NodeId,
    },
    Negate(NodeId),
    Calculate {
        arithmetic: Arithmetic,
        left: NodeId,
        right: NodeId,
    },
    ToDouble(NodeId),
    /// Number of characters of a text.
    Length(NodeId),
}
