//! What happens when somebody does not play by the rules: refused, attributed, and the job goes on where it can.

mod bytes;
mod coordinators;
mod participants;
mod table;
