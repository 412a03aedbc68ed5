"""p2pshare processes on hosts, and what their lines of JSON have told so far."""
import calendar
import json
import os
import signal
import subprocess
import threading
import time


class PeerFailed(Exception):
    """A process reported an error, or ended before its time."""


def unix(text):
    """A line's time as seconds since 1970."""
    whole, _, fraction = text.rstrip('Z').partition('.')
    return calendar.timegm(time.strptime(whole, '%Y-%m-%dT%H:%M:%S')) + (float('0.' + fraction) if fraction else 0.0)


class Swarm:
    """A swarm of its own with its processes, in a folder that is thrown away."""

    def __init__(self, program, folder):
        self.program, self.folder, self.peers = program, folder, []
        self.changed = threading.Condition()
        os.makedirs(folder)
        subprocess.run([program, 'swarm', 'new', '--name', 'rig', '--out', folder], check=True, capture_output=True, timeout=120)
        self.file = os.path.join(folder, 'rig.swarm.pem')

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        # After an interruption nobody waits for goodbyes.
        if kind is None:
            self.end(self.peers)
        for peer in self.peers:
            peer.kill()

    def start(self, host, *command, name=None, connect=None):
        """Starts a process on a host. name: by default the host's. connect: hosts or addresses to join at."""
        peer = Peer(self, host, name or host.name, command, connect or [])
        self.peers.append(peer)
        return peer

    def end(self, peers):
        """Has processes say goodbye, all at once, and waits for them."""
        for peer in peers:
            peer.hang_up()
        for peer in peers:
            peer.wait_end(60)

    def wait(self, condition, seconds, what):
        """Waits until a condition over the lines of any peers holds, and returns its value.

        An error that a process reported, or an end that nobody asked for, ends the wait at once."""
        end = time.monotonic() + seconds
        with self.changed:
            while True:
                value = condition()
                if value:
                    return value
                for peer in self.peers:
                    peer.check()
                left = end - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f'{what} did not happen within {seconds:.0f} s')
                self.changed.wait(min(left, 0.5))


class Peer:
    """One process. All that it told is kept, by type of line."""

    def __init__(self, swarm, host, name, command, connect):
        self.swarm, self.host, self.name = swarm, host, name
        self.lines, self.expected_end, self.exit_code = [], False, None
        self.stopped_at = None
        self.log = os.path.join(swarm.folder, f'{name}.{len(swarm.peers)}.log')
        words = [swarm.program, *command, '--swarm', swarm.file, '--name', name, '--state', os.path.join(swarm.folder, 'state', name), '--json', '--stop-on-eof']
        for other in connect:
            words += ['--connect', other if isinstance(other, str) else f'{other.address}:5000']
        with open(self.log, 'wb') as log:
            self.process = subprocess.Popen(host.command(*words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def of_type(self, *types):
        return [line for line in list(self.lines) if line['type'] in types]

    def events(self, *kinds):
        return [line for line in self.of_type('event') if line['kind'] in kinds]

    @property
    def peer_id(self):
        started = self.of_type('started')
        return started[0]['peerId'] if started else None

    @property
    def coordinator(self):
        """The peer id of the coordinator as this process last told; None while it has none."""
        seen = self.events('Joined', 'CoordinatorChanged', 'Isolated')
        return seen[-1]['peer']['peerId'] if seen and 'peer' in seen[-1] else None

    @property
    def roster(self):
        """The names of the others, as this process told of their coming and going."""
        present = {}
        for line in self.events('PeerJoined', 'PeerLeft'):
            present[line['peer']['peerId']] = (line['kind'] == 'PeerJoined', line['peer']['name'])
        return sorted(name for here, name in present.values() if here)

    def received(self, share=None):
        """When a share was here and verified; None while it is not."""
        for line in self.of_type('received'):
            if share is None or line['name'] == share:
                return unix(line['time'])
        return None

    def completed(self, share):
        """Bytes of a share that are here and verified, and its length."""
        for line in reversed(list(self.lines)):
            if line['type'] == 'progress' and line['transfer']['name'] == share:
                return line['transfer']['bytesCompleted'], line['transfer']['length']
        return 0, 0

    def check(self):
        """Raises PeerFailed for an error, or an end that nobody asked for."""
        if self.expected_end:
            return
        errors = self.of_type('error')
        if errors:
            raise PeerFailed(f'{self.name}: {errors[0]["message"]} ({errors[0]["errorId"]})')
        if self.exit_code is not None:
            with open(self.log, encoding='utf-8', errors='replace') as log:
                said = log.read().strip()[-500:]
            raise PeerFailed(f'{self.name} ended with exit code {self.exit_code}: {said}')

    def summary(self):
        """The last line of send and receive, once the process has ended; None after a kill."""
        found = self.of_type('summary')
        return found[-1] if found else None

    def stop_signal(self):
        """Freezes the process: its connections stay open and nothing answers."""
        self.process.send_signal(signal.SIGSTOP)
        return time.time()

    def go_on(self):
        now = time.time()
        self.process.send_signal(signal.SIGCONT)
        return now

    def hang_up(self):
        """Has the process say goodbye and end."""
        self.expected_end = True
        try:
            self.process.stdin.close()
        except OSError:
            pass

    def kill(self):
        """kill -9."""
        self.expected_end = True
        now = time.time()
        if self.process.poll() is None:
            self.process.kill()
        self.wait_end(10)
        return now

    def wait_end(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self._reader.join(10)

    def cpu(self):
        """CPU seconds of the process so far."""
        try:
            with open(f'/proc/{self.process.pid}/stat', encoding='ascii') as file:
                fields = file.read().rsplit(')', 1)[1].split()
        except OSError:
            return 0.0
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def _read(self):
        for text in self.process.stdout:
            try:
                line = json.loads(text)
            except ValueError:
                continue
            with self.swarm.changed:
                self.lines.append(line)
                self.swarm.changed.notify_all()
        self.process.stdout.close()
        code = self.process.wait()
        with self.swarm.changed:
            self.exit_code = code
            self.swarm.changed.notify_all()
