//! Both loops over real connections, against servers that behave and servers that do not.

mod closed_loop;
mod open_loop;
mod scripted_server;
