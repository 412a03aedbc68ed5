"""What is moved: random bytes, so that nothing can be compressed or found twice, and torrents of them."""
import contextlib
import filecmp
import http.server
import os
import shutil
import socketserver
import struct
import subprocess
import threading
import urllib.parse

from clients import LIBTORRENT_PEER

MIB = 1 << 20


class Payload:
    """A file, or a folder of files, in a folder of its own."""

    def __init__(self, bench, name, size, files=1, piece=1 << 18):
        self.bench, self.name, self.size, self.files, self.piece = bench, name, size, files, piece
        self.folder = os.path.join(bench.folder, 'payload-' + name)
        self.path = os.path.join(self.folder, name)
        if not os.path.exists(self.path):
            self._make()

    @property
    def mib(self):
        return self.size * self.files / MIB

    def _make(self):
        os.makedirs(self.folder, exist_ok=True)
        if self.files == 1:
            with open(self.path, 'wb') as file:
                for start in range(0, self.size, 4 * MIB):
                    file.write(os.urandom(min(4 * MIB, self.size - start)))
            return
        for number in range(self.files):
            folder = os.path.join(self.path, f'{number // 100:03}') if self.files > 2000 else self.path
            os.makedirs(folder, exist_ok=True)
            with open(os.path.join(folder, f'{self.name}-{number:05}.bin'), 'wb') as file:
                file.write(os.urandom(self.size))

    def torrent(self, kind):
        """The path of a torrent file of it: v1, v2, ssl, or tracker (v1 with a tracker)."""
        path = f'{self.path}.{kind}.torrent'
        if os.path.exists(path):
            return path
        if not self.bench.libtorrent:
            return path  # ours takes from it the payload's name, no more
        if kind == 'tracker':
            url = self.bench.tracker.url.encode()
            with open(self.torrent('v1'), 'rb') as plain, open(path, 'wb') as file:
                file.write(b'd8:announce%d:%s' % (len(url), url) + plain.read()[1:])
            return path
        more = [os.path.join(self.bench.certificates, 'ca.pem')] if kind == 'ssl' else []
        subprocess.run([self.bench.libtorrent, LIBTORRENT_PEER, 'make', self.path, path, 'v1' if kind == 'v1' else 'v2', str(self.piece), *more], check=True)
        return path

    def compare(self, copy):
        """Raises unless the copy is what it is to be, file by file and byte by byte."""
        for folder, _, names in os.walk(self.path) if os.path.isdir(self.path) else [(self.folder, [], [self.name])]:
            for name in names:
                source = os.path.join(folder, name)
                target = os.path.join(copy, os.path.relpath(source, self.folder))
                if not filecmp.cmp(source, target, shallow=False):
                    raise RuntimeError(f'{target} differs')


class Tracker:
    """Answers every announce with all other peers of the torrent (BEP 3, BEP 23)."""

    def __init__(self):
        peers = {}

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                query = dict(pair.partition('=')[::2] for pair in self.path.partition('?')[2].split('&'))
                known = peers.setdefault(urllib.parse.unquote_to_bytes(query['info_hash']), set())
                me = int(query['port'])
                known.discard(me) if query.get('event') == 'stopped' else known.add(me)
                others = b''.join(bytes([127, 0, 0, 1]) + struct.pack('>H', other) for other in known if other != me)
                body = b'd8:intervali1e12:min intervali1e5:peers%d:%se' % (len(others), others)
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                with contextlib.suppress(BrokenPipeError):  # a client that has just been stopped
                    self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(socketserver.ThreadingMixIn, http.server.HTTPServer):
            daemon_threads = True

        self.server = Server(('127.0.0.1', 0), Handler)
        self.url = f'http://127.0.0.1:{self.server.server_address[1]}/announce'
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def make_certificates(folder):
    """An authority and one certificate for SSL torrents; None without OpenSSL."""
    if not shutil.which('openssl'):
        return None
    os.makedirs(folder)
    key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes']
    for words in (['req', '-x509', *key, '-keyout', 'ca.key', '-out', 'ca.pem', '-days', '2', '-subj', '/CN=bench'],
                  ['dhparam', '-dsaparam', '-out', 'dh.pem', '2048'],
                  ['req', *key, '-keyout', 'peer.key', '-out', 'peer.csr', '-subj', '/CN=peer', '-addext', 'subjectAltName=DNS:*'],
                  ['x509', '-req', '-in', 'peer.csr', '-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-days', '2', '-out', 'peer.pem', '-copy_extensions', 'copy']):
        subprocess.run(['openssl', *words], cwd=folder, check=True, capture_output=True)
    return folder
