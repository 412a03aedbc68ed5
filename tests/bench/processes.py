"""Processes under measurement: lines to and from them, their processor time, their memory."""
import os
import queue
import signal
import subprocess
import threading
import time

TICKS = os.sysconf('SC_CLK_TCK')


def read(path):
    try:
        with open(path, encoding='ascii', errors='replace') as file:
            return file.read()
    except OSError:
        return ''


class Process:
    """A child with its standard streams; what it says on the error stream goes to a log."""

    def __init__(self, words, log, **options):
        self.words, self.log = words, log
        with open(log, 'ab') as file:
            self.child = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=file, start_new_session=True, **options)
        self.lines, self.peak, self.usage = queue.Queue(), 0.0, None
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for line in self.child.stdout:
            self.lines.put(line.decode(errors='replace').strip())
        self.lines.put(None)

    def wait_line(self, holds, patience=300):
        """The next line for which the condition holds."""
        end = time.time() + patience
        while True:
            try:
                line = self.lines.get(timeout=max(0.01, end - time.time()))
            except queue.Empty:
                raise RuntimeError(f'{self.words[0]} did not answer in {patience} s: {self.log}') from None
            if line is None:
                raise RuntimeError(f'{self.words[0]} ended: {self.log}: {read(self.log)[-500:]}')
            if holds(line):
                return line

    def say(self, line):
        self.child.stdin.write(line.encode() + b'\n')
        self.child.stdin.flush()

    def cpu(self):
        """Seconds of processor time up to now, those of children it has waited for included."""
        if self.usage:
            return self.usage.ru_utime + self.usage.ru_stime
        fields = read(f'/proc/{self.child.pid}/stat').rsplit(')', 1)[-1].split()
        return sum(map(int, fields[11:15])) / TICKS if len(fields) > 14 else 0.0

    def anonymous(self):
        """MiB of anonymous memory: mapped files are not its own."""
        lines = read(f'/proc/{self.child.pid}/status').splitlines()
        return next((int(line.split()[1]) / 1024 for line in lines if line.startswith('RssAnon')), 0.0)

    def sample(self):
        """Notes how much anonymous memory it has now."""
        self.peak = max(self.peak, self.anonymous())

    def finish(self, patience=300):
        """Waits for its end, and returns its exit code."""
        end = time.time() + patience
        while self.usage is None and time.time() < end:
            pid, status, usage = os.wait4(self.child.pid, os.WNOHANG)
            if pid:
                self.usage, self.child.returncode = usage, os.waitstatus_to_exitcode(status)
            else:
                time.sleep(0.002)
        return self.child.returncode

    def stop(self, patience=5):
        """Ends it: by the end of its input, then by a signal."""
        if self.usage:
            return
        try:
            self.child.stdin.close()
        except OSError:
            pass
        for number in (None, signal.SIGTERM, signal.SIGKILL):
            if number:
                os.kill(self.child.pid, number)
            if self.finish(patience) is not None:
                return


class Memory:
    """Looks at the memory of processes while it is open: every 25 ms, with many of them a hundred times a second in all."""

    def __init__(self, processes):
        self.processes, self.ended = processes, threading.Event()
        # Every 25 ms at each of 33 they cost a tenth of a processor, of two that are being measured.
        self.interval = max(0.025, 0.01 * len(processes))
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while not self.ended.wait(self.interval):
            for process in self.processes:
                process.sample()

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
