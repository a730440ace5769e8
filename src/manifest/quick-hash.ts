/**
 * A 52-bit hash as 13 hex digits, after MurmurHash's mixing: names copies, and tells one state of a manifest from another. It is no
 * protection against intent, and loads nothing (node:crypto costs a start several milliseconds).
 */
export function quickHash(bytes: Uint8Array): string {
  // Signed words and a counter: an unsigned word above 2^31, or what an iterator gives, is an object on the heap, and a start has room for few.
  const words = new Int32Array(Math.ceil(bytes.length / 4) + 1);
  new Uint8Array(words.buffer).set(bytes);
  words[words.length - 1] = bytes.length;
  let a = 0x9e3779b1;
  let b = 0x85ebca6b;
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? 0;
    a = Math.imul(a ^ word, 0x5bd1e995);
    a ^= a >>> 15;
    b = Math.imul(b + word, 0xc2b2ae35);
    b ^= b >>> 13;
  }
  return ((a >>> 0) * 0x100000 + ((b >>> 0) & 0xfffff)).toString(16).padStart(13, "0");
}
