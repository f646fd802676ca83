//! Checks names and types of a syntax tree, and compiles it on the way.

use cel::{
    IdedExpr,
    common::ast::{CallExpr, Expr, LiteralValue},
};

use crate::{
    fault::Fault,
    limits::{COST_MAX, DEPTH_MAX, NODES_MAX, TEXT_SEARCH_COST},
    operators::{FUNCTIONS, arithmetic, comparison, text_test, written},
    place::fault_at,
    program::{Arithmetic, Comparison, Constant, Node, NodeId},
    schema::{FieldType, Schema},
    syntax::Parsed,
};

/// A program whose names and types are right.
pub(crate) struct Checked {
    pub nodes: Vec<Node>,
    pub root: NodeId,
    pub fields: Vec<u16>,
    pub cost: u32,
}

pub(crate) fn check(source: &str, parsed: &Parsed, schema: &Schema) -> Result<Checked, Vec<Fault>> {
    let mut checker = Checker {
        source,
        parsed,
        schema,
        nodes: Vec::new(),
        fields: Vec::new(),
        cost: 0,
        faults: Vec::new(),
        too_large: false,
    };
    let root = checker.boolean(&parsed.expression, 0, "a condition");
    if checker.too_large || checker.nodes.len() > NODES_MAX || checker.cost > COST_MAX {
        return Err(vec![fault_at(
            source,
            0,
            format!(
                "the condition is too large: at most {NODES_MAX} operators, names and constants, nested at most \
                 {DEPTH_MAX} levels deep, and {COST_MAX} steps"
            ),
        )]);
    }
    match root {
        Some(root) if checker.faults.is_empty() => {
            checker.fields.sort_unstable();
            checker.fields.dedup();
            Ok(Checked {
                nodes: checker.nodes,
                root,
                fields: checker.fields,
                cost: checker.cost,
            })
        }
        _ => {
            checker
                .faults
                .sort_by_key(|fault| (fault.line, fault.column));
            Err(checker.faults)
        }
    }
}

/// Type of a node that has been compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Type {
    of: FieldType,
    /// Whether it may be null.
    optional: bool,
}

impl Type {
    fn known(of: FieldType) -> Self {
        Self {
            of,
            optional: false,
        }
    }

    fn name(self) -> &'static str {
        self.of.name()
    }

    fn is(self, wanted: FieldType) -> bool {
        self.of == wanted
    }

    fn is_number(self) -> bool {
        matches!(self.of, FieldType::Int | FieldType::Double)
    }

    fn is_comparable_with(self, other: Self) -> bool {
        self.of == other.of || (self.is_number() && other.is_number())
    }
}

type Typed = (NodeId, Type);

/// A fault has been noted where a method gives `None`; whatever contains it is then skipped without another word.
struct Checker<'a> {
    source: &'a str,
    parsed: &'a Parsed,
    schema: &'a Schema,
    nodes: Vec<Node>,
    fields: Vec<u16>,
    cost: u32,
    faults: Vec<Fault>,
    too_large: bool,
}

impl Checker<'_> {
    fn expression(&mut self, expression: &IdedExpr, depth: u16) -> Option<Typed> {
        if depth > DEPTH_MAX || self.nodes.len() > NODES_MAX {
            self.too_large = true;
            return None;
        }
        match &expression.expr {
            Expr::Literal(literal) => self.literal(expression.id, literal),
            Expr::Ident(name) => self.field(expression.id, name),
            Expr::Call(call) => self.call(expression.id, call, depth + 1),
            Expr::Select(select) if select.test => self.refuse(
                expression.id,
                "`has` is for parts of messages; ask whether a field is known with `field != null`",
            ),
            Expr::Select(select) => self.selection(expression.id, &select.operand, &select.field),
            Expr::List(_) => {
                self.refuse(expression.id, "a list may only stand to the right of `in`")
            }
            Expr::Comprehension(_) => self.refuse(
                expression.id,
                "macros that loop (all, exists, map, filter) are not available: a condition's cost must be known",
            ),
            Expr::Map(_) | Expr::Struct(_) | Expr::Unspecified => {
                self.refuse(expression.id, "maps and messages are not available")
            }
        }
    }

    fn literal(&mut self, id: u64, literal: &LiteralValue) -> Option<Typed> {
        if matches!(literal, LiteralValue::Null) {
            return self.refuse(id, "`null` may only be compared with a field by == or !=");
        }
        let constant = self.constant(id, literal)?;
        let of = constant_type(&constant);
        Some((self.push(Node::Constant(constant)), Type::known(of)))
    }

    fn constant(&mut self, id: u64, literal: &LiteralValue) -> Option<Constant> {
        match literal {
            LiteralValue::Boolean(value) => Some(Constant::Bool(*value.inner())),
            LiteralValue::Int(value) => Some(Constant::Int(*value.inner())),
            LiteralValue::Double(value) => Some(Constant::Double(*value.inner())),
            LiteralValue::String(value) => Some(Constant::Text(value.inner().into())),
            LiteralValue::UInt(_) => {
                self.refuse(id, "unsigned numbers are not available; leave the `u` out")
            }
            LiteralValue::Bytes(_) => self.refuse(id, "bytes are not available; leave the `b` out"),
            LiteralValue::Null => self.refuse(id, "`null` is not a constant of a list"),
        }
    }

    fn field(&mut self, id: u64, name: &str) -> Option<Typed> {
        let Some((index, field)) = self.schema.find(name) else {
            return self.unknown_field(id, name);
        };
        let field_type = Type {
            of: field.field_type,
            optional: field.optional,
        };
        self.fields.push(index);
        Some((self.push(Node::Field(index)), field_type))
    }

    fn selection(&mut self, id: u64, operand: &IdedExpr, part: &str) -> Option<Typed> {
        let mut name = part.to_owned();
        let mut rest = &operand.expr;
        loop {
            match rest {
                Expr::Ident(first) => {
                    name = format!("{first}.{name}");
                    return self.unknown_field(id, &name);
                }
                Expr::Select(select) => {
                    name = format!("{}.{name}", select.field);
                    rest = &select.operand.expr;
                }
                _ => return self.refuse(id, "values have no parts"),
            }
        }
    }

    fn unknown_field(&mut self, id: u64, name: &str) -> Option<Typed> {
        let nearest = self.schema.nearest(&name.replace('.', "_"));
        let suggestion = nearest.map_or_else(String::new, |nearest| {
            format!("; did you mean `{nearest}`?")
        });
        self.refuse(id, &format!("there is no field `{name}`{suggestion}"))
    }

    fn call(&mut self, id: u64, call: &CallExpr, depth: u16) -> Option<Typed> {
        let arguments: Vec<&IdedExpr> = call
            .target
            .as_deref()
            .into_iter()
            .chain(&call.args)
            .collect();
        let bool_type = Type::known(FieldType::Bool);
        match (call.func_name.as_str(), arguments.as_slice()) {
            ("!_", [inner]) => {
                let inner = self.boolean(inner, depth, "`!`")?;
                Some((self.push(Node::Not(inner)), bool_type))
            }
            (operator @ ("_&&_" | "_||_"), [left, right]) => {
                let what = format!("`{}`", written(operator));
                let left = self.boolean(left, depth, &what);
                let right = self.boolean(right, depth, &what);
                let (left, right) = (left?, right?);
                let node = if operator == "_&&_" {
                    Node::And(left, right)
                } else {
                    Node::Or(left, right)
                };
                Some((self.push(node), bool_type))
            }
            ("_?_:_", [condition, then, otherwise]) => {
                self.choice(id, [condition, then, otherwise], depth)
            }
            ("-_", [inner]) => {
                let (inner, inner_type) = self.expression(inner, depth)?;
                if !inner_type.is_number() {
                    return self.refuse(id, &format!("`-` needs a number, not {}", a(inner_type)));
                }
                Some((self.push(Node::Negate(inner)), inner_type))
            }
            ("@in", [value, list]) => self.membership(id, value, list, depth),
            ("size", [text]) => {
                let (text, text_type) = self.expression(text, depth)?;
                if !text_type.is(FieldType::Text) {
                    return self
                        .refuse(id, &format!("`size` needs a string, not {}", a(text_type)));
                }
                self.cost += TEXT_SEARCH_COST;
                Some((self.push(Node::Length(text)), Type::known(FieldType::Int)))
            }
            ("double", [number]) => {
                let (number, number_type) = self.expression(number, depth)?;
                if !number_type.is_number() {
                    return self.refuse(
                        id,
                        &format!("`double` needs a number, not {}", a(number_type)),
                    );
                }
                Some((
                    self.push(Node::ToDouble(number)),
                    Type::known(FieldType::Double),
                ))
            }
            (function, [left, right]) => {
                if let Some(comparison) = comparison(function) {
                    self.comparison(id, comparison, [left, right], depth)
                } else if let Some(arithmetic) = arithmetic(function) {
                    self.calculation(id, arithmetic, [left, right], depth)
                } else if let Some(test) = text_test(function).filter(|_| call.target.is_some()) {
                    let text = self.text(left, depth, function);
                    let part = self.text(right, depth, function);
                    let (text, part) = (text?, part?);
                    self.cost += TEXT_SEARCH_COST;
                    Some((self.push(Node::Test { test, text, part }), bool_type))
                } else {
                    self.unknown_function(id, function)
                }
            }
            (function, _) => self.unknown_function(id, function),
        }
    }

    fn choice(
        &mut self,
        id: u64,
        [condition, then, otherwise]: [&IdedExpr; 3],
        depth: u16,
    ) -> Option<Typed> {
        let condition = self.boolean(condition, depth, "`?`");
        let then = self.expression(then, depth);
        let otherwise = self.expression(otherwise, depth);
        let (condition, (then, then_type), (otherwise, otherwise_type)) =
            (condition?, then?, otherwise?);
        if then_type.of != otherwise_type.of {
            return self.refuse(
                id,
                &format!(
                    "both sides of `:` must have one type, not {} and {}",
                    then_type.name(),
                    otherwise_type.name()
                ),
            );
        }
        let node = Node::Choose {
            condition,
            then,
            otherwise,
        };
        let chosen = Type {
            of: then_type.of,
            optional: then_type.optional || otherwise_type.optional,
        };
        Some((self.push(node), chosen))
    }

    fn comparison(
        &mut self,
        id: u64,
        comparison: Comparison,
        sides: [&IdedExpr; 2],
        depth: u16,
    ) -> Option<Typed> {
        let is_null = |side: &IdedExpr| matches!(side.expr, Expr::Literal(LiteralValue::Null));
        match sides {
            [side, null] | [null, side] if is_null(null) => {
                return self.comparison_with_null(id, comparison, side, depth);
            }
            _ => {}
        }
        let (left, right) = (
            self.expression(sides[0], depth),
            self.expression(sides[1], depth),
        );
        let ((left, left_type), (right, right_type)) = (left?, right?);
        if !left_type.is_comparable_with(right_type) {
            return self.refuse(
                id,
                &format!("{} cannot be compared with {}", a(left_type), a(right_type)),
            );
        }
        if comparison.is_ordering() && left_type.is(FieldType::Bool) {
            return self.refuse(id, "true and false have no order");
        }
        let node = self
            .fused(comparison, left, right)
            .unwrap_or(Node::Compare {
                comparison,
                left,
                right,
            });
        Some((self.push(node), Type::known(FieldType::Bool)))
    }

    /// One step for a field against a number, where the number is the same as a double.
    fn fused(&self, comparison: Comparison, left: NodeId, right: NodeId) -> Option<Node> {
        const EXACT_MAX: i64 = 1 << 53;
        let number = |constant: &Constant| match constant {
            Constant::Double(value) => Some(*value),
            Constant::Int(value) => (-EXACT_MAX..=EXACT_MAX)
                .contains(value)
                .then_some(*value as f64),
            Constant::Bool(_) | Constant::Text(_) => None,
        };
        let (field, constant, comparison) = match (
            &self.nodes[usize::from(left)],
            &self.nodes[usize::from(right)],
        ) {
            (Node::Field(field), Node::Constant(constant)) => (field, constant, comparison),
            (Node::Constant(constant), Node::Field(field)) => {
                (field, constant, comparison.mirrored())
            }
            _ => return None,
        };
        Some(Node::CompareField {
            comparison,
            field: *field,
            number: number(constant)?,
        })
    }

    fn comparison_with_null(
        &mut self,
        id: u64,
        comparison: Comparison,
        side: &IdedExpr,
        depth: u16,
    ) -> Option<Typed> {
        if comparison.is_ordering() {
            return self.refuse(id, "`null` may only be compared by == or !=");
        }
        let (inner, inner_type) = self.expression(side, depth)?;
        if !inner_type.optional {
            return self.refuse(id, "this is never null");
        }
        let mut node = self.push(Node::IsMissing(inner));
        if comparison == Comparison::NotEqual {
            node = self.push(Node::Not(node));
        }
        Some((node, Type::known(FieldType::Bool)))
    }

    fn calculation(
        &mut self,
        id: u64,
        arithmetic: Arithmetic,
        sides: [&IdedExpr; 2],
        depth: u16,
    ) -> Option<Typed> {
        let (left, right) = (
            self.expression(sides[0], depth),
            self.expression(sides[1], depth),
        );
        let ((left, left_type), (right, right_type)) = (left?, right?);
        if !left_type.is_number() || !right_type.is_number() {
            return self.refuse(
                id,
                &format!(
                    "only numbers can be calculated with, not {} and {}",
                    a(left_type),
                    a(right_type)
                ),
            );
        }
        if left_type.name() != right_type.name() {
            return self.refuse(
                id,
                "an int and a double cannot be mixed in a calculation; write 2.0 for 2, or double(x)",
            );
        }
        if arithmetic == Arithmetic::Remainder && left_type.is(FieldType::Double) {
            return self.refuse(id, "`%` is for ints only");
        }
        let node = Node::Calculate {
            arithmetic,
            left,
            right,
        };
        Some((self.push(node), Type::known(left_type.of)))
    }

    fn membership(
        &mut self,
        id: u64,
        value: &IdedExpr,
        list: &IdedExpr,
        depth: u16,
    ) -> Option<Typed> {
        let Expr::List(list) = &list.expr else {
            return self.refuse(
                id,
                "to the right of `in` stands a list of constants: [\"EUR\", \"USD\"]",
            );
        };
        let value = self.expression(value, depth);
        let mut choices = Vec::with_capacity(list.elements.len());
        for element in &list.elements {
            let Expr::Literal(literal) = &element.expr else {
                return self.refuse(element.id, "the list of an `in` holds constants only");
            };
            choices.push((element.id, self.constant(element.id, literal)?));
        }
        let (value, value_type) = value?;
        for (element, choice) in &choices {
            let choice_type = Type::known(constant_type(choice));
            if !value_type.is_comparable_with(choice_type) {
                return self.refuse(
                    *element,
                    &format!(
                        "{} cannot be compared with {}",
                        a(value_type),
                        a(choice_type)
                    ),
                );
            }
        }
        self.cost += u32::try_from(choices.len()).unwrap_or(u32::MAX);
        let choices = choices.into_iter().map(|(_, choice)| choice).collect();
        let node = self.push(Node::OneOf { value, choices });
        Some((node, Type::known(FieldType::Bool)))
    }

    fn boolean(&mut self, expression: &IdedExpr, depth: u16, what: &str) -> Option<NodeId> {
        let (node, node_type) = self.expression(expression, depth)?;
        if node_type.is(FieldType::Bool) {
            return Some(node);
        }
        self.refuse(
            expression.id,
            &format!("{what} must be true or false, not {}", a(node_type)),
        )
    }

    fn text(&mut self, expression: &IdedExpr, depth: u16, function: &str) -> Option<NodeId> {
        let (node, node_type) = self.expression(expression, depth)?;
        if node_type.is(FieldType::Text) {
            return Some(node);
        }
        self.refuse(
            expression.id,
            &format!("`{function}` is for strings, not {}", a(node_type)),
        )
    }

    fn unknown_function(&mut self, id: u64, function: &str) -> Option<Typed> {
        let name = written(function);
        if name == "matches" {
            return self.refuse(
                id,
                "regular expressions are not available; use startsWith, endsWith or contains",
            );
        }
        let message = if FUNCTIONS.contains(&name) {
            format!("`{name}` is called with other arguments")
        } else {
            let suggestion = accord_spelling::nearest(name, &FUNCTIONS)
                .map_or_else(String::new, |nearest| {
                    format!("; did you mean `{nearest}`?")
                });
            format!("there is no function `{name}`{suggestion}")
        };
        self.refuse(id, &message)
    }

    fn refuse<T>(&mut self, id: u64, message: &str) -> Option<T> {
        let offset = self.parsed.offset(id);
        self.faults
            .push(fault_at(self.source, offset, message.to_owned()));
        None
    }

    fn push(&mut self, node: Node) -> NodeId {
        self.cost += 1;
        // Every caller has passed the limit of nodes, so places fit; beyond it the program is thrown away.
        let id = NodeId::try_from(self.nodes.len()).unwrap_or(NodeId::MAX);
        self.nodes.push(node);
        id
    }
}

fn constant_type(constant: &Constant) -> FieldType {
    match constant {
        Constant::Bool(_) => FieldType::Bool,
        Constant::Int(_) => FieldType::Int,
        Constant::Double(_) => FieldType::Double,
        Constant::Text(_) => FieldType::Text,
    }
}

fn a(of: Type) -> &'static str {
    match of.of {
        FieldType::Bool => "a bool",
        FieldType::Int => "an int",
        FieldType::Double => "a double",
        FieldType::Text => "a string",
    }
}
