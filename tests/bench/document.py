#!/usr/bin/env python3
"""The figures of a run as tables, and their place in docs/benchmarks.md.

usage: document.py FOLDER DOCUMENT
writes what BenchmarkDotNet left in FOLDER, the benchmarks of the pieces, into its place in DOCUMENT.
"""
import glob
import os
import platform
import re
import statistics
import subprocess
import sys
import time

SPEED, PIECES = 'speed', 'pieces'
PLAINTEXT = ('lt-v1', 'lt-v2', 'lt-v1-high', 'lt-v2-high')
NAMES = {
    'ours': 'P2PShare, secured', 'ours-open': 'P2PShare, open share', 'lt-v1': 'libtorrent, plaintext, v1', 'lt-v2': 'libtorrent, plaintext, v2',
    'lt-v1-high': 'libtorrent, v1, high-performance preset', 'lt-v2-high': 'libtorrent, v2, high-performance preset', 'lt-ssl': 'libtorrent, SSL torrent, v2',
    'scp': 'scp (AES-128-GCM), then sha256sum', 'rsync': 'rsync daemon, in the clear', 'aria2': 'aria2, v1',
    'floor (lanes)': 'floor: TLS + write + 16 SHA-256 at once', 'floor (platform)': 'floor: TLS + write + the platform\'s SHA-256',
    'one copy': 'P2PShare, secured, 1 → 1', '32 copies': 'P2PShare, secured, 1 → 32', 'ours-open → lt-v2': 'P2PShare gives, libtorrent receives', 'lt-v2 → ours-open': 'libtorrent gives, P2PShare receives',
}


def machine():
    model = next((line.split(':', 1)[1].strip() for line in open('/proc/cpuinfo', encoding='ascii') if line.startswith('model name')), platform.processor())
    flags = next((line for line in open('/proc/cpuinfo', encoding='ascii') if line.startswith('flags')), '')
    has = ', '.join(f'{name} {"yes" if flag in flags.split() else "no"}' for name, flag in (('SHA-NI', 'sha_ni'), ('AVX-512', 'avx512f')))
    memory = os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') >> 30
    return f'{os.cpu_count()} cores of {model} ({has}), {memory} GiB, Linux {platform.release().split("-")[0]}'


def commit(root):
    git = subprocess.run(['git', '-C', root, 'log', '-1', '--format=%h of %cs'], capture_output=True, text=True, check=False)
    return git.stdout.strip() or 'unknown'


class Figures:
    """What was noted, by row and program."""

    def __init__(self, run):
        self.run, self.of = run, {}
        for note in run['notes']:
            self.of.setdefault(note['row'], {}).setdefault(note['who'], []).append(note)

    def values(self, row, who, key='wall'):
        return [note[key] for note in self.of.get(row, {}).get(who, []) if key in note]

    def median(self, row, who, key='wall'):
        values = self.values(row, who, key)
        return statistics.median(values) if values else None

    def text(self, row, who, key='wall', digits=2):
        values = self.values(row, who, key)
        return f'{statistics.median(values):.{digits}f} ({min(values):.{digits}f}–{max(values):.{digits}f})' if values else '–'

    def best(self, row, programs=PLAINTEXT):
        found = [value for value in (self.median(row, who) for who in programs) if value]
        return min(found) if found else None

    def cpu(self, row, who):
        both = [note['seed'] + note['leech'] for note in self.of.get(row, {}).get(who, []) if 'leech' in note]
        return statistics.median(both) if both else None


def ratio(value, other, limit, lower=True):
    """One verdict: what it is, what it was to be."""
    if value is None or not other:
        return '–'
    result = value / other
    return f'{result:.2f} (target {limit:.2f}: {"met" if result <= limit else "missed"})'


def limit(value, most, unit):
    if value is None:
        return '–'
    return f'{value:.3g} {unit} (target {most:g}: {"met" if value <= most else "missed"})'


def table(figures, row, title, keys):
    programs = figures.of.get(row)
    if not programs:
        return []
    heads = {'peak': 'MiB, at the peak', 'memory': 'MiB, afterwards', 'wall': 's', 'first': 'first copy, s', 'seed': 'CPU s, giver', 'leech': 'CPU s, receivers', 'seed_memory': 'MiB, giver', 'leech_memory': 'MiB, receiver',
             'mean': 'ms each', 'median': 'ms, median', 'worst': 'ms, worst', 'links': 'links', 'imported': 'of it the import, s'}
    lines = ['', f'**{title}**', '', '| | ' + ' | '.join(heads[key] for key in keys) + ' |', '|---' * (len(keys) + 1) + '|']
    for who in programs:
        lines.append(f'| {NAMES.get(who, who)} | ' + ' | '.join(figures.text(row, who, key, 0 if 'memory' in key or key in ('links', 'peak') else 2) for key in keys) + ' |')
    return lines


def verdicts(f):
    """The targets, and what became of them."""
    ours = f.median('a', 'ours')
    lines = [
        ('a: of libtorrent\'s best plaintext preset', ratio(ours, f.best('a'), 0.70)),
        ('a: of its SSL torrent', ratio(ours, f.median('a', 'lt-ssl'), 0.33)),
        ('a: of the floor with the platform\'s SHA-256', ratio(ours, f.median('a', 'floor (platform)'), 1.15)),
        ('a: of the floor with 16 at once', ratio(ours, f.median('a', 'floor (lanes)'), 1.15)),
        ('a: of scp and sha256sum', ratio(ours, f.median('a', 'scp'), 1.0)),
        ('a, disk: of libtorrent\'s, which does not flush', ratio(f.median('disk', 'ours'), f.median('disk', 'lt-v1-high'), 0.70)),
        ('b: CPU seconds a GiB, both sides', limit(f.cpu('a', 'ours'), 3.1, 's')),
        ('b: of libtorrent\'s plaintext default', ratio(f.cpu('a', 'ours'), f.cpu('a', 'lt-v2'), 0.78)),
        ('c: ours to ours, of libtorrent\'s best', ratio(f.median('c', 'ours-open'), f.best('c') and min(filter(None, (f.best('c'), f.best('a')))), 0.60)),
        ('c: CPU, of aria2\'s', ratio(f.cpu('c', 'ours-open'), f.cpu('c', 'aria2'), 1.15)),
        ('c: we give to libtorrent, of libtorrent alone', ratio(f.median('c', 'ours-open → lt-v2'), f.median('c', 'lt-v2'), 1.0)),
        ('c: libtorrent gives to us, of libtorrent alone', ratio(f.median('c', 'lt-v2 → ours-open'), f.median('c', 'lt-v2'), 1.0)),
        ('d: secured, the last, of libtorrent\'s best', ratio(f.median('d', 'ours'), f.best('d'), 1.20)),
        ('d: secured, the last, of the floor', ratio(f.median('d', 'ours'), f.median('d', 'floor (lanes)'), 1.15)),
        ('d: open, the last, of libtorrent\'s best', ratio(f.median('d', 'ours-open'), f.best('d'), 0.95)),
        ('e: of libtorrent v2', ratio(f.median('e', 'ours'), f.median('e', 'lt-v2'), 0.40)),
        ('e: less 0.5 s, of rsync', ratio(f.median('e', 'ours') and f.median('e', 'ours') - 0.5, f.median('e', 'rsync'), 2.0)),
        ('f: each', limit(f.median('f', 'ours', 'mean'), 3, 'ms')),
        ('f: handshakes', limit(1 + f.median('f', 'ours', 'links') if f.median('f', 'ours', 'links') is not None else None, 1, '')),
        ('g: of two threads that hash', ratio(f.median('g', 'ours'), f.median('g', 'two threads'), 1.15)),
        ('h: anonymous memory, a and d', limit(max([note[key] for row in 'ad' for note in f.of.get(row, {}).get('ours', []) for key in ('seed_memory', 'leech_memory')], default=None), 96, 'MiB')),
        ('i: standing link', limit(f.median('i', 'standing link', 'median'), 10, 'ms')),
        ('i: new link', limit(f.median('i', 'new link', 'median'), 60, 'ms')),
        ('k: wildcard search', limit(f.median('k', 'ours', 'median'), 20, 'ms')),
        ('k: memory', limit(f.median('k', 'ours', 'peak'), 150, 'MiB')),
        ('k: join', limit(f.median('k', 'ours'), 3, 's')),
        ('l: program', limit(f.median('l', 'p2pshare') and 1000 * f.median('l', 'p2pshare'), 250, 'ms')),
        ('l: module', limit(f.median('l', 'module') and 1000 * f.median('l', 'module'), 600, 'ms')),
    ]
    single = f.cpu('j', 'one copy')
    lines[-5:-5] = [(f'j: {what}of 32 × CPU a copy ÷ 2', ratio(f.median('j', who), single and 32 * single / 2, 1.2))
                    for what, who in (('', '32 copies'), ('the floor, ', 'floor (lanes)'))]
    return [line for line in lines if line[1] != '–']


def tables(run):
    f = Figures(run)
    loads = [note['load'] for note in run['notes']] or [0]
    calibration = '; '.join(f'{both[0]} and {both[1]} MiB/s' for both in run['calibration'] if both) or 'none'
    transfer = ['wall', 'seed', 'leech', 'seed_memory', 'leech_memory']
    lines = [
        f'`./build.ps1 bench{" -Quick" if run["quick"] else ""}` on {run["started"]}: {run["machine"]}; commit {run["commit"]}. Medians (least–most) of {run["runs"]} runs; in '
        f'each round every program has its turn. Load average {min(loads):.1f} to {max(loads):.1f}. SHA-256 by OpenSSL on one core and on all at once, before and after: {calibration}. '
        'Processes on one machine over loopback, files in memory unless said otherwise; link, join, metadata, flush and rename are inside the clock; all copies compared. '
        'Memory is the anonymous part at its peak.',
        '', '| Target | |', '|---|---|', *(f'| {what} | {verdict} |' for what, verdict in verdicts(f)),
        *table(f, 'a', 'a, b, h: 1 GiB, 1 → 1', transfer),
        *table(f, 'disk', 'a: 1 GiB, 1 → 1, on a disk, all flushes of ours inside the clock', transfer),
        *table(f, 'c', 'c: 1 GiB, 1 → 1, open share, plain BitTorrent v2', transfer),
        *table(f, 'd', 'd: 256 MiB, 1 → 8: the last', ['wall', 'first', *transfer[1:]]),
        *table(f, 'e', 'e: 10,000 files of 4 KiB', transfer[:3]),
        *table(f, 'e-disk', 'e: the same on a disk', transfer[:3]),
        *table(f, 'f', 'f: 1,000 shares of 64 KiB, one by one', ['wall', 'mean', 'median', 'seed', 'leech']),
        *table(f, 'g', 'g: publishing 1 GiB', ['wall', 'seed']),
        *table(f, 'i', 'i: a verified file of 1 KiB', ['median', 'worst']),
        *table(f, 'j', 'j: 64 MiB, 1 → 1 and 1 → 32', ['wall', 'first', 'seed', 'leech']),
        *table(f, 'k', 'k: a new peer and 100,000 shares: to join, then to search by wildcard', ['wall', 'median', 'worst', 'peak', 'memory']),
        *table(f, 'l', 'l: from the start to the first byte sent; to a running peer', ['wall', 'imported']),
    ]
    return '\n'.join(lines) + '\n'


def pieces(folder):
    """The tables of BenchmarkDotNet's reports for GitHub, without the columns that say how sure three runs can be."""
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    reports = sorted(glob.glob(os.path.join(folder, '*-report-github.md')))
    if not reports:
        raise RuntimeError(f'there are no reports in {folder}')
    lines = [f'BenchmarkDotNet, three runs each in one process, on {time.strftime("%Y-%m-%d")}: {machine()}; commit {commit(root)}.']
    for report in reports:
        with open(report, encoding='utf-8-sig') as file:
            rows = [[cell.strip().strip('*') for cell in line.strip().strip('|').split('|')] for line in file if line.startswith('|')]
        kept = [index for index, head in enumerate(rows[0]) if head not in ('Error', 'Gen0', 'Gen1', 'Gen2', 'Alloc Ratio', 'RatioSD')]
        lines += ['', f'**{os.path.basename(report).split("-report")[0].split(".")[-1]}**', '']
        lines += ['| ' + ' | '.join(row[index] for index in kept) + ' |' for row in rows if any(row)]
    return '\n'.join(lines) + '\n'


def write(path, part, text):
    """Puts the text between the marks of its part, which are added at the end where there are none."""
    begin, end = f'<!-- {part}: written by build.ps1 bench -->', f'<!-- {part}: end -->'
    with open(path, encoding='utf-8') as file:
        old = file.read()
    block = f'{begin}\n\n{text}\n{end}'
    if begin in old:
        new = re.sub(re.escape(begin) + '.*?' + re.escape(end), lambda _: block, old, flags=re.DOTALL)
    else:
        new = f'{old.rstrip()}\n\n## {part.capitalize()}\n\n{block}\n'
    with open(path, 'w', encoding='utf-8') as file:
        file.write(new)


if __name__ == '__main__':
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    write(sys.argv[2], PIECES, pieces(sys.argv[1]))
