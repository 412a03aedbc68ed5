"""What most scenarios begin with: hosts, a swarm of processes on them, and files to share."""
import contextlib
import os

import files
from hosts import Network
from peers import Swarm


class Rig:
    """A network and a swarm that end with the scenario, whatever happened in it."""

    def __init__(self, run, count, mbit=100, **cables):
        self.run = run
        with contextlib.ExitStack() as stack:
            self.network = stack.enter_context(Network(count, mbit=mbit, **cables))
            self.hosts = self.network.hosts
            self.swarm = stack.enter_context(Swarm(run.program, os.path.join(run.folder, 'swarm')))
            self.prepare()
            self._stack = stack.pop_all()

    def prepare(self):
        """Makes what the scenario needs besides; when it fails, the network is taken down."""

    def source_file(self, name, size):
        """A file of a scenario's own, size in bytes; returns its path."""
        return files.make(os.path.join(self.run.folder, 'source', name), size)

    def folder(self, host):
        """Where a host's copies go."""
        return os.path.join(self.run.folder, host.name)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        return self._stack.__exit__(*what)
