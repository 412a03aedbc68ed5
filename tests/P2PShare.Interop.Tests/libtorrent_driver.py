"""One libtorrent session, driven by its standard input: a JSON object a line, answered by one a line.

{"do": "make", "path", "torrent", "hybrid", "pieceLength"}   makes a .torrent of a file or folder
{"do": "read", "torrent"}                                    what libtorrent finds in a .torrent
{"do": "strip", "torrent", "to"}                             a copy without piece layers
{"do": "add", "torrent", "folder"}                           adds it: checks what is there, seeds or waits for peers
{"do": "connect", "port"}                                    a peer on this machine
{"do": "finished", "seconds"}                                waits until all is there
{"do": "done", "bytes", "seconds"}                           waits until so much is there
{"do": "attempted", "seconds"}                               waits until a connection has ended
{"do": "status"}                                             how it stands

All settings are libtorrent's own, but for those that would reach out of this machine. Ends with its input.
What libtorrent says meanwhile goes to standard error.
"""
import json
import os
import sys
import time

import libtorrent as lt

SETTINGS = {
    "listen_interfaces": "127.0.0.1:0",
    "outgoing_interfaces": "127.0.0.1",
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "alert_mask": lt.alert.category_t.status_notification | lt.alert.category_t.error_notification
    | lt.alert.category_t.peer_notification | lt.alert.category_t.connect_notification,
}


class Driver:
    def __init__(self):
        self.session = lt.session(SETTINGS)
        self.torrent = None
        self.finished = False
        self.disconnected = 0
        self.started = time.monotonic()

    def make(self, path, torrent, hybrid, pieceLength):
        files = lt.file_storage()
        lt.add_files(files, path)
        maker = lt.create_torrent(files, pieceLength, 0 if hybrid else lt.create_torrent.v2_only)
        maker.set_creator("libtorrent")
        lt.set_piece_hashes(maker, os.path.dirname(path))
        with open(torrent, "wb") as file:
            file.write(lt.bencode(maker.generate()))
        return self.read(torrent)

    def strip(self, torrent, to):
        with open(torrent, "rb") as file:
            content = lt.bdecode(file.read())
        del content[b"piece layers"]
        with open(to, "wb") as file:
            file.write(lt.bencode(content))
        return {}

    def read(self, torrent):
        info = lt.torrent_info(torrent)
        files = info.files()
        hashes = info.info_hashes()
        return {
            "infoHash": str(hashes.v2) if hashes.has_v2() else None,
            "hasV1": hashes.has_v1(),
            "name": info.name(),
            "pieceLength": info.piece_length(),
            "files": [
                {"path": files.file_path(i), "length": files.file_size(i), "root": str(files.root(i))}
                for i in range(files.num_files())
                if not int(files.file_flags(i)) & int(lt.file_storage.flag_pad_file)
            ],
        }

    def add(self, torrent, folder):
        params = lt.add_torrent_params()
        params.ti = lt.torrent_info(torrent)
        params.save_path = folder
        # Otherwise it waits for its turn, which comes with a clock of half a minute.
        params.flags &= ~(lt.torrent_flags.auto_managed | lt.torrent_flags.paused)
        self.torrent = self.session.add_torrent(params)
        checking = lt.torrent_status.states.checking_files, lt.torrent_status.states.checking_resume_data
        deadline = time.monotonic() + 60
        while self.torrent.status().state in checking or self.session.listen_port() == 0:
            if time.monotonic() > deadline:
                raise TimeoutError("libtorrent did not become ready")
            self.pump(50)
        return self.status()

    def connect(self, port):
        self.torrent.connect_peer(("127.0.0.1", port))
        return {}

    def wait_until(self, condition, seconds):
        deadline = time.monotonic() + seconds
        while not condition() and time.monotonic() < deadline:
            self.pump(50)
        return self.status()

    def wait_finished(self, seconds):
        return self.wait_until(lambda: self.finished or self.torrent.status().errc.value() != 0, seconds)

    def wait_done(self, bytes, seconds):
        return self.wait_until(lambda: self.torrent.status().total_wanted_done >= bytes, seconds)

    def wait_attempted(self, seconds):
        return self.wait_until(lambda: self.disconnected > 0, seconds)

    def status(self):
        status = self.torrent.status()
        return {
            "port": self.session.listen_port(),
            "state": str(status.state),
            "seeding": status.is_seeding,
            "done": status.total_wanted_done,
            "received": status.total_payload_download,
            "sent": status.total_payload_upload,
            "peers": status.num_peers,
            "attempts": self.disconnected,
            "error": status.errc.message() if status.errc.value() != 0 else None,
        }

    def pump(self, milliseconds):
        self.session.wait_for_alert(milliseconds)
        for alert in self.session.pop_alerts():
            if isinstance(alert, lt.torrent_finished_alert):
                self.finished = True
            if isinstance(alert, lt.peer_disconnected_alert):
                self.disconnected += 1
            print(f"{time.monotonic() - self.started:.3f} {alert.what()}: {alert.message()}", file=sys.stderr)

    def run(self):
        actions = {
            "make": self.make, "read": self.read, "strip": self.strip, "add": self.add, "connect": self.connect,
            "finished": self.wait_finished, "done": self.wait_done, "attempted": self.wait_attempted, "status": self.status,
        }
        for line in sys.stdin:
            command = json.loads(line)
            action = actions[command.pop("do")]
            try:
                answer = action(**command)
            except Exception as error:
                answer = {"failed": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)
            sys.stderr.flush()


if __name__ == "__main__":
    Driver().run()
