"""libtorrent in the networks of fanout.py, for comparison: plaintext, BitTorrent v2, default settings."""
import json
import os
import shutil
import statistics
import subprocess
import threading
import time

import files
from fanout import OVERHEAD, SHARE
from hosts import FOLDER, Network, load, wait

MIB = files.MIB
PEER = os.path.join(FOLDER, 'libtorrent_peer.py')


def python():
    """A Python that has libtorrent; None where there is none. Debian's module belongs to Debian's Python."""
    for name in ('python3', '/usr/bin/python3'):
        found = shutil.which(name)
        if found and subprocess.run([found, '-c', 'import libtorrent'], capture_output=True).returncode == 0:
            return found
    return None


class Client:
    """One libtorrent process on a host."""

    def __init__(self, interpreter, host, mode, torrent, folder):
        os.makedirs(folder, exist_ok=True)
        self.host, self.folder, self.lines = host, folder, []
        self.process = subprocess.Popen(host.command(interpreter, PEER, mode, torrent, folder), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for text in self.process.stdout:
            self.lines.append(json.loads(text))

    def last(self, kind):
        return next((line for line in reversed(list(self.lines)) if line['type'] == kind), None)

    def connect(self, hosts):
        self.process.stdin.write((' '.join(f'{host.address}:6881' for host in hosts) + '\n').encode())
        self.process.stdin.flush()

    def end(self):
        if not self.process.stdin.closed:
            self.process.stdin.close()
        try:
            self.process.wait(15)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()

    def kill(self):
        self.process.kill()
        self.process.wait()


def measure(run, title, delay_ms=0.0, segments=False, slow=False, leave=False, kill=False, late=False):
    """One fan-out; shows its figures."""
    interpreter = python()
    if not interpreter:
        run.say('libtorrent for Python is not here (python3-libtorrent)')
        return
    count, mbit, size = run.hosts or 12, run.mbit or 100, run.size or 256 * MIB
    run.folder = os.path.join(run.folder, title.replace(' ', '-'))
    source = files.make(os.path.join(run.folder, 'source', SHARE), size)
    torrent = os.path.join(run.folder, 'payload.torrent')
    subprocess.run([interpreter, PEER, 'make', source, torrent], check=True)
    clients = []
    with Network(count, mbit=mbit, delay_ms=delay_ms, segments=segments) as network:
        try:
            seed_host, *hosts = network.hosts
            if slow:
                network.limit(hosts[-1], mbit / 10)
            if late:
                network.lose(0.5)
            seed = Client(interpreter, seed_host, 'seed', torrent, os.path.dirname(source))
            clients.append(seed)
            present = len(hosts) if not late else max(2, count // 2) - 1
            leechers = [Client(interpreter, host, 'leech', torrent, os.path.join(run.folder, host.name)) for host in hosts[:present]]
            clients += leechers
            wait(lambda: all(client.last('ready') for client in clients), 60, 'starting')
            before = seed_host.counters()[0]
            began = time.time()
            for number, leecher in enumerate(leechers):
                leecher.connect([seed_host, *hosts[:number]])
            joined = {leecher: began for leecher in leechers}
            for number, host in enumerate(hosts[present:], present):
                time.sleep(1)
                leecher = Client(interpreter, host, 'leech', torrent, os.path.join(run.folder, host.name))
                joined[leecher] = time.time()
                clients.append(leecher)
                leechers.append(leecher)
                leecher.connect([seed_host, *hosts[:number]])
            limit = 60 + 15 * size * 8 / (mbit * 1e6)
            if leave:
                wait(lambda: seed_host.counters()[0] - before > 1.1 * OVERHEAD * size or all(leecher.last('received') for leecher in leechers), limit, 'uploading 1.1 F')
                seed.end()
            if kill:
                wait(lambda: (leechers[-1].last('progress') or {}).get('completed', 0) > size / 2 or leechers[-1].last('received'), limit, 'half of it')
                leechers[-1].kill()
                leechers.pop()
            judged = leechers[:-1] if slow else leechers
            try:
                wait(lambda: all(leecher.last('received') for leecher in leechers), limit, 'receiving')
            except TimeoutError as error:
                run.say(f'libtorrent, {title}: {error}; complete: {sum(1 for leecher in leechers if leecher.last("received"))} of {len(leechers)}')
                return
            times = sorted(leecher.last('received')['time'] - began for leecher in judged)
            for client in clients:
                client.end()
            rate = mbit * 1e6 / 8
            bound = max(size / rate, len(judged) * size / (rate * (1 + len(judged))))
            run.say(f'libtorrent, {title}: {count} hosts of {mbit:g} Mbit/s, {size // MIB} MiB; bound {bound:.2f} s; load {load():.1f}')
            run.say(f'times: first {times[0]:.2f}, median {statistics.median(times):.2f}, last {times[-1]:.2f} s = {times[0] / bound:.3f}, {statistics.median(times) / bound:.3f}, {times[-1] / bound:.3f} of the bound')
            run.say('uploaded, in F: ' + ', '.join(f'{client.host.name} {client.last("summary")["uploaded"] / size:.2f}' if client.last('summary') else f'{client.host.name} ?' for client in clients))
            if slow:
                run.say(f'the slow host: {leechers[-1].last("received")["time"] - began:.2f} s')
            for leecher, when in joined.items():
                if when != began:
                    run.say(f'{leecher.host.name} started {when - began:.1f} s after the share and had it {leecher.last("received")["time"] - when:.2f} s later')
            wrong = files.differing(source, [os.path.join(leecher.folder, SHARE) for leecher in leechers])
            run.expect(not wrong, f'every copy is what the source is, but {len(wrong)} differ')
        finally:
            for client in clients:
                client.kill()
            shutil.rmtree(run.folder, ignore_errors=True)


def scenario(title, **options):
    def compared(run):
        measure(run, title, **options)
    compared.__doc__ = f'libtorrent for comparison: {title}.'
    return compared


SCENARIOS = {
    'libtorrent': (scenario('1 to all others'), False),
    'libtorrent-slow-host': (scenario('a host at a tenth of the speed', slow=True), False),
    'libtorrent-source-leaves': (scenario('the source leaves after 1.1 F', leave=True), False),
    'libtorrent-killed-host': (scenario('a receiver killed at half', kill=True), False),
    'libtorrent-latency': (scenario('5 ms between any two hosts', delay_ms=5), False),
    'libtorrent-lossy': (scenario('0.5 % lost, one more host every second', segments=True, late=True), False),
}
