//! The `switchback` binary: everything is in the library, so that tests and the crash harness can run the same server.

/// Measured under load: a fifth of the server's time went into the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    switchback_node::run(std::env::args_os())
}
