"""Hosts made of network namespaces: on a bridge, with rates, cut cables, loss and latency.

The namespaces have no name and no way out. Each lives as long as a process of ours that sits in it and ends with its
standard input, so nothing is left behind even when this program is killed.
"""
import os
import shutil
import subprocess
import sys
import time

FOLDER = os.path.dirname(os.path.abspath(__file__))
PREFIX = '10.99.0.'


class Unavailable(Exception):
    """Networks of namespaces cannot be made here; says why."""


def check():
    """Raises Unavailable where this machine cannot do what the tests need."""
    if not sys.platform.startswith('linux'):
        raise Unavailable('network namespaces are Linux\'s')
    if os.geteuid() != 0:
        raise Unavailable('network namespaces take root')
    for tool in ('ip', 'tc', 'nft', 'nsenter', 'unshare'):
        if not shutil.which(tool):
            raise Unavailable(f'{tool} is not installed (iproute2, nftables, util-linux)')
    try:
        with Network(2, mbit=100) as network:
            network.cut(network.hosts[0], network.hosts[1])
    except (OSError, subprocess.SubprocessError, RuntimeError) as error:
        raise Unavailable(f'no network of namespaces can be made: {error}') from error


class Namespace:
    """A network namespace and the process that holds it."""

    def __init__(self):
        self.holder = subprocess.Popen(['unshare', '--net', 'cat'], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                       stderr=subprocess.PIPE, start_new_session=True)
        try:
            self.holder.stdin.write(b'\n')
            self.holder.stdin.flush()
            ready = self.holder.stdout.readline()
        except OSError:
            ready = b''
        if not ready:
            said = self.holder.stderr.read().decode().strip()
            self.close()
            raise RuntimeError(said or 'unshare ended')

    @property
    def pid(self):
        return self.holder.pid

    def command(self, *words):
        """The words that run a command inside; nsenter becomes the command, so its process id is the command's."""
        return ['nsenter', f'--net=/proc/{self.pid}/ns/net', '--', *words]

    def run(self, *words, text=None):
        done = subprocess.run(self.command(*words), input=text, capture_output=True, text=True, timeout=60)
        if done.returncode != 0:
            raise RuntimeError(f'{" ".join(words)[:200]}: {(done.stderr or done.stdout).strip()}')
        return done.stdout

    def close(self):
        self.holder.stdin.close()
        try:
            self.holder.wait(5)
        except subprocess.TimeoutExpired:
            self.holder.kill()
            self.holder.wait()
        self.holder.stdout.close()
        self.holder.stderr.close()


class Host(Namespace):
    """A machine with one network interface, eth0, and an address."""

    def __init__(self, number):
        super().__init__()
        self.number = number
        self.name = f'host{number:02}'
        self.port = f'h{number}'
        self.address = f'{PREFIX}{number}'

    def counters(self):
        """Bytes sent and received on eth0 so far, headers included."""
        with open(f'/proc/{self.pid}/net/dev', encoding='ascii') as file:
            for line in file:
                name, _, numbers = line.partition(':')
                if name.strip() == 'eth0':
                    fields = numbers.split()
                    return int(fields[8]), int(fields[0])
        return 0, 0


class Network:
    """Hosts around one switch. Use it in a with statement."""

    def __init__(self, count, mbit=None, delay_ms=0.0, segments=False):
        """mbit: the rate of each host's cable in both directions. delay_ms: one way between any two hosts.
        segments: no packets above the MTU, so that a loss is that of one packet."""
        self.hosts, self._delays, self._rules = [], [], []
        self._routed = delay_ms > 0
        self.hub = Namespace()
        try:
            if self._routed:
                self.hub.run('sh', '-c', 'ip link set lo up; echo 1 > /proc/sys/net/ipv4/ip_forward')
            else:
                self.hub.run('sh', '-c', 'ip link set lo up; ip link add br0 type bridge mcast_snooping 0; ip link set br0 up')
            for number in range(1, count + 1):
                self._add(number, delay_ms / 2, segments)
            for host in self.hosts:
                if mbit:
                    self.limit(host, mbit)
        except BaseException:
            self.close()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        for delay in self._delays:
            delay.stdin.close()
        for delay in self._delays:
            try:
                delay.wait(5)
            except subprocess.TimeoutExpired:
                delay.kill()
                delay.wait()
            delay.stdout.close()
        for host in self.hosts:
            host.close()
        self.hub.close()
        self._delays, self.hosts = [], []

    def limit(self, host, mbit):
        """Sets the rate of a host's cable, both directions."""
        rate = mbit * 1e6 / 8
        # The bucket holds one packet as the kernel hands it on (up to 64 KiB); the queue behind it 50 ms.
        burst = int(max(70_000, rate * 0.005))
        queue = int(max(250_000, rate * 0.05))
        words = ['root', 'tbf', 'rate', f'{int(mbit * 1e6)}bit', 'burst', str(burst), 'limit', str(queue)]
        host.run('tc', 'qdisc', 'replace', 'dev', 'eth0', *words)
        self.hub.run('tc', 'qdisc', 'replace', 'dev', host.port, *words)

    def cut(self, sender, receiver):
        """Drops in silence what one host sends to another; the other way stays open."""
        self._rule(f'iifname "{sender.port}" oifname "{receiver.port}" drop')

    def cut_both(self, one, other):
        self.cut(one, other)
        self.cut(other, one)

    def isolate(self, host):
        """Pulls the cable without anybody noticing: all to and from the host is dropped in silence."""
        self._rules += [f'iifname "{host.port}" drop', f'oifname "{host.port}" drop']
        self._apply()

    def only_dials(self, host):
        """Nobody can open a connection to the host, as behind a NAT or a firewall; it can open them to others."""
        self._rule(f'oifname "{host.port}" tcp flags & (syn | ack) == syn drop')

    def lose(self, percent):
        """Drops a share of all packets, at random."""
        self._rule(f'numgen random mod 10000 < {round(percent * 100)} drop')

    def heal(self):
        """Takes back all drops."""
        self._rules = []
        self._apply()

    def _rule(self, rule):
        self._rules.append(rule)
        self._apply()

    def _apply(self):
        family = 'inet' if self._routed else 'bridge'
        lines = '\n'.join('    ' + rule for rule in self._rules)
        # One transaction: no moment in which the old rules are gone and the new ones not there.
        self.hub.run('nft', '-f', '-', text=f'''
table {family} rig
delete table {family} rig
table {family} rig {{
  chain forward {{
    type filter hook forward priority 0; policy accept;
{lines}
  }}
}}
''')

    def _add(self, number, delay_ms, segments):
        host = Host(number)
        self.hosts.append(host)
        # Some systems make bbr the default, whose pacing needs fq; what most machines run is cubic.
        host.run('sh', '-c', 'ip link set lo up; echo cubic > /proc/sys/net/ipv4/tcp_congestion_control || true')
        if self._routed:
            self._delays.append(self._delay(host, delay_ms, segments))
            self.hub.run('sh', '-c', f'ip link set {host.port} up && ip route add {host.address}/32 dev {host.port}')
        else:
            self.hub.run('sh', '-c', f'ip link add {host.port} type veth peer name eth0 netns {host.pid} && ip link set {host.port} master br0 up')
        few = ' && ip link set eth0 gso_max_segs 1' if segments and not self._routed else ''
        host.run('sh', '-c', f'ip addr add {host.address}/24 dev eth0 && ip link set eth0 up{few}')
        if few:
            self.hub.run('ip', 'link', 'set', host.port, 'gso_max_segs', '1')

    def _delay(self, host, delay_ms, segments):
        words = [sys.executable, os.path.join(FOLDER, 'delay.py'), str(host.pid), 'eth0', str(self.hub.pid), host.port, str(delay_ms)]
        delay = subprocess.Popen(words + (['segments'] if segments else []), stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True)
        if not delay.stdout.readline():
            raise RuntimeError('the forwarder that delays packets did not start (is there /dev/net/tun?)')
        return delay


def throughput(sender, receiver, seconds=2.0):
    """What one TCP connection carries between two hosts, in Mbit/s."""
    server = '''
import socket, time
s = socket.create_server(("", 5999)); print("ready", flush=True); c, _ = s.accept(); n = 0; t = None
while True:
    b = c.recv(1 << 18)
    if not b: break
    t = t or time.monotonic(); n += len(b)
print(n, time.monotonic() - t, flush=True)'''
    client = f'''
import socket, time
c = socket.create_connection(("{receiver.address}", 5999)); b = bytes(1 << 18); end = time.monotonic() + {seconds}
while time.monotonic() < end: c.sendall(b)
c.close()'''
    serving = subprocess.Popen(receiver.command(sys.executable, '-c', server), stdout=subprocess.PIPE, text=True)
    try:
        serving.stdout.readline()
        sender.run(sys.executable, '-c', client)
        count, elapsed = serving.stdout.readline().split()
        return int(count) * 8 / float(elapsed) / 1e6
    finally:
        serving.kill()
        serving.wait()
        serving.stdout.close()


def load():
    """The machine's load average of the last minute."""
    return os.getloadavg()[0]


def wait(condition, seconds, what):
    """Waits until a condition that no line of a peer tells of holds; returns its value."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise TimeoutError(f'{what} did not happen within {seconds:.0f} s')
        time.sleep(0.02)
