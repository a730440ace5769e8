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
    const socket = new net.Socket({ fd, readable: false, writable: true });
    socket.on("error", () => {}).unref();
    const { ["_handle"]: handle } = socket as { _handle?: Handle };
    return () => void handle?.setBlocking?.(true);
  } catch {
    return () => {}; // a socket of a kind that Node does not know
  }
}
