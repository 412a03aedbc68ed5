"""Hosts that can dial and cannot be dialled."""
from partition import Small


def dials_only(run):
    """A source that nobody can dial serves a receiver that is not its coordinator: it is asked to call."""
    with Small(run, 4) as small:
        hidden, *open_hosts = small.hosts
        small.network.only_dials(hidden)
        peers = [small.serve(open_hosts[0], [])]
        small.swarm.wait(lambda: peers[0].peer_id, 60, 'starting')
        peers.append(small.serve(open_hosts[1], [open_hosts[0]]))
        small.settle(peers, 60, 'joining')
        source = small.send(hidden, [open_hosts[0], open_hosts[1]])
        receiver = small.receive(open_hosts[2], [open_hosts[0], open_hosts[1]])
        small.settle([*peers, source, receiver], 60, 'one roster')
        run.expect(source.coordinator not in (source.peer_id, receiver.peer_id), 'the coordinator is one of the first two')
        small.received(receiver)
        line = receiver.of_type('received')[0]
        run.say(f'received in {line["seconds"]:.2f} s from a host that cannot be dialled')


SCENARIOS = {'nat': (dials_only, True)}
