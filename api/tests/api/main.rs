//! The API's tests: on the real engine and store through the router, and the accept loop on real sockets.

#[cfg(test)]
mod accept_loop;
#[cfg(test)]
mod access;
#[cfg(test)]
mod feed;
#[cfg(test)]
mod once;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod refused;
#[cfg(test)]
mod stack;
#[cfg(test)]
mod surface;
