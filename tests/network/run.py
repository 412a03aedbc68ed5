#!/usr/bin/env python3
"""P2PShare in networks of test hosts: real processes in network namespaces, with rates, latency, loss and cut cables.

usage: run.py [--full] [--compare] [SCENARIO...]
Without --full: small files, and only correctness is judged, as it must be on a busy machine. With --full: the sizes and
times that P2PShare promises. With --compare: libtorrent in the networks of the fanout scenarios besides. --list names
the scenarios.
"""
import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
import time
import traceback

import compare
import fanout
import hosts
import many
import nat
import partition
import succession

ROOT = os.path.dirname(os.path.dirname(hosts.FOLDER))
MIB = 1 << 20


class Run:
    """What a scenario is given: settings, a folder of its own, a place to say things."""

    def __init__(self, arguments, folder):
        self.full, self.program = arguments.full, arguments.program
        self.hosts, self.mbit, self.size = arguments.hosts, arguments.mbit, arguments.size * MIB if arguments.size else None
        self.folder, self.failures, self.figures = folder, [], {}

    def say(self, text):
        print('    ' + text, flush=True)

    def expect(self, holds, what):
        """Notes a failure, and lets the scenario go on."""
        if not holds:
            self.failures.append(what)
            self.say('NOT: ' + what)

    def target(self, value, limit, what, unit=''):
        """A promise that is kept or broken on a quiet machine; on a busy one only shown."""
        text = f'{what}: {value:.3g}{unit} (at most {limit:.3g}{unit})'
        self.figures[what] = value
        if self.full:
            self.expect(value <= limit, text)
        if not self.full or value <= limit:
            self.say(text)


def scenarios():
    """All scenarios by name, in the order in which they run."""
    every = {}
    for module in (fanout, succession, partition, nat, many, compare):
        every.update(module.SCENARIOS)
    return every


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('scenario', nargs='*')
    parser.add_argument('--list', action='store_true', help='name the scenarios')
    parser.add_argument('--full', action='store_true', help='full sizes, and times are judged')
    parser.add_argument('--compare', action='store_true', help='libtorrent in the same networks besides')
    parser.add_argument('--repeat', type=int, default=1, metavar='N', help='each scenario N times')
    parser.add_argument('--hosts', type=int, metavar='N', help='fanout: hosts, the source among them')
    parser.add_argument('--mbit', type=float, metavar='N', help='fanout: Mbit/s of each host\'s cable')
    parser.add_argument('--size', type=int, metavar='MIB', help='fanout: size of the file')
    parser.add_argument('--program', default=os.path.join(ROOT, 'output', 'cli', 'p2pshare'), metavar='FILE')
    parser.add_argument('--work', metavar='DIR', help='where the files go; by default a memory file system with room, or the usual temporary folder')
    parser.add_argument('--result', metavar='FILE', help='write the counts as JSON')
    parser.add_argument('--keep', action='store_true', help='keep the files and logs')
    return parser.parse_args()


def work_root(given):
    if given:
        return given
    try:
        if shutil.disk_usage('/dev/shm').free > 6 << 30:
            return '/dev/shm'
    except OSError:
        pass
    return tempfile.gettempdir()


def interrupt(*_):
    raise KeyboardInterrupt


def main():
    args = arguments()
    every = scenarios()
    if args.list:
        for name, (function, _) in every.items():
            print(f'{name:24} {function.__doc__.splitlines()[0]}')
        return 0
    unknown = [name for name in args.scenario if name not in every]
    if unknown:
        print(f'no such scenario: {", ".join(unknown)}; --list names them', file=sys.stderr)
        return 2
    chosen = args.scenario or [name for name, (_, always) in every.items() if (args.compare if name in compare.SCENARIOS else always or args.full)]
    if args.compare and args.scenario:
        chosen += [name for name in compare.SCENARIOS if name.replace('libtorrent', 'fanout') in args.scenario and name not in chosen]
    signal.signal(signal.SIGTERM, interrupt)
    signal.signal(signal.SIGHUP, interrupt)
    passed, failed, skipped = 0, [], []
    reason = None
    try:
        hosts.check()
    except hosts.Unavailable as error:
        reason = str(error)
    if not reason and not os.path.exists(args.program):
        reason = f'{args.program} is not built'
    if reason:
        skipped = [(name, reason) for name in chosen]
        chosen = []
    folder = tempfile.mkdtemp(prefix='p2pshare-network-', dir=work_root(args.work))
    interrupted = False
    try:
        for name in [name for name in chosen for _ in range(args.repeat)]:
            why = one(name, every[name][0], args, folder)
            if why:
                failed.append((name, '; '.join(why)))
            else:
                passed += 1
    except KeyboardInterrupt:
        interrupted = True
        failed.append((name, 'interrupted'))
        print('interrupted', file=sys.stderr)
    finally:
        if args.keep:
            print(f'kept: {folder}')
        else:
            shutil.rmtree(folder, ignore_errors=True)
    for word, those in (('Failed', failed), ('Skipped', skipped)):
        for name, why in those:
            print(f'{word}: network: {name}: {why}')
    if args.result:
        with open(args.result, 'w', encoding='utf-8') as file:
            named = lambda those: [{'Name': f'network: {name}', 'Reason': why} for name, why in those]
            json.dump({'Passed': passed, 'Failed': len(failed), 'Skipped': named(skipped), 'Failures': named(failed)}, file)
    print(f'network: {passed} passed, {len(failed)} failed, {len(skipped)} skipped')
    return 130 if interrupted else 1 if failed else 0


def one(name, function, args, folder):
    """Runs a scenario; gives what it failed of, nothing when it passed."""
    print(f'{name}: {function.__doc__.splitlines()[0]}', flush=True)
    started = time.monotonic()
    place = tempfile.mkdtemp(prefix=name + '-', dir=folder)
    run = Run(args, place)
    try:
        function(run)
    except Exception as error:  # Whatever goes wrong is this scenario's failure, and the next one runs.
        run.failures.append(f'{type(error).__name__}: {error}')
        traceback.print_exc()
    finally:
        if not args.keep and not run.failures:
            shutil.rmtree(place, ignore_errors=True)
    took = time.monotonic() - started
    print(f'  {"passed" if not run.failures else "FAILED"} in {took:.1f} s, load {hosts.load():.1f}' + ''.join('\n  ' + what for what in run.failures), flush=True)
    return run.failures


if __name__ == '__main__':
    sys.exit(main())
