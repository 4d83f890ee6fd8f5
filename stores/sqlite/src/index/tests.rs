//! The index against the plainest model: a map.

use super::{Handle, Index};
use std::collections::BTreeMap;
use switchback_core::model::{MessageId, Shard, SubscriberId, Time};

fn id(n: u64) -> MessageId {
    MessageId::new(Time::from_millis(n), Shard::of("anna"), 0)
}

#[test]
fn agrees_with_a_map_through_thousands_of_changes() {
    let (mut index, mut model) = (Index::default(), BTreeMap::new());
    let mut dice = 7_u64;
    for _ in 0..40_000 {
        dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let (n, roll) = (dice >> 33 & 0x3ff, dice >> 50 & 7);
        if roll < 3 {
            index.remove(id(n));
            model.remove(&n);
        } else {
            let due = (roll < 6).then(|| Time::from_millis(dice >> 40 & 0xff));
            let recipient = (roll != 4).then(|| SubscriberId::new(format!("sub{}", dice >> 44 & 0xf)));
            index.put(Handle { id: id(n), version: 1, last_log: 0, due }, recipient.as_ref());
            model.insert(n, (due, recipient));
        }
    }
    assert_eq!(index.len(), model.len());
    for r in 0..16 {
        let name = SubscriberId::new(format!("sub{r}"));
        let expected = model.iter().filter(|(_, (_, to))| to.as_ref() == Some(&name)).map(|(n, _)| id(*n));
        assert_eq!(index.waiting_for(&name), expected.collect::<Vec<_>>());
    }
    let mut due: Vec<_> =
        model.iter().filter_map(|(n, (due, _))| Some((due.as_ref()?.as_millis(), id(*n)))).collect();
    due.sort_unstable();
    let times = |list: &[(Time, MessageId)]| list.iter().map(|(t, _)| t.as_millis()).collect::<Vec<_>>();
    let found = index.due(Time::from_millis(100), usize::MAX);
    assert_eq!(times(&found), due.iter().map(|(t, _)| *t).filter(|t| *t <= 100).collect::<Vec<_>>());
    assert_eq!(index.next_due().map(Time::as_millis), due.first().map(|(t, _)| *t));
    for n in 0..0x400 {
        index.remove(id(n));
    }
    assert_eq!((index.len(), index.next_due(), index.recipients.free.len()), (0, None, 16));
}
