"""Programs that spread a payload from one to many: each is started, told of its peers, and tells when it has all."""
import json
import os
import shutil
import socket
import time

from processes import Process

FOLDER = os.path.dirname(os.path.abspath(__file__))
LIBTORRENT_PEER = os.path.join(os.path.dirname(FOLDER), 'network', 'libtorrent_peer.py')
HOST = '127.0.0.1'
_ports = iter(range(21000, 60000, 2))


def port():
    return next(_ports)


def is_listening(number):
    with socket.socket() as probe:
        probe.settimeout(0.2)
        return probe.connect_ex((HOST, number)) == 0


def until(holds, patience=120):
    end = time.time() + patience
    while not holds():
        if time.time() > end:
            raise RuntimeError('something did not happen in time')
        time.sleep(0.005)


class Client:
    """One peer; `key` says which program and how."""

    def __init__(self, bench, payload, is_seed, folder, *options):
        self.bench, self.payload, self.is_seed, self.folder, self.options = bench, payload, is_seed, folder, options
        self.port, self.log, self.process = port(), os.path.join(bench.folder, f'{type(self).__name__}-{"seed" if is_seed else "leech"}.log'), None
        self.begin()

    @property
    def mode(self):
        return 'seed' if self.is_seed else 'leech'

    @property
    def address(self):
        return f'{HOST}:{self.port}'

    def processes(self):
        return [self.process] if self.process else []

    def end(self):
        for process in self.processes():
            process.stop()


class Ours(Client):
    """P2PShare: a peer of the secured swarm, or with --open of an open share."""

    def begin(self):
        words = [self.bench.driver, 'peer', *self.options, self.mode, self.payload.torrent('v2'), self.folder, str(self.port)]
        # Its state is on the disk its files are on.
        self.process = Process(words, self.log, env={**os.environ, 'TMPDIR': os.path.dirname(self.folder)})
        self.process.wait_line(lambda line: line == 'READY')

    def go(self, peers):
        self.process.say(','.join(peers))

    def wait(self):
        return self.process.wait_line(lambda line: line.startswith('DONE'))


class Libtorrent(Client):
    """libtorrent: version, then the words of libtorrent_peer.py."""

    def begin(self):
        version, *options = self.options
        if 'ssl' in options:
            options += [self.bench.certificates, 'peer']
        torrent = self.payload.torrent('ssl' if 'ssl' in options else version)
        self.process = Process([self.bench.libtorrent, LIBTORRENT_PEER, self.mode, torrent, self.folder, self.address, *options], self.log)
        self._wait_for('ready')

    def _wait_for(self, kind):
        return self.process.wait_line(lambda line: line.startswith('{') and json.loads(line)['type'] == kind)

    def go(self, peers):
        self.process.say(' '.join(peers))

    def wait(self):
        self._wait_for('received')


class Aria2(Client):
    """aria2 finds its peers by a tracker alone, so it starts when the clock does."""

    def begin(self):
        self.flag = os.path.join(self.folder, f'.{self.mode}.done')
        if self.is_seed:
            self.go([])
            until(lambda: is_listening(self.port))
            time.sleep(0.5)

    def go(self, peers):
        hook = os.path.join(self.bench.folder, f'hook-{self.port}')
        with open(hook, 'w', encoding='ascii') as file:
            file.write(f'#!/bin/sh\n: > {self.flag}\n')
        os.chmod(hook, 0o755)
        words = ['aria2c', '--no-conf', '--quiet', '--enable-dht=false', '--enable-dht6=false', '--bt-enable-lpd=false', '--enable-peer-exchange=false',
                 f'--listen-port={self.port}', '--seed-ratio=0', '--file-allocation=none', '--bt-max-peers=0', '--bt-max-open-files=1000',
                 '--bt-request-peer-speed-limit=1000000K', '--allow-overwrite=true', f'--on-bt-download-complete={hook}', f'--dir={self.folder}']
        if self.is_seed:
            words.append('--bt-seed-unverified=true')
        self.process = Process([*words, self.payload.torrent('tracker')], self.log)

    def wait(self):
        until(lambda: os.path.exists(self.flag), 300)


def available(bench):
    """Names of the programs that are here, with what makes a peer of each."""
    found = {'ours': (Ours,), 'ours-open': (Ours, '--open')}
    if bench.libtorrent:
        found.update({'lt-v1': (Libtorrent, 'v1'), 'lt-v2': (Libtorrent, 'v2'), 'lt-v1-high': (Libtorrent, 'v1', 'high'),
                      'lt-v2-high': (Libtorrent, 'v2', 'high')})
        if bench.certificates:
            found['lt-ssl'] = (Libtorrent, 'v2', 'ssl')
    if shutil.which('aria2c'):
        found['aria2'] = (Aria2,)
    return found
