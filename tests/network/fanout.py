"""One file from one host to all others: how close to what the cables allow, and what faults change of it."""
import os
import statistics
import threading
import time

import files
from hosts import load, throughput, wait
from peers import unix
from rig import Rig

MIB = files.MIB
# What a plain payload grows by on the cable: Ethernet, IP, TCP and TLS headers and the protocol's own.
OVERHEAD = 1.055
SHARE = 'payload.bin'


class Usage:
    """How much of the cables is in use, sampled while it goes on."""

    def __init__(self, network, mbit):
        self.hosts, self.rate = network.hosts, mbit * 1e6 / 8
        self.samples = [self._sample()]
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def end(self):
        self._ended.set()
        self._thread.join()

    def show(self, run, until):
        """Percent of the cables in use in each tenth of the time: the source's upload, the others' download."""
        began = self.samples[0][0]
        marks = [min(self.samples, key=lambda sample: abs(sample[0] - began - until * tenth / 10)) for tenth in range(11)]
        source, others = [], []
        for before, after in zip(marks, marks[1:]):
            room = max(1e-3, after[0] - before[0]) * self.rate / 100
            source.append((after[1][0][0] - before[1][0][0]) / room)
            others.append(statistics.mean(now[1] - was[1] for now, was in zip(after[1][1:], before[1][1:])) / room)
        run.say('the source\'s upload in use, %, by tenths of the time:   ' + ' '.join(f'{value:3.0f}' for value in source))
        run.say('the others\' download in use, %, by tenths of the time: ' + ' '.join(f'{value:3.0f}' for value in others))

    def _sample(self):
        return time.time(), [host.counters() for host in self.hosts]

    def _run(self):
        while not self._ended.wait(0.1):
            self.samples.append(self._sample())


class Fanout(Rig):
    """The setting that all variants share: hosts, a source and receivers that wait for its share."""

    def __init__(self, run, hosts=None, small=(5, 32), mbit=100, delay_ms=0.0, segments=False):
        """hosts: how many at full size. small: hosts and MiB otherwise."""
        self.count = run.hosts or (hosts or 12 if run.full else small[0])
        self.mbit = run.mbit or mbit
        self.size = run.size or (256 if run.full else small[1]) * MIB
        self.limit = 120 + 20 * self.size * 8 / (self.mbit * 1e6)
        self.rates = {}
        self.cpu = {}
        self.receivers, self.source, self.began, self.usage = [], None, None, None
        super().__init__(run, self.count, mbit=self.mbit, delay_ms=delay_ms, segments=segments)
        self.source_host, *self.receiver_hosts = self.hosts

    def prepare(self):
        self.file = self.source_file(SHARE, self.size)

    def __exit__(self, *what):
        if self.usage:
            self.usage.end()
        return super().__exit__(*what)

    def slow(self, host, mbit):
        self.network.limit(host, mbit)
        self.rates[host] = mbit

    def receive(self, host):
        first = self.receivers[0].host if self.receivers else None
        peer = self.swarm.start(host, 'receive', SHARE, '--wait', '--destination', self.folder(host), '--seed-for', '1h',
                                connect=[first] if first else [])
        self.receivers.append(peer)
        return peer

    def begin(self, hosts=None):
        """Starts receivers and then, when they all know each other, the source; returns when the share is published."""
        for host in self.receiver_hosts if hosts is None else hosts:
            self.receive(host)
            if len(self.receivers) == 1:
                self.swarm.wait(lambda: self.receivers[0].of_type('started'), 120, 'the first start')
        self.swarm.wait(lambda: all(len(peer.roster) >= len(self.receivers) - 1 for peer in self.receivers), 120, 'joining')
        self.source = self.swarm.start(self.source_host, 'send', self.file, connect=[self.receivers[0].host])
        published = self.swarm.wait(lambda: self.source.events('SharePublished'), 120, 'publishing')
        self.swarm.wait(lambda: self.source.events('Joined'), 120, 'the source joining')
        self.began = max(unix(published[0]['time']), unix(self.source.events('Joined')[-1]['time']) if len(self.source.roster) else 0)
        self.counters = {host: host.counters() for host in self.network.hosts}
        self.cpu = {peer: peer.cpu() for peer in self.swarm.peers}
        self.usage = Usage(self.network, self.mbit)

    def sent_by(self, host):
        """Bytes that left a host since the share was published."""
        return host.counters()[0] - self.counters[host][0]

    def finish(self, peers=None):
        """Waits until the receivers have it all; returns their times in order, in seconds."""
        peers = self.receivers if peers is None else peers
        self.swarm.wait(lambda: all(peer.received(SHARE) for peer in peers), self.limit, 'receiving')
        self.cpu = {peer: peer.cpu() - self.cpu.get(peer, 0) for peer in self.swarm.peers}
        self.usage.end()
        times = sorted(peer.received(SHARE) - self.began for peer in peers)
        self.swarm.end([peer for peer in self.swarm.peers if not peer.expected_end])
        wrong = files.differing(self.file, [os.path.join(self.folder(peer.host), SHARE) for peer in peers])
        self.run.expect(not wrong, f'every copy is what the source is, but {len(wrong)} differ')
        return times

    def bound(self, hosts=None):
        """The least time in which it can be done: the source's cable, the slowest cable, all uploads together."""
        receivers = self.receiver_hosts if hosts is None else hosts
        rate = {host: self.rates.get(host, self.mbit) * 1e6 / 8 for host in [self.source_host, *receivers]}
        upload = sum(rate.values())
        return max(self.size / rate[self.source_host], self.size / min(rate[host] for host in receivers), len(receivers) * self.size / upload)

    def show(self, times, bound):
        run = self.run
        sent = {peer: (peer.summary() or {}).get('bytesUploaded') for peer in [self.source, *self.receivers]}
        run.say(f'{self.count} hosts of {self.mbit:g} Mbit/s, {self.size // MIB} MiB; bound {bound:.2f} s; load {load():.1f}, CPU {sum(self.cpu.values()):.1f} s')
        run.say(f'times: first {times[0]:.2f}, median {statistics.median(times):.2f}, last {times[-1]:.2f} s = {times[0] / bound:.3f}, {statistics.median(times) / bound:.3f}, {times[-1] / bound:.3f} of the bound')
        run.say('uploaded, in F: ' + ', '.join(f'{peer.host.name} {"?" if count is None else format(count / self.size, ".2f")}' for peer, count in sent.items()))
        self.usage.show(run, times[-1])
        waste = sum(line['bytesWasted'] for peer in self.receivers for line in peer.of_type('received'))
        run.say(f'wasted: {waste / self.size / max(1, len(times)):.4f} F a receiver')
        run.figures.update(first=times[0], median=statistics.median(times), last=times[-1], bound=bound, source=(sent[self.source] or 0) / self.size, waste=waste / self.size)

    def judge(self, times, bound, median, last, source=None):
        """The promises: median and last in bounds, the source's upload in sizes of the file."""
        run = self.run
        self.show(times, bound)
        run.target(statistics.median(times) / bound, median, 'median in bounds')
        if last:
            run.target(times[-1] / bound, last, 'last in bounds')
        uploaded = (self.source.summary() or {}).get('bytesUploaded')
        if source and uploaded:
            run.target(uploaded / self.size, source, 'the source uploads', ' F')
            if not run.full:
                run.expect(uploaded <= 1.6 * self.size, f'the source uploads at most 1.6 F, not {uploaded / self.size:.2f}')


def plain(run):
    """1 to all others: median 1.2, last 1.35 bounds, the source uploads 1.25 F."""
    with Fanout(run, small=(12, 64)) as fanout:
        if run.full:
            run.say(f'one plain TCP connection carries {throughput(fanout.source_host, fanout.receiver_hosts[0]):.1f} Mbit/s here')
        fanout.begin()
        fanout.judge(fanout.finish(), fanout.bound(), 1.2, 1.35, 1.25)


def slow_host(run):
    """1 to all others, one of them at a tenth of the speed: the others at most 10 % later."""
    undisturbed = None
    if run.full:
        with Fanout(run, hosts=(run.hosts or 12) - 1) as fanout:
            fanout.begin()
            undisturbed = fanout.finish()
            run.say('without the slow host:')
            fanout.show(undisturbed, fanout.bound())
        clear(run)
    with Fanout(run, small=(5, 16)) as fanout:
        slow = fanout.receiver_hosts[-1]
        fanout.slow(slow, fanout.mbit / 10)
        fanout.begin()
        others = [peer for peer in fanout.receivers if peer.host is not slow]
        fanout.swarm.wait(lambda: all(peer.received(SHARE) for peer in others), fanout.limit, 'receiving')
        times = sorted(peer.received(SHARE) - fanout.began for peer in others)
        every = fanout.finish()
        fanout.show(times, fanout.bound([host for host in fanout.receiver_hosts if host is not slow]))
        run.say(f'the slow host: {every[-1]:.2f} s, {every[-1] / fanout.bound():.3f} of its own bound')
        if undisturbed:
            run.target(statistics.median(times) / statistics.median(undisturbed), 1.1, 'median, in that without the slow host')
            run.target(times[-1] / undisturbed[-1], 1.1, 'last, in that without the slow host')


def source_leaves(run):
    """The source leaves after it has uploaded 1.1 F: all others complete."""
    with Fanout(run) as fanout:
        fanout.begin()
        wait(lambda: fanout.sent_by(fanout.source_host) > 1.1 * OVERHEAD * fanout.size or all(peer.received(SHARE) for peer in fanout.receivers), fanout.limit, 'uploading 1.1 F')
        had = [peer.completed(SHARE)[0] / fanout.size for peer in fanout.receivers]
        left = time.time() - fanout.began
        fanout.swarm.end([fanout.source])
        times = fanout.finish()
        run.say(f'the source left after {left:.2f} s, when the others had {min(had):.2f} to {max(had):.2f} of it')
        fanout.show(times, fanout.bound())


def killed_host(run):
    """A receiver is killed at 50 %: all others complete."""
    with Fanout(run) as fanout:
        fanout.begin()
        victim, *others = fanout.receivers[::-1]
        fanout.swarm.wait(lambda: victim.completed(SHARE)[0] > 0.5 * fanout.size or victim.received(SHARE), fanout.limit, 'half of it')
        victim.kill()
        run.say(f'{victim.name} was killed {time.time() - fanout.began:.2f} s after the start with {victim.completed(SHARE)[0] / fanout.size:.2f} of the file')
        fanout.judge(fanout.finish(others), fanout.bound(), 1.2, None)


def latency(run):
    """1 to all others with 5 ms between any two hosts, each way: median 1.25 bounds."""
    with Fanout(run, delay_ms=5) as fanout:
        fanout.begin()
        fanout.judge(fanout.finish(), fanout.bound(), 1.25, None, 1.25)


def lossy(run):
    """0.5 % of all packets lost and one more host every second: all complete."""
    with Fanout(run, segments=True) as fanout:
        present = max(2, fanout.count // 2)
        fanout.network.lose(0.5)
        fanout.begin(fanout.receiver_hosts[:present - 1])
        started = []
        for host in fanout.receiver_hosts[present - 1:]:
            time.sleep(1)
            started.append((fanout.receive(host), time.time()))
        times = fanout.finish()
        fanout.show(times, fanout.bound())
        for peer, when in started:
            run.say(f'{peer.name} started {when - fanout.began:.1f} s after the share and had it {peer.received(SHARE) - when:.2f} s later')


def clear(run):
    """Makes room for another setting of the same scenario."""
    run.folder = os.path.join(run.folder, 'next')
    os.makedirs(run.folder)


SCENARIOS = {
    'fanout': (plain, True),
    'fanout-slow-host': (slow_host, True),
    'fanout-source-leaves': (source_leaves, True),
    'fanout-killed-host': (killed_host, True),
    'fanout-latency': (latency, True),
    'fanout-lossy': (lossy, True),
}
