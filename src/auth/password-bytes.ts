/**
 * Copies the bytes of a password up to the first zero byte, which is what mosquitto and the official add-on check.
 * Devices are known that send the zero that ends a string in C. It opens nothing: whoever gets in this way has sent
 * the whole password first, and what is left when a zero comes first is an empty password, which is never accepted.
 */
export function passwordBytes(password: Uint8Array): Buffer {
  const end = password.indexOf(0);
  return Buffer.from(end === -1 ? password : password.subarray(0, end));
}
