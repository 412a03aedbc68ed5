"""What is measured, row by row. Each function notes its figures with bench.note(row, who, wall=…, seed=…, leech=…, …)."""
import os
import shutil
import socket
import statistics
import subprocess
import time

import clients
import copiers
from payloads import MIB
from processes import Memory, Process

RIVALS = ['lt-v1', 'lt-v2', 'lt-v1-high', 'lt-v2-high']


def warm(payload, count=1):
    """Uses as much memory for a moment as the copies will take. A virtual machine gives back to its host what was free for two
    seconds, and to get it back costs ten times the writing: whoever comes first in a round would pay for all."""
    touched = b'\1' * (payload.size * payload.files * count)
    del touched


def spread(bench, row, who, payload, count=1, seed=None, root=None, name=None):
    """One to many: the seed's program and the receivers', which are the same unless said otherwise; noted by the program's name unless another is given."""
    programs = clients.available(bench)
    if who not in programs or (seed and seed not in programs) or not bench.wants(who):
        return
    root = root or bench.folder
    folders = [os.path.join(root, f'copy-{number}') for number in range(count)]
    for folder in folders:
        os.makedirs(folder)
    started = []
    try:
        make, *options = programs[seed or who]
        source = make(bench, payload, True, payload.folder, *options)
        started.append(source)
        make, *options = programs[who]
        copies = []
        for folder in folders:
            copies.append(make(bench, payload, False, folder, *options))
            started.append(copies[-1])
        time.sleep(0.3)
        warm(payload, count)
        running = [process for client in started for process in client.processes()]
        before = {process: process.cpu() for process in running}
        start = time.time()
        for number, client in enumerate(copies):
            client.go([source.address] + [other.address for other in copies[:number]])
        processes = [process for client in started for process in client.processes()]
        with Memory(processes):
            ends = bench.each(copies, lambda client: (client.wait(), time.time() - start)[1])
        used = {process: process.cpu() - before.get(process, 0) for process in processes}
        bench.note(row, name or (f'{seed} → {who}' if seed else who), wall=max(ends), first=min(ends), seed=used[source.process], leech=sum(used.values()) - used[source.process],
                   seed_memory=source.process.peak, leech_memory=max(client.process.peak for client in copies))
    finally:
        for client in started:
            client.end()
    for folder in folders:
        payload.compare(folder)
        shutil.rmtree(folder)


def floor(bench, row, payload, count=1, kind='lanes'):
    """TLS, hash and write alone."""
    if not bench.wants('floor'):
        return
    number = clients.port()
    log = os.path.join(bench.folder, 'floor.log')
    files = [os.path.join(bench.folder, f'floor-{copy}') for copy in range(count)]
    processes = []
    try:
        processes.append(Process([bench.driver, 'floor', 'send', payload.path, str(number), str(count)], log))
        for file in files:
            processes.append(Process([bench.driver, 'floor', 'receive', file, str(number), str(payload.size), kind], log))
        for process in processes:
            process.wait_line(lambda line: line == 'READY')
        warm(payload, count)
        before = [process.cpu() for process in processes]
        start = time.time()
        for process in processes[1:]:
            process.say('')
        with Memory(processes):
            ends = bench.each(processes[1:], lambda process: (process.wait_line(lambda line: line.startswith('DONE')), time.time() - start)[1])
        used = [process.cpu() - earlier for process, earlier in zip(processes, before)]
        bench.note(row, f'floor ({kind})', wall=max(ends), first=min(ends), seed=used[0], leech=sum(used[1:]))
    finally:
        for process in processes:
            process.stop()
    for file in files:
        os.remove(file)


def copy(bench, row, who, payload):
    make = copiers.available().get(who)
    if not make or not bench.wants(who):
        return
    folder = os.path.join(bench.folder, 'copy')
    os.makedirs(folder)
    warm(payload)
    bench.note(row, who, **make(bench, payload, folder))
    shutil.rmtree(folder)


def row_a(bench):
    """1 GiB, 1 → 1, tmpfs: secured, and what others take; also b, CPU seconds of both sides."""
    payload = bench.payload('r1g', 1 << 30, piece=1 << 20)
    for _ in bench.rounds():
        spread(bench, 'a', 'ours', payload)
        for who in RIVALS + ['lt-ssl']:
            spread(bench, 'a', who, payload)
        copy(bench, 'a', 'scp', payload)
        copy(bench, 'a', 'rsync', payload)
        floor(bench, 'a', payload)
        floor(bench, 'a', payload, kind='platform')


def row_disk(bench):
    """1 GiB, 1 → 1, secured, on a disk with all flushes; libtorrent's without any."""
    payload = bench.payload('r1g', 1 << 30, piece=1 << 20)
    for _ in bench.rounds():
        for who in ('ours', 'lt-v1-high'):
            spread(bench, 'disk', who, payload, root=bench.disk)


def row_c(bench):
    """1 GiB, 1 → 1, open share in plain BitTorrent."""
    payload = bench.payload('r1g', 1 << 30, piece=1 << 20)
    for _ in bench.rounds():
        spread(bench, 'c', 'ours-open', payload)
        spread(bench, 'c', 'aria2', payload)
        spread(bench, 'c', 'lt-v2', payload)
        spread(bench, 'c', 'lt-v2', payload, seed='ours-open')
        spread(bench, 'c', 'ours-open', payload, seed='lt-v2')


def row_d(bench):
    """256 MiB, 1 → 8: secured, open, others, floor."""
    payload = bench.payload('r256m', 256 * MIB)
    for _ in bench.rounds():
        spread(bench, 'd', 'ours', payload, 8)
        floor(bench, 'd', payload, 8)
        spread(bench, 'd', 'ours-open', payload, 8)
        for who in RIVALS + ['aria2']:
            spread(bench, 'd', who, payload, 8)


def row_e(bench):
    """10,000 files of 4 KiB as one share, secured; tmpfs and disk."""
    payload = bench.payload('small', 4096, 10_000)
    for _ in bench.rounds():
        for who in ('ours', 'lt-v1', 'lt-v2'):
            spread(bench, 'e', who, payload)
        copy(bench, 'e', 'rsync', payload)
        spread(bench, 'e-disk', 'ours', payload, root=bench.disk)


def each(bench, row, payloads, count):
    """Publishers of small shares in one swarm, and one who receives these one by one; returns what each took."""
    peers = []
    try:
        swarm = os.path.join(bench.folder, f'swarm-{row}')
        for payload in payloads:
            seed = clients.Ours(bench, payload, True, payload.folder, '--each', '--swarm', swarm)
            peers.append(seed)
            if len(peers) > 1:
                seed.process.say(peers[0].address)
        folder = os.path.join(bench.folder, 'copy')
        os.makedirs(folder)
        receiver = clients.Ours(bench, payloads[0], False, folder, '--each', '--swarm', swarm)
        peers.append(receiver)
        time.sleep(0.3)
        before = [peer.process.cpu() for peer in peers]
        receiver.go([peers[0].address, str(count)])
        times = receiver.wait().split()[2:]
        used = [peer.process.cpu() - earlier for peer, earlier in zip(peers, before)]
        shutil.rmtree(folder)
        return times, used
    finally:
        for peer in peers:
            peer.end()


def milliseconds(times, new=None):
    return [float(text.rstrip('+')) for text in times if new is None or text.endswith('+') == new]


def row_f(bench):
    """1,000 shares of 64 KiB received one by one by name."""
    payload = bench.payload('thousand', 64 << 10, 1000)
    for _ in bench.rounds():
        times, used = each(bench, 'f', [payload], 1000)
        values = milliseconds(times)
        bench.note('f', 'ours', wall=sum(values) / 1000, mean=statistics.mean(values), median=statistics.median(values),
                   links=len(milliseconds(times, new=True)), seed=used[0], leech=used[-1])


def row_g(bench):
    """Publishing 1 GiB, and the limit: two threads that read it and make the Merkle tree."""
    payload = bench.payload('r1g', 1 << 30, piece=1 << 20)
    for _ in bench.rounds():
        for who, words in (('ours', ['publish', payload.path]), ('two threads', ['merkle', payload.path, '2'])):
            process = Process([bench.driver, *words], os.path.join(bench.folder, 'hash.log'))
            said = process.wait_line(lambda line: line.startswith('DONE')).split()
            process.stop()
            bench.note('g', who, wall=float(said[1]), seed=float(said[2]))


def row_i(bench):
    """A verified 1 KiB file: on a link that stands, and on a new one."""
    standing = bench.payload('kibibyte', 1024, 20)
    for _ in bench.rounds():
        times, _ = each(bench, 'i', [standing], 20)
        bench.note('i', 'standing link', median=statistics.median(milliseconds(times, new=False)), worst=max(milliseconds(times)))
    # The coordinator and the first deputy have standing links to all; the others are dialled when they are needed.
    more = [bench.payload(f'kibibyte-{number}', 1024, 2) for number in range(7)]
    for _ in bench.rounds():
        times, _ = each(bench, 'i', more, 14)
        found = milliseconds(times, new=True)
        if found:
            bench.note('i', 'new link', median=statistics.median(found), worst=max(found), links=len(found))


def row_j(bench):
    """64 MiB, 1 → 32 processes, and the floor: one source gives to all by TLS, hash and write alone."""
    payload = bench.payload('r64m', 64 * MIB)
    for _ in bench.rounds(3):
        # Processor time is counted in hundredths of a second, of which one copy takes about twenty.
        for _ in range(3):
            spread(bench, 'j', 'ours', payload, 1, name='one copy')
        spread(bench, 'j', 'ours', payload, 32, name='32 copies')
        floor(bench, 'j', payload, 32)


def row_k(bench):
    """A catalogue of 100,000 shares of 50 peers: a new peer joins, and searches by wildcard."""
    folder = os.path.join(bench.folder, 'catalogue')
    os.makedirs(folder)
    # Signing 100,000 records keeps a core busy for a quarter of a minute.
    bench.take_lock()
    number = clients.port()
    log = os.path.join(bench.folder, 'catalogue.log')
    server = Process([bench.driver, 'catalogue', 'serve', folder, str(number), '50', str(200 if bench.args.quick else 2000)], log)
    try:
        server.wait_line(lambda line: line == 'READY')
        for _ in bench.rounds():
            shutil.rmtree(os.path.join(folder, 'newcomer'), ignore_errors=True)
            process = Process([bench.driver, 'catalogue', 'join', folder, f'127.0.0.1:{number}'], log)
            try:
                process.wait_line(lambda line: line == 'READY')
                process.say('')
                with Memory([process]):
                    said = process.wait_line(lambda line: line.startswith('DONE')).split()
                bench.note('k', 'ours', wall=float(said[1]), median=float(said[2]), worst=float(said[3]), peak=process.peak, memory=process.anonymous())
            finally:
                process.stop()
    finally:
        server.stop()


def first_byte(words):
    """Seconds from a program's start to the first byte it sends to us."""
    with socket.create_server(('127.0.0.1', 0)) as server:
        server.settimeout(20)
        start = time.time()
        child = subprocess.Popen([*words, f'127.0.0.1:{server.getsockname()[1]}'], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(20)
                connection.recv(1)
                return time.time() - start
        finally:
            child.kill()
            child.wait()


def row_l(bench):
    """The program's start to the first byte sent; Import-Module and Start-P2PPeer."""
    swarm = os.path.join(bench.folder, 'swarm')
    subprocess.run([bench.program, 'swarm', 'new', '--name', 'start', '--out', swarm], check=True, stdout=subprocess.DEVNULL)
    swarm_file = os.path.join(swarm, 'start.swarm.pem')
    state = os.path.join(bench.folder, 'state')
    script = ("$w = [Diagnostics.Stopwatch]::StartNew(); Import-Module '{0}'; $i = $w.Elapsed.TotalSeconds; "
              "$p = Start-P2PPeer -SwarmPath '{1}' -Port 0 -ListenAddress 127.0.0.1 -StatePath '{2}' -NoDiscovery; $s = $w.Elapsed.TotalSeconds; "
              "Write-Host \"DONE $i $s\"; $p | Stop-P2PPeer").format(bench.module, swarm_file, state + '-module')
    for _ in bench.rounds():
        bench.note('l', 'p2pshare', wall=first_byte([bench.program, 'list', '--swarm', swarm_file, '--state', state, '--connect']))
        if bench.pwsh:
            out = subprocess.run([bench.pwsh, '-NoProfile', '-NonInteractive', '-Command', script], capture_output=True, text=True, check=False)
            said = [line.split() for line in out.stdout.splitlines() if line.startswith('DONE')]
            if said:
                bench.note('l', 'module', wall=float(said[0][2]), imported=float(said[0][1]))
            else:
                print(out.stdout, out.stderr)


ROWS = {'a': row_a, 'disk': row_disk, 'c': row_c, 'd': row_d, 'e': row_e, 'f': row_f, 'g': row_g, 'i': row_i, 'j': row_j, 'k': row_k, 'l': row_l}
