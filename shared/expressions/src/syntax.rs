//! From text to CEL's syntax tree, by the `cel` crate, with faults in words of our own.

use cel::{IdedExpr, ParseError, common::ast::SourceInfo, parser::Parser};

use crate::{
    fault::Fault,
    limits::{DEPTH_MAX, SOURCE_BYTES_MAX},
};

/// A syntax tree with the place of each of its nodes.
pub(crate) struct Parsed {
    pub expression: IdedExpr,
    info: SourceInfo,
}

impl Parsed {
    /// Where a node begins (an operator: where it stands), in characters from 0.
    pub(crate) fn offset(&self, id: u64) -> usize {
        self.info
            .offset_for(id)
            .map_or(0, |(start, _)| start as usize)
    }
}

pub(crate) fn parse(source: &str) -> Result<Parsed, Vec<Fault>> {
    if source.len() > SOURCE_BYTES_MAX {
        return Err(vec![at_start(format!(
            "a condition has at most {SOURCE_BYTES_MAX} bytes, and this one has {}",
            source.len()
        ))]);
    }
    if source.trim().is_empty() {
        return Err(vec![at_start("a condition is missing".to_owned())]);
    }
    match Parser::new()
        .max_recursion_depth(DEPTH_MAX)
        .parse_with_source_info(source)
    {
        Ok((expression, info)) => Ok(Parsed { expression, info }),
        // What follows the first fault is mostly its consequence.
        Err(errors) => {
            Err(vec![errors.errors.first().map_or_else(
                || at_start("not a condition".to_owned()),
                in_words,
            )])
        }
    }
}

fn at_start(message: String) -> Fault {
    Fault {
        line: 1,
        column: 1,
        message,
    }
}

fn in_words(error: &ParseError) -> Fault {
    let (line, column) = error.pos;
    let said = error
        .msg
        .strip_prefix("Syntax error: ")
        .unwrap_or(&error.msg);
    if said.contains("Recursion limit") {
        return at_start(format!(
            "the condition is nested more than {DEPTH_MAX} levels deep"
        ));
    }
    Fault {
        line: u32::try_from(line).unwrap_or(1).max(1),
        column: u32::try_from(column).unwrap_or(1).max(1),
        message: words_for(said),
    }
}

/// The parser generator's phrases are about tokens; ours are about what stands there.
fn words_for(said: &str) -> String {
    let quoted = said
        .split_once('\'')
        .and_then(|(_, rest)| {
            let end = rest.rfind("' expecting").or_else(|| rest.rfind('\''))?;
            rest.get(..end)
        })
        .unwrap_or_default();
    if said.starts_with("token recognition error") {
        let first = quoted.trim().chars().next().unwrap_or(' ');
        return match first {
            '\'' | '"' => "the text that begins here has no closing quotation mark".to_owned(),
            '&' => "`&` alone means nothing here; write `&&` for \"and\"".to_owned(),
            '|' => "`|` alone means nothing here; write `||` for \"or\"".to_owned(),
            '=' => "`=` alone means nothing here; write `==` for \"equals\"".to_owned(),
            _ => format!("`{first}` means nothing here"),
        };
    }
    if said.contains("'<EOF>'") && said.starts_with("mismatched") {
        return "the condition ends where a value is expected".to_owned();
    }
    if let Some(missing) = said.strip_prefix("missing '") {
        let what = missing.split('\'').next().unwrap_or_default();
        return format!("`{what}` is missing");
    }
    if ["mismatched", "extraneous", "no viable"]
        .iter()
        .any(|start| said.starts_with(start))
    {
        return match quoted {
            "and" => "write `&&` for \"and\"".to_owned(),
            "or" => "write `||` for \"or\"".to_owned(),
            "not" => "write `!` for \"not\"".to_owned(),
            "=" => "`=` alone means nothing here; write `==` for \"equals\"".to_owned(),
            other => format!("`{other}` is not expected here"),
        };
    }
    said.to_owned()
}
