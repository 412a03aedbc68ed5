"""Delays the packets of one host: a cable of two TUN devices, one in the host's namespace and one in the hub's.

usage: delay.py HOST_PID HOST_DEVICE HUB_PID HUB_DEVICE MILLISECONDS [segments]
For kernels without netem, and the same everywhere. Ends with its standard input.
"""
import collections
import ctypes
import fcntl
import os
import select
import struct
import sys
import time

TUNSETIFF, TUNSETOFFLOAD = 0x400454CA, 0x400454D0
IFF_TUN, IFF_NO_PI, IFF_VNET_HDR = 0x0001, 0x1000, 0x4000
TUN_F_CSUM, TUN_F_TSO4, TUN_F_TSO6 = 1, 2, 4
CLONE_NEWNET = 0x40000000
LARGEST = 1 << 17
QUEUE = 4096


def device(pid, name, offload):
    """Opens a new TUN device in the network namespace of a process."""
    with open(f'/proc/{pid}/ns/net', encoding='ascii') as namespace:
        if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), 'setns')
    tun = os.open('/dev/net/tun', os.O_RDWR | os.O_NONBLOCK)
    # With the header that tells of segmentation, packets of up to 64 KiB pass as one: a tenth of the work.
    fcntl.ioctl(tun, TUNSETIFF, struct.pack('16sH22x', name.encode(), IFF_TUN | IFF_NO_PI | IFF_VNET_HDR))
    fcntl.ioctl(tun, TUNSETOFFLOAD, TUN_F_CSUM | TUN_F_TSO4 | TUN_F_TSO6 if offload else 0)
    return tun


def read(tun, due, queue):
    while True:
        try:
            packet = os.read(tun, LARGEST)
        except BlockingIOError:
            return
        if len(queue) < QUEUE:
            queue.append((due, packet))


def write(tun, now, queue):
    while queue and queue[0][0] <= now:
        try:
            os.write(tun, queue.popleft()[1])
        except OSError:
            pass  # The device is not up yet, or no longer: a cable loses what nobody takes.


def main():
    host_pid, host_device, hub_pid, hub_device, milliseconds = sys.argv[1:6]
    offload = 'segments' not in sys.argv[6:]
    delay = float(milliseconds) / 1000
    here, there = device(host_pid, host_device, offload), device(hub_pid, hub_device, offload)
    out, back = collections.deque(), collections.deque()
    print('ready', flush=True)
    while True:
        now = time.monotonic()
        write(there, now, out)
        write(here, now, back)
        due = min((queue[0][0] for queue in (out, back) if queue), default=None)
        readable, _, _ = select.select([here, there, 0], [], [], None if due is None else max(0.0, due - now))
        if 0 in readable and not os.read(0, 4096):
            return
        now = time.monotonic()
        if here in readable:
            read(here, now + delay, out)
        if there in readable:
            read(there, now + delay, back)


main()
