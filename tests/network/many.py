"""Every peer receives from every other at once."""
import os

import files
from hosts import Network
from peers import Swarm

MIB = files.MIB


def crossing(run):
    """20 peers receive 20 different shares from each other at once, two are killed on the way: the others complete."""
    count, size = (20, 32 * MIB) if run.full else (8, 4 * MIB)
    with Network(count, mbit=100) as network, Swarm(run.program, os.path.join(run.folder, 'swarm')) as swarm:
        names = [f'share{number:02}' for number in range(count)]
        sources = [files.make(os.path.join(run.folder, 'source', name), size) for name in names]
        first = swarm.start(network.hosts[0], 'send', sources[0], name='sender00')
        swarm.wait(lambda: first.of_type('started'), 60, 'starting')
        senders = [first] + [swarm.start(host, 'send', source, name=f'sender{number:02}', connect=[network.hosts[0]])
                             for number, (host, source) in enumerate(zip(network.hosts, sources)) if number]
        swarm.wait(lambda: all(peer.of_type('share') and len(peer.roster) == count - 1 for peer in senders), 240, 'publishing')
        # Everyone wants the shares of the next three, so each share has three takers, who may help each other.
        wanted = [[names[(number + step) % count] for step in (1, 2, 3)] for number in range(count)]
        receivers = [swarm.start(host, 'receive', *wants, '--wait', '--destination', os.path.join(run.folder, f'copies{number:02}'), '--seed-for', '1h',
                                 '--port', '5001', name=f'receiver{number:02}', connect=[network.hosts[0]])
                     for number, (host, wants) in enumerate(zip(network.hosts, wanted))]
        swarm.wait(lambda: sum(1 for peer in receivers if peer.of_type('progress')) > count // 2, 240, 'half of the transfers on their way')
        dead = receivers[count // 2], receivers[count // 2 + 1]
        for peer in dead:
            peer.kill()
        done_before = sum(1 for peer in dead for _ in peer.of_type('received'))
        alive = [(peer, wants) for peer, wants in zip(receivers, wanted) if peer not in dead]
        swarm.wait(lambda: all(peer.received(name) for peer, wants in alive for name in wants), 600, 'the transfers of those that live')
        wrong = [f'{peer.name}: {name}' for number, (peer, wants) in enumerate(zip(receivers, wanted)) if peer not in dead
                 for name in wants if files.differing(sources[names.index(name)], [os.path.join(run.folder, f'copies{number:02}', name)])]
        run.expect(not wrong, f'every copy is what the source is, but not {wrong}')
        run.say(f'{count} peers, {3 * len(alive)} transfers of {size // MIB} MiB complete and verified; the killed had {done_before} of their 6')


SCENARIOS = {'many': (crossing, True)}
