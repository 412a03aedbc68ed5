#!/usr/bin/python3
"""One libtorrent peer for comparison: plaintext TCP, default settings, no DHT, local discovery, UPnP or peer exchange.

usage: libtorrent_peer.py make FILE TORRENT [v1|v2 [PIECE [ROOT]]]
       libtorrent_peer.py seed|leech TORRENT FOLDER [ADDRESS [high] [ssl CERTIFICATES NAME]]
ROOT is a certificate: an SSL torrent. high: the preset high_performance_seed, with as many requests as it allows.
Tells in lines of JSON when it is ready, how far it is, and when it has all. A line of standard input names peers to
connect to ("host:port ..."); at its end the peer says what it has uploaded, and ends.
"""
import json
import os
import sys
import threading
import time

import libtorrent

ADDRESS = '0.0.0.0:6881'
PIECE = 1 << 18


def tell(kind, **values):
    print(json.dumps({'type': kind, 'time': time.time(), **values}), flush=True)


def make(path, target, version='v2', piece=PIECE, root=None):
    storage = libtorrent.file_storage()
    libtorrent.add_files(storage, path)
    flags = libtorrent.create_torrent.v1_only if version == 'v1' else libtorrent.create_torrent.v2_only
    torrent = libtorrent.create_torrent(storage, int(piece), flags)
    if root:
        with open(root, encoding='ascii') as file:
            torrent.set_root_cert(file.read())
    libtorrent.set_piece_hashes(torrent, os.path.dirname(path))
    with open(target, 'wb') as file:
        file.write(libtorrent.bencode(torrent.generate()))


def run(mode, torrent, folder, address=ADDRESS, *options):
    secured, preset = 'ssl' in options, libtorrent.high_performance_seed() if 'high' in options else {}
    if preset:
        preset['max_out_request_queue'] = 2000
    session = libtorrent.session({
        **preset,
        'enable_dht': False, 'enable_lsd': False, 'enable_upnp': False, 'enable_natpmp': False,
        'listen_interfaces': address + ('s' if secured else ''),
        'allow_multiple_connections_per_ip': True,
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
    if secured:
        certificates, name = options[options.index('ssl') + 1:]
        handle.set_ssl_certificate(*(f'{certificates}/{file}' for file in (name + '.pem', name + '.key', 'dh.pem')), '')
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
    make(*sys.argv[2:])
else:
    run(*sys.argv[1:])
