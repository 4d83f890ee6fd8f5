//! The rules under anything that peers, devices, senders, clocks and crashes may do, driven as the server drives them:
//! no panic, every message knows when it is looked at next, and the invariants I4, I7, I9, I12 and I14 hold.
#![no_main]

use libfuzzer_sys::fuzz_target;
use switchback_fuzz::script::Script;
use switchback_fuzz::world::World;

fuzz_target!(|data: &[u8]| {
    let mut script = Script::new(data);
    let Some(mut world) = World::accept(&mut script) else { return };
    while !script.is_empty() {
        world.step(&mut script);
    }
    world.wait_for_the_end();
});
