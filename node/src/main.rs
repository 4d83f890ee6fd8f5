//! The `switchback` binary: everything is in the library, so that tests and the crash harness can run the same server.

fn main() -> std::process::ExitCode {
    switchback_node::run(std::env::args_os())
}
