"""Cables cut between some hosts and not others."""
import os
import time

import files
from rig import Rig
from succession import agreed

MIB = files.MIB
SHARE = 'payload.bin'


class Small(Rig):
    """A few hosts and a swarm."""

    def prepare(self):
        self.file = self.source_file(SHARE, (64 if self.run.full else 8) * MIB)

    def by_id(self, count):
        """Names of peers that have been started once, in the order of their ids."""
        peers = [self.swarm.start(host, 'serve', name=f'peer{number}') for number, host in enumerate(self.hosts[:count], 1)]
        self.swarm.wait(lambda: all(peer.peer_id for peer in peers), 60, 'starting')
        names = [peer.name for peer in sorted(peers, key=lambda peer: peer.peer_id)]
        self.swarm.end(peers)
        for peer in peers:
            self.swarm.peers.remove(peer)
        return names

    def serve(self, host, connect, **options):
        return self.swarm.start(host, 'serve', connect=connect, **options)

    def send(self, host, connect, **options):
        return self.swarm.start(host, 'send', self.file, connect=connect, **options)

    def receive(self, host, connect, **options):
        return self.swarm.start(host, 'receive', SHARE, '--wait', '--destination', self.folder(host), '--seed-for', '1h', connect=connect, **options)

    def settle(self, peers, seconds, what):
        """Waits for one roster and one coordinator; returns how long it took."""
        since = time.monotonic()
        self.swarm.wait(lambda: self.settled(peers), seconds, what)
        return time.monotonic() - since

    @staticmethod
    def settled(peers):
        return agreed(peers) and all(peer.roster == sorted(other.name for other in peers if other is not peer) for peer in peers)

    def received(self, *peers, seconds=180):
        self.swarm.wait(lambda: all(peer.received(SHARE) for peer in peers), seconds, 'receiving')
        wrong = files.differing(self.file, [os.path.join(self.folder(peer.host), SHARE) for peer in peers])
        self.run.expect(not wrong, f'every copy is what the source is, but {len(wrong)} differ')


def triangle(run, coordinator):
    with Small(run, 3) as small:
        names = small.by_id(3)
        # Of the first two the one with the lower id coordinates.
        roles = {'A': names[0] if coordinator == 'A' else names[1], 'B': names[0] if coordinator == 'B' else names[2] if coordinator == 'C' else names[1], 'C': names[0] if coordinator == 'C' else names[2]}
        a, b, c = small.hosts
        small.network.cut_both(b, c)
        between = small.receive(a, [], name=roles['A'])
        small.swarm.wait(lambda: between.peer_id, 60, 'starting')
        first, second = ('C', 'B') if coordinator == 'C' else ('B', 'C')
        peers = {}
        for role in (first, second):
            start, host = (small.send, b) if role == 'B' else (small.receive, c)
            peers[role] = start(host, [a], name=roles[role])
            small.swarm.wait(lambda role=role: peers[role].roster, 60, f'{role} joining')
        everyone = [between, *peers.values()]
        took = small.settle(everyone, 60, 'one roster')
        seen = next(peer for peer in everyone if peer.peer_id == between.coordinator)
        run.say(f'{coordinator} was to coordinate, {"ABC"[[a, b, c].index(seen.host)]} does; one roster {took:.2f} s after the last had joined')
        small.received(between, peers['C'])
        run.expect(small.settled(everyone), 'the roster stays one')
        small.network.heal()
        time.sleep(2)
        run.expect(small.settled(everyone), 'the roster stays one when the cable is back')


def relayed(run):
    """A-B and A-C but not B-C, with each of them as coordinator: one roster, and B's share reaches C through A."""
    for coordinator in 'ABC' if run.full else 'B':
        folder = run.folder
        run.folder = os.path.join(folder, coordinator)
        os.makedirs(run.folder)
        triangle(run, coordinator)
        run.folder = folder


def told(run):
    """A-B and A-C but not B-C, and A has nothing: C says plainly that it cannot reach B, and completes when it can."""
    with Small(run, 3) as small:
        a, b, c = small.hosts
        small.network.cut_both(b, c)
        between = small.serve(a, [])
        small.swarm.wait(lambda: between.peer_id, 60, 'starting')
        source = small.send(b, [a])
        receiver = small.receive(c, [a])
        small.settle([between, source, receiver], 60, 'one roster')
        small.swarm.wait(lambda: receiver.events('TransferStarted'), 60, 'the transfer starting')

        def complaint():
            """What the receiver says of the source, in an event or with its progress."""
            for line in receiver.lines:
                said = line.get('message') or ' '.join(value for value in line.get('transfer', {}).values() if isinstance(value, str))
                if line['type'] in ('event', 'progress', 'warning') and (source.name in said or b.address in said) and 'reach' in said.lower():
                    return said
            return None

        run.say('told: ' + small.swarm.wait(complaint, 120, 'being told that the source cannot be reached'))
        small.network.heal()
        since = time.monotonic()
        small.received(receiver)
        run.say(f'complete {time.monotonic() - since:.1f} s after the cable was back')


def one_way(run):
    """What a member sends to the coordinator is lost, the other way is open: the others keep their coordinator, and all is one again."""
    with Small(run, 4) as small:
        peers = [small.serve(small.hosts[0], [])]
        small.swarm.wait(lambda: peers[0].peer_id, 60, 'starting')
        for host in small.hosts[1:]:
            peers.append(small.serve(host, [small.hosts[0]]))
            small.settle(peers, 60, 'joining')
        coordinator = next(peer for peer in peers if peer.peer_id == peers[0].coordinator)
        member = next(peer for peer in peers if peer is not coordinator)
        others = [peer for peer in peers if peer is not member]
        before = {peer: len(peer.events('Joined', 'CoordinatorChanged', 'Isolated')) for peer in others}
        small.network.cut(member.host, coordinator.host)
        since = time.monotonic()
        # The link dies silently; then the member is in again through another one.
        small.swarm.wait(lambda: member.events('Isolated') or any(line['peer']['peerId'] == member.peer_id for line in coordinator.events('PeerLeft')) or time.monotonic() - since > 12, 60, 'noticing')
        took = small.settle(peers, 60, 'one roster through a relay')
        run.say(f'noticed and one roster again {time.monotonic() - since:.2f} s after the cut (a relay took {took:.2f} s of it)')
        for peer in others:
            run.expect(len(peer.events('Joined', 'CoordinatorChanged', 'Isolated')) == before[peer], f'{peer.name} keeps its coordinator')
        small.network.heal()
        time.sleep(3)
        small.settle(peers, 60, 'one roster when the cable is back')
        run.expect(agreed(peers) == coordinator.peer_id, 'the coordinator is what it was')


def halves(run):
    """Two halves, each with a coordinator of its own, become one swarm when the cables are back."""
    with Small(run, 6) as small:
        peers = [small.serve(small.hosts[0], [])]
        small.swarm.wait(lambda: peers[0].peer_id, 60, 'starting')
        peers += [small.serve(host, [small.hosts[0]]) for host in small.hosts[1:]]
        small.settle(peers, 60, 'joining')
        left, right = peers[:3], peers[3:]
        for one in left:
            for other in right:
                small.network.cut_both(one.host, other.host)
        since = time.monotonic()
        small.swarm.wait(lambda: small.settled(left) and small.settled(right), 90, 'two rosters')
        run.say(f'two rosters {time.monotonic() - since:.2f} s after the cut')
        small.network.heal()
        run.say(f'one roster {small.settle(peers, 120, "one roster"):.2f} s after the cables were back')


SCENARIOS = {
    'partition-relayed': (relayed, True),
    'partition-told': (told, False),
    'partition-one-way': (one_way, True),
    'partition-halves': (halves, False),
}
