#!/usr/bin/python3
"""One libtorrent peer for comparison: plaintext TCP, default settings, no DHT, local discovery, UPnP or peer exchange.

usage: libtorrent_peer.py make FILE TORRENT
       libtorrent_peer.py seed|leech TORRENT FOLDER
Tells in lines of JSON when it is ready, how far it is, and when it has all. A line of standard input names peers to
connect to ("host:port ..."); at its end the peer says what it has uploaded, and ends.
"""
import json
import os
import sys
import threading
import time

import libtorrent

PORT = 6881
PIECE = 1 << 18


def tell(kind, **values):
    print(json.dumps({'type': kind, 'time': time.time(), **values}), flush=True)


def make(path, target):
    storage = libtorrent.file_storage()
    libtorrent.add_files(storage, path)
    torrent = libtorrent.create_torrent(storage, PIECE, libtorrent.create_torrent.v2_only)
    libtorrent.set_piece_hashes(torrent, os.path.dirname(path))
    with open(target, 'wb') as file:
        file.write(libtorrent.bencode(torrent.generate()))


def run(mode, torrent, folder):
    session = libtorrent.session({
        'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
        'listen_interfaces': f'0.0.0.0:{PORT}',
        'in_enc_policy': 2, 'out_enc_policy': 2, 'allowed_enc_level': 3,
        'enable_outgoing_utp': False, 'enable_incoming_utp': False,
        'alert_mask': libtorrent.alert.category_t.status_notification | libtorrent.alert.category_t.error_notification,
    })
    parameters = libtorrent.add_torrent_params()
    parameters.ti, parameters.save_path = libtorrent.torrent_info(torrent), folder
    flags = libtorrent.torrent_flags
    parameters.flags &= ~(flags.auto_managed | flags.paused | flags.duplicate_is_error)
    parameters.flags |= flags.disable_pex
    if mode == 'seed':
        parameters.flags |= flags.seed_mode
    handle = session.add_torrent(parameters)
    states = libtorrent.torrent_status.states
    while handle.status().state not in (states.downloading, states.seeding, states.finished):
        time.sleep(0.01)
    tell('ready')
    ended = threading.Event()

    def listen():
        for line in sys.stdin:
            for peer in line.split():
                host, _, port = peer.partition(':')
                handle.connect_peer((host, int(port)))
        ended.set()

    threading.Thread(target=listen, daemon=True).start()
    done = mode == 'seed'
    shown = 0.0
    while not ended.is_set():
        if done:
            ended.wait(0.05)
            continue
        session.wait_for_alert(100)
        for alert in session.pop_alerts():
            if isinstance(alert, libtorrent.torrent_finished_alert):
                done = True
                tell('received')
        if not done and time.time() - shown > 0.3:
            shown = time.time()
            tell('progress', completed=handle.status().total_wanted_done)
    tell('summary', uploaded=handle.status().total_payload_upload, wasted=handle.status().total_redundant_bytes)
    sys.stdout.flush()
    os._exit(0)  # A session's own end may take seconds: it has nobody left to tell.


if sys.argv[1] == 'make':
    make(*sys.argv[2:4])
else:
    run(*sys.argv[1:4])
