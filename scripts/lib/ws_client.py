#!/usr/bin/env python3
"""A WebSocket client that needs only the standard library, for machines without websocat and wscat.

    ws_client.py [--protocol notifyhub.v1] ws://host:port/path

Sends every line of its input as a text message and prints every text message as a line. Ends when the server closes or on a
signal; the end of its input ends it too, with a proper close.
"""
import argparse
import base64
import os
import socket
import ssl
import struct
import sys
import threading
from urllib.parse import urlsplit


def connect(url, protocol=None):
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "wss" else 80)
    sock = socket.create_connection((parts.hostname, port), timeout=10)
    if parts.scheme == "wss":
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=parts.hostname)
    path = (parts.path or "/") + ("?" + parts.query if parts.query else "")
    offer = f"Sec-WebSocket-Protocol: {protocol}\r\n" if protocol else ""
    key = base64.b64encode(os.urandom(16)).decode()
    sock.sendall(
        f"GET {path} HTTP/1.1\r\nHost: {parts.netloc}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
        f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n{offer}\r\n".encode())
    stream = sock.makefile("rb")
    status = stream.readline().decode("latin-1").strip()
    if " 101 " not in status + " ":
        sys.exit(f"refused: {status or 'the server closed the connection'}")
    while stream.readline() not in (b"\r\n", b""):
        pass
    sock.settimeout(None)
    return sock, stream


def send(sock, opcode, payload):
    length = len(payload)
    if length < 126:
        header = struct.pack("!BB", 0x80 | opcode, 0x80 | length)
    elif length < 1 << 16:
        header = struct.pack("!BBH", 0x80 | opcode, 0xFE, length)
    else:
        header = struct.pack("!BBQ", 0x80 | opcode, 0xFF, length)
    mask = os.urandom(4)
    sock.sendall(header + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(payload)))


def receive(stream):
    """One frame: opcode and payload, or None at the end of the stream."""
    head = stream.read(2)
    if len(head) < 2:
        return None
    length = head[1] & 0x7F
    if length == 126:
        length = struct.unpack("!H", stream.read(2))[0]
    elif length == 127:
        length = struct.unpack("!Q", stream.read(8))[0]
    return head[0] & 0x0F, stream.read(length)


def forward_input(sock):
    try:
        for line in sys.stdin.buffer:
            if line.strip():
                send(sock, 1, line.rstrip(b"\r\n"))
        send(sock, 8, struct.pack("!H", 1000))
    except OSError:
        pass  # The server has closed; the reading side reports it.


def main():
    options = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    options.add_argument("--protocol", help="the subprotocol to offer, such as notifyhub.v1")
    options.add_argument("url")
    arguments = options.parse_args()
    try:
        sock, stream = connect(arguments.url, arguments.protocol)
    except (OSError, ValueError) as error:
        sys.exit(f"{arguments.url}: {error}")
    threading.Thread(target=forward_input, args=(sock,), daemon=True).start()
    while (frame := receive(stream)) is not None:
        opcode, payload = frame
        if opcode in (0, 1):
            print(payload.decode(), flush=True)
        elif opcode == 8:
            send(sock, 8, payload[:2])
            # NotifyHub refuses a client of notifyhub.v1 so: the reason is the error printed before.
            code = struct.unpack("!H", payload[:2])[0] if len(payload) >= 2 else 1005
            if code in (4501, 4503):
                sys.exit(f"{payload[2:].decode()} ({code})")
            break
        elif opcode == 9:
            send(sock, 10, payload)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
    except OSError as error:
        sys.exit(f"the connection was lost: {error}")
