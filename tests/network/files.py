"""Files to share, and whether copies are what the source is."""
import hashlib
import os

MIB = 1 << 20


def make(path, size):
    """Writes random bytes; returns the path."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        left = size
        while left > 0:
            left -= file.write(os.urandom(min(left, 4 * MIB)))
    return path


def digest(path):
    """SHA-256 of a file; None when there is none."""
    state = hashlib.sha256()
    try:
        with open(path, 'rb') as file:
            while part := file.read(4 * MIB):
                state.update(part)
    except FileNotFoundError:
        return None
    return state.hexdigest()


def differing(source, copies):
    """Those of the copies that are not what the source is."""
    wanted = digest(source)
    return [copy for copy in copies if digest(copy) != wanted]
