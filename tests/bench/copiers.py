"""Programs that copy from a server: rsync, scp; and what a user adds to scp to know that the copy is right."""
import os
import shutil
import subprocess
import time

from clients import is_listening, port, until
from processes import Process


def _served(bench, payload, folder, server, client, after=()):
    number = port()
    serving = Process(server(number), os.path.join(bench.folder, 'server.log'))
    try:
        until(lambda: is_listening(number))
        start = time.time()
        copying = Process(client(number), os.path.join(bench.folder, 'copier.log'))
        done = [copying]
        if copying.finish():
            raise RuntimeError(f'{client(number)[0]} failed: {copying.log}')
        for words in after:
            done.append(Process(words, os.path.join(bench.folder, 'copier.log')))
            done[-1].finish()
        wall = time.time() - start
        time.sleep(0.2)
    finally:
        serving.stop(2)
    payload.compare(folder)
    return {'wall': wall, 'seed': serving.cpu(), 'leech': sum(process.cpu() for process in done)}


def rsync(bench, payload, folder):
    settings = os.path.join(bench.folder, 'rsyncd.conf')
    with open(settings, 'w', encoding='ascii') as file:
        file.write(f'use chroot = no\n[b]\npath = {payload.folder}\nread only = yes\nuid = {os.getuid()}\ngid = {os.getgid()}\n')
    return _served(bench, payload, folder,
                   lambda number: ['rsync', '--daemon', '--no-detach', f'--port={number}', '--address=127.0.0.1', f'--config={settings}'],
                   lambda number: ['rsync', '-a', '--whole-file', '--inplace', f'rsync://127.0.0.1:{number}/b/{payload.name}', folder])


def scp(bench, payload, folder):
    """scp with AES-128-GCM, the fastest of its ciphers, then sha256sum over the copy."""
    keys = os.path.join(bench.folder, 'ssh')
    if not os.path.exists(keys):
        os.makedirs(keys, mode=0o700)
        for name in ('host', 'user'):
            subprocess.run(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-f', f'{keys}/{name}'], check=True)
        shutil.copy(f'{keys}/user.pub', f'{keys}/authorized')
        os.makedirs('/run/sshd', exist_ok=True)

    def server(number):
        with open(f'{keys}/sshd.conf', 'w', encoding='ascii') as file:
            file.write(f'Port {number}\nListenAddress 127.0.0.1\nHostKey {keys}/host\nAuthorizedKeysFile {keys}/authorized\nStrictModes no\n'
                       'UsePAM no\nPermitRootLogin yes\nPidFile none\nSubsystem sftp internal-sftp\n')
        return [shutil.which('sshd') or '/usr/sbin/sshd', '-D', '-e', '-f', f'{keys}/sshd.conf']

    user = os.environ.get('USER') or 'root'
    return _served(bench, payload, folder, server,
                   lambda number: ['scp', '-q', '-r', '-P', str(number), '-i', f'{keys}/user', '-o', 'StrictHostKeyChecking=no', '-o', 'UserKnownHostsFile=/dev/null',
                                   '-c', 'aes128-gcm@openssh.com', f'{user}@127.0.0.1:{payload.path}', folder],
                   [] if os.path.isdir(payload.path) else [['sha256sum', os.path.join(folder, payload.name)]])


def available():
    found = {}
    if shutil.which('rsync'):
        found['rsync'] = rsync
    if shutil.which('scp') and (shutil.which('sshd') or os.path.exists('/usr/sbin/sshd')):
        found['scp'] = scp
    return found
