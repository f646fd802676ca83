//! `accord bench`: measurements that anyone can repeat with one command.

pub mod federation;
pub mod recommend;
pub mod risk;
pub mod spine;
