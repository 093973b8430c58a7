//! What comes to a lane in an order that real time gives only by chance.

use super::*;
use crate::config::EndpointConfig;
use crate::endpoints::Definition;
use crate::net::{AddressRules, Client, Clients, Resolver};
use crate::outbound::sample;
use serde_json::json;
use wire::{EventType, Source};

/// A lane of one of many gateways, which never asks its database; and where to keep that.
async fn lane_of(node: &str) -> (tempfile::TempDir, Lane) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&format!("sqlite://{}", folder.path().join("a.db").display())).await.unwrap();
    let clock = Clock::manual(Time(1_000_000));
    let client = Client::new(AddressRules::new([]), Resolver::System).unwrap();
    let tools = Tools {
        store,
        committer: crate::committer::new(None).0,
        deliverer: Deliverer { clients: Clients::new(client), clock: clock.clone(), node_id: "one".into() },
        feed: Feed::new(node, clock.clone()),
        cluster: Arc::new(Cluster::many(node, true)),
    };
    let config = json!({ "name": "crm", "url": "https://crm.example/hook", "events": ["*"] });
    let (config, source) = (EndpointConfig::from_json(&config).unwrap(), Source::File);
    let me = mpsc::unbounded_channel().0;
    let definition = Definition { config, source };
    let endpoint = Endpoint::new(definition, None, Vec::new(), None, me.clone(), clock.now());
    (folder, Lane::new(Arc::new(tools), Arc::new(endpoint), me))
}

fn due(lane: &Lane, trigger: Trigger) -> Box<DueDelivery> {
    let event = sample::event(EventType::MessageSent, "one", &lane.clock);
    let delivery = crate::gateway::new_delivery(&lane.endpoint.definition().config, &event);
    let delivery = wire::Delivery { id: lane.clock.new_id(), ..delivery };
    Box::new(DueDelivery { delivery, trigger, event: Arc::new(event) })
}

/// What is told late of a commit under an earlier name is another's by now.
#[tokio::test]
async fn what_an_ended_gateway_stored_is_not_sent() {
    let (_folder, mut lane) = lane_of("node_a").await;
    let (before, after) = (Some("node_a".into()), Some("node_b".into()));
    lane.endpoint.room.grow(3);
    let asked = |lane: &Lane| {
        let due = due(lane, Trigger::Manual);
        assert!(lane.endpoint.claim(&due.delivery.id));
        due
    };
    let (new, manual) = (due(&lane, Trigger::Schedule), asked(&lane));
    assert!(lane.endpoint.room.take(new.event.body.len()));
    lane.take(Message::New(new, before.clone()));
    lane.take(Message::Manual(manual, before.clone()));
    assert_eq!((lane.new.len(), lane.manual.len(), lane.taken.len()), (1, 1, 2));

    lane.tools.cluster.begin_as("node_b");
    lane.behind = false;
    let (new, manual) = (due(&lane, Trigger::Schedule), asked(&lane));
    assert!(lane.endpoint.room.take(new.event.body.len()));
    lane.take(Message::New(new, before.clone()));
    lane.take(Message::Manual(manual, before));
    assert_eq!((lane.new.len(), lane.manual.len(), lane.taken.len()), (0, 0, 0));
    assert!(lane.endpoint.on_their_way().is_empty(), "all are given back");
    assert!(lane.behind, "it looks for them where they are free");

    let (new, manual) = (due(&lane, Trigger::Schedule), asked(&lane));
    assert!(lane.endpoint.room.take(new.event.body.len()));
    lane.take(Message::New(new, after.clone()));
    lane.take(Message::Manual(manual, after));
    assert_eq!((lane.new.len(), lane.manual.len(), lane.taken.len()), (1, 1, 2));
    let bytes = lane.new[0].event.body.len();
    assert!(lane.endpoint.room.take(bytes) && lane.endpoint.room.take(bytes));
    assert!(!lane.endpoint.room.take(bytes), "of three places one is taken");
}

/// What the gateway sent under an earlier name, and has again, goes on only once its answer is there, whatever is doubted
/// meanwhile.
#[tokio::test]
async fn what_is_on_its_way_is_not_taken_up_by_a_doubt() {
    for trigger in [Trigger::Schedule, Trigger::Manual] {
        let (_folder, mut lane) = lane_of("node_a").await;
        let hanging = *due(&lane, trigger);
        let id = hanging.delivery.id.clone();
        assert!(lane.endpoint.claim(&id));
        lane.pass_over(hanging.clone());
        let waiting = |lane: &Lane| (lane.passed_over.len(), lane.due.len() + lane.manual.len());

        lane.take(Message::Doubt);
        assert_eq!(waiting(&lane), (1, 0), "{trigger:?}");
        lane.endpoint.release(&id);
        lane.take(Message::Recorded(id.clone(), None));
        assert_eq!((waiting(&lane), &lane.to_let_go[..]), ((0, 0), &[id.clone()][..]), "{trigger:?}");

        // Its answer is there, and the word of it comes after a doubt.
        lane.to_let_go.clear();
        lane.pass_over(hanging.clone());
        lane.take(Message::Doubt);
        assert_eq!(waiting(&lane), (0, 1), "{trigger:?}");
        lane.take(Message::Recorded(id.clone(), None));
        assert_eq!((waiting(&lane), &lane.to_let_go[..]), ((0, 0), &[id.clone()][..]), "{trigger:?}");
        assert!(lane.endpoint.claim(&id), "it is in nobody's hands, {trigger:?}");
    }
}
