//! A merchant's node over its real router, with a data folder that is thrown away.

mod api;
mod campaigns;
mod catalogue;
mod erasure;
mod lists;
mod orders;
mod pages;
mod shop;
mod shoppers;
