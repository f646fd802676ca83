//! System tests: the real binary, real processes, real HTTP.
