#!/usr/bin/env python3
"""What P2PShare takes for its work, beside other programs on the same machine in the same run.

usage: run.py [--quick] [--rows a,d,…] [--runs N] [--document FILE]
The rows are those of docs/benchmarks.md. Processes talk over loopback, in a network namespace without a way out where that
can be made. Copies are compared byte by byte. Programs that are not installed are left out: python3-libtorrent, aria2,
rsync, openssh-server. Times hold for a quiet machine: the load and two calibrations, before and after, are written down.
"""
import argparse
import concurrent.futures
import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time

import document
import payloads
from rows import ROWS

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
INSIDE = 'P2PSHARE_BENCH_INSIDE'
LOCK_SECONDS = 180


class Bench:
    """One run: where things are, and what was measured."""

    def __init__(self, args, folder):
        self.args, self.folder, self.notes, self.made = args, folder, [], {}
        self.driver, self.program = args.driver, os.path.join(ROOT, 'output', 'cli', 'p2pshare')
        self.module, self.pwsh = os.path.join(ROOT, 'output', 'P2PShare'), shutil.which('pwsh')
        self.disk = tempfile.mkdtemp(prefix='p2pshare-bench-', dir=args.disk)
        self.libtorrent = next((found for found in map(shutil.which, ('python3', '/usr/bin/python3')) if found and
                                subprocess.run([found, '-c', 'import libtorrent'], capture_output=True, check=False).returncode == 0), None)
        self.certificates = payloads.make_certificates(os.path.join(folder, 'certificates'))
        self.tracker = payloads.Tracker()
        self.lock, self.locked_at = None, 0.0
        self.pool = concurrent.futures.ThreadPoolExecutor(64)

    def payload(self, name, size, files=1, piece=1 << 18):
        if self.args.quick and size > 1 << 20:
            size //= 4
        if name not in self.made:
            self.made[name] = payloads.Payload(self, name, size, files, piece)
        return self.made[name]

    def rounds(self, most=None):
        """The runs of a row; in each round every program has its turn, so that a bad phase of the machine meets all."""
        for number in range(min(self.args.runs, most or self.args.runs)):
            self.take_lock()
            yield number

    def wants(self, who):
        return not self.args.only or who in self.args.only.split(',')

    def each(self, items, work):
        return list(self.pool.map(work, items))

    def take_lock(self):
        """Where a lock is given it is held while measuring, so that two do not measure at once; others have their turn every few minutes."""
        if not self.args.lock or (self.lock and time.time() - self.locked_at < LOCK_SECONDS):
            return
        if self.lock:
            self.lock.close()
            time.sleep(0.5)
        self.lock = open(self.args.lock, 'a', encoding='ascii')
        fcntl.flock(self.lock, fcntl.LOCK_EX)
        self.locked_at = time.time()

    def note(self, row, who, **figures):
        figures = {key: round(value, 4) for key, value in figures.items()}
        self.notes.append({'row': row, 'who': who, 'load': round(os.getloadavg()[0], 1), **figures})
        print(f'{row:5} {who:24} ' + ' '.join(f'{key} {value}' for key, value in figures.items()), flush=True)


def calibrate():
    """SHA-256 in MiB/s on one core and on both at once: where the second is not about twice the first, figures are worth little."""
    def speed(count):
        words = ['openssl', 'speed', '-seconds', '1', '-bytes', '16384', '-multi', str(count), '-evp', 'sha256']
        out = subprocess.run(words, capture_output=True, text=True, check=False).stdout.split()
        return float(out[-1].rstrip('k')) * 1000 / (1 << 20)
    return [round(speed(count)) for count in (1, os.cpu_count())] if shutil.which('openssl') else None


def enter_namespace():
    """Starts again in a network namespace that has loopback alone."""
    if os.environ.get(INSIDE) or os.geteuid() != 0 or not shutil.which('unshare') or not shutil.which('ip'):
        return
    if subprocess.run(['unshare', '--net', 'true'], check=False).returncode == 0:
        os.environ[INSIDE] = '1'
        os.execvp('unshare', ['unshare', '--net', sys.executable, *sys.argv])


def prepare_namespace():
    if os.environ.get(INSIDE):
        subprocess.run(['ip', 'link', 'set', 'lo', 'up'], check=True)
        # bbr, where it is the machine's choice, paces a stream on loopback at a third of what cubic does.
        subprocess.run(['ip', 'route', 'replace', 'local', '127.0.0.1', 'dev', 'lo', 'table', 'local', 'proto', 'kernel', 'scope', 'host',
                        'src', '127.0.0.1', 'congctl', 'cubic'], check=False)


def save(path, run):
    with open(path, 'w', encoding='utf-8') as file:
        json.dump(run, file, indent=1)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--quick', action='store_true', help='two runs, a quarter of the size: to see that all works')
    parser.add_argument('--rows', default=','.join(ROWS), help='which: ' + ', '.join(ROWS))
    parser.add_argument('--runs', type=int, default=5)
    parser.add_argument('--only', help='of rows a to e, these programs alone: ours, floor, lt-v1, …')
    parser.add_argument('--driver', default=os.path.join(ROOT, 'output', 'bench', 'P2PShare.Benchmarks.Processes'))
    parser.add_argument('--disk', default=os.path.join(ROOT, 'output'), help='a folder on a disk')
    parser.add_argument('--work', default='/dev/shm' if os.path.isdir('/dev/shm') else tempfile.gettempdir(), help='a folder in memory, 4 GiB free')
    parser.add_argument('--lock', help='a file whose lock is held while measuring')
    parser.add_argument('--notes', default=os.path.join(ROOT, 'output', 'bench.json'), help='where the figures are kept')
    parser.add_argument('--document', help='a document whose generated part is written anew')
    args = parser.parse_args()
    args.runs = 2 if args.quick else args.runs
    return args


def main():
    args = arguments()
    enter_namespace()
    prepare_namespace()
    os.makedirs(args.disk, exist_ok=True)
    folder = tempfile.mkdtemp(prefix='p2pshare-bench-', dir=args.work)
    # The peers' states are where their files are.
    os.environ['TMPDIR'] = folder
    bench = Bench(args, folder)
    failed = []
    try:
        before, started = calibrate(), time.strftime('%Y-%m-%d %H:%M')
        run = {'started': started, 'calibration': [before, None], 'quick': args.quick, 'runs': args.runs, 'rows': args.rows,
               'machine': document.machine(), 'commit': document.commit(ROOT), 'notes': bench.notes}
        for row in args.rows.split(','):
            print(f'{row}: {ROWS[row].__doc__.splitlines()[0]}', flush=True)
            try:
                ROWS[row](bench)
            except (RuntimeError, OSError, subprocess.SubprocessError) as error:
                failed.append(f'{row}: {error}')
                print(failed[-1], file=sys.stderr)
            save(args.notes, run)
        run['calibration'][1] = calibrate()
        save(args.notes, run)
        text = document.tables(run)
        print(text)
        if args.document:
            document.write(args.document, document.SPEED, text)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        shutil.rmtree(bench.disk, ignore_errors=True)
    return 1 if failed else 0


if __name__ == '__main__':
    sys.exit(main())
