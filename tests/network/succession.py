"""The coordinator is killed, frozen or cut off while files are on their way."""
import os
import time

import files
from hosts import load
from peers import unix
from rig import Rig

MIB = files.MIB
HEARTBEAT = 2.0
# What is fetched from whom does not matter here; that every receiver has some of the eight transfers does.
WANTED = (('a', 'b', 'c'), ('b', 'c', 'd'), ('a', 'd'))


class Busy(Rig):
    """Six peers: two that only serve, of which one coordinates, a source, and three receivers with eight transfers."""

    def __init__(self, run, mbit, mib):
        self.size = mib * MIB
        super().__init__(run, 6, mbit=mbit)

    def prepare(self):
        self.files = {name: self.source_file(name, self.size) for name in 'abcd'}

    def begin(self):
        """Returns when all eight transfers are on their way."""
        swarm, (first, second, third, *rest) = self.swarm, self.hosts
        servers = [swarm.start(first, 'serve')]
        servers.append(swarm.start(second, 'serve', connect=[first]))
        # With two in the swarm before the others come, one of these two coordinates.
        swarm.wait(lambda: all(peer.roster for peer in servers), 60, 'the first two joining')
        self.source = swarm.start(third, 'send', *self.files.values(), connect=[first, second])
        self.receivers = [swarm.start(host, 'receive', *wanted, '--wait', '--destination', self.folder(host), '--seed-for', '1h', connect=[first, second])
                          for host, wanted in zip(rest, WANTED)]
        swarm.wait(lambda: all(len(peer.roster) == 5 for peer in swarm.peers), 120, 'all six knowing each other')
        self.old = swarm.wait(lambda: agreed(swarm.peers), 30, 'one coordinator')
        self.old = next(peer for peer in swarm.peers if peer.peer_id == self.old)
        self.others = [peer for peer in swarm.peers if peer is not self.old]
        swarm.wait(lambda: all(peer.completed(share)[0] > 0 for peer, wanted in zip(self.receivers, WANTED) for share in wanted), 120, 'eight transfers on their way')
        self.run.expect(self.old in servers, 'one of the first two coordinates')

    def running(self):
        return sum(1 for peer, wanted in zip(self.receivers, WANTED) for share in wanted if not peer.received(share))

    def finish(self):
        """Waits for the transfers, and judges that none was disturbed."""
        run = self.run
        self.swarm.wait(lambda: self.running() == 0, 240, 'eight transfers')
        for peer, wanted in zip(self.receivers, WANTED):
            failed = peer.events('TransferFailed', 'TransferStopped', 'TransferSuspended')
            run.expect(not failed, f'no transfer of {peer.name} fails: {failed[:1]}')
            run.expect(len(peer.events('TransferStarted')) == len(wanted), f'no transfer of {peer.name} starts again')
            again = sum(line['bytesReceived'] - line['length'] for line in peer.of_type('received'))
            run.expect(again <= 0, f'{peer.name} verifies nothing twice, not {again} bytes')
            reports = [line['transfer'] for line in peer.of_type('progress')]
            for share in wanted:
                done = [report['bytesCompleted'] for report in reports if report['name'] == share]
                run.expect(done == sorted(done), f'{share} on {peer.name} never goes back')
            wrong = [share for share in wanted if files.differing(self.files[share], [os.path.join(self.folder(peer.host), share)])]
            run.expect(not wrong, f'{peer.name} has what the source has, but not {wrong}')


def agreed(peers):
    """The peer id that all of them hold for the coordinator; None while they differ."""
    seen = {peer.coordinator for peer in peers}
    return seen.pop() if len(seen) == 1 else None


def successor(swarm, others, old, since, seconds):
    """Waits for a new coordinator; returns it and how long it took until the last one knew."""
    found = swarm.wait(lambda: (new := agreed(others)) and new != old.peer_id and new, seconds, 'a new coordinator known to all')
    return next(peer for peer in swarm.peers if peer.peer_id == found), max(first_named(peer, found, since) for peer in others) - since


def explain(run, peers, since):
    """What each process told of its coordinator since a moment, for a time that was too long."""
    for peer in peers:
        told = [f'{unix(line["time"]) - since:.3f} {line["kind"]} {line.get("peer", {}).get("name") or line["message"]}'
                for line in peer.events('Joined', 'CoordinatorChanged', 'Isolated', 'PeerLeft', 'PeerRefused', 'PeerUnreachable', 'Warning') if unix(line['time']) >= since]
        run.say(f'  {peer.name}: ' + '; '.join(told))


def first_named(peer, coordinator, since):
    """When a process, after a moment, came to the coordinator that it kept."""
    when = since
    last = None
    for line in peer.events('Joined', 'CoordinatorChanged', 'Isolated'):
        if unix(line['time']) < since:
            continue
        named = line.get('peer', {}).get('peerId')
        if named == coordinator and last != coordinator:
            when = unix(line['time'])
        last = named
    return when


def killed(run):
    """The coordinator is killed with kill -9 under 8 running transfers: a new one is known to all within 1 s."""
    with Busy(run, mbit=25, mib=16 if run.full else 8) as busy:
        busy.begin()
        running = busy.running()
        since = busy.old.kill()
        new, took = successor(busy.swarm, busy.others, busy.old, since, 60)
        run.say(f'{busy.old.name} killed with {running} of 8 transfers running; {new.name} known to all after {took:.3f} s; load {load():.1f}')
        run.expect(running == 8, f'8 transfers were running, not {running}')
        if took > 1.0:
            explain(run, busy.others, since)
        run.target(took, 1.0, 'a new coordinator known to all', ' s')
        busy.swarm.wait(lambda: all(len(peer.roster) == 4 for peer in busy.others), 30, 'one roster of five')
        busy.finish()
        run.expect(agreed(busy.others) == new.peer_id, 'it stays the coordinator')


def frozen(run):
    """The coordinator is frozen under 8 running transfers: a new one within 3 heartbeats + 1 s; continued, the old one steps back within 1 s."""
    with Busy(run, mbit=25, mib=10) as busy:
        busy.begin()
        since = busy.old.stop_signal()
        new, took = successor(busy.swarm, busy.others, busy.old, since, 60)
        run.say(f'{busy.old.name} frozen; {new.name} known to all after {took:.3f} s; {busy.running()} of 8 transfers running; load {load():.1f}')
        if took > 3 * HEARTBEAT + 1.0:
            explain(run, busy.others, since)
        run.target(took, 3 * HEARTBEAT + 1.0, 'a new coordinator known to all', ' s')
        time.sleep(1)
        since = busy.old.go_on()
        busy.swarm.wait(lambda: busy.old.coordinator == new.peer_id, 60, 'stepping back')
        took = first_named(busy.old, new.peer_id, since) - since
        if took > 1.0:
            explain(run, busy.swarm.peers, since)
        run.target(took, 1.0, 'the old one, continued, steps back', ' s')
        busy.swarm.wait(lambda: all(len(peer.roster) == 5 for peer in busy.swarm.peers), 60, 'one roster of six')
        busy.finish()
        run.expect(agreed(busy.swarm.peers) == new.peer_id, 'the new one stays the coordinator')


def black_hole(run):
    """All packets of the coordinator vanish: a new one within 3 heartbeats + 1 s; when they are back, there is one."""
    with Busy(run, mbit=25, mib=10) as busy:
        busy.begin()
        busy.network.isolate(busy.old.host)
        since = time.time()
        new, took = successor(busy.swarm, busy.others, busy.old, since, 60)
        run.say(f'{busy.old.name} cut off; {new.name} known to all after {took:.3f} s; {busy.running()} of 8 transfers running; load {load():.1f}')
        if took > 3 * HEARTBEAT + 1.0:
            explain(run, busy.others, since)
        run.target(took, 3 * HEARTBEAT + 1.0, 'a new coordinator known to all', ' s')
        busy.swarm.wait(lambda: busy.old.coordinator != new.peer_id and not busy.old.roster, 60, 'the old one noticing that it is alone')
        busy.network.heal()
        since = time.time()
        busy.swarm.wait(lambda: agreed(busy.swarm.peers) and all(len(peer.roster) == 5 for peer in busy.swarm.peers), 90, 'one roster of six')
        run.say(f'healed: one coordinator and one roster after {time.time() - since:.2f} s')
        run.expect(agreed(busy.swarm.peers) == new.peer_id, 'the many keep their coordinator')
        busy.finish()


def ten_times(function):
    """The same, ten times in a row with all sizes and limits."""
    def again(run):
        folder = run.folder
        for turn in range(10 if run.full else 1):
            run.folder = os.path.join(folder, str(turn))
            os.makedirs(run.folder)
            function(run)
    again.__doc__ = function.__doc__
    return again


SCENARIOS = {
    'succession-killed': (ten_times(killed), True),
    'succession-frozen': (ten_times(frozen), True),
    'succession-black-hole': (black_hole, False),
}
