import { BlockList, isIP } from "node:net";

/** Tells whether an address is among those it was made of. */
export type NetworkTest = (address: string) => boolean;

/**
 * Makes the test of an address or a network: "10.0.0.1", "10.0.0.0/8", "::1", "fd00::/8". null: the text is neither.
 * The address that is tested is "" when it is not known, and then among none.
 */
export function networkTest(text: string): NetworkTest | null {
  const subnet = subnetOf(text);
  if (subnet === null) return null;
  const list = new BlockList();
  list.addSubnet(subnet.address, subnet.prefix, subnet.family);
  return (address) => {
    const plain = unmapped(address);
    const family = familyOf(plain);
    return family !== null && list.check(plain, family);
  };
}

/** Says why a text is neither an address nor a network, as the end of a sentence; null when it is one. */
export function networkFault(text: string): string | null {
  return subnetOf(text) === null ? "it is no address, and no network such as 10.0.0.0/8" : null;
}

/** An IPv4 address that a socket for both versions shows as IPv6. */
export function unmapped(address: string): string {
  return /^::ffff:(?<v4>\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.groups?.["v4"] ?? address;
}

interface Subnet {
  readonly address: string;
  readonly prefix: number;
  readonly family: "ipv4" | "ipv6";
}

function subnetOf(text: string): Subnet | null {
  const [written = "", bits, ...more] = text.split("/");
  const address = unmapped(written);
  const family = familyOf(address);
  if (family === null || more.length > 0) return null;
  const most = family === "ipv4" ? 32 : 128;
  if (bits === undefined) return { address, prefix: most, family };
  // what is written in IPv6 counts its bits in IPv6
  const prefix = Number(bits) - (address === written ? 0 : 96);
  return /^\d{1,3}$/.test(bits) && prefix >= 0 && prefix <= most ? { address, prefix, family } : null;
}

function familyOf(address: string): "ipv4" | "ipv6" | null {
  const version = isIP(address);
  return version === 0 ? null : version === 4 ? "ipv4" : "ipv6";
}
