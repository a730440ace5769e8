import type { Socket } from "node:net";

interface Handle {
  setBlocking?(on: boolean): number;
}

/**
 * Makes writes to a socket fail (EAGAIN) rather than wait for its reader, and returns what undoes that: the flag (open(2), O_NONBLOCK)
 * belongs to the open file, which a shell may share. Node has no call for it but wrapping the descriptor; it must never close it.
 */
export function setNonBlocking(fd: number): () => void {
  try {
    const net = process.getBuiltinModule("node:net");
    const socket = new net.Socket({ fd, readable: false, writable: true }) as Socket & { _handle?: Handle };
    socket.on("error", () => {}).unref();
    return () => void socket._handle?.setBlocking?.(true);
  } catch {
    return () => {}; // a socket of a kind that Node does not know
  }
}
